//! A state directory over a simulated eBay, and accounts that die there.

use integration_tests::harness::simulated::{Simulated, a_little};
use integration_tests::sim::AccountSpec;

const SETTINGS: &str = r#"
accounts_at_once = 2
memory_budget = "2GiB"
[log]
format = "json"
[limits]
memory = "48MiB"
big_slot = "48MiB"
[sync]
lag = "0ms"
first_span = "72h"
listings = "report"
[timeouts]
ready = "30s"
silence = "20s"
stop_grace = "100ms"
term_grace = "100ms"
[network]
retries = 1
retry_base = "5ms"
poll_interval = "20ms"
"#;

/// A state directory over its eBay, without accounts; `tables` end its settings.
pub(crate) fn stage(tables: &str) -> Simulated {
    stage_with("", tables)
}

/// The same; `first` begins its settings.
pub(crate) fn stage_with(first: &str, tables: &str) -> Simulated {
    Simulated::new(&format!("{first}{SETTINGS}"), tables)
}

/// An account whose name at eBay springs this trap in each of its messages and purchases.
pub(crate) fn trapped(stage: &Simulated, kind: &str, workers: &str) {
    let spec = AccountSpec {
        name: format!("bulkhead-trap:{kind}"),
        ..spec(kind)
    };
    stage.join(kind, spec, workers);
}

/// An account at eBay, with a little of everything.
pub(crate) fn spec(name: &str) -> AccountSpec {
    a_little(name, &token(name))
}

/// Its access token.
pub(crate) fn token(name: &str) -> String {
    format!("v^1.1#i^1#canary-of-replays-{name}")
}
