//! The temporary directory in which a replay lives: a fresh flight recorder, the recording, and a
//! file in which the child says how it left the recording.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use shared::flight::{self, Flight};
use shared::recording;
use shared::worker::Worker;
use tempfile::TempDir;

use crate::stage;

/// Name of the file in which the child says how it left the recording.
pub const DIVERGED: &str = "diverged";

/// The directory; it goes when it is dropped.
#[derive(Debug)]
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn make(workers: &[Worker], recording: &Path) -> io::Result<Self> {
        // Mode 0700: the recording may hold what eBay says of people.
        let directory = tempfile::Builder::new()
            .prefix("bulkhead-replay-")
            .tempdir()?;
        fs::write(
            directory.path().join(stage::FILE_NAME),
            flight::initial(workers),
        )?;
        symlink(recording, directory.path().join(recording::FILE_NAME))?;
        File::create(directory.path().join(DIVERGED))?;
        Ok(Self(directory))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// What the child noted so far.
    pub(super) fn flight(&self) -> Result<Flight, String> {
        let bytes = fs::read(self.path().join(stage::FILE_NAME))
            .map_err(|error| format!("flight recorder not readable: {error}"))?;
        flight::read(&bytes).map_err(|error| error.to_string())
    }

    /// How the child left the recording, if it says so.
    pub(super) fn diverged(&self) -> Option<String> {
        let text = fs::read_to_string(self.path().join(DIVERGED)).ok()?;
        (!text.is_empty()).then_some(text)
    }
}
