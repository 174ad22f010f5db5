//! An account with a report of a given length, and a pass over it.

use std::{
    error::Error,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
};

use integration_tests::sim::{
    Sim,
    bulk::{BulkFacts, write_bulk_file},
};

use crate::{
    shop::Shop,
    stored::{self, LastRun},
    watch::{Figures, watch},
};

/// Decides the reports' content.
const SEED: u64 = 1;

/// The account with what its report has.
pub(crate) struct Stocked<'a> {
    shop: Shop<'a>,
    pub facts: BulkFacts,
    pub packed: u64,
}

/// One pass over it.
pub(crate) struct Pass {
    pub figures: Figures,
    pub run: LastRun,
}

impl<'a> Stocked<'a> {
    /// Generates the report and adds the account.
    pub(crate) fn open(
        bulkhead: &'a Path,
        sim: &Sim,
        dir: &Path,
        bytes: u64,
    ) -> Result<Self, Box<dyn Error>> {
        let name = format!("shop-{bytes}");
        let report = dir.join(format!("{name}.zip"));
        let facts = write_bulk_file(&report, bytes, SEED, true)?;
        let packed = fs::metadata(&report)?.len();
        Ok(Self {
            shop: Shop::open(bulkhead, sim, dir, &name, report)?,
            facts,
            packed,
        })
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.shop.state_dir.join("bulkhead.db")
    }

    /// `bulkhead run --once`, which must complete the one worker's run.
    pub(crate) async fn pass(&self) -> Result<Pass, Box<dyn Error>> {
        let log = self.shop.state_dir.join("log");
        let mut command = self.shop.command();
        command.args(["run", "--once"]).stdout(Stdio::null());
        command.stderr(File::create(&log)?);
        let (status, figures) = watch(&mut command, "worker-child")?;
        let run = stored::last_run(&self.database()).await?;
        if !status.success() || run.outcome.as_deref() != Some("completed") {
            let log = fs::read_to_string(&log).unwrap_or_default();
            let (outcome, detail) = (run.outcome, run.detail);
            return Err(
                format!("bulkhead run --once: {status}; {outcome:?} {detail:?}\n{log}").into(),
            );
        }
        Ok(Pass { figures, run })
    }
}
