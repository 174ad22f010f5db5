//! One token child from its spawn to its end: the order in a frame, the answer in a frame.
//!
//! *Invariants:* the supervisor opens no connection and reads no answer but the child's frame; a
//! child that dies, lies or stands still is judged like any other, and costs its account only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shared::build::BUILD;
use shared::death::{self, Evidence, MemorySlot, Verdict};
use shared::wire::message::{Ask, Exchange, Exchanged, FromChild, PROTOCOL_VERSION, ToChild};

use crate::child::flight::FlightFile;
use crate::child::link::{BigFrames, LinkError, Receiver, Sender};
use crate::child::process::Process;
use crate::child::spawner::Spawner;
use crate::config::Config;
use crate::os::{Limits, Signal};
use crate::outcome::KillReason;

/// What a token child may use, in bytes and seconds: two tokens are small.
const LIMITS: Limits = Limits {
    memory: 64 << 20,
    address_space: 4 << 30,
    cpu_seconds: 30,
    open_files: 64,
    file_size: 1 << 20,
    core: 0,
};
/// How much longer than the exchange itself its child may take.
const MARGIN: Duration = Duration::from_secs(5);

/// Starts token children. Clones share.
#[derive(Debug, Clone)]
pub struct Exchanger {
    spawner: Spawner,
    config: Arc<Config>,
    state_dir: PathBuf,
    count: Arc<AtomicU64>,
}

/// What is known of a child's end.
#[derive(Default)]
struct End {
    answer: Option<Exchanged>,
    hello: bool,
    kill: Option<KillReason>,
    status: Option<ExitStatus>,
    spawn_error: Option<String>,
}

impl Exchanger {
    /// One that puts the files of its children below this state directory.
    pub fn new(spawner: Spawner, config: Arc<Config>, state_dir: &Path) -> Self {
        Self {
            spawner,
            config,
            state_dir: state_dir.to_path_buf(),
            count: Arc::default(),
        }
    }

    /// The same with other settings.
    #[must_use]
    pub fn with_config(&self, config: &Arc<Config>) -> Self {
        Self {
            config: Arc::clone(config),
            ..self.clone()
        }
    }

    /// Asks once, within `limit`; the verdict on the child if it gave no answer.
    pub async fn exchange(
        &self,
        url: String,
        ask: Ask,
        limit: Duration,
    ) -> Result<Exchanged, Verdict> {
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let network = self.config.network.connect_timeout.duration();
        let order = Exchange {
            url,
            ask,
            connect_timeout_ms: millis(network.min(limit)),
            timeout_ms: millis(limit),
            sandbox: self.config.sandbox,
        };
        let unborn = |what: String| {
            death::classify(&evidence(
                &End::unborn(what),
                Err("there is none".to_owned()),
                None,
            ))
        };
        let directory = TokenDir::create(self).map_err(|error| unborn(error.to_string()))?;
        let child = self.spawner.spawn(&directory.0).await;
        let child = child.map_err(|error| unborn(error.to_string()))?;
        let adopted = Process::adopt(child, BigFrames::default());
        let (mut process, sender, receiver) =
            adopted.ok_or_else(|| unborn("the child came without pipes".to_owned()))?;
        let limits = process.limit(&LIMITS);
        let mut end = match &limits {
            Ok(_) => self.talk(order, limit, (sender, receiver)).await,
            Err(error) => End::killed(KillReason::Limits {
                what: error.to_string(),
            }),
        };
        if end.kill.is_some() {
            process.signal(Signal::SIGKILL);
        }
        end.status = if let Ok(status) = tokio::time::timeout(MARGIN, process.wait()).await {
            status.ok()
        } else {
            end.kill = Some(KillReason::Lingering);
            process.signal(Signal::SIGKILL);
            process.wait().await.ok()
        };
        let mut evidence = evidence(&end, directory.1.read(), limits.ok());
        evidence.outside = process.outside();
        evidence.signals_sent = process.signals_sent().to_vec();
        // What it wrote there may hold a client secret, which nobody could mask: nobody reads it.
        drop(process.finish(&[]).await);
        let verdict = death::classify(&evidence);
        match end.answer {
            Some(answer) if verdict.cause == death::Cause::Completed => Ok(answer),
            _ => Err(verdict),
        }
    }

    async fn talk(
        &self,
        order: Exchange,
        limit: Duration,
        (mut sender, mut receiver): (Sender, Receiver),
    ) -> End {
        let ready = self.config.timeouts.ready.duration();
        let mut end = End::default();
        match tokio::time::timeout(ready, hear(&mut sender, &mut receiver)).await {
            Ok(Ok(Some(FromChild::Hello { version, build, .. }))) => {
                end.hello = true;
                if version != PROTOCOL_VERSION || build != BUILD {
                    let what = "worker-child is of another build: restart needed".to_owned();
                    return end.kill(KillReason::WrongBuild { what });
                }
            }
            Ok(heard) => return end.broken(heard),
            Err(_) => {
                let waited_ms = u64::try_from(ready.as_millis()).unwrap_or(u64::MAX);
                return end.kill(KillReason::NeverReady { waited_ms });
            }
        }
        let sent = sender.send(&ToChild::Exchange(Box::new(order))).await;
        if sent.is_err_and(|error| error.is_violation()) {
            return end.kill(KillReason::Lingering);
        }
        match tokio::time::timeout(limit + MARGIN, hear(&mut sender, &mut receiver)).await {
            Ok(Ok(Some(FromChild::Exchanged(answer)))) => {
                end.answer = Some(answer);
                end
            }
            Ok(heard) => end.broken(heard),
            Err(_) => end.kill(KillReason::Lingering),
        }
    }
}

/// The next legal message.
async fn hear(
    sender: &mut Sender,
    receiver: &mut Receiver,
) -> Result<Option<FromChild>, LinkError> {
    let Some(frame) = receiver.next().await? else {
        return Ok(None);
    };
    sender.session.from_child(&frame.message)?;
    Ok(Some(frame.message))
}

impl End {
    fn unborn(what: String) -> Self {
        Self {
            spawn_error: Some(what),
            ..Self::default()
        }
    }

    fn killed(reason: KillReason) -> Self {
        Self::default().kill(reason)
    }

    fn kill(mut self, reason: KillReason) -> Self {
        self.kill = Some(reason);
        self
    }

    /// It said something else, or nothing any more.
    fn broken(self, heard: Result<Option<FromChild>, LinkError>) -> Self {
        let what = match heard {
            Ok(Some(message)) => format!("{} is no answer", message.name()),
            Err(error) if error.is_violation() => error.to_string(),
            // The stream ended: so does the process, and its status says why.
            Ok(None) | Err(_) => return self,
        };
        self.kill(KillReason::Violation { what, run: None })
    }
}

fn evidence(
    end: &End,
    flight: Result<shared::flight::Flight, String>,
    limits: Option<Limits>,
) -> Evidence {
    use std::os::unix::process::ExitStatusExt as _;
    Evidence {
        spawn_error: end.spawn_error.clone(),
        ending: end.status.and_then(death::ending),
        raw_status: end.status.map(ExitStatus::into_raw),
        kill: end.kill.clone(),
        signals_sent: Vec::new(),
        hello: end.hello,
        bye: end.answer.is_some(),
        flight,
        limits,
        slot: MemorySlot::Normal,
        cgroup_oom_kills: None,
        outside: death::Outside::default(),
        stderr_tail: String::new(),
        runs: Vec::new(),
    }
}

/// The directory of a token child with its flight recorder; it goes with the child, and with
/// whoever no longer waits for it.
struct TokenDir(PathBuf, FlightFile);

impl TokenDir {
    fn create(exchanger: &Exchanger) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let number = exchanger.count.fetch_add(1, Ordering::Relaxed);
        let name = format!("token-{}-{number}", std::process::id());
        let path = exchanger.state_dir.join("attempts").join(name);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)?;
        let flight = FlightFile::create(&path, &[])?;
        Ok(Self(path, flight))
    }
}

impl Drop for TokenDir {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "removing a token child's directory failed");
        }
    }
}
