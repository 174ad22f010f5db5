//! `bulkhead status --sizes`: how large everything is that is kept.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;
use serde::Serialize;

use super::output::{Output, mib};
use super::{Exit, Place};
use crate::{crash, daemon};

#[derive(Serialize)]
struct SizesAnswer {
    /// The database with its log, in bytes.
    database_bytes: u64,
    /// Crash reports and recordings, in bytes.
    crashes_bytes: u64,
    /// Rows by table.
    rows: BTreeMap<&'static str, u64>,
}

pub(super) async fn sizes(place: &Place, output: Output) -> anyhow::Result<Exit> {
    let counts = place.store().await?.table_counts().await?;
    let crashes = place.state_dir.join("crashes");
    let kept = crash::list(&crashes)
        .with_context(|| format!("cannot look through {}", crashes.display()))?;
    let file = |end: &str| {
        let path = place.state_dir.join(format!("{}{end}", daemon::DATABASE));
        // There is a log only while someone writes.
        std::fs::metadata(path).map_or(0, |found| found.len())
    };
    let answer = SizesAnswer {
        database_bytes: file("") + file("-wal"),
        crashes_bytes: kept.iter().map(|crash| crash.bytes).sum(),
        rows: counts.into_iter().collect(),
    };
    output.answer(&answer, words)?;
    Ok(Exit::Done)
}

fn words(answer: &SizesAnswer) -> String {
    let mut text = format!(
        "database {}, crash reports and recordings {}\n",
        mib(answer.database_bytes),
        mib(answer.crashes_bytes)
    );
    for (table, rows) in &answer.rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{rows:>12} {table}");
    }
    text.trim_end().to_owned()
}
