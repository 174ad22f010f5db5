//! What systemd is told of this service (`sd_notify(3)`): that it is ready, reloads, stops, and that it
//! is alive. Without `NOTIFY_SOCKET` nothing is told.
//!
//! *Invariant:* `WATCHDOG=1` is sent only after the dispatcher has answered: a process that lives and
//! schedules nothing is not alive.

use std::convert::Infallible;
use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::scheduler::Call;

/// Whoever started this service and wants to hear of it.
#[derive(Debug)]
pub struct Notifier {
    to: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// As the environment says: `NOTIFY_SOCKET`, a path or `@` and an abstract name; `WATCHDOG_USEC`,
    /// for this process if `WATCHDOG_PID` says so or is not there.
    pub fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let to = variable("NOTIFY_SOCKET").and_then(|name| {
            let open = || {
                let address = address(name.as_bytes())?;
                let socket = UnixDatagram::unbound()?;
                socket.set_nonblocking(true)?;
                Ok::<_, std::io::Error>((socket, address))
            };
            open()
                .inspect_err(|error| {
                    tracing::warn!(%error, "NOTIFY_SOCKET cannot be used: systemd is told nothing");
                })
                .ok()
        });
        let number = |name| variable(name)?.to_str()?.parse::<u64>().ok();
        let ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC")
            .filter(|usec| *usec > 0 && ours && to.is_some())
            .map(Duration::from_micros);
        Self { to, watchdog }
    }

    /// Tells lines such as `READY=1`.
    pub fn tell(&self, lines: &str) {
        let Some((socket, address)) = &self.to else {
            return;
        };
        if let Err(error) = socket.send_to_addr(lines.as_bytes(), address) {
            tracing::warn!(%error, lines, "systemd did not take what it was told");
        }
    }

    /// Keeps the watchdog quiet for as long as the dispatcher answers; for ever, if there is none.
    pub async fn watch(&self, calls: &mpsc::UnboundedSender<Call>) -> Infallible {
        let Some(limit) = self.watchdog else {
            return std::future::pending().await;
        };
        loop {
            let (alive, lives) = oneshot::channel();
            let asked = calls.send(Call::Alive(alive)).is_ok();
            if asked && lives.await.is_ok() {
                self.tell("WATCHDOG=1");
            }
            tokio::time::sleep(limit / 3).await;
        }
    }
}

fn address(name: &[u8]) -> std::io::Result<SocketAddr> {
    match name.split_first() {
        Some((b'@', rest)) => SocketAddr::from_abstract_name(rest),
        Some((b'/', _)) => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name)),
        _ => Err(std::io::Error::from(std::io::ErrorKind::InvalidInput)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USEC: u64 = 30_000_000;

    /// A socket of a name that nobody else has, and a notifier that tells it.
    fn pair(name: &str) -> (UnixDatagram, Notifier) {
        let name = format!("bulkhead-{}-{name}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let heard = UnixDatagram::bind_addr(&address).unwrap();
        heard.set_nonblocking(true).unwrap();
        let notifier = Notifier::from_env(|variable| match variable {
            "NOTIFY_SOCKET" => Some(format!("@{name}").into()),
            "WATCHDOG_USEC" => Some(USEC.to_string().into()),
            _ => None,
        });
        (heard, notifier)
    }

    fn next(heard: &UnixDatagram) -> Option<String> {
        let mut bytes = [0; 256];
        let length = heard.recv(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes[..length]).into_owned())
    }

    #[test]
    fn what_the_environment_says() {
        let own = std::process::id().to_string();
        let table = [
            (None, Some("1000000"), None, None),
            (Some("@a"), None, None, None),
            (Some("@a"), Some("1000000"), None, Some(1)),
            (Some("@a"), Some("1000000"), Some(own.as_str()), Some(1)),
            (Some("@a"), Some("1000000"), Some("1"), None),
            (Some("@a"), Some("0"), None, None),
            (Some("@a"), Some("soon"), None, None),
            (Some("a"), Some("1000000"), None, None),
            (Some(""), Some("1000000"), None, None),
        ];
        for (socket, usec, pid, expected) in table {
            let notifier = Notifier::from_env(|name| {
                let value = match name {
                    "NOTIFY_SOCKET" => socket,
                    "WATCHDOG_USEC" => usec,
                    _ => pid,
                };
                value.map(OsString::from)
            });
            let expected = expected.map(Duration::from_secs);
            assert_eq!(notifier.watchdog, expected, "{socket:?} {usec:?} {pid:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dispatcher_that_does_not_answer_is_not_alive() {
        let (heard, notifier) = pair("watch");
        let (calls, mut called) = mpsc::unbounded_channel();
        let dispatcher = async {
            for _ in 0..3 {
                if let Some(Call::Alive(alive)) = called.recv().await {
                    alive.send(()).unwrap();
                }
            }
            // From now on it hears and does nothing.
            let kept = called.recv().await;
            tokio::time::sleep(Duration::from_micros(USEC) * 10).await;
            drop(kept);
        };
        tokio::select! {
            never = notifier.watch(&calls) => match never {},
            () = dispatcher => {}
        }
        let told: Vec<String> = std::iter::from_fn(|| next(&heard)).collect();
        assert_eq!(told, ["WATCHDOG=1"; 3]);
    }
}
