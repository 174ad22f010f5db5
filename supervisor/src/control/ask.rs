//! The command line's end of the socket.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::command::{Answer, Command};
use super::{LONGEST_LINE, path_fault, socket_path};

/// How long a service may take to answer: longer than it may take to store a command.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No service listens here.
    #[error("no service listens on {0}")]
    Nobody(PathBuf),
    /// The path.
    #[error("{0}")]
    Path(String),
    /// Who listens does not say anything that can be understood, or nothing in time.
    #[error(
        "no answer from the service on {path}: {source}; bulkhead command list shows whether it was accepted"
    )]
    NoAnswer {
        /// Where.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// Asks the service of this state directory, and waits for its answer.
pub fn ask(state_dir: &Path, command: &Command) -> Result<Answer, AskError> {
    let path = socket_path(state_dir);
    if let Some(fault) = path_fault(&path) {
        return Err(AskError::Path(fault));
    }
    let stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Err(AskError::Nobody(path));
        }
        Err(source) => return Err(AskError::NoAnswer { path, source }),
    };
    exchange(stream, command).map_err(|source| AskError::NoAnswer { path, source })
}

fn exchange(mut stream: UnixStream, command: &Command) -> io::Result<Answer> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream.take(LONGEST_LINE)).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}
