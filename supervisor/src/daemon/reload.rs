//! SIGHUP: the configuration is read again. Running attempts keep the one that they began with.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::notify::Notifier;
use super::{Daemon, DaemonError};
use crate::config::Config;
use crate::scheduler::Call;

/// Hears SIGHUP from now on.
pub fn hangups() -> Result<Signal, DaemonError> {
    signal(SignalKind::hangup()).map_err(DaemonError::Signals)
}

impl Daemon {
    /// Reads the configuration again at every SIGHUP, for ever; `load` reads it. A bad one changes
    /// nothing and says why.
    pub async fn reload_on(
        &self,
        mut hangups: Signal,
        load: &(dyn Fn() -> Result<Config, String> + Sync),
        (calls, notifier): (&mpsc::UnboundedSender<Call>, &Notifier),
    ) -> Infallible {
        loop {
            if hangups.recv().await.is_none() {
                return std::future::pending().await;
            }
            // The monotonic time that goes with it is asked for by Type=notify-reload only.
            notifier.tell("RELOADING=1");
            match self.reload(load).await {
                Ok(config) => drop(calls.send(Call::Configure(config))),
                Err(why) => {
                    tracing::error!(
                        "the configuration is not reloaded, all stays as it was: {why}"
                    );
                }
            }
            notifier.tell("READY=1");
        }
    }

    async fn reload(
        &self,
        load: &(dyn Fn() -> Result<Config, String> + Sync),
    ) -> Result<Arc<Config>, String> {
        let mut config = load()?;
        let old = Arc::clone(&self.config.borrow());
        for note in config.notes() {
            tracing::warn!("{note}");
        }
        self.check_environments(&config)
            .await
            .map_err(|error| error.to_string())?;
        let kept = keep_what_cannot_change(&old, &mut config);
        let config = Arc::new(config);
        self.config.send_replace(Arc::clone(&config));
        if kept.is_empty() {
            tracing::info!("the configuration is reloaded: the next attempts go by it");
        } else {
            tracing::warn!(
                "the configuration is reloaded, but for {}: that takes a restart",
                kept.join(", ")
            );
        }
        Ok(config)
    }
}

/// Puts back what was decided when the service started; returns what differed.
fn keep_what_cannot_change(old: &Config, new: &mut Config) -> Vec<&'static str> {
    let mut kept = Vec::new();
    if new.worker_child != old.worker_child {
        new.worker_child.clone_from(&old.worker_child);
        kept.push("worker_child");
    }
    if new.log != old.log {
        new.log = old.log;
        kept.push("log.format");
    }
    if new.recording.total != old.recording.total {
        new.recording.total = old.recording.total;
        kept.push("recording.total");
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Bytes, LogFormat};

    #[test]
    fn some_things_take_a_restart() {
        let old = Config::default();
        let same = |config: &mut Config| keep_what_cannot_change(&old, config);
        let mut config = Config {
            accounts_at_once: 9,
            ..Config::default()
        };
        assert_eq!(same(&mut config), [""; 0]);
        assert_eq!(config.accounts_at_once, 9);
        config.worker_child = Some("/elsewhere".into());
        config.log.format = LogFormat::Human;
        config.recording.total = Bytes::from_mib(1);
        let kept = ["worker_child", "log.format", "recording.total"];
        assert_eq!(same(&mut config), kept);
        assert_eq!(same(&mut config), [""; 0]);
        assert_eq!(config.accounts_at_once, 9);
    }
}
