//! Any message that can be written.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use shared::attempt::{
    Attempt, Endpoints, ListingSource, ModeState, Network, RescanOrder, RunMode, RunOrder,
    SnapshotOrder,
};
use shared::failure::{Failure, Place};
use shared::id::{AccountId, AttemptId, RunNo};
use shared::record::{Record, Value};
use shared::sandbox::SandboxMode;
use shared::secret::Secret;
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::{DeepOrder, Slice, WindowOrder};
use shared::wire::message::{
    Ask, Counts, Exchange, Exchanged, FromChild, Mark, Probed, SkippedRows, ToChild,
};
use shared::worker::Worker;

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

fn run() -> impl Strategy<Value = RunNo> {
    any::<u8>().prop_map(RunNo)
}

fn place() -> impl Strategy<Value = Place> {
    let numbers = (any::<Option<u64>>(), any::<Option<u64>>());
    (any::<String>(), any::<String>(), numbers).prop_map(|(request, path, (byte, item))| Place {
        request,
        byte,
        path,
        item,
    })
}

fn failure() -> impl Strategy<Value = Failure> {
    let until = option::of(time());
    (0..8, any::<String>(), place(), until).prop_map(|(kind, what, place, until)| match kind {
        0 => Failure::Transient { what, place },
        1 => Failure::Throttled { until, what },
        2 => Failure::Unauthorized { what },
        3 => Failure::Forbidden { what },
        4 => Failure::BadData { what, place },
        5 => Failure::TooLarge { what, place },
        6 => Failure::Incomplete { what, place },
        _ => Failure::Bug { what },
    })
}

fn state() -> impl Strategy<Value = ModeState> {
    prop_oneof![
        Just(ModeState::Idle),
        (any::<String>(), time())
            .prop_map(|(id, created_at)| ModeState::InventoryTask { id, created_at }),
        time().prop_map(|created_at| ModeState::Discarded { created_at }),
    ]
}

fn listings() -> impl Strategy<Value = ListingSource> {
    prop_oneof![
        Just(ListingSource::Report),
        Just(ListingSource::Trading),
        any::<u64>().prop_map(|report_above| ListingSource::Auto { report_above }),
    ]
}

pub(crate) fn window() -> impl Strategy<Value = WindowOrder> {
    let deep = option::of((time(), time()).prop_map(|(from, until)| DeepOrder { from, until }));
    let numbers = any::<(u64, u64)>();
    (time(), time(), numbers, deep).prop_map(|(cursor, until, (step_ms, overlap_ms), deep)| {
        WindowOrder {
            cursor,
            until,
            step_ms,
            overlap_ms,
            deep,
        }
    })
}

fn mode() -> impl Strategy<Value = RunMode> {
    prop_oneof![
        window().prop_map(RunMode::Window),
        (option::of(time()), option::of(state()), listings()).prop_map(
            |(last_taken_at, state, listings)| {
                RunMode::Snapshot(SnapshotOrder {
                    last_taken_at,
                    state,
                    listings,
                })
            }
        ),
        (time(), time(), time()).prop_map(|(from, open_from, until)| {
            RunMode::Rescan(RescanOrder {
                from,
                open_from,
                until,
            })
        }),
    ]
}

fn order() -> impl Strategy<Value = RunOrder> {
    let worker = prop::sample::select(&Worker::ALL[..]);
    (run(), worker, mode(), time(), time()).prop_map(|(run, worker, mode, take_until, deadline)| {
        RunOrder {
            run,
            worker,
            mode,
            take_until,
            deadline,
            skip: Vec::new(),
        }
    })
}

pub(crate) fn attempt() -> impl Strategy<Value = Attempt> {
    let texts = any::<[String; 4]>();
    let numbers = any::<([u64; 7], u32)>();
    let ids = (any::<i64>(), any::<i64>(), time());
    (texts, numbers, ids, vec(order(), 0..4)).prop_map(
        |([account, api, apiz, marketplace], ([a, b, c, d, e, f, seed], retries), ids, runs)| {
            Attempt {
                id: AttemptId(ids.0),
                account_id: AccountId(ids.1),
                account,
                endpoints: Endpoints { api, apiz },
                marketplace,
                seed,
                started_at: ids.2,
                network: Network {
                    connect_timeout_ms: a,
                    header_timeout_ms: b,
                    retries,
                    retry_base_ms: c,
                    wait_budget_ms: d,
                    poll_interval_ms: e,
                    poll_budget_ms: f,
                },
                sandbox: SandboxMode::Off,
                recording_cap: 0,
                silence_ms: 60_000,
                runs,
            }
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(Value::Absent),
        any::<String>().prop_map(Value::Text),
        any::<i64>().prop_map(Value::Integer),
        any::<String>().prop_map(Value::Decimal),
        time().prop_map(Value::Time),
        any::<bool>().prop_map(Value::Boolean),
    ]
}

pub(crate) fn record() -> impl Strategy<Value = Record> {
    let table = prop::sample::select(&Table::ALL[..]);
    let parts = (
        vec(any::<String>(), 0..=8),
        vec(value(), 0..=64),
        any::<[String; 2]>(),
    );
    (table, parts, option::of(time())).prop_map(
        |(table, (key, values, [payload, volatile]), ebay_time)| Record {
            table,
            key,
            values,
            ebay_time,
            payload,
            volatile,
        },
    )
}

pub(crate) fn to_child() -> impl Strategy<Value = ToChild> {
    prop_oneof![
        (attempt(), any::<String>()).prop_map(|(attempt, token)| ToChild::Start {
            attempt: Box::new(attempt),
            token: Secret::new(token),
        }),
        (run(), any::<u32>()).prop_map(|(run, seq)| ToChild::Ack { run, seq }),
        (run(), failure()).prop_map(|(run, failure)| ToChild::Refused { run, failure }),
        any::<u64>().prop_map(|grace_ms| ToChild::Stop { grace_ms }),
        (run(), any::<u32>(), vec(any::<u32>(), 0..9))
            .prop_map(|(run, seq, indices)| ToChild::Needed { run, seq, indices }),
        (run(), any::<Option<String>>()).prop_map(|(run, token)| ToChild::Token {
            run,
            token: token.map(Secret::new),
        }),
        (ask(), any::<(String, u64, u64)>()).prop_map(|(ask, (url, connect, timeout))| {
            ToChild::Exchange(Box::new(Exchange {
                url,
                ask,
                connect_timeout_ms: connect,
                timeout_ms: timeout,
                sandbox: SandboxMode::Require,
            }))
        }),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let secret = || any::<String>().prop_map(Secret::new);
    prop_oneof![
        (any::<String>(), secret(), secret()).prop_map(|(client_id, client_secret, token)| {
            Ask::Refresh {
                client_id,
                client_secret,
                refresh_token: token,
            }
        }),
        (secret(), any::<String>())
            .prop_map(|(key, ebay_account)| Ask::WebApp { key, ebay_account }),
        secret().prop_map(|key| Ask::WebAppRefresh { key }),
    ]
}

fn exchanged() -> impl Strategy<Value = Exchanged> {
    prop_oneof![
        (any::<String>(), time(), any::<Option<String>>()).prop_map(
            |(access, expires_at, refresh)| Exchanged::Granted {
                access: Secret::new(access),
                expires_at,
                refresh: refresh.map(Secret::new),
            }
        ),
        any::<(u64, u64)>()
            .prop_map(|(refreshed, failed)| Exchanged::Refreshed { refreshed, failed }),
        any::<String>().prop_map(|what| Exchanged::Revoked { what }),
    ]
}

fn slice() -> impl Strategy<Value = Slice> {
    (time(), time(), time()).prop_map(|(fetch_start, start, end)| Slice {
        fetch_start,
        start,
        end,
    })
}

fn mark() -> impl Strategy<Value = Mark> {
    prop_oneof![
        slice().prop_map(Mark::Slice),
        time().prop_map(Mark::Snapshot),
        slice().prop_map(Mark::Deep),
        time().prop_map(Mark::Rescan),
    ]
}

fn probed() -> impl Strategy<Value = Probed> {
    (vec(any::<String>(), 0..=8), any::<String>())
        .prop_map(|(key, version)| Probed { key, version })
}

fn counts() -> impl Strategy<Value = Counts> {
    any::<(u64, u64, Option<u64>)>().prop_map(|(records, items, announced)| Counts {
        records,
        items,
        announced,
    })
}

pub(crate) fn from_child() -> impl Strategy<Value = FromChild> {
    prop_oneof![
        any::<(u32, String, u32)>().prop_map(|(version, build, pid)| FromChild::Hello {
            version,
            build,
            pid,
        }),
        (run(), any::<u32>(), vec(record(), 0..5))
            .prop_map(|(run, seq, records)| FromChild::Batch { run, seq, records }),
        (run(), any::<u32>(), state()).prop_map(|(run, seq, state)| FromChild::State {
            run,
            seq,
            state
        }),
        (run(), any::<u32>(), mark(), counts()).prop_map(|(run, seq, mark, counts)| {
            FromChild::Checkpoint {
                run,
                seq,
                mark,
                counts,
            }
        }),
        run().prop_map(|run| FromChild::RunDone { run }),
        (run(), time()).prop_map(|(run, until)| FromChild::RunSnoozed { run, until }),
        (run(), failure()).prop_map(|(run, failure)| FromChild::RunFailed { run, failure }),
        (run(), time()).prop_map(|(run, until)| FromChild::Waiting { run, until }),
        Just(FromChild::Bye),
        exchanged().prop_map(FromChild::Exchanged),
        (
            run(),
            any::<u32>(),
            prop::sample::select(&Table::ALL[..]),
            vec(probed(), 0..5)
        )
            .prop_map(|(run, seq, table, items)| FromChild::Probe {
                run,
                seq,
                table,
                items,
            }),
        run().prop_map(|run| FromChild::NeedToken { run }),
        (
            run(),
            any::<[u32; 2]>(),
            option::of((prop::sample::select(&Table::ALL[..]), any::<String>()))
        )
            .prop_map(|(run, [seq, skip], rows)| {
                let rows = rows.map(|(table, key)| SkippedRows { table, key });
                FromChild::Skipped {
                    run,
                    seq,
                    skip,
                    rows,
                }
            }),
    ]
}
