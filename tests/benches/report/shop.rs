//! One account with a generated report, in a state directory of its own, synced by the real
//! binaries.

use std::{
    env,
    error::Error,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use integration_tests::sim::{
    AccountSpec, Sim,
    bulk::{BulkFacts, write_bulk_file},
};

use crate::{
    stored::{self, LastRun},
    watch::{Figures, watch},
};

/// Decides the reports' content.
const SEED: u64 = 1;
const TOKEN_START: &str = "v^1.1#i^1#bench#";

/// The account.
pub(crate) struct Shop<'a> {
    bulkhead: &'a Path,
    state_dir: PathBuf,
    pub facts: BulkFacts,
    pub packed: u64,
}

/// One pass over it.
pub(crate) struct Pass {
    pub figures: Figures,
    pub run: LastRun,
}

impl<'a> Shop<'a> {
    /// Generates the report and adds the account, at the simulated eBay and in a new database.
    pub(crate) fn open(
        bulkhead: &'a Path,
        sim: &Sim,
        dir: &Path,
        bytes: u64,
    ) -> Result<Self, Box<dyn Error>> {
        let name = format!("shop-{bytes}");
        let token = format!("{TOKEN_START}{name}");
        let report = dir.join(format!("{name}.zip"));
        let facts = write_bulk_file(&report, bytes, SEED, true)?;
        let packed = fs::metadata(&report)?.len();
        let mut account = AccountSpec::new(&name, &token);
        account.report_file = Some(report);
        sim.account(account)?;
        let state_dir = dir.join(&name);
        fs::create_dir(&state_dir)?;
        fs::write(state_dir.join("bulkhead.toml"), settings(sim.url()))?;
        let token_file = state_dir.join("token");
        fs::write(&token_file, token)?;
        let shop = Self {
            bulkhead,
            state_dir,
            facts,
            packed,
        };
        let status = shop
            .command()
            .args(["account", "add", &name, "--environment", "simulated"])
            .args(["--workers", "active_inventory", "--token-file"])
            .arg(&token_file)
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("bulkhead account add: {status}").into());
        }
        Ok(shop)
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.state_dir.join("bulkhead.db")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.bulkhead);
        command.arg("--state-dir").arg(&self.state_dir);
        // What is set for this program, or for a service on this machine, is not for this one.
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"BULKHEAD_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// `bulkhead run --once`, which must complete the one worker's run.
    pub(crate) async fn pass(&self) -> Result<Pass, Box<dyn Error>> {
        let log = self.state_dir.join("log");
        let mut command = self.command();
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

/// Defaults, but for where eBay is, that listings come from the report, and that the account is due
/// again at once.
fn settings(url: &str) -> String {
    format!(
        "[sync]\nlistings = \"report\"\n\n[sync.interval]\nactive_inventory = \"1ms\"\n\n[network]\npoll_interval = \"50ms\"\n\n\
         [environments.simulated]\napi = \"{url}\"\napiz = \"{url}\"\n"
    )
}
