//! The service over its eBay, and what is done to both.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use fastrand::Rng;
use integration_tests::harness::process::{Running, alive};
use integration_tests::harness::wait::{LONG, wait_for, wait_until};
use integration_tests::mirrored::faults;
use integration_tests::mirrored::stage::{Stage, complaints, spec};
use integration_tests::sim::{AccountSpec, FaultKind, Sim};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::acts::Act;

/// Who is synced.
pub(crate) const ACCOUNTS: [&str; 4] = ["anna", "boris", "carla", "empty"];

/// Seconds where a service has minutes.
const SETTINGS: [(&str, &str); 14] = [
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
    ("POLICY_THROTTLED_SNOOZE", "1s"),
    ("POLICY_QUARANTINE_FOR", "5s"),
    ("NETWORK_HEADER_TIMEOUT", "2s"),
];

/// The service over its eBay.
pub(crate) struct Sea {
    pub(crate) stage: Stage,
    pub(crate) sim: Sim,
    pub(crate) service: Option<Running>,
    rng: Rng,
    /// How often each account's token was replaced; the one in its file.
    tokens: BTreeMap<&'static str, (u32, String)>,
    done: BTreeMap<Act, u32>,
}

/// What the service holds while it is idle.
#[derive(Debug)]
pub(crate) struct Holdings {
    resident: u64,
    descriptors: usize,
}

impl Sea {
    /// The service runs.
    pub(crate) fn new(seed: u64) -> Self {
        let (stage, sim) = Stage::simulated(seed, "", &SETTINGS);
        let mut rng = Rng::with_seed(seed);
        for name in ACCOUNTS {
            stage.join_all(&sim, seller(name, &mut rng));
        }
        let mut sea = Self {
            stage,
            sim,
            service: None,
            rng,
            tokens: BTreeMap::new(),
            done: BTreeMap::new(),
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
        assert_eq!(alive(&self.stage.state().dir()), Vec::<u32>::new());
    }

    /// One thing happens; then the service has gone on.
    pub(crate) fn act(&mut self, long_life: bool) {
        let act = Act::next(&mut self.rng, long_life);
        let before = self.ended_attempts();
        let happened = match act {
            Act::Advance => {
                self.sim.advance();
                true
            }
            Act::Fault => self.fault(),
            Act::KillChild => self.strike(Signal::SIGKILL).is_some(),
            Act::StopChild => self
                .strike(Signal::SIGSTOP)
                .map(|pid| {
                    // In a long life it is found to hang; else the service's end may come before.
                    let dir = self.stage.state().dir();
                    let gone = || !long_life || !alive(&dir).contains(&pid);
                    wait_until("the stopped child to be ended", LONG, gone);
                })
                .is_some(),
            Act::Expire => self.expire(),
            Act::Renew => {
                self.renew();
                true
            }
            Act::Pause => self.asked(&["pause"]) && self.asked(&["resume"]),
            Act::RunNow => {
                let name = self.rng.choice(ACCOUNTS).unwrap();
                self.asked(&["account", "run", name])
            }
            Act::Cancel => {
                let name = self.rng.choice(ACCOUNTS).unwrap();
                self.asked(&["cancel", name])
            }
            Act::KillService => {
                let service = self.service.take().unwrap();
                service.signal(Signal::SIGKILL);
                let ended = service.end(LONG);
                assert_eq!(ended.code, None, "{}", complaints(&ended));
                self.start();
                true
            }
            Act::RestartService => {
                self.stop();
                self.start();
                true
            }
        };
        if happened {
            *self.done.entry(act).or_default() += 1;
        }
        wait_until("the service to go on", LONG, || {
            let service = self.service.as_mut().unwrap();
            assert!(!service.has_ended(), "after {act:?}: {}", service.log());
            self.ended_attempts() > before
        });
    }

    /// Asks the running service.
    fn asked(&self, args: &[&str]) -> bool {
        let ended = self.stage.bulkhead(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {}", complaints(&ended));
        true
    }

    fn ended_attempts(&self) -> i64 {
        let sql = "SELECT count(*) FROM attempts WHERE ended_at IS NOT NULL";
        self.stage.db().number(sql)
    }

    fn fault(&mut self) -> bool {
        let name = self.rng.choice(ACCOUNTS).unwrap();
        let fault = faults::any(&mut self.rng);
        // Twice what nobody has would be a listing that is nowhere else.
        let nowhere = name == "empty" && fault.kind == (FaultKind::SameKeyTwice {});
        if !nowhere {
            self.sim.fault(name, fault).unwrap();
        }
        !nowhere
    }

    /// Sends the signal to a child, if one lives long enough to be met.
    fn strike(&mut self, signal: Signal) -> Option<u32> {
        let dir = self.stage.state().dir();
        let children = wait_for("a child", LONG, || {
            let alive = alive(&dir);
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

    fn expire(&mut self) -> bool {
        let name = self.rng.choice(ACCOUNTS).unwrap();
        let number = self.tokens.get(name).map_or(0, |(number, _)| *number) + 1;
        let token = format!("v^1.1#i^1#soak#{name}#{number}");
        self.sim.renew(name, &token).unwrap();
        self.tokens.insert(name, (number, token));
        true
    }

    /// Writes every token file.
    pub(crate) fn renew(&self) {
        for (name, (_, token)) in &self.tokens {
            self.stage.set_token(name, token);
        }
    }

    /// What the service holds, at a moment at which no child runs.
    pub(crate) fn holdings(&self) -> Holdings {
        let pid = self.service.as_ref().unwrap().pid();
        let dir = self.stage.state().dir();
        wait_for("an idle moment", LONG, || {
            let holdings = look(pid);
            alive(&dir).is_empty().then_some(holdings)
        })
    }

    /// The service holds no more than then, but for memory that it may have got used to.
    pub(crate) fn assert_flat(&self, then: &Holdings) -> Holdings {
        let most = then.resident + then.resident / 4 + (4 << 20);
        wait_for("descriptors to be closed", LONG, || {
            let now = self.holdings();
            assert!(now.resident <= most, "{then:?} became {now:?}");
            (now.descriptors <= then.descriptors).then_some(now)
        })
    }

    /// How often each thing happened.
    pub(crate) fn log(&self) -> String {
        let mut log = String::new();
        for (act, times) in &self.done {
            write!(log, "{act:?} {times}, ").unwrap();
        }
        let db = self.stage.db();
        for row in db.rows("SELECT cause, count(*) AS times FROM attempts GROUP BY cause") {
            write!(log, "{} {}, ", row["cause"], row["times"]).unwrap();
        }
        log
    }

    /// It was no pleasure trip.
    pub(crate) fn assert_rough(&self) {
        let db = self.stage.db();
        let troubled = db.number("SELECT count(*) FROM runs WHERE outcome != 'completed'");
        let well = db.number("SELECT count(*) FROM runs WHERE outcome = 'completed'");
        assert!(
            troubled > 0 && well > 0,
            "{troubled} in trouble, {well} well"
        );
    }
}

fn look(pid: u32) -> Holdings {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib: u64 = line
        .and_then(|line| line.split_whitespace().nth(1))
        .unwrap()
        .parse()
        .unwrap();
    Holdings {
        resident: kib << 10,
        descriptors: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(),
    }
}

/// A seller of some size.
fn seller(name: &str, rng: &mut Rng) -> AccountSpec {
    let mut up_to = |most: u32| if name == "empty" { 0 } else { rng.u32(1..most) };
    AccountSpec {
        orders: up_to(120),
        listings: up_to(200),
        skus: up_to(30),
        transactions: up_to(100),
        returns: up_to(15),
        inquiries: up_to(15),
        cases: up_to(15),
        messages: up_to(60),
        purchases: up_to(30),
        finances_total: rng.bool(),
        ..spec(name, 0, 0)
    }
}
