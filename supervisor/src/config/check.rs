//! The bounds of every value. Pure; one fault at a time.

use shared::attempt::MAX_SKIPS;

use super::names::url_fault;
use super::units::{Bytes, Span};
use super::{Config, LimitsConfig, PolicyConfig, TimeoutsConfig};

/// What is out of bounds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) remedy: String,
}

const MS: Span = Span::from_millis(1);
const ZERO: Span = Span::from_millis(0);
const DAY: Span = Span::from_hours(24);
const TWO_DAYS: Span = Span::from_hours(48);
const WEEK: Span = Span::from_hours(7 * 24);
const MONTH: Span = Span::from_hours(30 * 24);
const EIGHTEEN_MONTHS: Span = Span::from_hours(540 * 24);
const TWO_YEARS: Span = Span::from_hours(730 * 24);
const MIB: Bytes = Bytes::from_mib(1);
const TIB: Bytes = Bytes::from_mib(1 << 20);
const LEAST_MEMORY: Bytes = Bytes::from_mib(8);

/// The first fault, if there is one.
pub(super) fn check(config: &Config) -> Result<(), Fault> {
    numbers(config)?;
    limits(&config.limits, |key| format!("limits.{key}"))?;
    timeouts(&config.timeouts, |key| format!("timeouts.{key}"))?;
    sync(config)?;
    network(config)?;
    policy(config)?;
    records(config)?;
    for (name, environment) in &config.environments {
        for (key, url) in [("api", &environment.api), ("apiz", &environment.apiz)] {
            if let Some(remedy) = url_fault(url) {
                return Err(fault(&format!("environments.{name}.{key}"), url, remedy));
            }
        }
    }
    for name in config.accounts.keys() {
        let prefixed = |key: &str| format!("accounts.{name}.{key}");
        limits(&config.limits_for(name), prefixed)?;
        timeouts(&config.timeouts_for(name), prefixed)?;
    }
    Ok(())
}

/// What is legal and still worth a line at start.
pub(super) fn notes(config: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    let mut slot = |place: &str, limits: LimitsConfig| {
        if limits.big_slot <= limits.memory {
            notes.push(format!(
                "{place}big_slot ({}) is no larger than memory ({}): a memory death is charged at \
                 once, without a second try",
                limits.big_slot, limits.memory
            ));
        }
    };
    slot("limits.", config.limits);
    for name in config.accounts.keys() {
        let own = config.limits_for(name);
        if own != config.limits {
            slot(&format!("accounts.{name}."), own);
        }
    }
    if config.network.header_timeout >= config.timeouts.silence {
        notes.push(format!(
            "network.header_timeout ({}) is not below timeouts.silence ({}): a server that does \
             not answer ends the child as hung",
            config.network.header_timeout, config.timeouts.silence
        ));
    }
    notes
}

fn records(config: &Config) -> Result<(), Fault> {
    const HOUR: Span = Span::from_hours(1);
    within("crashes.keep_for", config.crashes.keep_for, HOUR, TWO_YEARS)?;
    let keep_attempts = config.attempts.keep_for;
    within("attempts.keep_for", keep_attempts, HOUR, TWO_YEARS)?;
    within("crashes.keep_bytes", config.crashes.keep_bytes, MIB, TIB)?;
    let none = Bytes::from_mib(0);
    within("recording.total", config.recording.total, none, TIB)?;
    within("recording.cap", config.recording.cap, none, TIB)?;
    let room = config.limits.file_size.get().saturating_sub(MIB.get());
    if config.recording.cap.get() > room {
        let remedy = format!(
            "a child may not write a file of that size: at most 1MiB below limits.file_size ({})",
            config.limits.file_size
        );
        return Err(fault("recording.cap", config.recording.cap, &remedy));
    }
    Ok(())
}

fn numbers(config: &Config) -> Result<(), Fault> {
    let bounds = [
        (
            "accounts_at_once",
            u64::from(config.accounts_at_once),
            1,
            64,
        ),
        ("limits.open_files", config.limits.open_files, 32, 65_536),
        ("network.retries", u64::from(config.network.retries), 0, 20),
        ("sync.report_above", config.sync.report_above, 0, 1_000_000),
        (
            "sync.stale_after",
            u64::from(config.sync.stale_after),
            1,
            10_000,
        ),
        (
            "crashes.keep_count",
            config.crashes.keep_count,
            1,
            1_000_000,
        ),
    ];
    for bound in bounds.into_iter().chain(counts(&config.policy)) {
        whole(bound)?;
    }
    match config.memory_budget {
        Some(budget) if budget < config.limits.memory => Err(fault(
            "memory_budget",
            budget,
            &format!(
                "no child would ever fit: at least limits.memory ({})",
                config.limits.memory
            ),
        )),
        _ => Ok(()),
    }
}

/// A whole number: its key, itself, the least and the most that it may be.
type Bound = (&'static str, u64, u64, u64);

fn whole((key, value, least, most): Bound) -> Result<(), Fault> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let remedy = format!("write a whole number from {least} to {most}");
    Err(fault(key, value, &remedy))
}

fn counts(policy: &PolicyConfig) -> [Bound; 7] {
    let bound = |key, value, least, most| (key, u64::from(value), least, most);
    [
        bound(
            "policy.dead_letters_max",
            policy.dead_letters_max,
            0,
            MAX_SKIPS as u64,
        ),
        bound("policy.breaker_attempts", policy.breaker_attempts, 0, 1000),
        bound("policy.breaker_accounts", policy.breaker_accounts, 2, 1000),
        bound(
            "policy.solitary_after_interruptions",
            policy.solitary_after_interruptions,
            1,
            100,
        ),
        bound(
            "policy.backoff_after_interruptions",
            policy.backoff_after_interruptions,
            1,
            100,
        ),
        bound("policy.quarantine_after", policy.quarantine_after, 1, 100),
        bound(
            "policy.quarantine_after_errors",
            policy.quarantine_after_errors,
            1,
            100,
        ),
    ]
}

fn limits(limits: &LimitsConfig, key: impl Fn(&str) -> String) -> Result<(), Fault> {
    within(&key("memory"), limits.memory, LEAST_MEMORY, TIB)?;
    within(&key("big_slot"), limits.big_slot, LEAST_MEMORY, TIB)?;
    within(&key("file_size"), limits.file_size, MIB, TIB)?;
    within(&key("cpu"), limits.cpu, Span::from_secs(1), MONTH)?;
    let most = limits.memory.max(limits.big_slot);
    if limits.address_space < most {
        let remedy = format!("write at least {most}, the larger of memory and big_slot");
        return Err(fault("limits.address_space", limits.address_space, &remedy));
    }
    Ok(())
}

fn timeouts(timeouts: &TimeoutsConfig, key: impl Fn(&str) -> String) -> Result<(), Fault> {
    let spans = [
        ("ready", timeouts.ready),
        ("silence", timeouts.silence),
        ("deadline", timeouts.deadline),
        ("snapshot_deadline", timeouts.snapshot_deadline),
        ("stop_grace", timeouts.stop_grace),
        ("term_grace", timeouts.term_grace),
        ("store_stall", timeouts.store_stall),
        ("drain", timeouts.drain),
    ];
    for (name, span) in spans {
        within(&key(name), span, MS, WEEK)?;
    }
    Ok(())
}

fn sync(config: &Config) -> Result<(), Fault> {
    for (worker, span) in config.sync.interval.iter() {
        within(&format!("sync.interval.{worker}"), span, MS, MONTH)?;
    }
    within("sync.overlap", config.sync.overlap, ZERO, DAY)?;
    within("sync.lag", config.sync.lag, ZERO, DAY)?;
    within("sync.step", config.sync.step, MS, DAY)?;
    within("sync.first_span", config.sync.first_span, MS, TWO_YEARS)?;
    within("sync.deep_interval", config.sync.deep_interval, MS, MONTH)?;
    within("sync.deep_span", config.sync.deep_span, MS, TWO_YEARS)?;
    let look_back = config.sync.look_back;
    within("sync.look_back", look_back, MS, EIGHTEEN_MONTHS)?;
    if config.sync.recent_span > look_back {
        let remedy = format!("write at most {look_back}, which is sync.look_back");
        return Err(fault("sync.recent_span", config.sync.recent_span, &remedy));
    }
    within("sync.recent_span", config.sync.recent_span, MS, look_back)
}

fn network(config: &Config) -> Result<(), Fault> {
    let network = &config.network;
    let spans = [
        ("network.connect_timeout", network.connect_timeout, MS),
        ("network.header_timeout", network.header_timeout, MS),
        ("network.retry_base", network.retry_base, MS),
        ("network.wait_budget", network.wait_budget, ZERO),
        ("network.poll_interval", network.poll_interval, MS),
        ("network.poll_budget", network.poll_budget, ZERO),
    ];
    for (key, span, least) in spans {
        within(key, span, least, DAY)?;
    }
    Ok(())
}

fn policy(config: &Config) -> Result<(), Fault> {
    let policy = &config.policy;
    let spans = [
        ("policy.backoff_base", policy.backoff_base, MS, MONTH),
        (
            "policy.death_backoff_base",
            policy.death_backoff_base,
            MS,
            MONTH,
        ),
        ("policy.quarantine_for", policy.quarantine_for, MS, MONTH),
        ("policy.tally_window", policy.tally_window, MS, MONTH),
        (
            "policy.throttled_snooze",
            policy.throttled_snooze,
            MS,
            TWO_DAYS,
        ),
        ("policy.min_step", policy.min_step, MS, DAY),
        ("policy.breaker_pause", policy.breaker_pause, MS, MONTH),
        (
            "policy.breaker_pause_cap",
            policy.breaker_pause_cap,
            policy.breaker_pause,
            MONTH,
        ),
        (
            "policy.backoff_cap",
            policy.backoff_cap,
            policy.backoff_base,
            MONTH,
        ),
        (
            "policy.death_backoff_cap",
            policy.death_backoff_cap,
            policy.death_backoff_base,
            MONTH,
        ),
    ];
    for (key, span, least, most) in spans {
        within(key, span, least, most)?;
    }
    Ok(())
}

fn within<T>(key: &str, value: T, least: T, most: T) -> Result<(), Fault>
where
    T: Copy + PartialOrd + std::fmt::Display,
{
    if value < least {
        Err(fault(key, value, &format!("write at least {least}")))
    } else if value > most {
        Err(fault(key, value, &format!("write at most {most}")))
    } else {
        Ok(())
    }
}

fn fault(key: &str, value: impl std::fmt::Display, remedy: &str) -> Fault {
    Fault {
        key: key.to_owned(),
        value: value.to_string(),
        remedy: remedy.to_owned(),
    }
}
