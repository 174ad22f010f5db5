//! `bulkhead crash list`.

use serde::Serialize;

use crate::cli::output::{Output, distance, table};
use crate::cli::{Exit, Place};
use crate::clock::Clock;
use crate::outcome::CrashId;
use crate::store::CrashRow;

#[derive(Serialize)]
struct CrashLine {
    id: CrashId,
    /// `null` for the death of a token child that was no account's.
    account: Option<String>,
    at: String,
    cause: String,
    confidence: String,
    fingerprint: String,
}

pub(super) async fn list(place: &Place, limit: u32, output: Output) -> anyhow::Result<Exit> {
    let now = Clock.now();
    let rows = place.store().await?.crashes(limit).await?;
    let when: Vec<String> = rows.iter().map(|row| distance(row.at, now)).collect();
    let lines: Vec<CrashLine> = rows.into_iter().map(view).collect();
    output.answer(&lines, |lines| {
        if lines.is_empty() {
            return "no crash reports".to_owned();
        }
        let head = ["ID", "ACCOUNT", "WHEN", "CAUSE", "SURE", "FINGERPRINT"];
        table(
            &head,
            lines.iter().zip(when).map(|(line, when)| {
                vec![
                    line.id.to_string(),
                    line.account.clone().unwrap_or_else(|| "-".to_owned()),
                    when,
                    line.cause.clone(),
                    line.confidence.clone(),
                    line.fingerprint.clone(),
                ]
            }),
        )
    })?;
    Ok(Exit::Done)
}

fn view(row: CrashRow) -> CrashLine {
    CrashLine {
        id: row.id,
        account: row.account,
        at: row.at.to_string(),
        cause: row.cause,
        confidence: row.confidence,
        fingerprint: row.fingerprint,
    }
}
