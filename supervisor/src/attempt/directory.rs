//! The directory of an attempt: flight recorder and orders. It goes when the attempt has ended;
//! a crash keeps copies.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use shared::attempt::Attempt;

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
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)?;
        let workers: Vec<_> = attempt.runs.iter().map(|order| order.worker).collect();
        let flight = FlightFile::create(&path, &workers)?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path.join(ORDERS))?;
        file.write_all(&serde_json::to_vec_pretty(attempt)?)?;
        Ok(Self { path, flight })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Copies the orders beside a crash report. The flight recorder stays behind: the report has
    /// what it says, without the tokens that a dying child may have written there.
    pub(super) fn keep_in(&self, crash_dir: &Path) -> io::Result<()> {
        fs::copy(self.path.join(ORDERS), crash_dir.join(ORDERS))?;
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
    match fs::remove_dir_all(state_dir.join("attempts")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
