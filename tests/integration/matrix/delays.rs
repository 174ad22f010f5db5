//! How long the healthy waited from the time that a run was due to its start.

use std::collections::BTreeMap;

use integration_tests::harness::state::State;

/// Start delays of one act, in milliseconds, sorted.
#[derive(Debug)]
pub(crate) struct Delays {
    millis: Vec<i64>,
    last_attempt: i64,
}

impl Delays {
    /// Of everything so far.
    pub(crate) fn until_now(state: &State) -> Self {
        Self::read(state, 0)
    }

    /// Of what came after another act.
    pub(crate) fn after(state: &State, before: &Self) -> Self {
        Self::read(state, before.last_attempt)
    }

    fn read(state: &State, after: i64) -> Self {
        let database = state.database();
        let rows = database.rows(&format!(
            "SELECT account_id, worker, attempt_id, \
             CAST(round(unixepoch(started_at, 'subsec') * 1000) AS INTEGER) AS started, \
             CAST(round(unixepoch(json_extract(decision, '$.due_at'), 'subsec') * 1000) AS INTEGER) \
             AS due_next \
             FROM runs JOIN accounts USING (account_id) \
             WHERE name LIKE 'healthy%' AND attempt_id > {after} ORDER BY attempt_id"
        ));
        let mut due: BTreeMap<(i64, String), i64> = BTreeMap::new();
        let mut millis = Vec::new();
        for row in rows {
            let number = |name: &str| row[name].as_i64();
            let key = (
                number("account_id").unwrap(),
                row["worker"].as_str().unwrap().to_owned(),
            );
            if let Some(due) = due.remove(&key) {
                millis.push(number("started").unwrap() - due);
            }
            if let Some(next) = number("due_next") {
                due.insert(key, next);
            }
        }
        millis.sort_unstable();
        Self {
            millis,
            last_attempt: database.number("SELECT max(attempt_id) FROM attempts"),
        }
    }

    /// How many starts were measured.
    pub(crate) fn count(&self) -> usize {
        self.millis.len()
    }

    /// The delay that so many of a thousand stay below, in milliseconds.
    pub(crate) fn per_mille(&self, share: usize) -> i64 {
        let at = (self.millis.len() * share / 1000).min(self.millis.len() - 1);
        self.millis[at]
    }
}
