//! The clock of the service, which can be set wrong by up to a day, and what must run once it is right.

use std::fs;
use std::time::{Duration, Instant};

use fastrand::Rng;
use integration_tests::harness::rows::Database;
use integration_tests::harness::wait::{now_ms, wait_until};
use tempfile::TempDir;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// Within this every worker has had its turn, those that run alone after the others too.
const TURNS: Duration = Duration::from_mins(2);

/// The clock as the service reads it.
#[derive(Debug)]
pub(crate) struct Clock {
    place: TempDir,
    ahead: i64,
}

impl Clock {
    /// One that is right.
    pub(crate) fn new() -> Self {
        let place = TempDir::new().unwrap();
        let clock = Self { place, ahead: 0 };
        clock.write();
        clock
    }

    /// The file that the service reads.
    pub(crate) fn file(&self) -> String {
        let file = self.place.path().join("ahead");
        file.into_os_string().into_string().unwrap()
    }

    pub(crate) fn is_right(&self) -> bool {
        self.ahead == 0
    }

    /// Sets it wrong, or wrong otherwise.
    pub(crate) fn jump(&mut self, rng: &mut Rng) {
        let spans = [
            MINUTE_MS / 2,
            2 * MINUTE_MS,
            HOUR_MS,
            3 * HOUR_MS,
            DAY_MS,
            rng.i64(0..DAY_MS),
        ];
        let span = rng.choice(spans).unwrap();
        self.ahead = if rng.bool() { span } else { -span };
        self.write();
    }

    pub(crate) fn set_right(&mut self) {
        self.ahead = 0;
        self.write();
    }

    // In one step: a reader that found the file empty would see the clock jump once more.
    fn write(&self) {
        let new = self.place.path().join("new");
        fs::write(&new, self.ahead.to_string()).unwrap();
        fs::rename(&new, self.file()).unwrap();
    }
}

/// Once the clock is right, everything that was due has its turn, and nothing waits for a time that the
/// wrong clock had told, but for what is in quarantine and for accounts without a token.
pub(crate) fn assert_nothing_is_stuck(db: &Database) {
    let at = now_ms();
    let ms = |column: &str| format!("CAST(1000 * unixepoch({column}, 'subsec') AS INTEGER)");
    let stuck = format!(
        "SELECT a.name, s.* FROM sync_state s JOIN accounts a USING (account_id) \
         WHERE a.token_state IS NULL AND json_extract(s.policy, '$.quarantined_until') IS NULL \
         AND (({due} <= {at} AND coalesce({started}, 0) < {at}) OR {started} > {at} + 61000 \
         OR {ended} > {at} + 61000)",
        due = ms("s.due_at"),
        started = ms("s.last_started_at"),
        ended = ms("s.last_outcome_at"),
    );
    let began = Instant::now();
    wait_until("every worker to have its turn", 2 * TURNS, || {
        let left = db.rows(&stuck);
        let in_time = began.elapsed() < TURNS;
        assert!(left.is_empty() || in_time, "stuck: {left:#?}");
        left.is_empty()
    });
}
