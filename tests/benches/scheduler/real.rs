//! Cycles of the real supervisor with real children over a simulated eBay that answers as late as is
//! drawn, against other ways to run the same draws.

use std::time::Duration;

use fastrand::Rng;
use integration_tests::harness::simulated::Simulated;
use integration_tests::sim::{AccountSpec, Fault, FaultKind};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use crate::makespan::{ACCOUNTS, AT_ONCE, Takes, bound, others};
use crate::temper::latency;

/// Real milliseconds for each that is drawn, unless `BULKHEAD_BENCH_SCALE` says otherwise.
const SCALE: f64 = 1.0;
/// What a cycle may take of list scheduling in the order of arrival, and what it should.
const MUST: f64 = 1.05;
const TARGET: f64 = 1.02;
/// No cycle takes longer.
const LONGEST: Duration = Duration::from_mins(20);
/// Each worker and a request that it makes in each run. `transactions` and `finances` ask for the same
/// thing: the one that asks first gets the first answer.
const FIRST: [(&str, &str, u32); 10] = [
    ("orders", "/sell/fulfillment/v1/order", 0),
    ("transactions", "/sell/finances/v1/transaction", 0),
    ("finances", "/sell/finances/v1/transaction", 1),
    ("active_inventory", "/GetMyeBaySelling", 0),
    ("offers", "/sell/inventory/v1/inventory_item", 0),
    ("messages", "/GetMyMessages", 0),
    ("purchases", "/GetOrders", 0),
    ("cases", "/post-order/v2/casemanagement", 0),
    ("inquiries", "/post-order/v2/inquiry", 0),
    ("returns", "/post-order/v2/return", 0),
];

/// How late each of an account's first answers comes.
type Draw = [Duration; FIRST.len()];

/// What a cycle took.
struct Took {
    makespan: Duration,
    /// The sum of what its attempts took.
    attempts: Duration,
    /// Processor time of the supervisor and its children.
    spent: Duration,
}

/// Whether a cycle took no longer than it must.
pub(crate) fn print() -> bool {
    let scale = std::env::var("BULKHEAD_BENCH_SCALE").ok();
    let scale = scale.map_or(SCALE, |text| text.parse().unwrap());
    println!(
        "real cycles of {ACCOUNTS} accounts of {} workers, {AT_ONCE} at once, lognormal latencies, mean 300 ms, \
         sigma 1, of which each takes {scale} of its time",
        FIRST.len()
    );
    let all = Simulated::new(&settings(), "");
    let workers = FIRST.map(|(worker, ..)| worker).join(",");
    for account in 0..ACCOUNTS {
        let name = name(account);
        let spec = AccountSpec::new(&name, &format!("v^1.1#i^1#bench#{name}"));
        all.join(&name, spec, &workers);
    }
    let mut rng = Rng::with_seed(1);
    let mut draw = || -> Vec<Draw> {
        let late = |rng: &mut Rng| latency(1.0, rng).mul_f64(scale);
        (0..ACCOUNTS)
            .map(|_| [(); FIRST.len()].map(|()| late(&mut rng)))
            .collect()
    };
    let (known, fresh) = (draw(), draw());
    cycle(&all, "the first, nothing is known", &known);
    let ratio = cycle(&all, "each account takes what it took before", &known);
    cycle(&all, "each account takes another time", &fresh);
    println!(
        "  against the order of arrival when it is known: {ratio:.3} (must {MUST}, target {TARGET})"
    );
    ratio <= MUST
}

fn name(account: usize) -> String {
    format!("shop-{account:03}")
}

fn settings() -> String {
    format!(
        "accounts_at_once = {AT_ONCE}\n[sync]\nlistings = \"trading\"\nfirst_span = \"1d\"\n\
         [sync.interval]\nactive_inventory = \"5m\"\n"
    )
}

/// Runs everyone once; what that took against the order of arrival.
fn cycle(all: &Simulated, what: &str, draws: &[Draw]) -> f64 {
    for (account, draw) in draws.iter().enumerate() {
        let name = name(account);
        all.sim.clear_faults(&name).unwrap();
        for ((_, path, skip), late) in FIRST.iter().zip(draw) {
            let late = Fault {
                path: (*path).to_owned(),
                kind: FaultKind::Late {
                    ms: u64::try_from(late.as_millis()).unwrap(),
                },
                skip: *skip,
                times: 1,
            };
            all.sim.fault(&name, late).unwrap();
        }
    }
    let took = run(all);
    for account in 0..draws.len() {
        let fired = &all.sim.stats(&name(account)).unwrap()["faults_fired"];
        assert_eq!(fired.as_u64().unwrap() % FIRST.len() as u64, 0, "{fired}");
    }
    let takes = |draw: &Draw| Takes {
        longest: draw.iter().copied().max().unwrap_or_default(),
        sum: draw.iter().sum(),
    };
    let takes: Vec<Takes> = draws.iter().map(takes).collect();
    let (bound, [.., (_, arrival), (_, longest)]) = (bound(&takes), others(&takes));
    let alone: Duration = takes.iter().map(|one| one.longest).sum();
    let count = f64::from(u32::try_from(draws.len()).unwrap());
    let more = (took.attempts.as_secs_f64() - alone.as_secs_f64()) * 1e3 / count;
    let of = |other: Duration| took.makespan.as_secs_f64() / other.as_secs_f64();
    println!(
        "  {what}: {:.2} s; order of arrival {:.2} s: {:.3} of it; longest first {:.2} s: {:.3}; bound {:.2} s: \
         {:.3}; an attempt takes {more:.0} ms more than is drawn, and {:.0} ms of processor time",
        took.makespan.as_secs_f64(),
        arrival.as_secs_f64(),
        of(arrival),
        longest.as_secs_f64(),
        of(longest),
        bound.as_secs_f64(),
        of(bound),
        took.spent.as_secs_f64() * 1e3 / count
    );
    of(arrival)
}

/// Everyone is due at once, and runs.
fn run(all: &Simulated) -> Took {
    let database = all.state.database();
    database.execute("UPDATE sync_state SET due_at = '2020-01-01T00:00:00.000Z'");
    let before = database.number("SELECT coalesce(max(attempt_id), 0) FROM attempts");
    let spent = spent();
    let ended = all.state.start_once().end(LONGEST);
    let spent = self::spent().saturating_sub(spent);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let of = |what: &str| {
        let sql = format!(
            "SELECT CAST(round({what}) AS INTEGER) FROM (SELECT \
             (julianday(started_at) - 2460000.5) * 86400000 AS began, \
             (julianday(ended_at) - 2460000.5) * 86400000 AS ended FROM attempts WHERE attempt_id > {before})"
        );
        u64::try_from(database.number(&sql)).unwrap()
    };
    assert_eq!(of("count(*)"), ACCOUNTS as u64, "one attempt each");
    Took {
        makespan: Duration::from_millis(of("max(ended) - min(began)")),
        attempts: Duration::from_millis(of("sum(ended - began)")),
        spent,
    }
}

/// Processor time of all processes that ended and were waited for.
fn spent() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let spent = usage.user_time() + usage.system_time();
    Duration::from_micros(u64::try_from(spent.num_microseconds()).unwrap())
}
