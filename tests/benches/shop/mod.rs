//! One account with a generated report, in a state directory of its own, for the shipped binaries.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use integration_tests::sim::{AccountSpec, Sim};

const TOKEN_START: &str = "v^1.1#i^1#bench#";

/// The account.
pub(crate) struct Shop<'a> {
    bulkhead: &'a Path,
    /// Where its state is.
    pub state_dir: PathBuf,
}

impl<'a> Shop<'a> {
    /// Adds the account with this report, at the simulated eBay and in a new database.
    pub(crate) fn open(
        bulkhead: &'a Path,
        sim: &Sim,
        dir: &Path,
        name: &str,
        report: PathBuf,
    ) -> Result<Self, Box<dyn Error>> {
        let token = format!("{TOKEN_START}{name}");
        let mut account = AccountSpec::new(name, &token);
        account.report_file = Some(report);
        sim.account(account)?;
        let state_dir = dir.join(name);
        fs::create_dir(&state_dir)?;
        fs::write(state_dir.join("bulkhead.toml"), settings(sim.url()))?;
        let token_file = state_dir.join("token");
        fs::write(&token_file, token)?;
        let shop = Self {
            bulkhead,
            state_dir,
        };
        let status = shop
            .command()
            .args(["account", "add", name, "--environment", "simulated"])
            .args(["--workers", "active_inventory", "--token-file"])
            .arg(&token_file)
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("bulkhead account add: {status}").into());
        }
        Ok(shop)
    }

    /// `bulkhead` for this state directory.
    pub(crate) fn command(&self) -> Command {
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
}

/// Defaults, but for where eBay is, that listings come from the report, and that the account is due
/// again at once.
fn settings(url: &str) -> String {
    format!(
        "[sync]\nlistings = \"report\"\n\n[sync.interval]\nactive_inventory = \"1ms\"\n\n[network]\npoll_interval = \"50ms\"\n\n\
         [environments.simulated]\napi = \"{url}\"\napiz = \"{url}\"\n"
    )
}
