//! The directory of an attempt: flight recorder, orders and recording. It goes when the attempt has
//! ended; a crash keeps what reproduces it.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use shared::attempt::Attempt;
use shared::recording;

use crate::child::flight::FlightFile;

/// Name of the orders in the directory.
const ORDERS: &str = "attempt.json";

/// An attempt's directory, open.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// The flight recorder.
    pub flight: FlightFile,
}

impl Directory {
    /// Makes `attempts/<id>/` with its files, mode 0700 and 0600.
    pub(super) fn create(state_dir: &Path, attempt: &Attempt) -> io::Result<Self> {
        let path = state_dir.join("attempts").join(attempt.id.to_string());
        // A directory of an earlier database in the same place must not be mixed with ours.
        absent(fs::remove_dir_all(&path))?;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)?;
        let workers: Vec<_> = attempt.runs.iter().map(|order| order.worker).collect();
        let flight = FlightFile::create(&path, &workers)?;
        fill(&path.join(ORDERS), &serde_json::to_vec_pretty(attempt)?)?;
        if attempt.recording_cap > 0 {
            fill(&path.join(recording::FILE_NAME), &recording::empty())?;
        }
        Ok(Self { path, flight })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the orders and the recording beside a crash report; the reports of one attempt share
    /// them. The flight recorder stays behind: the report has what it says, without the tokens that
    /// a dying child may have written there.
    pub(super) fn keep_in(&self, crash_dir: &Path) -> io::Result<()> {
        for name in [ORDERS, recording::FILE_NAME] {
            let kept = crash_dir.join(name);
            // One of an earlier database must not be taken for ours.
            absent(fs::remove_file(&kept))?;
            absent(fs::hard_link(self.path.join(name), &kept))?;
        }
        Ok(())
    }

    /// Removes it.
    pub(super) fn remove(self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "removing an attempt directory failed");
        }
    }
}

/// Removes what attempts of an earlier life left behind.
pub fn remove_all(state_dir: &Path) -> io::Result<()> {
    absent(fs::remove_dir_all(state_dir.join("attempts")))
}

fn fill(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)
}

/// What is not there needs no more doing.
fn absent(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
