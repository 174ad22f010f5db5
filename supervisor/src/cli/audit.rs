//! `bulkhead audit verify`.

use serde::Serialize;

use super::cursor::GapAnswer;
use super::output::{Output, table};
use super::{Exit, Place, account};
use crate::store::{Audit, Finding};

#[derive(Serialize)]
struct AuditAnswer {
    ledgers: u64,
    stretches: u64,
    rows: u64,
    events: u64,
    /// How many findings there are; `findings` has the first 1,000.
    found: u64,
    findings: Vec<FindingAnswer>,
    /// Stretches that someone declared as not to be read: no findings.
    gaps: Vec<GapAnswer>,
}

#[derive(Serialize)]
struct FindingAnswer {
    account: Option<String>,
    table: String,
    key: Vec<String>,
    what: String,
}

pub(super) async fn verify(
    place: &Place,
    account: Option<&str>,
    output: Output,
) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let of = match account {
        Some(name) => Some(account::named(&store, name).await?.id),
        None => None,
    };
    let answer = view(store.audit(of).await?);
    output.answer(&answer, words)?;
    Ok(if answer.found == 0 {
        Exit::Done
    } else {
        Exit::Found
    })
}

fn view(audit: Audit) -> AuditAnswer {
    let view = |finding: Finding| FindingAnswer {
        account: finding.account,
        table: finding.table,
        key: finding.key,
        what: finding.what,
    };
    AuditAnswer {
        ledgers: audit.ledgers,
        stretches: audit.stretches,
        rows: audit.rows,
        events: audit.events,
        found: audit.found,
        findings: audit.findings.into_iter().map(view).collect(),
        gaps: audit.gaps.into_iter().map(GapAnswer::of).collect(),
    }
}

fn words(answer: &AuditAnswer) -> String {
    let mut looked_at = format!(
        "{} ledgers with {} stretches, {} rows, {} events",
        answer.ledgers, answer.stretches, answer.rows, answer.events
    );
    for gap in &answer.gaps {
        looked_at.push_str("\nnot read, as declared: ");
        looked_at.push_str(&gap.words());
    }
    if answer.found == 0 {
        return format!("nothing found in {looked_at}");
    }
    let lines = answer.findings.iter().map(|finding| {
        let account = finding.account.clone();
        let key = finding.key.join("/").escape_debug().to_string();
        let account = account.unwrap_or_else(|| "-".to_owned());
        vec![account, finding.table.clone(), key, finding.what.clone()]
    });
    let told = table(&["ACCOUNT", "TABLE", "KEY", "WHAT"], lines);
    let left = answer.found - answer.findings.len() as u64;
    let more = if left > 0 {
        format!("\n… and {left} more")
    } else {
        String::new()
    };
    format!("{told}{more}\n\n{} findings in {looked_at}", answer.found)
}
