//! Post-Order: returns, inquiries and cases of one seller, of all ages and in all states.

mod bodies;
mod query;
mod rows;
mod serve;
mod stages;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::{
    account::AccountSpec,
    change::{positions, share},
    clock::DAY_MS,
    lexicon::{CURRENCIES, NAMES, digits, mix, mix_text, percent, word},
};

pub(crate) use rows::table;
pub(crate) use serve::routes;
pub(crate) use stages::Kind;
use stages::{KINDS, Stage};
pub use trouble::ErrorShape;

/// How old the oldest are: eBay's searches reach 18 months back.
const OLDEST_DAYS: i64 = 530;
/// What is called old: beyond what eBay shows in one search.
const OLD_DAYS: i64 = 90;

/// Something that happened, as the history of a detail tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Happened {
    pub(crate) at: i64,
    pub(crate) act: &'static str,
    /// The state before and after, where it changed.
    pub(crate) from: &'static str,
    pub(crate) to: Option<&'static str>,
}

/// A return, an inquiry or a case; amounts in hundredths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dispute {
    pub(crate) kind: Kind,
    pub(crate) id: u64,
    pub(crate) created: i64,
    pub(crate) item: u64,
    pub(crate) transaction: u64,
    pub(crate) buyer: String,
    pub(crate) currency: &'static str,
    pub(crate) claimed: u64,
    pub(crate) refunded: Option<u64>,
    pub(crate) reason: &'static str,
    pub(crate) stage: Stage,
    rest: &'static [Stage],
    /// Oldest first, at least one.
    pub(crate) events: Vec<Happened>,
}

impl Dispute {
    /// One that began at `created` and is now where such an old one may be; `None` if its kind
    /// knows no way to go.
    fn make(kind: Kind, id: u64, rng: &mut Rng, created: i64, now: i64) -> Option<Self> {
        let paths = kind.paths();
        let (stage, rest) = paths.get(rng.usize(..paths.len()))?.split_first()?;
        let name = word(rng, &NAMES);
        let mut dispute = Self {
            kind,
            id,
            created,
            item: 200_000_000_000 + rng.u64(..90_000_000_000),
            transaction: 10_000_000_000_000 + rng.u64(..90_000_000_000),
            buyer: format!("buyer_{:x}{}", mix_text(1, name) & 0xfff, digits(rng, 4)),
            currency: word(rng, &CURRENCIES),
            claimed: u64::from(rng.u32(99..40_000)),
            refunded: None,
            reason: word(rng, &kind.reasons()),
            stage: *stage,
            rest,
            events: vec![Happened {
                at: created,
                act: stage.act,
                from: "INITIAL",
                to: Some(stage.state),
            }],
        };
        // Most of what is old is settled; some never end.
        let age = now - created;
        let all = rest.len();
        let steps = if age == 0 {
            0
        } else if age > 40 * DAY_MS && !percent(rng, 20) {
            all
        } else {
            rng.usize(..=all.saturating_sub(1))
        };
        for step in 1..=steps {
            let part = i64::try_from(step).unwrap_or(1);
            let of = i64::try_from(steps).unwrap_or(1) + 1;
            dispute.go_on(created + (age.min(60 * DAY_MS) / of) * part);
        }
        Some(dispute)
    }

    /// Takes the next step; false if there is none.
    fn go_on(&mut self, at: i64) -> bool {
        let Some((next, rest)) = self.rest.split_first() else {
            return false;
        };
        self.events.push(Happened {
            at,
            act: next.act,
            from: self.stage.state,
            to: Some(next.state),
        });
        (self.stage, self.rest) = (*next, rest);
        if self.stage.is_closed() && self.stage.act.contains("REFUND") {
            self.refunded = Some(self.claimed);
        }
        true
    }

    /// One thing that happens at `now`; the summary always shows it.
    fn happen(&mut self, rng: &mut Rng, now: i64) {
        if !percent(rng, 30) && self.go_on(now) {
            return;
        }
        let act = if self.stage.is_closed() {
            self.refunded = Some(self.refunded.unwrap_or(0) + u64::from(rng.u32(1..500)));
            "SELLER_ISSUE_REFUND"
        } else {
            self.claimed += u64::from(rng.u32(1..500));
            "BUYER_SEND_MESSAGE"
        };
        self.events.push(Happened {
            at: now,
            act,
            from: self.stage.state,
            to: None,
        });
    }

    /// When something last happened.
    pub(crate) fn modified(&self) -> i64 {
        self.events.last().map_or(self.created, |event| event.at)
    }

    /// Until when the seller must answer.
    pub(crate) fn respond_by(&self) -> Option<i64> {
        self.stage.due.then(|| self.modified() + 5 * DAY_MS)
    }
}

/// All of one seller.
#[derive(Debug, Default)]
pub(crate) struct PostOrder {
    rng: Rng,
    all: BTreeMap<Kind, BTreeMap<u64, Dispute>>,
}

impl PostOrder {
    /// As they are at `now`, the same for the same seed; half of them from the last 60 days.
    pub(crate) fn new(spec: &AccountSpec, seed: u64, now: i64) -> Self {
        let mut world = Self {
            rng: Rng::with_seed(mix(seed, 6)),
            all: BTreeMap::new(),
        };
        let counts = [spec.returns, spec.inquiries, spec.cases];
        for (kind, count) in KINDS.into_iter().zip(counts) {
            for _ in 0..count {
                let days = if percent(&mut world.rng, 50) {
                    60
                } else {
                    OLDEST_DAYS
                };
                let back = world.rng.i64(1..=days * DAY_MS);
                world.add(kind, now - back, now);
            }
        }
        world
    }

    fn add(&mut self, kind: Kind, created: i64, now: i64) {
        let all = self.all.entry(kind).or_default();
        let last = all.keys().next_back().copied();
        let id = last.unwrap_or(kind.first_id()) + self.rng.u64(1..50);
        if let Some(made) = Dispute::make(kind, id, &mut self.rng, created, now) {
            all.insert(id, made);
        }
    }

    /// Those of a kind by id.
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &Dispute> {
        self.all.get(&kind).into_iter().flat_map(BTreeMap::values)
    }

    /// The one with this id.
    pub(crate) fn one(&self, kind: Kind, id: u64) -> Option<&Dispute> {
        self.all.get(&kind)?.get(&id)
    }

    /// About 5 % go on, an old open one among them if there is any; 1 % are new.
    pub(crate) fn advance(&mut self, now: i64) {
        for kind in KINDS {
            let Some(all) = self.all.get_mut(&kind) else {
                continue;
            };
            let count = all.len();
            let mut chosen: BTreeSet<usize> = positions(&mut self.rng, count, share(count, 5))
                .into_iter()
                .collect();
            let old = |dispute: &Dispute| {
                !dispute.stage.is_closed() && dispute.created < now - OLD_DAYS * DAY_MS
            };
            let old: Vec<usize> = all
                .values()
                .enumerate()
                .filter(|(_, dispute)| old(dispute))
                .map(|(at, _)| at)
                .collect();
            chosen.extend(old.get(self.rng.usize(..old.len().max(1))));
            for (at, dispute) in all.values_mut().enumerate() {
                if chosen.contains(&at) {
                    dispute.happen(&mut self.rng, now);
                }
            }
            for _ in 0..share(count, 1) {
                self.add(kind, now, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_782_000_000_000;

    fn world(seed: u64) -> PostOrder {
        let mut spec = AccountSpec::new("alpha", "t");
        (spec.returns, spec.inquiries, spec.cases) = (200, 60, 40);
        PostOrder::new(&spec, seed, NOW)
    }

    #[test]
    fn a_world_has_all_ages_and_states_and_is_the_same_for_its_seed() {
        let world = world(5);
        assert_eq!(world.all, self::world(5).all);
        assert_ne!(world.all, self::world(6).all);
        for kind in KINDS {
            let old = |dispute: &&Dispute| dispute.created < NOW - OLD_DAYS * DAY_MS;
            let open = |dispute: &&Dispute| !dispute.stage.is_closed();
            let count = |old_ones: bool, open_ones: bool| {
                let of = world.of(kind);
                of.filter(|one| old(one) == old_ones && open(one) == open_ones)
                    .count()
            };
            for (old, open) in [(true, true), (true, false), (false, true), (false, false)] {
                assert!(count(old, open) > 0, "{kind:?} {old} {open}");
            }
            for dispute in world.of(kind) {
                assert!(dispute.events.is_sorted_by_key(|event| event.at));
                assert!(dispute.modified() <= NOW && dispute.created <= NOW);
                assert!(dispute.created >= NOW - OLDEST_DAYS * DAY_MS);
            }
        }
    }

    #[test]
    fn each_change_shows_in_the_summary_and_all_kinds_of_change_happen() {
        let mut world = world(7);
        let (mut closed, mut late, mut old_open) = (0, 0, 0);
        for step in 1..40 {
            let before = world.all.clone();
            world.advance(NOW + step);
            for (kind, disputes) in &world.all {
                let was = &before[kind];
                assert!(disputes.len() > was.len(), "new ones");
                for (id, dispute) in disputes {
                    let Some(was) = was.get(id) else {
                        assert_eq!(dispute.created, NOW + step);
                        continue;
                    };
                    if dispute.modified() < NOW + step {
                        assert_eq!(dispute, was);
                        continue;
                    }
                    let summary = |one: &Dispute| bodies::summary(one, "s");
                    assert_ne!(summary(dispute), summary(was));
                    let was_open = !was.stage.is_closed();
                    closed += usize::from(was_open && dispute.stage.is_closed());
                    late += usize::from(!was_open);
                    let old = was.created < NOW - OLD_DAYS * DAY_MS;
                    old_open += usize::from(was_open && old);
                }
            }
        }
        assert!(closed > 0 && late > 0 && old_open > 0);
    }

    #[test]
    fn an_account_without_any_stays_without() {
        let mut world = PostOrder::new(&AccountSpec::new("none", "t"), 1, NOW);
        world.advance(NOW + 1);
        assert!(KINDS.iter().all(|kind| world.of(*kind).count() == 0));
    }
}
