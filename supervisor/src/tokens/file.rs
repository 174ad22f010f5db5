//! A file that holds an access token: read each time an attempt starts, and again when eBay refuses
//! what it held.
//!
//! *Invariants:* the token is stored nowhere; no message holds any part of it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use shared::secret::Secret;

use super::look;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// The file cannot be read.
    #[error("token file {path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file's content is no token.
    #[error("token file {path} holds no access token: {why}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it; never its content.
        why: &'static str,
    },
}

/// Reads the token. White space around it is ignored.
pub fn read(path: &Path) -> Result<Secret, FileProblem> {
    let text = content(path).map_err(|source| FileProblem::Unreadable {
        path: path.to_path_buf(),
        source,
    })?;
    match look::fault(text.trim(), text.len()) {
        Some(why) => Err(FileProblem::Malformed {
            path: path.to_path_buf(),
            why,
        }),
        None => Ok(Secret::new(text.trim().to_owned())),
    }
}

/// A mark of the file's content, to see whether it has changed: a hash, never the content.
pub fn mark(path: &Path) -> String {
    match content(path) {
        Ok(text) => mark_of(text.trim()),
        Err(error) => format!("unreadable: {:?}", error.kind()),
    }
}

pub(super) fn mark_of(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

fn content(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(look::MAX_TOKEN as u64 + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_token() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let cases = [
            ("v^1.1#i^1#abc\n", true),
            ("", false),
            ("  \n", false),
            ("ENC:v^1.1#abc", false),
            ("v^1.1#a b", false),
            ("v^1.1#a\"b", false),
            ("v^1.1#a'b", false),
            ("v^1.1#a`b", false),
            ("hello", false),
        ];
        for (content, good) in cases {
            std::fs::write(&path, content).unwrap();
            let token = read(&path);
            assert_eq!(token.is_ok(), good, "{content:?}");
            if let Err(problem) = token {
                assert!(content.trim().is_empty() || !problem.to_string().contains(content.trim()));
            }
        }
        std::fs::write(&path, "v^1.1#".repeat(4000)).unwrap();
        assert!(read(&path).is_err(), "too large");
    }

    #[test]
    fn the_mark_follows_the_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let missing = mark(&path);
        std::fs::write(&path, "v^1.1#a").unwrap();
        let first = mark(&path);
        std::fs::write(&path, "v^1.1#a\n").unwrap();
        assert_eq!(mark(&path), first, "white space does not count");
        std::fs::write(&path, "v^1.1#b").unwrap();
        assert!(mark(&path) != first && first != missing && !first.contains("v^1"));
    }
}
