//! `bulkhead crash replay`: hands the directory to the child's program, and passes its answer on.

use std::ffi::OsStr;

use anyhow::Context as _;

use super::{directory, report};
use crate::child::spawner::ask;
use crate::cli::args::BadInput;
use crate::cli::output::Output;
use crate::cli::{Exit, Place};
use crate::daemon::worker_child;
use crate::outcome::CrashId;

pub(super) async fn replay(
    place: &Place,
    id: CrashId,
    no_limits: bool,
    output: Output,
) -> anyhow::Result<Exit> {
    if id.attempt().is_none() {
        let report = report(&place.store().await?, id).await?;
        let why = report.exchange.map(|exchange| exchange.to_do);
        anyhow::bail!(
            "crash {id} cannot be replayed: nothing of a token exchange is recorded, because it holds secrets; {}",
            why.unwrap_or_default()
        );
    }
    let dir = directory(place, id);
    if !dir.is_dir() {
        // Wrong id, or right id whose files were pruned: two different sentences.
        report(&place.store().await?, id).await?;
        let dir = dir.display();
        return Err(BadInput(format!(
            "the files of crash {id} are gone: there is no {dir}; bulkhead crash show {id} has its report"
        ))
        .into());
    }
    let mut args: Vec<&OsStr> = vec![OsStr::new("replay")];
    if no_limits {
        args.push(OsStr::new("--no-limits"));
    }
    if output.is_json() {
        args.extend(["--output", "json"].map(OsStr::new));
    }
    args.push(dir.as_os_str());
    let binary = worker_child(&place.config);
    let status = ask(&binary, &args).await.with_context(|| {
        format!(
            "cannot start {}; set worker_child in the configuration if it is elsewhere",
            binary.display()
        )
    })?;
    match status.code().map(u8::try_from) {
        Some(Ok(code)) => Ok(Exit::OfChild(code)),
        _ => Err(anyhow::anyhow!(
            "worker-child replay did not exit by itself: {status}"
        )),
    }
}
