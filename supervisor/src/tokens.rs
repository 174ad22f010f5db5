//! An account's access token: for now, a file that is read each time an attempt starts, and again
//! when eBay refuses what it held.
//!
//! *Invariants:* the token is stored nowhere; no message holds any part of it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use shared::id::RunNo;
use shared::secret::Secret;

/// The longest file that can be a token, in bytes.
const MAX_TOKEN: u64 = 16 * 1024;
/// How eBay's access tokens begin.
const PREFIX: &str = "v^1.1#";
/// What no token has, besides what is not printed.
const QUOTES: [char; 3] = ['"', '\'', '`'];

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
        Ok(text) => mark_of(text.trim()),
        Err(error) => format!("unreadable: {:?}", error.kind()),
    }
}

fn mark_of(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

/// The tokens that one attempt was given, and which run has which.
#[derive(Debug)]
pub struct Given {
    /// Each once, the newest last; never empty.
    tokens: Vec<Secret>,
    /// The position of each run's token.
    of_runs: Vec<usize>,
}

impl Given {
    /// The token with which all `runs` of an attempt begin.
    pub fn new(token: Secret, runs: usize) -> Self {
        Self {
            tokens: vec![token],
            of_runs: vec![0; runs],
        }
    }

    /// The token with which all runs begin.
    pub fn first(&self) -> Option<Secret> {
        self.tokens.first().cloned()
    }

    /// Every token that was given.
    pub fn all(&self) -> &[Secret] {
        &self.tokens
    }

    /// The token that is in the file now, unless the run has it already.
    ///
    /// Two runs may be refused the same token at the same time: each gets the fresher one.
    pub fn fresher(&mut self, run: RunNo, path: &Path) -> Result<Option<Secret>, TokenProblem> {
        let token = read(path)?;
        let known = self.tokens.iter().position(|given| *given == token);
        let Some(own) = self.of_runs.get_mut(run.index()) else {
            return Ok(None);
        };
        if known == Some(*own) {
            return Ok(None);
        }
        *own = known.unwrap_or(self.tokens.len());
        if known.is_none() {
            self.tokens.push(token.clone());
        }
        Ok(Some(token))
    }

    /// The mark, as of [`mark`], of the newest token that one of these runs has; `None` without runs.
    pub fn mark(&self, runs: impl Iterator<Item = RunNo>) -> Option<String> {
        let newest = runs.filter_map(|run| self.of_runs.get(run.index())).max()?;
        Some(mark_of(self.tokens.get(*newest)?.expose()))
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
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) || token.contains(QUOTES) {
        // Where a child's words are searched for tokens, one ends there.
        Some("it has white space, quotes or other characters that no token has")
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

    #[test]
    fn each_run_gets_what_it_does_not_have() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        let (one, two, run_of_no_attempt) = (RunNo(0), RunNo(1), RunNo(2));
        let token = |text: &str| Some(Secret::new(text.to_owned()));
        write("v^1.1#a\n");
        let mut given = Given::new(read(&path).unwrap(), 2);
        assert_eq!(given.first(), token("v^1.1#a"));
        assert_eq!(given.fresher(one, &path).unwrap(), None, "nothing is new");
        assert_eq!(given.mark([one].into_iter()), Some(mark(&path)));

        write("v^1.1#b");
        assert_eq!(given.fresher(one, &path).unwrap(), token("v^1.1#b"));
        assert_eq!(given.fresher(one, &path).unwrap(), None, "it has that");
        let refused_to_two = given.mark([two].into_iter());
        assert_ne!(
            refused_to_two,
            Some(mark(&path)),
            "the other has the old one"
        );
        assert_eq!(given.mark([one, two].into_iter()), Some(mark(&path)));
        assert_eq!(given.fresher(two, &path).unwrap(), token("v^1.1#b"));
        assert_eq!(given.fresher(run_of_no_attempt, &path).unwrap(), None);
        assert_eq!(given.mark(std::iter::empty()), None);

        write("v^1.1#a");
        assert_eq!(
            given.fresher(one, &path).unwrap(),
            token("v^1.1#a"),
            "again"
        );
        write("ENC:v^1.1#c");
        assert!(given.fresher(two, &path).is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(given.fresher(two, &path).is_err());
    }
}
