//! Plays a set of deaths in one pass, beside a neighbour that may only begin to commit when all of
//! them have been reported, and checks what is left.

use integration_tests::faulty::script::EARLY;
use integration_tests::harness::crash::{assert_everywhere, reports};
use integration_tests::harness::process::{Ended, Running, alive};
use integration_tests::harness::rows::Row;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use serde_json::Value;

use crate::expected::{Case, cases};

/// The account that must not notice anything.
const NEIGHBOUR: &str = "neighbour";

/// A state directory where the accounts of the cases have a past, and die next.
pub(crate) struct Play {
    pub(crate) state: State,
    cases: Vec<Case>,
    before: Vec<Past>,
    last_attempt: i64,
}

/// What an account had before.
#[derive(Debug, PartialEq, Eq)]
struct Past {
    cursor: Value,
    windows: i64,
}

impl Play {
    /// Gives the accounts of a test's cases a past.
    pub(crate) fn of(test: &str) -> Self {
        Self::with(test, State::new())
    }

    /// The same in this state directory.
    pub(crate) fn with(test: &str, state: State) -> Self {
        let cases = cases(test);
        for case in cases.iter().filter(|case| !case.settings.is_empty()) {
            let lines = case.settings.join("\n");
            state.add_config(&format!("[accounts.\"{}\"]\n{lines}", case.account));
        }
        state.add_account(NEIGHBOUR, "orders,active_inventory", "");
        let late = |case: &&Case| !case.account.starts_with(EARLY);
        for case in cases.iter().filter(late) {
            state.add_account(&case.account, &case.worker, "");
        }
        let first = state.once();
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        for case in &cases {
            if late(&case) {
                state.set_script(&case.account, &script(case, &state));
            } else {
                state.add_account(&case.account, &case.worker, "");
            }
        }
        let gate = state.path("gate");
        state.set_script(NEIGHBOUR, &format!("gate={}", gate.display()));
        Self {
            before: cases.iter().map(|case| past(&state, case)).collect(),
            last_attempt: state
                .database()
                .number("SELECT max(attempt_id) FROM attempts"),
            cases,
            state,
        }
    }

    /// Plays everything to its end.
    pub(crate) fn play(&self) -> Ended {
        let pass = self.start();
        self.finish(pass)
    }

    /// Starts the pass in which they die.
    pub(crate) fn start(&self) -> Running {
        self.state.start_once()
    }

    /// Waits for the deaths, opens the gate, waits for the end and checks all there is to check.
    pub(crate) fn finish(&self, pass: Running) -> Ended {
        let database = self.state.database();
        for case in &self.cases {
            let ended = format!(
                "SELECT count(*) FROM attempts JOIN accounts USING (account_id) \
                 WHERE name = '{}' AND ended_at IS NOT NULL AND attempt_id > {}",
                case.account, self.last_attempt
            );
            wait_until(&format!("the end of {}", case.account), LONG, || {
                database.number(&ended) > 0
            });
        }
        std::fs::write(self.state.path("gate"), "").unwrap();
        let ended = pass.end(LONG);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        for (case, before) in self.cases.iter().zip(&self.before) {
            self.check(case, before, &ended.stderr);
        }
        self.check_neighbour();
        self.check_what_is_remembered();
        assert!(alive(&self.state.dir()).is_empty(), "a child is left");
        ended
    }

    fn check(&self, case: &Case, before: &Past, log: &str) {
        let name = &case.account;
        let run = self.first_run(name);
        let attempt = run["attempt_id"].as_i64().unwrap();
        assert_eq!(run["cause"], case.cause.as_str(), "{name}: {run:?}");
        assert_eq!(
            run["confidence"],
            case.confidence.as_str(),
            "{name}: {run:?}"
        );
        assert_eq!(run["outcome"], case.outcome.as_str(), "{name}: {run:?}");
        let evidence = run["evidence"].as_str().unwrap();
        for words in &case.evidence {
            assert!(
                evidence.contains(words.as_str()),
                "{name}: {words} / {evidence}"
            );
        }
        let decision: Value = serde_json::from_str(run["decision"].as_str().unwrap()).unwrap();
        assert_eq!(
            decision["kind"],
            case.decision.as_str(),
            "{name}: {decision}"
        );
        assert_eq!(decision["charged"], case.charged, "{name}: {decision}");
        assert_eq!(
            &past(&self.state, case),
            before,
            "{name}: cursor and ledger"
        );
        assert_eq!(self.ended_rows(name), 0, "{name}: nothing may end");

        let reports = reports(&self.state, name);
        let report = reports.iter().find(|report| report.attempt == attempt);
        assert_eq!(report.is_some(), case.report, "{name}");
        let Some(report) = report else { return };
        assert_eq!(report.cause, case.cause, "{name}");
        assert_eq!(report.confidence, case.confidence, "{name}");
        for words in &case.evidence {
            assert!(
                report.evidence().contains(words.as_str()),
                "{name}: {words}"
            );
        }
        assert_eq!(report.json["decision"], decision, "{name}");
        assert_eq!(report.json["account"], name.as_str());
        let cursor = self.state.database().value(&format!(
            "SELECT cursor FROM sync_state JOIN accounts USING (account_id) WHERE name = '{name}'"
        ));
        assert_eq!(report.json["cursor"], cursor, "{name}: the report's cursor");
        assert_everywhere(&self.state, log, report);
    }

    /// Whatever a dying child claimed, its worker is not stopped by it, and its report can be shown.
    fn check_what_is_remembered(&self) {
        let status = self.state.bulkhead(&["--output", "json", "status"]);
        assert_eq!(status.code, Some(0), "{}", status.stderr);
        let lines: Value = serde_json::from_str(&status.stdout).unwrap();
        for line in lines.as_array().unwrap() {
            assert_eq!(line["error"], Value::Null, "{line}");
        }
        for case in &self.cases {
            for report in reports(&self.state, &case.account) {
                let shown = self.state.bulkhead(&["crash", "show", &report.id]);
                assert_eq!(shown.code, Some(0), "{}: {}", case.account, shown.stderr);
            }
        }
    }

    /// The account's first run in the pass in which it dies, with its attempt.
    fn first_run(&self, account: &str) -> Row {
        let sql = format!(
            "SELECT * FROM runs JOIN attempts USING (attempt_id) JOIN accounts \
             ON accounts.account_id = runs.account_id \
             WHERE name = '{account}' AND attempt_id > {} ORDER BY attempt_id LIMIT 1",
            self.last_attempt
        );
        self.state.database().row(&sql)
    }

    fn ended_rows(&self, account: &str) -> i64 {
        let count = |what: &str| {
            self.state.database().number(&format!(
                "SELECT count(*) FROM {what} AND account_id = \
                 (SELECT account_id FROM accounts WHERE name = '{account}')"
            ))
        };
        count("ebay_orders WHERE ended_at IS NOT NULL")
            + count("ebay_order_line_items WHERE ended_at IS NOT NULL")
            + count("ebay_active_inventory WHERE ended_at IS NOT NULL")
            + count("ebay_events WHERE kind = 'ended'")
    }

    /// It committed after the last of the first deaths, and all went well.
    fn check_neighbour(&self) {
        let database = self.state.database();
        let late = database.rows(&format!(
            "SELECT worker, max(committed_at) > (SELECT max(at) FROM \
             (SELECT min(at) AS at FROM crash_reports GROUP BY account_id)) AS later \
             FROM sync_windows JOIN accounts USING (account_id) WHERE name = '{NEIGHBOUR}' \
             AND attempt_id > {} GROUP BY worker ORDER BY worker",
            self.last_attempt
        ));
        let workers: Vec<&Value> = late.iter().map(|row| &row["worker"]).collect();
        assert_eq!(
            workers,
            ["active_inventory", "orders"],
            "the neighbour committed"
        );
        for row in late {
            assert_ne!(
                row["later"], 0,
                "the neighbour committed after the deaths: {row:?}"
            );
        }
        let outcomes = database.rows(&format!(
            "SELECT DISTINCT cause, outcome FROM runs JOIN attempts USING (attempt_id) \
             WHERE attempts.account_id = \
             (SELECT account_id FROM accounts WHERE name = '{NEIGHBOUR}')"
        ));
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        assert_eq!(outcomes[0]["outcome"], "completed");
        assert_eq!(outcomes[0]["cause"], "completed");
    }
}

fn script(case: &Case, state: &State) -> String {
    let mark = state.path(&format!("{}.mark", case.account));
    if case.script.is_empty() {
        return String::new();
    }
    format!("mark={};{}={}", mark.display(), case.worker, case.script)
}

fn past(state: &State, case: &Case) -> Past {
    let database = state.database();
    let of = format!(
        "JOIN accounts USING (account_id) WHERE name = '{}'",
        case.account
    );
    Past {
        cursor: database.value(&format!("SELECT cursor FROM sync_state {of}")),
        windows: database.number(&format!("SELECT count(*) FROM sync_windows {of}")),
    }
}
