//! `bulkhead run`: the service, or one pass of it.

use std::time::Duration;

use anyhow::bail;
use serde::Serialize;
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;

use super::output::Output;
use super::{Exit, Place, live, load};
use crate::control::Listener;
use crate::daemon::notify::Notifier;
use crate::daemon::{Daemon, DaemonError, hangups, stop_on_signals};
use crate::scheduler::{Dispatcher, Mode, PassSummary, Stop};

/// Snoozes up to this long belong to a single pass.
const SHORT_SNOOZE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct PassAnswer {
    well: usize,
    ill: usize,
}

pub(super) async fn run(place: &Place, once: bool, output: Output) -> anyhow::Result<Exit> {
    for note in place.config.notes() {
        tracing::warn!("{note}");
    }
    // Heard from the first moment: what is rescued at the start is not to be cut off.
    let (stop, hangups) = (stop_on_signals()?, hangups()?);
    let daemon = Daemon::open(&place.state_dir, place.config.clone()).await?;
    let listener = Listener::bind(&place.state_dir).map_err(DaemonError::from)?;
    if once && let Some(halt) = daemon.context.store.halt().await? {
        bail!(
            "starting is paused since {} (user {}): bulkhead resume; nothing was run",
            halt.since,
            halt.by
        );
    }
    let mut dispatcher = daemon.dispatcher(fastrand::Rng::new());
    let mode = if once {
        Mode::Once {
            snoozes: SHORT_SNOOZE,
        }
    } else {
        Mode::Service
    };
    tracing::info!(state_dir = %place.state_dir.display(), once, "bulkhead runs");
    daemon.prune().await;
    let (send, events) = mpsc::unbounded_channel();
    let live = once && live::is_wanted(output);
    if live {
        dispatcher.tell(send);
    }
    let service = Life {
        place,
        daemon: &daemon,
        listener: &listener,
        signals: (stop, hangups),
    };
    // The channel closes with the dispatcher, and so the live lines end.
    let work = service.live(dispatcher, mode);
    let show = async {
        if live {
            live::show(events).await;
        }
    };
    let (summary, ()) = tokio::join!(Box::pin(work), show);
    let summary = summary?;
    tracing::info!("bulkhead stopped; no child is left");
    if !once {
        return Ok(Exit::Done);
    }
    let answer = PassAnswer {
        well: summary.well,
        ill: summary.ill,
    };
    output.answer(&answer, words)?;
    Ok(exit(summary))
}

/// Everything that goes on while the dispatcher works.
struct Life<'a> {
    place: &'a Place,
    daemon: &'a Daemon,
    listener: &'a Listener,
    signals: (Stop, Signal),
}

impl Life<'_> {
    async fn live(self, mut dispatcher: Dispatcher, mode: Mode) -> anyhow::Result<PassSummary> {
        let notifier = Notifier::from_env(|name| std::env::var_os(name));
        let (stop, hangups) = self.signals;
        let calls = dispatcher.caller();
        let (state_dir, named) = (&self.place.state_dir, self.place.named.as_deref());
        let again = move || load(state_dir, named).map_err(|error| error.to_string());
        let reload = self.daemon.reload_on(hangups, &again, (&calls, &notifier));
        notifier.tell("READY=1\nSTATUS=accounts are synced when they are due");
        tokio::select! {
            summary = dispatcher.run(mode, stop.clone()) => {
                // With nothing to wait for it ends before anybody else has heard of the stop.
                notifier.tell("STOPPING=1");
                Ok(summary?)
            }
            never = self.daemon.prune_hourly() => match never {},
            never = self.daemon.refresh_web_app() => match never {},
            never = self.daemon.obey(self.listener, calls.clone()) => match never {},
            never = reload => match never {},
            never = notifier.watch(&calls) => match never {},
            drain = too_late(self.daemon, stop, &notifier) => bail!(
                "not everything had ended {drain:?} after the signal (timeouts.drain): what is left is killed, and ended as interrupted by the next start"
            ),
        }
    }
}

/// Returns when a stop has taken too long, with how long that is.
async fn too_late(daemon: &Daemon, mut stop: Stop, notifier: &Notifier) -> Duration {
    if stop.wait_for(|stop| *stop).await.is_err() {
        return std::future::pending().await;
    }
    notifier.tell("STOPPING=1\nSTATUS=running attempts are asked to finish");
    let drain = daemon.drain();
    tokio::time::sleep(drain).await;
    drain
}

fn words(pass: &PassAnswer) -> String {
    match (pass.well, pass.ill) {
        (0, 0) => "nothing was due; bulkhead status shows when the next run is".to_owned(),
        (well, 0) => format!("{well} workers ran well"),
        (well, ill) => format!(
            "{well} workers ran well, {ill} did not: see bulkhead status and bulkhead crash list"
        ),
    }
}

fn exit(summary: PassSummary) -> Exit {
    if summary.ill > 0 {
        Exit::Failed
    } else if summary.is_empty() {
        Exit::NothingDue
    } else {
        Exit::Done
    }
}
