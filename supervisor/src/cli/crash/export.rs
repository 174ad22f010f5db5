//! `bulkhead crash export`.

use std::path::PathBuf;

use serde::Serialize;

use super::sought::sought;
use super::{directory, report};
use crate::cli::args::BadInput;
use crate::cli::output::{Output, mib};
use crate::cli::{Exit, Place};
use crate::crash::{ArchiveError, Needles, RECORDING, pack};
use crate::outcome::{CrashId, CrashReport};

#[derive(Serialize)]
struct ExportAnswer {
    id: CrashId,
    file: String,
    bytes: u64,
    files: Vec<&'static str>,
    /// Whether the access token in the account's file was among what was searched for.
    token_known: bool,
    /// The secrets that were searched for, besides what looks like an access token.
    searched_for: Vec<String>,
    /// Those that could not be read and so were not searched for, with the reason.
    not_searched_for: Vec<String>,
}

pub(super) async fn export(
    place: &Place,
    id: CrashId,
    to: Option<PathBuf>,
    output: Output,
) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let report = report(&store, id).await?;
    let dir = directory(place, id);
    if !dir.is_dir() {
        let dir = dir.display();
        return Err(BadInput(format!(
            "the files of crash {id} are gone: there is no {dir}; bulkhead crash show {id} has its report"
        ))
        .into());
    }
    let to = to.unwrap_or_else(|| PathBuf::from(format!("bulkhead-crash-{id}.tar")));
    let sought = sought(place, &store, &report).await?;
    let needles = Needles::new(&sought.secrets);
    let files = pack(&dir, (id, report.at), &readme(&report), &needles, &to);
    let files = files.map_err(|error| match error {
        ArchiveError::Exists(_) => anyhow::Error::new(BadInput(error.to_string())),
        ArchiveError::Token { .. } | ArchiveError::Files { .. } => anyhow::Error::new(error),
    })?;
    let answer = ExportAnswer {
        id,
        bytes: std::fs::metadata(&to).map_or(0, |about| about.len()),
        file: to.display().to_string(),
        files,
        token_known: sought.token_known,
        searched_for: sought.named,
        not_searched_for: sought.unread,
    };
    output.answer(&answer, words)?;
    Ok(Exit::Done)
}

fn words(answer: &ExportAnswer) -> String {
    let mut searched = vec!["anything like an access token".to_owned()];
    searched.extend(answer.searched_for.iter().cloned());
    let searched = searched.join(", ");
    let unread = match answer.not_searched_for.join(", ") {
        none if none.is_empty() => none,
        some => format!("\nnot searched for, because it could not be read: {some}"),
    };
    let mut text = format!(
        "{}: {}, {}\nsearched for {searched}: none found{unread}\nit holds what eBay sent, buyers' names and addresses included: pass it on with care",
        answer.file,
        mib(answer.bytes),
        answer.files.join(", "),
    );
    if answer.id.attempt().is_none() {
        text.push_str("\nnothing of a token exchange is recorded: the death cannot be replayed");
    } else if !answer.files.contains(&RECORDING) {
        text.push_str("\nthere is no recording in it: the death cannot be replayed from it");
    }
    text
}

fn readme(report: &CrashReport) -> String {
    if let Some(exchange) = &report.exchange {
        let (id, build, print) = (report.id, &report.build, &report.fingerprint);
        let (cause, kind) = (report.verdict.cause.name(), exchange.kind.name());
        return format!(
            "Bulkhead crash {id}: {cause}, fingerprint {print}, build {build}.\n\
             \n\
             report.json   why it died, under which limits, what was decided\n\
             \n\
             A token child died (exchange: {kind}). Nothing of an exchange is recorded, because it\n\
             holds secrets: this death cannot be replayed.\n"
        );
    }
    let (id, build) = (report.id, &report.build);
    let cause = report
        .failure
        .as_ref()
        .map_or_else(|| report.verdict.cause.name(), |failure| failure.name());
    format!(
        "Bulkhead crash {id}: {cause}, fingerprint {print}, build {build}.\n\
         \n\
         report.json   why it died, where it was, what was decided\n\
         attempt.json  what the child was asked to do\n\
         recording     what it asked of eBay and what came back, as transferred; not there if\n\
         \u{20}             nothing was recorded or the recording was pruned\n\
         \n\
         To bring it about again, offline and under the same limits, with a worker-child of the\n\
         same build:\n\
         \n\
         \u{20}   worker-child replay {id}\n\
         \n\
         Exit 0: it ended the same way. Exit 1: it differs or cannot be replayed, and says why.\n\
         --no-limits looks further than the limits allowed.\n\
         \n\
         No access token is in here; what eBay sent is: treat it as your sellers' and buyers'\n\
         personal data.\n",
        print = report.fingerprint,
    )
}
