//! The service with many accounts of which none is due: its memory, and what it does all day.

use std::time::{Duration, Instant};

use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use supervisor::os;

/// How long the service is watched.
const WATCHED: Duration = Duration::from_secs(30);

/// `accounts` accounts of ten workers, due tomorrow.
fn fill(state: &State, accounts: u32) {
    state.add_account("first", "orders", "");
    let database = state.database();
    database.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {accounts}) \
         INSERT INTO accounts (name, environment, marketplace, token_file, created_at) \
         SELECT 'account-' || i, a.environment, a.marketplace, a.token_file, a.created_at \
         FROM n, accounts a WHERE a.name = 'first'"
    ));
    database.execute(
        "WITH w (name) AS (VALUES ('orders'), ('transactions'), ('active_inventory'), ('offers'), \
         ('messages'), ('finances'), ('cases'), ('inquiries'), ('returns'), ('purchases')) \
         INSERT OR REPLACE INTO sync_state (account_id, worker, policy, due_at, last_started_at, \
         last_outcome_at, last_success_at, last_outcome, cursor, since) \
         SELECT a.account_id, w.name, s.policy, '2100-01-01T00:00:00.000Z', a.created_at, \
         a.created_at, a.created_at, 'completed', a.created_at, a.created_at \
         FROM accounts a, w, (SELECT policy FROM sync_state LIMIT 1) s",
    );
}

/// Resident memory in MiB, CPU in percent of one core, and milliseconds of CPU until it was idle.
fn watch(accounts: u32) -> (f64, f64, u64) {
    let state = State::new()
        .var("BULKHEAD_SYNC_STALE_AFTER", "10000")
        .var("BULKHEAD_SYNC_INTERVAL_ORDERS", "24h")
        .var("BULKHEAD_SYNC_INTERVAL_TRANSACTIONS", "24h")
        .var("BULKHEAD_SYNC_INTERVAL_RETURNS", "24h")
        .var("BULKHEAD_SYNC_INTERVAL_ACTIVE_INVENTORY", "24h");
    fill(&state, accounts);
    let service = state.start_service();
    let pid = service.pid();
    wait_until("it runs", LONG, || service.log().contains("bulkhead runs"));
    let cpu = || os::cpu_ms(pid).unwrap_or_default();
    // Idle once it has used no CPU to speak of for a second.
    let (mut before, mut since) = (cpu(), Instant::now());
    wait_until("it is idle", LONG, || {
        let now = cpu();
        if now > before + 20 {
            (before, since) = (now, Instant::now());
        }
        since.elapsed() > Duration::from_secs(1)
    });
    let (start, began) = (cpu(), Instant::now());
    wait_until("it was watched", LONG, || began.elapsed() >= WATCHED);
    let used = cpu() - start;
    let resident = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let resident = resident
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = resident
        .and_then(|text| text.trim().trim_end_matches(" kB").parse().ok())
        .unwrap();
    state.stop_service(service);
    let share = Duration::from_millis(used).as_secs_f64() / WATCHED.as_secs_f64();
    (kib / 1024.0, share * 100.0, start)
}

pub(crate) fn print() {
    for accounts in [1_000, 10_000] {
        let (resident, cpu, start) = watch(accounts);
        println!(
            "{accounts} accounts of 10 workers, idle: {resident:.1} MiB resident (goal 96, target 48), \
             {cpu:.2} % of one core (goal 5, target 1); {start} ms of CPU until all were read"
        );
    }
}
