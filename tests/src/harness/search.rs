//! Looks for secrets in bytes and in files.

use std::fs;
use std::path::{Path, PathBuf};

/// Whether the bytes hold one of the texts.
pub fn holds(bytes: &[u8], needles: &[&str]) -> bool {
    needles.iter().any(|needle| {
        let needle = needle.as_bytes();
        let mut starts = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == needle[0]);
        starts.any(|(at, _)| bytes[at..].starts_with(needle))
    })
}

/// All files below a directory that hold one of the texts. A socket has no content.
pub fn holders(dir: &Path, needles: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            found.extend(holders(&path, needles));
        } else if kind.is_file() && holds(&fs::read(&path).unwrap_or_default(), needles) {
            // One that is gone meanwhile has nothing to show.
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_is() {
        for (bytes, expected) in [
            ("a secret", true),
            ("secre", false),
            ("sesecret", true),
            ("", false),
        ] {
            assert_eq!(
                holds(bytes.as_bytes(), &["none", "secret"]),
                expected,
                "{bytes}"
            );
        }
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        let file = dir.path().join("sub/file");
        fs::write(&file, "a secret").unwrap();
        let socket = dir.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(socket).unwrap();
        assert_eq!(holders(dir.path(), &["secret"]), [file]);
    }
}
