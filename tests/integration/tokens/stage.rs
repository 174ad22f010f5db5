//! One state directory over a simulated eBay that gives tokens, with the real child.

use std::fs;
use std::process::Stdio;

use integration_tests::harness::build::binaries;
use integration_tests::harness::process::Ended;
use integration_tests::harness::state::State;
use integration_tests::sim::{AccountSpec, Application, Sim};
use tokio::runtime::Runtime;

/// The client secret of the application.
pub(crate) const CLIENT_SECRET: &str = "PRD-canary-client-secret-71";
/// The key of the web app.
pub(crate) const KEY: &str = "canary-internal-key-72";

const SETTINGS: &str = r#"
[log]
format = "json"
[sync]
lag = "0ms"
first_span = "72h"
interval = { orders = "1ms" }
[timeouts]
ready = "30s"
token = "10s"
web_app = "10s"
stop_grace = "100ms"
term_grace = "100ms"
[network]
retries = 0
[policy]
backoff_base = "1ms"
backoff_cap = "1ms"
"#;

/// A state directory and the eBay that it talks to.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) state: State,
    pub(crate) sim: Sim,
    _runtime: Runtime,
}

impl Stage {
    /// One with nothing stored; the web app is in the environment.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// The same with further variables in the environment.
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        let runtime = Runtime::new().unwrap();
        let sim = runtime.block_on(Sim::start(11)).unwrap();
        sim.desk(application(), KEY);
        let url = sim.url().to_owned();
        let mut state = State::empty()
            .var("WEB_APP_URL", &format!("{url}/"))
            .var("INTERNAL_API_KEY", KEY);
        for (name, value) in variables {
            state = state.var(name, value);
        }
        let made = Self {
            state,
            sim,
            _runtime: runtime,
        };
        made.configure("");
        made
    }

    /// Writes the configuration anew, with other tables at its end.
    pub(crate) fn configure(&self, tables: &str) {
        let (url, child) = (self.sim.url(), binaries().worker_child.display());
        self.state.write_config(&format!(
            "worker_child = \"{child}\"\n{SETTINGS}\n[environments.simulated]\n\
             api = \"{url}\"\napiz = \"{url}\"\n{tables}"
        ));
    }

    /// Stores the application.
    pub(crate) fn set_application(&self, secret: &str) -> Ended {
        let file = self.state.path("client-secret");
        fs::write(&file, secret).unwrap();
        let file = file.to_str().unwrap();
        let args = [
            "application",
            "set",
            "--environment",
            "simulated",
            "--client-id",
            "App-1",
            "--ru-name",
            "Ru-1",
            "--secret-file",
            file,
        ];
        let ended = self.state.bulkhead(&args);
        fs::remove_file(file).unwrap();
        ended
    }

    /// A seller with three orders.
    pub(crate) fn seller(&self, name: &str) {
        let spec = AccountSpec {
            orders: 3,
            history_ms: 20 * 3_600_000,
            ..AccountSpec::new(name, &format!("v^1.1#i^1#own#{name}"))
        };
        self.sim.account(spec).unwrap();
    }

    /// A seller whose account is connected by a refresh token.
    pub(crate) fn connected(&self, name: &str) {
        self.seller(name);
        self.set_application(CLIENT_SECRET);
        let token = self.sim.refresh_token(name).unwrap();
        let ended = self.add(name, &["--refresh-token-file", &self.written(&token)]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        fs::remove_file(self.state.path("given")).unwrap();
    }

    /// A seller whose account has its tokens from the web app.
    pub(crate) fn of_web_app(&self, name: &str) {
        self.seller(name);
        let ended = self.add(name, &["--web-app", name]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }

    /// A file that holds this text.
    pub(crate) fn written(&self, text: &str) -> String {
        let path = self.state.path("given");
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// `account add` with these arguments.
    pub(crate) fn add(&self, name: &str, token: &[&str]) -> Ended {
        let args = ["account", "add", name, "--workers", "orders"];
        let environment = ["--environment", "simulated"];
        self.state
            .bulkhead(&[&args, &environment[..], token].concat())
    }

    /// Runs `bulkhead` with this on its standard input.
    pub(crate) fn typed(&self, args: &[&str], line: &str) -> Ended {
        let path = self.state.path("typed");
        fs::write(&path, line).unwrap();
        let output = self
            .state
            .command(args)
            .stdin(Stdio::from(fs::File::open(&path).unwrap()))
            .output()
            .unwrap();
        fs::remove_file(&path).unwrap();
        Ended {
            code: output.status.code(),
            signal: None,
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// One pass in which everything must go well, after which every order is stored.
    pub(crate) fn once_well(&self) {
        let ended = self.state.once();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }

    /// How often this was asked.
    pub(crate) fn asked(&self, question: &str) -> u64 {
        self.sim.desk_counts().get(question).copied().unwrap_or(0)
    }

    /// How many orders are stored.
    pub(crate) fn orders(&self) -> i64 {
        self.state
            .database()
            .number("SELECT count(*) FROM ebay_orders")
    }

    /// The state and detail of the account's token, and whether it is tried again by itself.
    pub(crate) fn trouble(&self, name: &str) -> (String, String, bool) {
        let rows = self.state.database().rows(&format!(
            "SELECT token_state, token_detail, token_retry_at FROM accounts WHERE name = '{name}'"
        ));
        let text = |column: &str| rows[0][column].as_str().unwrap_or_default().to_owned();
        (
            text("token_state"),
            text("token_detail"),
            !text("token_retry_at").is_empty(),
        )
    }
}

fn application() -> Application {
    Application {
        client_id: "App-1".to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        ru_name: "Ru-1".to_owned(),
    }
}

/// How many lines of a log have this message.
pub(crate) fn lines(log: &str, message: &str) -> usize {
    log.lines().filter(|line| line.contains(message)).count()
}
