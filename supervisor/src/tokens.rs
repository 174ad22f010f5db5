//! An account's access token: for now, a file that is read each time an attempt starts.
//!
//! *Invariants:* the token is stored nowhere; no message holds any part of it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use shared::secret::Secret;

/// The longest file that can be a token, in bytes.
const MAX_TOKEN: u64 = 16 * 1024;
/// How eBay's access tokens begin.
const PREFIX: &str = "v^1.1#";

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenProblem {
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

impl TokenProblem {
    /// Which file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. } | Self::Malformed { path, .. } => path,
        }
    }
}

/// Reads the token. White space around it is ignored.
pub fn read(path: &Path) -> Result<Secret, TokenProblem> {
    let text = content(path).map_err(|source| TokenProblem::Unreadable {
        path: path.to_path_buf(),
        source,
    })?;
    match fault(text.trim(), text.len()) {
        Some(why) => Err(TokenProblem::Malformed {
            path: path.to_path_buf(),
            why,
        }),
        None => Ok(Secret::new(text.trim().to_owned())),
    }
}

/// A mark of the file's content, to see whether it has changed: a hash, never the content.
pub fn mark(path: &Path) -> String {
    match content(path) {
        Ok(text) => blake3::hash(text.trim().as_bytes()).to_hex().to_string(),
        Err(error) => format!("unreadable: {:?}", error.kind()),
    }
}

fn content(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_TOKEN + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}

fn fault(token: &str, size: usize) -> Option<&'static str> {
    if token.is_empty() {
        Some("it is empty")
    } else if size as u64 > MAX_TOKEN {
        Some("it is larger than 16 KiB")
    } else if token.starts_with("ENC:") {
        Some("it is still encrypted (ENC:…)")
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("it has white space or other characters that no token has")
    } else if !token.starts_with(PREFIX) {
        Some("an access token begins with v^1.1#")
    } else {
        None
    }
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
