//! The lines in which accounts stand: one for each memory slot, and the same once more for attempts on
//! trial. An account may stand in one of either kind.

use std::collections::{BTreeMap, BTreeSet};

use shared::id::AccountId;

use crate::outcome::MemorySlot;
use crate::scheduler::due::Rank;

/// Which line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// Of attempts on trial.
    pub on_trial: bool,
    /// Of those that need this slot.
    pub slot: MemorySlot,
}

/// A place in one of them: the smallest rank is first.
pub(super) type Place = (Rank, AccountId, Line);

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Lines {
    ordinary: Kind,
    on_trial: Kind,
}

#[derive(Debug, Default)]
struct Kind {
    normal: BTreeSet<(Rank, AccountId)>,
    big: BTreeSet<(Rank, AccountId)>,
    places: BTreeMap<AccountId, (MemorySlot, Rank)>,
}

impl Kind {
    fn line(&mut self, slot: MemorySlot) -> &mut BTreeSet<(Rank, AccountId)> {
        match slot {
            MemorySlot::Normal => &mut self.normal,
            MemorySlot::Big => &mut self.big,
        }
    }
}

impl Lines {
    const fn kind(&self, on_trial: bool) -> &Kind {
        if on_trial {
            &self.on_trial
        } else {
            &self.ordinary
        }
    }

    const fn kind_mut(&mut self, on_trial: bool) -> &mut Kind {
        if on_trial {
            &mut self.on_trial
        } else {
            &mut self.ordinary
        }
    }

    /// The account stands there from now on, and in no other line of that kind.
    pub(super) fn stand(&mut self, (rank, account, line): Place) {
        self.leave(account, line.on_trial);
        let kind = self.kind_mut(line.on_trial);
        kind.line(line.slot).insert((rank, account));
        kind.places.insert(account, (line.slot, rank));
    }

    /// The account stands in no line of that kind any more.
    pub(super) fn leave(&mut self, account: AccountId, on_trial: bool) {
        let kind = self.kind_mut(on_trial);
        if let Some((slot, rank)) = kind.places.remove(&account) {
            kind.line(slot).remove(&(rank, account));
        }
    }

    /// Where the account stands in the lines of that kind.
    pub(super) fn rank(&self, account: AccountId, on_trial: bool) -> Option<Rank> {
        let place = self.kind(on_trial).places.get(&account);
        place.map(|(_, rank)| *rank)
    }

    /// The first of that kind; of those that need the big slot only if it is free.
    pub(super) fn first(&self, on_trial: bool, big_is_free: bool) -> Option<Place> {
        let Kind { normal, big, .. } = self.kind(on_trial);
        let first = |line: &BTreeSet<(Rank, AccountId)>, slot| {
            let line_of = Line { on_trial, slot };
            line.first()
                .map(|(rank, account)| (*rank, *account, line_of))
        };
        let normal = first(normal, MemorySlot::Normal);
        let big = first(big, MemorySlot::Big).filter(|_| big_is_free);
        normal
            .into_iter()
            .chain(big)
            .min_by_key(|place| (place.0, place.1))
    }

    /// How many stand in all of them.
    pub(super) fn len(&self) -> usize {
        let kinds = [&self.ordinary, &self.on_trial];
        kinds.iter().map(|kind| kind.places.len()).sum()
    }
}
