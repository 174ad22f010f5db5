//! The supervisor's end of the flight recorder: written in full before the spawn, read with
//! `pread` ever after.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use shared::flight::{FILE_SIZE, Flight, initial, read};
use shared::worker::Worker;

use super::redact::without_tokens;

/// Name of the file in the attempt directory.
pub const FILE_NAME: &str = "flight";

/// An open flight recorder.
#[derive(Debug)]
pub struct FlightFile {
    file: File,
}

impl FlightFile {
    /// Creates the file with all its bytes on disk: a sparse mapping on a full disk would be a
    /// SIGBUS for the child (`mmap(2)`).
    pub fn create(attempt_dir: &Path, workers: &[Worker]) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(attempt_dir.join(FILE_NAME))?;
        file.write_all(&initial(workers))?;
        Ok(Self { file })
    }

    /// What the child noted so far; a sentence if that cannot be read.
    pub fn read(&self) -> Result<Flight, String> {
        let mut bytes = vec![0; FILE_SIZE];
        self.file
            .read_exact_at(&mut bytes, 0)
            .map_err(|error| format!("flight recorder not readable: {error}"))?;
        let mut flight = read(&bytes).map_err(|error| error.to_string())?;
        if let Some(panic) = &mut flight.panic {
            panic.text = without_tokens(&panic.text);
        }
        for run in &mut flight.runs {
            run.last_request = without_tokens(&run.last_request);
            run.key = without_tokens(&run.key);
        }
        Ok(flight)
    }
}
