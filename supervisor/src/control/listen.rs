//! The service's end of the socket: who may ask, how much and how long, and to whom it is passed on.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::command::{Answer, Command};
use super::{LONGEST_LINE, path_fault, socket_path};
use crate::os;

/// How long a request may take to come, and an answer to be taken.
const LINE_LIMIT: Duration = Duration::from_secs(2);
/// How long a command may wait to be stored: longer than a statement waits for a lock.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Conversations at the same time; others wait in the queue of the socket.
const AT_ONCE: usize = 8;
/// How long to wait after the system gave no connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Why nobody can be listened to.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The path.
    #[error("{0}")]
    Path(String),
    /// Something else is there.
    #[error("{0} is there and is no socket: move it away, bulkhead needs the name")]
    Occupied(PathBuf),
    /// The system refused.
    #[error("cannot listen on {path}: {source}")]
    Socket {
        /// Where.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// A command that somebody asked, and who waits for the answer.
#[derive(Debug)]
pub struct Asked {
    /// What was asked.
    pub command: Command,
    /// The number of the user who asked.
    pub by: u32,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

/// The socket, as long as it is listened to. The file goes when it is dropped.
#[derive(Debug)]
pub struct Listener {
    path: PathBuf,
    socket: UnixListener,
}

impl Listener {
    /// Listens in the state directory, for the owner only. The caller holds the directory's lock, so a
    /// socket that is there belongs to a service that was killed, and is replaced.
    pub fn bind(state_dir: &Path) -> Result<Self, ListenError> {
        let path = socket_path(state_dir);
        if let Some(fault) = path_fault(&path) {
            return Err(ListenError::Path(fault));
        }
        let failed = |source| ListenError::Socket {
            path: path.clone(),
            source,
        };
        match fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_socket() => fs::remove_file(&path).map_err(failed)?,
            Ok(_) => return Err(ListenError::Occupied(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let socket = UnixListener::bind(&path).map_err(failed)?;
        // The rights are the first bar; who connects before they are set still meets the second.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self { path, socket })
    }

    /// Listens for ever, and passes on what may be asked.
    pub async fn serve(&self, to: mpsc::Sender<Asked>) -> Infallible {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            // Never closed, so there is always a permit in the end.
            let permit = Arc::clone(&room).acquire_owned().await;
            match self.socket.accept().await {
                Ok((stream, _)) => {
                    let to = to.clone();
                    tokio::spawn(async move {
                        if let Err(error) = converse(stream, to).await {
                            tracing::debug!(%error, "a conversation on the control socket broke off");
                        }
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket gives no connection; it is tried again");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Left behind it would be replaced by the next service.
        drop(fs::remove_file(&self.path));
    }
}

/// The service's own user and root may ask.
const fn may_ask(by: u32, own: u32) -> bool {
    by == own || by == 0
}

async fn converse(mut stream: UnixStream, to: mpsc::Sender<Asked>) -> io::Result<()> {
    let by = stream.peer_cred()?.uid();
    let answer = if may_ask(by, os::user_id()) {
        match hear(&mut stream).await? {
            Ok(command) => pass_on(command, by, &to).await,
            Err(why) => Answer::Refused { why },
        }
    } else {
        tracing::warn!(
            user.id = by,
            "a user who may not ask was refused on the control socket"
        );
        let why = format!("user {by} may not ask this service anything");
        Answer::Refused { why }
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    tokio::time::timeout(LINE_LIMIT, stream.write_all(&line)).await?
}

/// One line, or what is wrong with it.
async fn hear(stream: &mut UnixStream) -> io::Result<Result<Command, String>> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(stream.take(LONGEST_LINE));
    let read = reader.read_until(b'\n', &mut line);
    let Ok(read) = tokio::time::timeout(LINE_LIMIT, read).await else {
        return Ok(Err("the request did not come in time".to_owned()));
    };
    read?;
    if line.pop() != Some(b'\n') {
        return Ok(Err(format!(
            "a request is one line of at most {LONGEST_LINE} bytes"
        )));
    }
    Ok(serde_json::from_slice(&line).map_err(|error| {
        format!("that is no command of this build: {error}; use a bulkhead of the same build")
    }))
}

async fn pass_on(command: Command, by: u32, to: &mpsc::Sender<Asked>) -> Answer {
    let (answer, answers) = oneshot::channel();
    let asked = Asked {
        command,
        by,
        answer,
    };
    let answered = async {
        to.send(asked).await.ok()?;
        answers.await.ok()
    };
    let why = match tokio::time::timeout(ANSWER_LIMIT, answered).await {
        Ok(Some(answer)) => return answer,
        Ok(None) => "the service is stopping",
        Err(_) => {
            "the service was too busy to store it in time; bulkhead command list shows whether it did after all"
        }
    };
    Answer::Unavailable {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_and_root_may_ask() {
        let table = [
            (1000, 1000, true),
            (0, 1000, true),
            (1001, 1000, false),
            (0, 0, true),
            (1000, 0, false),
            (u32::MAX, 1000, false),
        ];
        for (by, own, may) in table {
            assert_eq!(may_ask(by, own), may, "{by} asks {own}");
        }
    }
}
