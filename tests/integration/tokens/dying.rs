//! A stage on which token children die as they are told, beside neighbours that must not notice.

use std::fs;
use std::path::PathBuf;

use integration_tests::faulty::script::PREFIX;
use integration_tests::harness::build::binaries;
use integration_tests::harness::crash::{Report, assert_everywhere, reports};
use integration_tests::harness::process::{Ended, alive};
use integration_tests::harness::search::{holders, holds};
use integration_tests::harness::wait::now_ms;
use serde_json::Value;

use crate::stage::{CLIENT_SECRET, KEY, Stage};

/// A part of every token that is given to children.
pub(crate) const TOKEN: &str = "canary-token-81";
/// A part of every secret.
pub(crate) const SECRETS: [&str; 3] = [CLIENT_SECRET, KEY, TOKEN];

const PASS: &str = "SELECT count(*) FROM runs JOIN accounts USING (account_id) \
     WHERE outcome = 'completed' AND name = ";

/// Accounts whose token children do what a file says.
pub(crate) struct Dying {
    pub(crate) stage: Stage,
    /// When the worlds of its accounts begin.
    base: i64,
}

impl Dying {
    /// An application, and two neighbours: one with a token in a file, one with a good child.
    pub(crate) fn new() -> Self {
        Self::of(Stage::with(&[("BULKHEAD_TIMEOUTS_TOKEN", "3s")]))
    }

    pub(crate) fn of(stage: Stage) -> Self {
        let base = now_ms() - 2 * 86_400_000;
        let made = Self { stage, base };
        made.set_child(&binaries().faulty_child);
        assert_eq!(made.stage.set_application(CLIENT_SECRET).code, Some(0));
        made.stage.state.set_script("neighbour", "");
        let file = made.stage.state.token_file("neighbour");
        let added = made
            .stage
            .add("neighbour", &["--token-file", file.to_str().unwrap()]);
        assert_eq!(added.code, Some(0), "{}", added.stderr);
        made.account("sound", "good");
        made
    }

    pub(crate) fn set_child(&self, child: &std::path::Path) {
        self.stage.state.set_child(child);
        let url = self.stage.sim.url();
        self.stage.state.add_config(&format!(
            "[environments.simulated]\napi = \"{url}\"\napiz = \"{url}\""
        ));
    }

    /// The token by which children of this account do what its file says.
    pub(crate) fn token(&self, name: &str) -> String {
        let (file, mark) = (self.file(name), self.mark(name));
        let (file, mark) = (file.display(), mark.display());
        let base = self.base;
        format!("{PREFIX}base={base};exchange=@{file};mark={mark};canary={TOKEN}")
    }

    /// What the children of an account do from now on.
    pub(crate) fn set(&self, name: &str, what: &str) {
        fs::write(self.file(name), what).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.stage.state.path(&format!("{name}.exchange"))
    }

    /// Made when a child of the account is about to misbehave.
    pub(crate) fn mark(&self, name: &str) -> PathBuf {
        self.stage.state.path(&format!("{name}.mark"))
    }

    /// An account that is connected by a refresh token.
    pub(crate) fn account(&self, name: &str, what: &str) {
        self.set(name, what);
        let given = self.stage.written(&self.token(name));
        let added = self.stage.add(name, &["--refresh-token-file", &given]);
        assert_eq!(added.code, Some(0), "{}", added.stderr);
        fs::remove_file(given).unwrap();
    }

    /// One pass in which somebody gets no token.
    pub(crate) fn pass(&self) -> Ended {
        let ended = self.stage.state.once();
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        ended
    }

    /// Nobody waits any longer for the next try.
    pub(crate) fn time_passes(&self) {
        let past = "UPDATE accounts SET token_retry_at = '2026-01-01T00:00:00.000Z' \
                    WHERE token_retry_at IS NOT NULL";
        self.stage.state.database().execute(past);
    }

    /// The only report of the account, which is everywhere, as its status says.
    pub(crate) fn report(&self, name: &str, log: &str) -> Report {
        let mut found = reports(&self.stage.state, name);
        assert_eq!(found.len(), 1, "{name}: {log}");
        let report = found.remove(0);
        assert_everywhere(&self.stage.state, log, &report);
        let (word, detail, again) = self.stage.trouble(name);
        assert_eq!((word.as_str(), again), ("token_unavailable", true));
        let named = format!("bulkhead crash show {}", report.id);
        let died = format!("the token child died: {} (", report.cause);
        assert!(
            detail.contains(&named) && detail.contains(&died),
            "{detail}"
        );
        report
    }

    /// What every report of a token child says and does not say.
    pub(crate) fn check(&self, name: &str, kind: &str, report: &Report) {
        let json = &report.json;
        assert_eq!(json["exchange"]["kind"], kind, "{name}");
        assert_eq!(
            (&json["account"], &json["worker"]),
            (&Value::from(name), &Value::Null)
        );
        assert_eq!(json["decision"]["kind"], "backoff", "{name}");
        assert_eq!(json["decision"]["charged"], false, "{name}");
        let retry = format!("SELECT token_retry_at FROM accounts WHERE name = '{name}'");
        assert_eq!(
            json["decision"]["due_at"],
            self.stage.state.database().value(&retry)
        );
        for part in ["head", "tail"] {
            assert_eq!(json["stderr"][part], "", "{name}: unread");
        }
        let why = json["reproduce"]["impossible"].as_str().unwrap();
        assert!(
            why.contains("nothing of a token exchange is recorded"),
            "{why}"
        );
        assert!(why.contains(name) && why.contains("bulkhead "), "{why}");
        assert!(
            !json.to_string().contains("/identity/"),
            "no path of the URL: {json}"
        );
        let shown = self.stage.state.bulkhead(&["crash", "show", &report.id]);
        assert_eq!(shown.code, Some(0), "{}", shown.stderr);
        for words in ["stderr: not read", "asked http", kind, &report.cause] {
            assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
        }
    }

    /// Neighbours have synced in every one of so many passes.
    pub(crate) fn check_neighbours(&self, passes: i64) {
        for name in ["neighbour", "sound"] {
            let runs = self
                .stage
                .state
                .database()
                .number(&format!("{PASS}'{name}'"));
            assert_eq!(runs, passes, "{name}");
            assert_eq!(self.stage.trouble(name).0, "", "{name}");
        }
    }

    /// No process, no directory, and no secret is left anywhere.
    pub(crate) fn check_leftovers(&self) {
        let state = &self.stage.state;
        assert!(alive(&state.dir()).is_empty(), "a child is left");
        let left = fs::read_dir(state.dir().join("attempts"));
        assert_eq!(left.map_or(0, Iterator::count), 0, "a directory is left");
        assert_eq!(holders(&state.path(""), &SECRETS), Vec::<PathBuf>::new());
    }

    /// What the system shows of children that are alive now holds no secret; how many there are.
    pub(crate) fn check_alive(&self) -> usize {
        let children = alive(&self.stage.state.dir());
        for pid in &children {
            for what in ["cmdline", "environ"] {
                let shown = fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
                assert!(!holds(&shown, &SECRETS), "{what} of a token child");
            }
        }
        children.len()
    }
}
