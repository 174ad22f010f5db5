//! Which crash reports and recordings are kept no longer: pure.
//!
//! *Invariant:* what is held (an open dead letter names it) is never removed, in whole or in part,
//! and neither is what an attempt that still runs has written.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use shared::time::Timestamp;

use crate::outcome::CrashId;

/// A crash that is kept: in the database, on disk, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCrash {
    /// Its id.
    pub id: CrashId,
    /// When its report was written.
    pub at: Timestamp,
    /// Bytes of its files but the recording.
    pub bytes: u64,
    /// Its recording.
    pub recording: Option<KeptRecording>,
    /// Whether it must stay.
    pub held: bool,
}

/// A recording on disk. Several crashes of one attempt may share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptRecording {
    /// Its bytes.
    pub bytes: u64,
    /// Names the file: the same for crashes that share it.
    pub file: u64,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepBounds {
    /// How long.
    pub keep_for: Duration,
    /// How many, the newest.
    pub keep_count: u64,
    /// How many bytes of files.
    pub keep_bytes: u64,
}

/// What is removed, and because of which bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// Of which crash.
    pub id: CrashId,
    /// How much of it.
    pub what: Removed,
    /// The bound that it is beyond.
    pub beyond: Bound,
    /// Bytes that this frees.
    pub bytes: u64,
}

/// How much of a crash is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Removed {
    /// Report, orders and recording, in the database and on disk.
    Everything,
    /// The recording; the report stays.
    Recording,
}

/// What bounds how much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// It is too old.
    Age,
    /// There are too many.
    Count,
    /// They have too many bytes.
    Bytes,
}

/// What goes, the oldest first: what is too old, then what is too many; if what is left has too
/// many bytes, recordings, and only then reports.
pub fn prune(mut kept: Vec<KeptCrash>, bounds: KeepBounds, now: Timestamp) -> Vec<Removal> {
    kept.sort_by_key(|crash| (crash.at, crash.id));
    let oldest = now.minus(bounds.keep_for);
    let mut shelf = Shelf::of(kept);
    shelf.clear(Removed::Everything, Bound::Age, |_, crash| {
        crash.at < oldest
    });
    shelf.clear(Removed::Everything, Bound::Count, |shelf, _| {
        shelf.count > bounds.keep_count
    });
    for what in [Removed::Recording, Removed::Everything] {
        shelf.clear(what, Bound::Bytes, |shelf, _| {
            shelf.bytes > bounds.keep_bytes
        });
    }
    shelf.removals
}

/// What is still kept while removals are decided.
struct Shelf {
    /// The oldest first.
    kept: Vec<KeptCrash>,
    count: u64,
    bytes: u64,
    /// How many crashes share a recording, and whether one of them is held.
    sharing: BTreeMap<u64, (u64, bool)>,
    removals: Vec<Removal>,
}

impl Shelf {
    fn of(kept: Vec<KeptCrash>) -> Self {
        let mut sharing: BTreeMap<u64, (u64, bool)> = BTreeMap::new();
        let mut bytes: u64 = 0;
        for crash in &kept {
            bytes = bytes.saturating_add(crash.bytes);
            if let Some(recording) = crash.recording {
                let (links, held) = sharing.entry(recording.file).or_default();
                if *links == 0 {
                    bytes = bytes.saturating_add(recording.bytes);
                }
                *links += 1;
                *held |= crash.held;
            }
        }
        Self {
            count: kept.len() as u64,
            kept,
            bytes,
            sharing,
            removals: Vec::new(),
        }
    }

    /// Removes so much of each crash that may go and for which `goes` says so, from the oldest on.
    fn clear(&mut self, what: Removed, beyond: Bound, goes: impl Fn(&Self, &KeptCrash) -> bool) {
        for mut crash in std::mem::take(&mut self.kept) {
            if crash.held || !self.frees(&crash, what) || !goes(self, &crash) {
                self.kept.push(crash);
                continue;
            }
            let mut bytes = self.without_recording(&mut crash);
            if what == Removed::Everything {
                bytes = bytes.saturating_add(crash.bytes);
                self.count -= 1;
                self.bytes = self.bytes.saturating_sub(crash.bytes);
            }
            self.removals.push(Removal {
                id: crash.id,
                what,
                beyond,
                bytes,
            });
            if what == Removed::Recording {
                self.kept.push(crash);
            }
        }
    }

    /// Whether there is anything of it to remove. A recording that a held crash shares stays where
    /// it is, so its other names may stay too.
    fn frees(&self, crash: &KeptCrash, what: Removed) -> bool {
        let shared_with_held = |file: u64| self.sharing.get(&file).is_some_and(|(_, held)| *held);
        match what {
            Removed::Everything => true,
            Removed::Recording => crash
                .recording
                .is_some_and(|recording| !shared_with_held(recording.file)),
        }
    }

    /// Takes the recording off it; the bytes that this frees: none before the last of those that
    /// share it.
    fn without_recording(&mut self, crash: &mut KeptCrash) -> u64 {
        let Some(recording) = crash.recording.take() else {
            return 0;
        };
        let Some((links, _)) = self.sharing.get_mut(&recording.file) else {
            return 0;
        };
        *links = links.saturating_sub(1);
        if *links > 0 {
            return 0;
        }
        self.bytes = self.bytes.saturating_sub(recording.bytes);
        recording.bytes
    }
}

#[cfg(test)]
mod tests;
