//! `bulkhead run`: the service, or one pass of it.

use std::time::Duration;

use anyhow::bail;
use serde::Serialize;
use tokio::sync::mpsc;

use super::output::Output;
use super::{Exit, Place, live};
use crate::control::Listener;
use crate::daemon::{Daemon, DaemonError, stop_on_signals};
use crate::scheduler::{Mode, PassSummary};

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
    let daemon = Daemon::open(&place.state_dir, place.config.clone()).await?;
    let listener = Listener::bind(&place.state_dir).map_err(DaemonError::from)?;
    if once && let Some(halt) = daemon.context.store.halt().await? {
        bail!(
            "starting is paused since {} (user {}): bulkhead resume; nothing was run",
            halt.since,
            halt.by
        );
    }
    let stop = stop_on_signals()?;
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
    let calls = dispatcher.caller();
    let (daemon, listener) = (&daemon, &listener);
    let work = async move {
        // The channel closes with the dispatcher, and so the live lines end.
        tokio::select! {
            summary = dispatcher.run(mode, stop) => summary,
            never = daemon.prune_hourly() => match never {},
            never = daemon.obey(listener, calls) => match never {},
        }
    };
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
