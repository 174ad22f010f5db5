//! One token child from its spawn to its end: the order in a frame, the answer in a frame.
//!
//! *Invariants:* the supervisor opens no connection and reads no answer but the child's frame; a
//! child that dies, lies or stands still is judged like any other, and costs its account only.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shared::build::BUILD;
use shared::wire::message::{Ask, Exchange, Exchanged, FromChild, PROTOCOL_VERSION, ToChild};

use super::end::{About, Dead, End};
use tokio::sync::Semaphore;

use crate::child::flight::FlightFile;
use crate::child::link::{BigFrames, LinkError, Receiver, Sender};
use crate::child::process::Process;
use crate::child::spawner::Spawner;
use crate::clock::Clock;
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
/// The memory limit of a token child, in bytes.
pub const MEMORY: u64 = LIMITS.memory;
/// How much longer than the exchange itself its child may take.
const MARGIN: Duration = Duration::from_secs(5);

/// Starts token children. Clones share.
#[derive(Debug, Clone)]
pub struct Exchanger {
    spawner: Spawner,
    config: Arc<Config>,
    clock: Clock,
    state_dir: PathBuf,
    count: Arc<AtomicU64>,
    /// As many token children as may live at once.
    room: Arc<Semaphore>,
}

/// How many token children may live at once: one for each account that is being synced, and one that
/// has the web app refresh its tokens. The memory budget leaves them out; this is what bounds them.
pub fn at_once(config: &Config) -> u32 {
    config.accounts_at_once.saturating_add(1)
}

fn room(config: &Config) -> Arc<Semaphore> {
    let most = usize::try_from(at_once(config)).unwrap_or(usize::MAX);
    Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)))
}

impl Exchanger {
    /// One that puts the files of its children below this state directory.
    pub fn new(spawner: Spawner, config: Arc<Config>, state_dir: &Path) -> Self {
        Self {
            spawner,
            room: room(&config),
            config,
            clock: Clock,
            state_dir: state_dir.to_path_buf(),
            count: Arc::default(),
        }
    }

    /// The same with other settings.
    #[must_use]
    pub fn with_config(&self, config: &Arc<Config>) -> Self {
        let same = at_once(config) == at_once(&self.config);
        Self {
            room: if same {
                Arc::clone(&self.room)
            } else {
                room(config)
            },
            config: Arc::clone(config),
            ..self.clone()
        }
    }

    /// Asks once, within `limit`; what is known of the child's death if it gave no answer.
    pub(super) async fn exchange(
        &self,
        url: String,
        ask: Ask,
        limit: Duration,
    ) -> Result<Exchanged, Box<Dead>> {
        let about = About::of(&ask, &url);
        // Nobody closes it, so there always is room in the end.
        let _room = self.room.acquire().await;
        let network = self.config.network.connect_timeout.duration();
        let order = Exchange {
            url,
            ask,
            connect_timeout_ms: millis(network.min(limit)),
            timeout_ms: millis(limit),
            sandbox: self.config.sandbox,
        };
        let mut end = match TokenDir::create(self) {
            Ok(directory) => self.live(&directory, order, limit).await,
            Err(error) => End::unborn(format!("making its directory failed: {error}")),
        };
        end.died_at = Some(self.clock.now()).filter(|_| end.pid.is_some());
        end.conclude(about)
    }

    /// A life from its spawn to its burial.
    async fn live(&self, directory: &TokenDir, order: Exchange, limit: Duration) -> End {
        let child = match self.spawner.spawn(&directory.0).await {
            Ok(child) => child,
            Err(error) => return End::unborn(error.to_string()),
        };
        let Some((mut process, sender, receiver)) = Process::adopt(child, BigFrames::default())
        else {
            return End::unborn("the child came without pipes".to_owned());
        };
        let limits = process.limit(&LIMITS);
        let mut end = match &limits {
            Ok(_) => self.talk(order, limit, (sender, receiver)).await,
            Err(error) => End::default().kill(KillReason::Limits {
                what: error.to_string(),
            }),
        };
        process.sample();
        if end.kill.is_some() {
            process.signal(Signal::SIGKILL);
        }
        end.status = if let Ok(status) = tokio::time::timeout(MARGIN, process.wait()).await {
            status.ok()
        } else {
            end.kill = Some(end.kill.unwrap_or(KillReason::Lingering));
            process.signal(Signal::SIGKILL);
            // One that hangs in the kernel must not keep its room for ever.
            let waited = tokio::time::timeout(MARGIN, process.wait()).await;
            waited.ok().and_then(Result::ok)
        };
        end.pid = Some(process.pid());
        end.limits = limits.ok();
        end.flight = directory.1.read();
        end.peak_resident = process.peak_resident();
        end.outside = process.outside();
        end.signals_sent = process.signals_sent().to_vec();
        // What it wrote there may hold a client secret, which nobody could mask: nobody reads it.
        drop(process.finish(&[]).await);
        end
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
                let other = version != PROTOCOL_VERSION || build != BUILD;
                end.child_build = Some(build);
                if other {
                    let what = "worker-child is of another build: restart needed".to_owned();
                    return end.kill(KillReason::WrongBuild { what });
                }
            }
            Ok(heard) => return end.broken(heard),
            Err(_) => {
                let waited_ms = millis(ready);
                return end.kill(KillReason::NeverReady { waited_ms });
            }
        }
        let sent = sender.send(&ToChild::Exchange(Box::new(order))).await;
        if let Err(error) = sent
            && error.is_violation()
        {
            let what = error.to_string();
            return end.kill(KillReason::Violation { what, run: None });
        }
        let patience = limit + MARGIN;
        match tokio::time::timeout(patience, hear(&mut sender, &mut receiver)).await {
            Ok(Ok(Some(FromChild::Exchanged(answer)))) => {
                end.answer = Some(answer);
                end
            }
            Ok(heard) => end.broken(heard),
            Err(_) => {
                let waited_ms = millis(patience);
                end.kill(KillReason::Unanswered { waited_ms })
            }
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
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
