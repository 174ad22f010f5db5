//! The service over its eBay, and what is done to both.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use fastrand::Rng;
use integration_tests::harness::process::{Running, alive};
use integration_tests::harness::wait::{LONG, wait_for, wait_until};
use integration_tests::mirrored::db::text;
use integration_tests::mirrored::faults;
use integration_tests::mirrored::stage::{Stage, complaints};
use integration_tests::sim::{FaultKind, Sim};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::acts::Act;
use crate::clock::{Clock, assert_nothing_is_stuck};
use crate::crew::{ACCOUNTS, Crew, desk_fault, have_waited};
use crate::holdings::{Holdings, on_disk};

/// Seconds where a service has minutes.
const SETTINGS: [(&str, &str); 19] = [
    ("SYNC_INTERVAL_ORDERS", "2s"),
    ("SYNC_INTERVAL_ACTIVE_INVENTORY", "3s"),
    ("SYNC_INTERVAL_TRANSACTIONS", "2s"),
    ("SYNC_INTERVAL_OFFERS", "3s"),
    ("SYNC_INTERVAL_MESSAGES", "2s"),
    ("SYNC_INTERVAL_FINANCES", "2s"),
    ("SYNC_INTERVAL_CASES", "3s"),
    ("SYNC_INTERVAL_INQUIRIES", "3s"),
    ("SYNC_INTERVAL_RETURNS", "3s"),
    ("SYNC_INTERVAL_PURCHASES", "2s"),
    ("TIMEOUTS_SILENCE", "3s"),
    ("TIMEOUTS_TOKEN", "1s"),
    ("TIMEOUTS_WEB_APP", "1s"),
    ("WEB_APP_REFRESH_EVERY", "3s"),
    ("POLICY_THROTTLED_SNOOZE", "1s"),
    ("POLICY_QUARANTINE_FOR", "5s"),
    ("NETWORK_HEADER_TIMEOUT", "2s"),
    ("CRASHES_KEEP_COUNT", "200"),
    ("ATTEMPTS_KEEP_FOR", "12h"),
];

/// The service over its eBay.
pub(crate) struct Sea {
    pub(crate) stage: Stage,
    pub(crate) sim: Sim,
    pub(crate) service: Option<Running>,
    pub(crate) clock: Clock,
    pub(crate) crew: Crew,
    pub(crate) rng: Rng,
    done: BTreeMap<Act, u32>,
    /// Runs by what came of them, as each calm found them.
    outcomes: BTreeMap<String, i64>,
}

impl Sea {
    /// The service runs.
    pub(crate) fn new(seed: u64) -> Self {
        let clock = Clock::new();
        let file = clock.file();
        let mut settings = SETTINGS.to_vec();
        settings.push(("CLOCK_FILE", &file));
        let (stage, sim) = Stage::simulated(seed, "", &settings);
        let mut rng = Rng::with_seed(seed);
        let crew = Crew::sign_on(&stage, &sim, &mut rng);
        let mut sea = Self {
            stage,
            sim,
            service: None,
            clock,
            crew,
            rng,
            done: BTreeMap::new(),
            outcomes: BTreeMap::new(),
        };
        sea.start();
        sea
    }

    /// Starts the service; it hears signals from then on.
    pub(crate) fn start(&mut self) {
        let service = self.stage.state().start_service();
        wait_until("the service", LONG, || {
            service.log().contains("bulkhead runs")
        });
        self.service = Some(service);
    }

    /// Stops the service as an operator would.
    pub(crate) fn stop(&mut self) {
        let service = self.service.take().unwrap();
        let ended = self.stage.state().stop_service(service);
        assert_eq!(ended.code, Some(0), "{}", complaints(&ended));
        // A token child that nobody waits for any more is killed, which takes a moment.
        let dir = self.stage.state().dir();
        wait_until("every child to be gone", LONG, || alive(&dir).is_empty());
    }

    /// One thing happens; then the service has gone on.
    pub(crate) fn act(&mut self, long_life: bool) {
        let act = Act::next(&mut self.rng, long_life);
        let before = self.last_attempt();
        if self.happens(act, long_life) {
            *self.done.entry(act).or_default() += 1;
        }
        wait_until("the service to go on", LONG, || {
            let service = self.service.as_mut().unwrap();
            assert!(!service.has_ended(), "after {act:?}: {}", service.log());
            self.last_attempt() > before
        });
    }

    /// Whether it could happen.
    fn happens(&mut self, act: Act, long_life: bool) -> bool {
        match act {
            Act::Advance => {
                self.sim.advance();
                have_waited(&self.stage);
            }
            Act::Fault => return self.fault(),
            Act::KillChild => return self.strike(Signal::SIGKILL, false).is_some(),
            Act::StopChild => return self.stop_child(long_life),
            Act::KillTokenChild => return self.strike(Signal::SIGKILL, true).is_some(),
            Act::Expire => self.crew.expire(&self.sim, &mut self.rng),
            Act::Desk => self.sim.desk_fault(Some(desk_fault(&mut self.rng))),
            Act::Revoke => Crew::revoke(&self.sim),
            Act::Renew => self.crew.renew(&self.stage, &self.sim),
            Act::Jump => self.clock.jump(&mut self.rng),
            Act::SetRight if self.clock.is_right() => return false,
            Act::SetRight => self.set_right(),
            Act::Pause => {
                self.asked(&["pause"]);
                self.asked(&["resume"]);
            }
            Act::RunNow => {
                let name = self.anybody();
                self.asked(&["account", "run", name]);
            }
            Act::Cancel => {
                let name = self.anybody();
                self.asked(&["cancel", name]);
            }
            Act::KillService => self.kill_service(),
            Act::RestartService => {
                self.stop();
                self.start();
            }
            Act::RestartElsewhen => {
                self.stop();
                self.clock.jump(&mut self.rng);
                self.start();
            }
        }
        true
    }

    /// Sets the clock right while the service runs; everything must go on then.
    pub(crate) fn set_right(&mut self) {
        self.clock.set_right();
        assert_nothing_is_stuck(&self.stage.db());
    }

    fn kill_service(&mut self) {
        let service = self.service.take().unwrap();
        service.signal(Signal::SIGKILL);
        let ended = service.end(LONG);
        assert_eq!(ended.code, None, "{}", complaints(&ended));
        self.start();
    }

    /// Asks the running service.
    fn asked(&self, args: &[&str]) {
        let ended = self.stage.bulkhead(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {}", complaints(&ended));
    }

    fn anybody(&mut self) -> &'static str {
        self.rng.choice(ACCOUNTS).unwrap().0
    }

    /// The newest attempt that has ended; old ones are removed meanwhile.
    fn last_attempt(&self) -> i64 {
        let sql = "SELECT coalesce(max(attempt_id), 0) FROM attempts WHERE ended_at IS NOT NULL";
        self.stage.db().number(sql)
    }

    fn fault(&mut self) -> bool {
        let name = self.anybody();
        let fault = faults::any(&mut self.rng);
        // Twice what nobody has would be a listing that is nowhere else.
        let nowhere = name == "empty" && fault.kind == (FaultKind::SameKeyTwice {});
        if !nowhere {
            self.sim.fault(name, fault).unwrap();
        }
        !nowhere
    }

    fn stop_child(&mut self, long_life: bool) -> bool {
        let Some(pid) = self.strike(Signal::SIGSTOP, false) else {
            return false;
        };
        // In a long life it is found to hang; else the service's end may come before.
        let dir = self.stage.state().dir();
        let gone = || !long_life || !alive(&dir).contains(&pid);
        wait_until("the stopped child to be ended", LONG, gone);
        true
    }

    /// Sends the signal to a child, if one lives long enough to be met.
    fn strike(&mut self, signal: Signal, of_tokens: bool) -> Option<u32> {
        let dir = self.stage.state().dir();
        let wanted = |pid: &u32| !of_tokens || gets_a_token(*pid);
        let children = wait_for("a child", LONG, || {
            let mut alive = alive(&dir);
            alive.retain(wanted);
            (!alive.is_empty()).then_some(alive)
        });
        let pid = self.rng.choice(children).unwrap();
        match kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal) {
            Ok(()) => Some(pid),
            Err(error) => {
                assert_eq!(error, Errno::ESRCH);
                None
            }
        }
    }

    /// What the service holds.
    pub(crate) fn holdings(&self) -> Holdings {
        self.while_nothing_starts(Holdings::of)
    }

    /// The service holds no more than then.
    pub(crate) fn assert_flat(&self, then: &Holdings) -> Holdings {
        self.while_nothing_starts(|service, dir| then.assert_flat(service, dir))
    }

    /// On a busy machine there might be no idle moment otherwise.
    fn while_nothing_starts<T>(&self, look: impl FnOnce(&Running, &Path) -> T) -> T {
        self.asked(&["pause"]);
        let seen = look(self.service.as_ref().unwrap(), &self.stage.state().dir());
        self.asked(&["resume"]);
        seen
    }

    /// How often each thing happened, and what is on disk.
    pub(crate) fn log(&self) -> String {
        let mut log = String::new();
        for (act, times) in &self.done {
            write!(log, "{act:?} {times}, ").unwrap();
        }
        let db = self.stage.db();
        for row in db.rows("SELECT cause, count(*) AS times FROM attempts GROUP BY cause") {
            write!(log, "{} {}, ", row["cause"], row["times"]).unwrap();
        }
        let dir = self.stage.state().dir();
        let crashes = on_disk(&dir.join("crashes"));
        let database = fs::metadata(dir.join("bulkhead.db")).unwrap().len();
        write!(
            log,
            "database {} KiB, crashes {} KiB in {} files",
            database >> 10,
            crashes.0 >> 10,
            crashes.1
        )
        .unwrap();
        log
    }

    /// Counts what came of the runs, before the calm adds its own.
    pub(crate) fn count_outcomes(&mut self) {
        let sql = "SELECT outcome, count(*) AS times FROM runs GROUP BY outcome";
        for row in self.stage.db().rows(sql) {
            let outcome = text(&row, "outcome");
            *self.outcomes.entry(outcome).or_default() += row["times"].as_i64().unwrap();
        }
    }

    /// It was no pleasure trip.
    pub(crate) fn assert_rough(&self) {
        let well = self.outcomes.contains_key("completed");
        assert!(well && self.outcomes.len() > 1, "{:?}", self.outcomes);
    }
}

/// Whether this is a token child: the web app is asked often, so there always is one soon.
fn gets_a_token(pid: u32) -> bool {
    // Empty if it is gone meanwhile.
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).contains("/attempts/token-")
}
