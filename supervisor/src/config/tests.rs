//! Files and variables as people write them, right and wrong.

use shared::attempt::ListingSource;

use super::*;

const EVERYTHING: &str = r#"
memory_budget = "1GiB"
accounts_at_once = 3
order = "shuffle"
worker_child = "/opt/worker-child"

[limits]
memory = "24MiB"

[timeouts]
ready = "10s"
deadline = "1s"

[sync]
overlap = "0s"
deep_interval = "1ms"
recent_span = "400d"
listings = "trading"
report_above = 7
stale_after = 9
[sync.interval]
orders = "250ms"

[network]
retries = 0

[policy]
backoff_base = "10ms"

[log]
format = "json"

[environments.demo]
api = "http://127.0.0.1:40001"
apiz = "http://127.0.0.1:40001"

[accounts."Blue Shop"]
memory = "64MiB"
deadline = "2m"
"#;

fn env(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    pairs.into_iter()
}

fn parse(text: &str, pairs: &[(&str, &str)]) -> Result<(Config, Provenance), String> {
    Config::parse("bulkhead.toml", text, env(pairs)).map_err(|error| error.to_string())
}

#[test]
fn the_defaults_are_possible() {
    let (config, provenance) = Config::load(None, env(&[])).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(provenance.of("limits.memory"), Source::Default);
    assert_eq!(config.notes(), Vec::<String>::new());
    assert_eq!(config.memory_budget_of(8 << 30), 4 << 30);
    assert_eq!(
        config.memory_budget_of(0),
        128 << 20,
        "one child always fits"
    );
    let production = config.endpoints("production").unwrap();
    assert_eq!(production.apiz, "https://apiz.ebay.com");
    assert_eq!(config.endpoints("demo"), None);
}

#[test]
fn a_file_sets_what_it_names() {
    let (config, provenance) = parse(EVERYTHING, &[]).unwrap();
    assert_eq!(config.accounts_at_once, 3);
    assert_eq!(config.order, Order::Shuffle);
    assert_eq!(config.limits.memory, Bytes::from_mib(24));
    assert_eq!(config.limits.big_slot, Bytes::from_mib(512));
    assert_eq!(config.sync.interval.of(Worker::Orders).millis(), 250);
    assert_eq!(
        config.sync.interval.of(Worker::ActiveInventory),
        Span::from_mins(75)
    );
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.memory_budget_of(0), 1 << 30);
    let demo = config.endpoints("demo").unwrap();
    assert_eq!(demo.api, "http://127.0.0.1:40001");
    assert_eq!(config.limits_for("Blue Shop").memory, Bytes::from_mib(64));
    assert_eq!(config.limits_for("Red Shop").memory, Bytes::from_mib(24));
    assert_eq!(
        config.deadline_for("Blue Shop", Worker::Orders),
        Span::from_mins(2)
    );
    assert_eq!(
        config.deadline_for("Blue Shop", Worker::ActiveInventory),
        Span::from_hours(2)
    );
    let place = Source::File("bulkhead.toml:8:1".to_owned());
    assert_eq!(provenance.of("limits.memory"), place);
    assert_eq!(provenance.of("limits.big_slot"), Source::Default);
}

#[test]
fn what_is_read_how_far_back() {
    let (config, _) = parse(EVERYTHING, &[]).unwrap();
    assert_eq!(config.sync.listing_source(), ListingSource::Trading);
    assert_eq!(config.sync.recent_span, Span::from_hours(400 * 24));
    let sync = SyncConfig::default();
    let auto = |report_above| ListingSource::Auto { report_above };
    assert_eq!(sync.listing_source(), auto(1_000));
    assert_eq!(
        sync.first_span_of(Worker::Orders),
        Span::from_hours(90 * 24)
    );
    let month = Span::from_hours(30 * 24);
    assert_eq!(sync.first_span_of(Worker::Purchases), month);
    let pairs = [
        ("BULKHEAD_SYNC_FIRST_SPAN", "3d"),
        ("BULKHEAD_SYNC_REPORT_ABOVE", "0"),
    ];
    let (short, _) = parse("", &pairs).unwrap();
    let days = Span::from_hours(3 * 24);
    assert_eq!(short.sync.first_span_of(Worker::Purchases), days);
    assert_eq!(short.sync.listing_source(), auto(0));
    let (report, _) = parse("sync.listings = \"report\"", &[]).unwrap();
    assert_eq!(report.sync.listing_source(), ListingSource::Report);
}

#[test]
fn the_environment_wins() {
    let pairs = [
        ("BULKHEAD_LIMITS_MEMORY", "32MiB"),
        ("BULKHEAD_ACCOUNTS_AT_ONCE", "7"),
        ("BULKHEAD_MEMORY_BUDGET", "2GiB"),
        ("BULKHEAD_SYNC_INTERVAL_ACTIVE_INVENTORY", "9m"),
        ("BULKHEAD_LOG_FORMAT", "human"),
        ("BULKHEAD_STATE_DIR", "/anything"),
        ("BULKHEAD_LOG", "debug"),
        ("HOME", "/root"),
    ];
    let (config, provenance) = parse(EVERYTHING, &pairs).unwrap();
    assert_eq!(config.limits.memory, Bytes::from_mib(32));
    assert_eq!(config.accounts_at_once, 7);
    assert_eq!(config.memory_budget, Some(Bytes::from_mib(2048)));
    assert_eq!(
        config.sync.interval.of(Worker::ActiveInventory),
        Span::from_mins(9)
    );
    assert_eq!(config.sync.interval.of(Worker::Orders).millis(), 250);
    assert_eq!(
        provenance.of("limits.memory").to_string(),
        "BULKHEAD_LIMITS_MEMORY"
    );
}

#[test]
fn every_entry_can_be_shown_and_set_again() {
    let (config, _) = parse(EVERYTHING, &[]).unwrap();
    let entries = config.entries();
    let value = |key: &str| {
        let found = entries.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(value("limits.big_slot"), Some("512MiB"));
    assert_eq!(value("sync.interval.active_inventory"), Some("75m"));
    assert_eq!(value("accounts_at_once"), Some("3"));
    assert_eq!(value("accounts.Blue Shop.memory"), Some("64MiB"));
    // Everything but the named tables has a variable, and its own value goes through it.
    let variables: Vec<_> = entries
        .iter()
        .filter(|(key, _)| !key.starts_with("accounts.") && !key.starts_with("environments."))
        .map(|(key, value)| {
            let name = format!("BULKHEAD_{}", key.replace('.', "_").to_uppercase());
            (name, value.clone())
        })
        .collect();
    assert!(variables.len() > 35, "{}", variables.len());
    let (again, _) = Config::parse("", "", variables.into_iter()).unwrap();
    let expected = Config {
        environments: BTreeMap::new(),
        accounts: BTreeMap::new(),
        ..config
    };
    assert_eq!(again, expected);
}

#[test]
fn a_bad_file_says_where() {
    let cases = [
        (
            "[limits]\nmemroy = \"1MiB\"",
            "bulkhead.toml:2:1: unknown key `memroy`; known keys: `memory`, `big_slot`",
        ),
        (
            "[limit]",
            "bulkhead.toml:1:2: unknown key `limit`; known keys: ",
        ),
        (
            "[limits]\n  memory = \"1MB\"",
            "bulkhead.toml:2:12: '1MB' is not a size; write a whole number and one of B",
        ),
        (
            "[timeouts]\nready = 5",
            "bulkhead.toml:2:9: invalid type: integer `5`, expected a span in quotes",
        ),
        (
            "[sync.interval]\norder = \"5m\"",
            "bulkhead.toml:2:1: unknown name `order`; known names: `orders`",
        ),
        (
            "order = \"random\"",
            "bulkhead.toml:1:9: unknown name `random`; known names: `stalest`",
        ),
        (
            "sync.listings = \"feed\"",
            "bulkhead.toml:1:17: unknown name `feed`; known names: `auto`, `trading`, `report`",
        ),
        ("[limits", "bulkhead.toml:1:"),
        (
            "[environments.x]\napi = \"https://x\"",
            "bulkhead.toml:1:1: missing key `apiz`",
        ),
        ("accounts_at_once = -1", "bulkhead.toml:1:20: "),
    ];
    for (text, expected) in cases {
        let error = parse(text, &[]).unwrap_err();
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
}

#[test]
fn a_bad_variable_is_named() {
    let cases = [
        (
            "BULKHEAD_LIMITS_MEMROY",
            "1MiB",
            "unknown environment variable BULKHEAD_LIMITS_MEMROY; ",
        ),
        ("BULKHEAD_", "", "unknown environment variable BULKHEAD_; "),
        (
            "BULKHEAD_LIMITS_MEMORY",
            "lots",
            "environment variable BULKHEAD_LIMITS_MEMORY='lots': 'lots' is not a size; ",
        ),
        (
            "BULKHEAD_ACCOUNTS_AT_ONCE",
            "five",
            "environment variable BULKHEAD_ACCOUNTS_AT_ONCE='five': accounts_at_once is a whole",
        ),
        (
            "BULKHEAD_POLICY_QUARANTINE_AFTER",
            "0",
            "BULKHEAD_POLICY_QUARANTINE_AFTER: policy.quarantine_after = 0 is not possible; write",
        ),
    ];
    for (name, value, expected) in cases {
        let error = parse("", &[(name, value)]).unwrap_err();
        assert!(error.starts_with(expected), "{name}\n{error}");
    }
}

const IMPOSSIBLE: [(&str, &str); 20] = [
    (
        "accounts_at_once = 0",
        "1:1: accounts_at_once = 0 is not possible; write a whole",
    ),
    (
        "memory_budget = \"64MiB\"",
        "1:1: memory_budget = 64MiB is not possible; no child",
    ),
    (
        "limits.memory = \"1MiB\"",
        "1:8: limits.memory = 1MiB is not possible; write at least",
    ),
    (
        "limits.address_space = \"256MiB\"",
        "1:8: limits.address_space = 256MiB is not possible",
    ),
    (
        "limits.cpu = \"0s\"",
        "1:8: limits.cpu = 0s is not possible; write at least 1s",
    ),
    (
        "limits.open_files = 8",
        "1:8: limits.open_files = 8 is not possible",
    ),
    (
        "timeouts.silence = \"0s\"",
        "1:10: timeouts.silence = 0s is not possible; write at",
    ),
    (
        "sync.interval.orders = \"0s\"",
        "1:15: sync.interval.orders = 0s is not possible",
    ),
    (
        "sync.step = \"25h\"",
        "1:6: sync.step = 25h is not possible; write at most 1d",
    ),
    (
        "sync.deep_interval = \"0s\"",
        "1:6: sync.deep_interval = 0s is not possible; write at least 1ms",
    ),
    (
        "sync.deep_span = \"731d\"",
        "1:6: sync.deep_span = 731d is not possible; write at most 730d",
    ),
    (
        "sync.look_back = \"541d\"",
        "1:6: sync.look_back = 541d is not possible; write at most 540d",
    ),
    (
        "sync.recent_span = \"541d\"",
        "1:6: sync.recent_span = 541d is not possible; write at most 540d, which is sync.look_back",
    ),
    (
        "sync.recent_span = \"0s\"",
        "1:6: sync.recent_span = 0s is not possible; write at least 1ms",
    ),
    (
        "sync.report_above = 1000001",
        "1:6: sync.report_above = 1000001 is not possible; write a whole number from 0 to 1000000",
    ),
    (
        "network.retries = 21",
        "1:9: network.retries = 21 is not possible",
    ),
    (
        "policy.backoff_cap = \"1s\"",
        "1:8: policy.backoff_cap = 1s is not possible; write at",
    ),
    (
        "environments.x = { api = \"http://10.0.0.1\", apiz = \"https://x\" }",
        "1:20: environments.x.api = http://10.0.0.1 is not possible; use https://",
    ),
    (
        "accounts.a.memory = \"1B\"",
        "1:12: accounts.a.memory = 1B is not possible; write",
    ),
    (
        "accounts.a.silence = \"8d\"",
        "1:12: accounts.a.silence = 8d is not possible; write at",
    ),
];

#[test]
fn impossible_values_are_refused_with_a_remedy() {
    for (text, expected) in IMPOSSIBLE {
        let error = parse(text, &[]).unwrap_err();
        let expected = format!("bulkhead.toml:{expected}");
        assert!(error.starts_with(&expected), "{text}\n{error}");
    }
}

#[test]
fn legal_and_remarkable_values_are_noted() {
    let text =
        "limits.big_slot = \"64MiB\"\ntimeouts.silence = \"1s\"\naccounts.a.memory = \"1GiB\"";
    let (config, _) = parse(text, &[]).unwrap();
    let notes = config.notes();
    assert_eq!(notes.len(), 3, "{notes:#?}");
    assert!(notes[1].starts_with("accounts.a.big_slot (64MiB)"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Config::load(Some("/nowhere/b.toml".as_ref()), env(&[])).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("reading the configuration /nowhere/b.toml failed: "),
        "{text}"
    );
}

#[test]
fn no_error_speaks_of_what_is_within() {
    let cases = [
        (
            "limits = 3",
            ":1:10: invalid type: integer `3`, expected a table",
        ),
        (
            "environments = 3",
            ":1:16: invalid type: integer `3`, expected a table",
        ),
        (
            "accounts_at_once = \"x\"",
            ":1:20: invalid type: string \"x\", expected a whole number",
        ),
        ("environments.x.api = \"\"", ":1:14: missing key `apiz`"),
    ];
    for (text, expected) in cases {
        let error = parse(text, &[]).unwrap_err();
        assert_eq!(error, format!("bulkhead.toml{expected}"));
    }
}
