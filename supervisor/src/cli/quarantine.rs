//! `bulkhead quarantine list`; a release is asked of the service.

use serde::Serialize;
use shared::worker::Worker;

use super::output::{Output, distance, table};
use super::{Exit, Place};
use crate::clock::Clock;
use crate::store::SyncState;

#[derive(Serialize)]
struct QuarantineAnswer {
    account: String,
    worker: Worker,
    until: String,
    charged: usize,
    last_outcome: Option<String>,
    last_detail: Option<String>,
    release: String,
}

pub(super) async fn list(place: &Place, output: Output) -> anyhow::Result<Exit> {
    let now = Clock.now();
    let states = place.store().await?.quarantined(now).await?;
    let answers: Vec<QuarantineAnswer> = states.iter().filter_map(view).collect();
    output.answer(&answers, |answers| {
        if answers.is_empty() {
            return "nothing is in quarantine".to_owned();
        }
        let head = [
            "ACCOUNT",
            "WORKER",
            "UNTIL",
            "CHARGED",
            "LAST",
            "RELEASE WITH",
        ];
        let until = |answer: &QuarantineAnswer| {
            shared::time::Timestamp::parse(&answer.until)
                .map_or_else(String::new, |at| distance(at, now))
        };
        table(
            &head,
            answers.iter().map(|answer| {
                vec![
                    answer.account.clone(),
                    answer.worker.to_string(),
                    until(answer),
                    answer.charged.to_string(),
                    answer.last_detail.clone().unwrap_or_default(),
                    answer.release.clone(),
                ]
            }),
        )
    })?;
    Ok(Exit::Done)
}

fn view(state: &SyncState) -> Option<QuarantineAnswer> {
    Some(QuarantineAnswer {
        account: state.account.clone(),
        worker: state.worker,
        until: state.policy.quarantined_until?.to_string(),
        charged: state.policy.tally.len() + state.policy.errors.len(),
        last_outcome: state.last_outcome.clone(),
        last_detail: state.last_detail.clone(),
        release: format!(
            "bulkhead quarantine release {} {}",
            state.account, state.worker
        ),
    })
}
