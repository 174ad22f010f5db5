//! A real child, as an attempt would start it: its build, its limits, and what may be seen of it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use shared::build::BUILD;
use shared::wire::message::{FromChild, PROTOCOL_VERSION};
use shared::worker::Worker;

use super::check::Check;
use crate::child::flight::FlightFile;
use crate::child::link::BigFrames;
use crate::child::process::Process;
use crate::child::spawner::Spawner;
use crate::cli::Place;
use crate::config::Bytes;
use crate::daemon::worker_child;
use crate::os::{self, Limits, Signal};

const CHILD: &str = "worker_child";
const LIMITS: &str = "limits";
const SIGHT: &str = "sight_of_children";

/// What was seen of the child.
struct Seen {
    version: u32,
    build: String,
    limits: Result<Limits, String>,
    /// Whether its memory could be read.
    memory: bool,
    /// Whether its start time could be read.
    stat: bool,
}

pub(super) async fn checks(place: &Place) -> Vec<Check> {
    let binary = worker_child(&place.config);
    match try_one(place, &binary).await {
        Ok(seen) => vec![
            judge_build(&binary, seen.version, &seen.build),
            judge_limits(&seen.limits),
            judge_sight(seen.memory, seen.stat),
        ],
        Err(error) => vec![Check::ill(
            CHILD,
            format!("{error:#}"),
            format!(
                "install the worker-child of build {BUILD} as {}, or set worker_child in the configuration",
                binary.display()
            ),
        )],
    }
}

/// Starts one, limits it, hears its `Hello`, looks at it, and ends it. It gets no orders.
async fn try_one(place: &Place, binary: &Path) -> anyhow::Result<Seen> {
    let home = attempt_dir().context("cannot make a directory for a child")?;
    let flight = FlightFile::create(home.path(), &[Worker::Orders])
        .context("cannot make a flight recorder")?;
    let spawner = Spawner::start(binary)?;
    let child = spawner.spawn(home.path()).await?;
    let (mut process, sender, mut receiver) =
        Process::adopt(child, BigFrames::default()).context("the child came without pipes")?;
    let set = &place.config.limits;
    let limits = process.limit(&Limits {
        memory: set.memory.get(),
        address_space: set.address_space.get(),
        cpu_seconds: set.cpu.secs_up(),
        open_files: set.open_files,
        file_size: set.file_size.get(),
        core: 0,
    });
    let ready = place.config.timeouts.ready;
    let said = tokio::time::timeout(ready.duration(), receiver.next()).await;
    let pid = process.pid();
    let (memory, stat) = (os::memory(pid).is_some(), os::start_ticks(pid).is_some());
    process.signal(Signal::SIGKILL);
    process.wait().await.context("waiting for the child")?;
    let stderr = process.finish(&[]).await;
    drop((sender, flight));
    let said = said.with_context(|| format!("it did not say Hello within {ready}"))?;
    match said.context("it did not say Hello")?.map(|got| got.message) {
        Some(FromChild::Hello { version, build, .. }) => Ok(Seen {
            version,
            build,
            limits: limits.map_err(|error| error.to_string()),
            memory,
            stat,
        }),
        Some(_) => anyhow::bail!("its first word was not Hello"),
        None => anyhow::bail!("it ended before it said Hello: {}", stderr.head.trim()),
    }
}

/// A directory as an attempt has it, with what a child opens at its start.
fn attempt_dir() -> std::io::Result<tempfile::TempDir> {
    let home = tempfile::Builder::new()
        .prefix("bulkhead-doctor-")
        .tempdir()?;
    std::fs::write(
        home.path().join(shared::recording::FILE_NAME),
        shared::recording::empty(),
    )?;
    Ok(home)
}

fn judge_build(binary: &Path, version: u32, build: &str) -> Check {
    let path: PathBuf = binary.to_owned();
    let path = path.display();
    if build == BUILD && version == PROTOCOL_VERSION {
        return Check::well(CHILD, format!("{path}, build {build}"));
    }
    let build: String = build
        .chars()
        .filter(|c| !c.is_control())
        .take(100)
        .collect();
    Check::ill(
        CHILD,
        format!("{path} is of build {build}, bulkhead of {BUILD}"),
        "install both from one build, then restart bulkhead",
    )
}

fn judge_limits(set: &Result<Limits, String>) -> Check {
    match set {
        Ok(limits) => Check::well(
            LIMITS,
            format!(
                "set on a real child and read back: memory {} (RLIMIT_DATA), address space {}, {} open files, file size {}",
                Bytes::new(limits.memory),
                Bytes::new(limits.address_space),
                limits.open_files,
                Bytes::new(limits.file_size)
            ),
        ),
        Err(why) => Check::ill(
            LIMITS,
            why.clone(),
            "every attempt will fail like this: raise the hard limits of bulkhead (LimitDATA=, LimitAS=, LimitCPU=, LimitNOFILE=, LimitFSIZE= in its unit), or lower [limits]",
        ),
    }
}

fn judge_sight(memory: bool, stat: bool) -> Check {
    let missing = match (memory, stat) {
        (true, true) => {
            return Check::well(
                SIGHT,
                "memory and start time of a child can be read in /proc",
            );
        }
        (false, true) => "memory (/proc/PID/status)",
        (true, false) => "start time (/proc/PID/stat)",
        (false, false) => "memory and start time (/proc/PID/status, /proc/PID/stat)",
    };
    Check::ill(
        SIGHT,
        format!(
            "the {missing} of a child cannot be read: no peaks, and leftovers of a dead supervisor cannot be told from strangers"
        ),
        "leave ProtectProc= and ProcSubset= out of the unit file (or set ProtectProc=default, ProcSubset=all), and mount /proc without hidepid",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::check::Found;

    #[test]
    fn every_difference_has_its_remedy() {
        let binary = Path::new("/w");
        let cases = [
            (
                judge_build(binary, PROTOCOL_VERSION, BUILD),
                Found::Well,
                BUILD,
            ),
            (
                judge_build(binary, PROTOCOL_VERSION, "old"),
                Found::Ill,
                "build old",
            ),
            (judge_build(binary, 1, BUILD), Found::Ill, "one build"),
            (judge_limits(&Err("no".to_owned())), Found::Ill, "LimitDATA"),
            (judge_sight(true, true), Found::Well, "/proc"),
            (judge_sight(false, true), Found::Ill, "ProtectProc"),
            (judge_sight(true, false), Found::Ill, "PID/stat)"),
        ];
        for (check, found, words) in cases {
            assert_eq!(check.found, found, "{check:?}");
            assert!(format!("{check:?}").contains(words), "{check:?}");
        }
    }
}
