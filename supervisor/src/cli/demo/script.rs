//! What the demo plays: its accounts, its settings, its cycles.

use serde::Serialize;

/// How many cycles are played.
pub(super) const CYCLES: u32 = 4;
/// Memory limit of an ordinary child.
const LIMIT: &str = "24MiB";
/// Memory limit in the big slot.
const BIG_SLOT: &str = "128MiB";
/// The poison pill's big slot: too small for its listing, by configuration alone.
const SMALL_BIG_SLOT: &str = "32MiB";
/// How far a window ends behind now, in milliseconds.
pub(super) const LAG_MS: u64 = 50;
/// How far back the simulated orders go, in milliseconds: two days.
const HISTORY_MS: u64 = 172_800_000;
/// One listing just under the cap of 16 MiB for an item, in bytes.
const BIG_LISTING: u64 = 16_252_928;

/// What an account is there to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// It completes in every cycle.
    Ordinary,
    /// It dies of memory once and is synced in the big slot.
    Big,
    /// Its big slot is too small for one listing: it dies of that until it is passed over.
    Poison,
    /// Its report's download never moves.
    Hung,
}

/// One account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub name: &'static str,
    pub role: Role,
    pub orders: u32,
    pub listings: u32,
}

/// The accounts, the dangerous ones in the middle.
pub(super) const CAST: [Part; 6] = [
    part("anna", Role::Ordinary, 40, 60),
    part("boris", Role::Big, 25, 30),
    part("pill", Role::Poison, 25, 30),
    part("hedda", Role::Hung, 25, 30),
    part("clara", Role::Ordinary, 300, 1_500),
    part("dimitri", Role::Ordinary, 900, 6_000),
];

const fn part(name: &'static str, role: Role, orders: u32, listings: u32) -> Part {
    Part {
        name,
        role,
        orders,
        listings,
    }
}

impl Part {
    /// Its access token at the simulated eBay.
    pub(super) fn token(&self) -> String {
        format!("v^1.1#i^1#demo#{}", self.name)
    }

    /// The simulator's command that makes it. It says what the account has, never what dies of it.
    pub(super) fn command(&self) -> serde_json::Value {
        let big = matches!(self.role, Role::Big | Role::Poison);
        serde_json::json!({
            "cmd": "account",
            "name": self.name,
            "token": self.token(),
            "orders": self.orders,
            "listings": self.listings,
            "history_ms": HISTORY_MS,
            "big_listing_bytes": if big { BIG_LISTING } else { 0 },
            "stall_download": self.role == Role::Hung,
        })
    }
}

/// The demo's settings: milliseconds where a service has minutes.
pub(super) fn settings(port: u16) -> String {
    format!(
        r#"# Settings of bulkhead demo: milliseconds where a service has minutes.
accounts_at_once = 5
memory_budget = "512MiB"

[limits]
memory = "{LIMIT}"
big_slot = "{BIG_SLOT}"

[timeouts]
silence = "2s"
deadline = "60s"
snapshot_deadline = "60s"
stop_grace = "300ms"
term_grace = "300ms"

[sync]
overlap = "1s"
lag = "{LAG_MS}ms"
first_span = "72h"
listings = "report"

[sync.interval]
orders = "50ms"
active_inventory = "50ms"

[network]
connect_timeout = "1s"
header_timeout = "1500ms"
retry_base = "20ms"
wait_budget = "1s"
poll_interval = "20ms"
poll_budget = "2s"

[policy]
backoff_base = "20ms"
backoff_cap = "100ms"
death_backoff_base = "20ms"
death_backoff_cap = "100ms"

[environments.simulated]
api = "http://127.0.0.1:{port}"
apiz = "http://127.0.0.1:{port}"

# Enough for every other account, and too little for this one: with 128MiB it is synced.
[accounts.pill]
big_slot = "{SMALL_BIG_SLOT}"
"#
    )
}
