//! Crash directories on disk: which there are, how large they are, and their removal.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use shared::time::Timestamp;

use super::prune::KeptRecording;
use super::reproduce::RECORDING;
use crate::outcome::CrashId;

/// A crash directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrashFiles {
    /// Whose.
    pub id: CrashId,
    /// When it was last written to.
    pub at: Timestamp,
    /// Bytes of its files but the recording.
    pub bytes: u64,
    /// Its recording.
    pub recording: Option<KeptRecording>,
}

/// Every crash directory below `crashes`. What is not named like one is not ours, and is left out.
pub fn list(crashes: &Path) -> io::Result<Vec<CrashFiles>> {
    let entries = match fs::read_dir(crashes) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.parse().ok());
        if let Some(id) = id
            && entry.file_type()?.is_dir()
        {
            match look(id, &entry.path()) {
                Ok(files) => found.push(files),
                // Gone meanwhile, or another user's: no reason to look at no other.
                Err(error) => {
                    tracing::warn!(path = %entry.path().display(), %error, "a crash directory cannot be looked into");
                }
            }
        }
    }
    Ok(found)
}

fn look(id: CrashId, dir: &Path) -> io::Result<CrashFiles> {
    let about = fs::symlink_metadata(dir)?;
    let millis = about.mtime_nsec() / 1_000_000;
    let mut files = CrashFiles {
        id,
        at: Timestamp(about.mtime().saturating_mul(1_000).saturating_add(millis)),
        bytes: 0,
        recording: None,
    };
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let about = entry.metadata()?;
        if entry.file_name() == RECORDING {
            files.recording = Some(KeptRecording {
                bytes: about.len(),
                file: about.ino(),
            });
        } else {
            files.bytes = files.bytes.saturating_add(about.len());
        }
    }
    Ok(files)
}

/// Removes a crash directory. One that is gone is no error.
pub fn remove(crashes: &Path, id: CrashId) -> io::Result<()> {
    gone(fs::remove_dir_all(crashes.join(id.to_string())))
}

/// Removes the recording of a crash. One that is gone is no error.
pub fn remove_recording(crashes: &Path, id: CrashId) -> io::Result<()> {
    gone(fs::remove_file(
        crashes.join(id.to_string()).join(RECORDING),
    ))
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_crash_directories_are_seen_and_removed() {
        let root = tempfile::tempdir().unwrap();
        let crashes = root.path().join("crashes");
        assert_eq!(list(&crashes).unwrap(), [], "there are none yet");
        for name in ["3-orders", "4-orders", "notes"] {
            fs::create_dir_all(crashes.join(name)).unwrap();
        }
        fs::write(crashes.join("5-orders"), "a file").unwrap();
        fs::write(crashes.join("3-orders/report.json"), "{}").unwrap();
        fs::write(crashes.join("3-orders").join(RECORDING), "12345").unwrap();
        fs::hard_link(
            crashes.join("3-orders").join(RECORDING),
            crashes.join("4-orders").join(RECORDING),
        )
        .unwrap();
        let mut found = list(&crashes).unwrap();
        found.sort_by_key(|files| files.id);
        let [third, fourth] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((third.bytes, third.recording.unwrap().bytes), (2, 5));
        assert_eq!(third.recording, fourth.recording, "one file, two names");
        assert!(third.at.0 > 0);

        for _ in 0..2 {
            remove_recording(&crashes, third.id).unwrap();
            remove(&crashes, fourth.id).unwrap();
        }
        let left = list(&crashes).unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].bytes, left[0].recording), (2, None));
    }
}
