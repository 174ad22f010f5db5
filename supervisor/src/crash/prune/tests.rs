//! What goes and what stays, by age, count and bytes.

use shared::id::AttemptId;
use shared::worker::Worker;

use super::*;

const HOUR: i64 = 3_600_000;
const NOW: Timestamp = Timestamp(100 * HOUR);

const ALL: KeepBounds = KeepBounds {
    keep_for: Duration::from_hours(365 * 24),
    keep_count: 1_000,
    keep_bytes: 1 << 40,
};

/// A crash so many hours old, with 10 bytes and a recording of 100 of its own.
fn crash(attempt: i64, hours: i64) -> KeptCrash {
    KeptCrash {
        id: CrashId::Run {
            attempt: AttemptId(attempt),
            worker: Worker::Orders,
        },
        at: NOW.minus(Duration::from_millis(u64::try_from(hours * HOUR).unwrap())),
        bytes: 10,
        recording: Some(KeptRecording {
            bytes: 100,
            file: attempt.unsigned_abs(),
        }),
        held: false,
    }
}

fn held(attempt: i64, hours: i64) -> KeptCrash {
    KeptCrash {
        held: true,
        ..crash(attempt, hours)
    }
}

fn sharing(attempt: i64, hours: i64, file: u64) -> KeptCrash {
    let recording = Some(KeptRecording { bytes: 100, file });
    KeptCrash {
        recording,
        ..crash(attempt, hours)
    }
}

fn bare(attempt: i64, hours: i64) -> KeptCrash {
    KeptCrash {
        recording: None,
        ..crash(attempt, hours)
    }
}

/// What goes, as `17 everything age 110`.
fn told(kept: Vec<KeptCrash>, bounds: KeepBounds) -> Vec<String> {
    prune(kept, bounds, NOW)
        .iter()
        .map(|removal| {
            let what = format!("{:?} {:?}", removal.what, removal.beyond).to_lowercase();
            format!("{} {what} {}", removal.id.attempt().unwrap(), removal.bytes)
        })
        .collect()
}

/// What is there, the bounds, what goes, why.
type Case = (
    Vec<KeptCrash>,
    KeepBounds,
    &'static [&'static str],
    &'static str,
);

#[test]
fn table() {
    let cases = by_age_and_count().into_iter().chain(by_bytes());
    for (kept, bounds, expected, why) in cases {
        assert_eq!(told(kept, bounds), expected, "{why}");
    }
}

fn for_hours(hours: u64) -> KeepBounds {
    KeepBounds {
        keep_for: Duration::from_hours(hours),
        ..ALL
    }
}

fn by_age_and_count() -> Vec<Case> {
    let count = |keep_count| KeepBounds { keep_count, ..ALL };
    vec![
        (vec![], ALL, &[], "nothing is there"),
        (vec![crash(1, 90)], ALL, &[], "within every bound"),
        (
            vec![crash(2, 5), crash(1, 6), crash(3, 4)],
            for_hours(4),
            &["1 everything age 110", "2 everything age 110"],
            "the oldest first; exactly at the bound stays",
        ),
        (
            vec![held(1, 90), crash(2, 90)],
            for_hours(4),
            &["2 everything age 110"],
            "what is held outlives its age",
        ),
        (
            vec![crash(1, 3), crash(2, 2), crash(3, 1)],
            count(2),
            &["1 everything count 110"],
            "the newest stay",
        ),
        (
            vec![held(1, 3), crash(2, 2), crash(3, 1)],
            count(2),
            &["2 everything count 110"],
            "what is held counts, and the next one goes",
        ),
        (
            vec![held(1, 2), held(2, 1)],
            count(1),
            &[],
            "more are held than may be kept: they stay",
        ),
    ]
}

fn by_bytes() -> Vec<Case> {
    let bytes = |keep_bytes| KeepBounds { keep_bytes, ..ALL };
    vec![
        (
            vec![crash(1, 3), crash(2, 2), crash(3, 1)],
            bytes(230),
            &["1 recording bytes 100"],
            "a recording goes, its report stays",
        ),
        (
            vec![crash(1, 3), bare(2, 2), crash(3, 1)],
            bytes(15),
            &[
                "1 recording bytes 100",
                "3 recording bytes 100",
                "1 everything bytes 10",
                "2 everything bytes 10",
            ],
            "all recordings go before a report does",
        ),
        (
            vec![held(1, 3), crash(2, 2)],
            bytes(0),
            &["2 recording bytes 100", "2 everything bytes 10"],
            "what is held keeps its recording",
        ),
        (
            vec![crash(1, 9), crash(2, 3), crash(3, 2)],
            KeepBounds {
                keep_bytes: 120,
                ..for_hours(4)
            },
            &["1 everything age 110", "2 recording bytes 100"],
            "bytes are counted over what age left",
        ),
    ]
}

#[test]
fn a_shared_recording_is_counted_and_freed_once() {
    let two = || vec![sharing(1, 2, 7), sharing(2, 2, 7)];
    let bounds = |keep_bytes| KeepBounds { keep_bytes, ..ALL };
    assert_eq!(told(two(), bounds(120)), [""; 0], "counted once");
    assert_eq!(
        told(two(), bounds(119)),
        ["1 recording bytes 0", "2 recording bytes 100"],
        "free when its last name is gone"
    );
    let mut with_held = two();
    with_held[0].held = true;
    assert_eq!(
        told(with_held, bounds(115)),
        ["2 everything bytes 10"],
        "taking one name of it away would free nothing"
    );
}

#[test]
fn bounds_hold_for_any_mix() {
    for seed in 0..300 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let kept: Vec<KeptCrash> = (1..=rng.i64(1..30))
            .map(|attempt| KeptCrash {
                held: rng.u8(..5) == 0,
                ..sharing(attempt, rng.i64(0..50), rng.u64(0..20))
            })
            .collect();
        let bounds = KeepBounds {
            keep_for: Duration::from_secs(rng.u64(1..50) * 3600),
            keep_count: rng.u64(1..30),
            keep_bytes: rng.u64(0..3_000),
        };
        let removals = prune(kept.clone(), bounds, NOW);
        let gone = |crash: &&KeptCrash| {
            let all = |removal: &Removal| removal.what == Removed::Everything;
            removals.iter().any(|one| one.id == crash.id && all(one))
        };
        assert!(!kept.iter().filter(gone).any(|crash| crash.held), "{seed}");
        let left: Vec<&KeptCrash> = kept.iter().filter(|crash| !gone(crash)).collect();
        let free: Vec<&&KeptCrash> = left.iter().filter(|crash| !crash.held).collect();
        assert!(
            free.is_empty() || left.len() as u64 <= bounds.keep_count,
            "{seed}"
        );
        let oldest = NOW.minus(bounds.keep_for);
        assert!(free.iter().all(|crash| crash.at >= oldest), "{seed}");
        let lost = |crash: &KeptCrash| {
            let of = |removal: &Removal| removal.id == crash.id;
            removals.iter().any(of)
        };
        let recordings: BTreeMap<u64, u64> = left
            .iter()
            .filter(|crash| !lost(crash))
            .filter_map(|crash| crash.recording.map(|kept| (kept.file, kept.bytes)))
            .collect();
        let bytes = left.len() as u64 * 10 + recordings.values().sum::<u64>();
        assert!(free.is_empty() || bytes <= bounds.keep_bytes, "{seed}");
        // Of two that may go, the older one goes first.
        let newest_gone = kept.iter().filter(gone).filter(|crash| crash.at >= oldest);
        if let Some(newest) = newest_gone.map(|crash| crash.at).max() {
            assert!(free.iter().all(|crash| crash.at >= newest), "{seed}");
        }
    }
}
