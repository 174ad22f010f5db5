//! One side of a pair: the child's code in a process of its own, with a listener that wants nothing.

use std::{
    env,
    error::Error,
    fs,
    io::{self, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use integration_tests::harness::orders::snapshot;
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike as _,
};
use shared::{
    attempt::{ListingSource, SnapshotOrder},
    flight, recording,
    secret::Secret,
    wire::message::FromChild,
    worker::Worker,
};
use worker_child::{
    fetch::{Client, roots},
    recording::Recorder,
    session::{by_hand::Listener, clock, drive, start},
    stage,
};

use crate::token;

/// First argument of this program when it plays a side; the side, the port and a directory follow.
pub(crate) const MODE: &str = "one-side";
/// The most bytes of the recording: enough for any report.
const CAP: u64 = 4 << 30;

/// What is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Neither recording nor flight recorder.
    Neither,
    /// The flight recorder.
    Flight,
    /// Both.
    Both,
}

/// What one side took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// User and system time of the process.
    pub cpu_seconds: f64,
    /// Bytes of the recording.
    pub recorded: u64,
}

impl Side {
    /// Each of them.
    pub(crate) const ALL: [Self; 3] = [Self::Neither, Self::Flight, Self::Both];

    const fn name(self) -> &'static str {
        match self {
            Self::Neither => "neither",
            Self::Flight => "flight",
            Self::Both => "both",
        }
    }

    /// Runs the side in a process of its own, its files in a folder of this directory.
    pub(crate) fn measure(self, port: u16, dir: &Path) -> Result<Figures, Box<dyn Error>> {
        let home = dir.join("attempt");
        fs::create_dir(&home)?;
        fs::write(
            home.join(stage::FILE_NAME),
            flight::initial(&[Worker::ActiveInventory]),
        )?;
        fs::write(home.join(recording::FILE_NAME), recording::empty())?;
        let name = self.name();
        let ended = Command::new(env::current_exe()?)
            .args([MODE, name, &port.to_string()])
            .arg(&home)
            .env("MALLOC_ARENA_MAX", "1")
            .stderr(Stdio::inherit())
            .output()?;
        let recorded = fs::metadata(home.join(recording::FILE_NAME))?.len();
        fs::remove_dir_all(&home)?;
        if !ended.status.success() {
            return Err(format!("the side '{name}': {}", ended.status).into());
        }
        let micros: u32 = String::from_utf8(ended.stdout)?.trim().parse()?;
        Ok(Figures {
            cpu_seconds: f64::from(micros) / 1e6,
            recorded,
        })
    }
}

/// Is the side: runs the attempt and prints the processor time that the process took, in
/// microseconds.
pub(crate) fn live(side: &str, port: &str, dir: &Path) -> Result<(), Box<dyn Error>> {
    let token = Secret::new(token());
    if side != Side::Neither.name() {
        stage::open(dir)?;
    }
    let recorder = if side == Side::Both.name() {
        Recorder::open(&dir.join(recording::FILE_NAME), clock::now)?
    } else {
        Recorder::off(clock::now)
    };
    recorder.begin(CAP, &token);
    let order = SnapshotOrder {
        last_taken_at: None,
        state: None,
        listings: ListingSource::Report,
    };
    let later = clock::now().plus(Duration::from_hours(1));
    let url = format!("http://127.0.0.1:{port}");
    let attempt = snapshot(&url, Worker::ActiveInventory, order, later);
    let begun = start::by_hand(attempt, token)?;
    let client = Client::new(&begun.attempt, &begun.token, roots::tls(false)?, recorder)?;
    let listener = Listener::new(|message| {
        if let FromChild::RunFailed { failure, .. } = message {
            return Err(io::Error::other(failure.to_string()));
        }
        Ok(())
    });
    drive::drive_by_hand(begun, client, listener)?;
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let spent = usage.user_time() + usage.system_time();
    writeln!(io::stdout(), "{}", spent.num_microseconds())?;
    Ok(())
}
