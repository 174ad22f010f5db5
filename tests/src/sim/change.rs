//! How a world moves on: what happens to one account in one step, never twice to the same thing.

use std::{collections::BTreeSet, sync::Arc};

use fastrand::Rng;

use super::{account::Account, listing::Slot, order::Order};

/// A share of `count` in percent, at least one of something that exists.
pub(crate) fn share(count: usize, percent: usize) -> usize {
    (count * percent / 100).max(usize::from(count > 0))
}

/// `count` different positions below `len`.
pub(crate) fn positions(rng: &mut Rng, len: usize, count: usize) -> BTreeSet<usize> {
    let mut chosen = BTreeSet::new();
    while chosen.len() < count.min(len) {
        chosen.insert(rng.usize(..len));
    }
    chosen
}

/// Changes about 5 % of the orders and 3 % of the listings, adds 1 %, ends 1 %, brings a few back.
///
/// Everything is stamped `now`. Nothing changes twice, so no state exists that could not be seen.
pub(crate) fn advance(account: &mut Account, now: i64) {
    advance_orders(account, now);
    advance_listings(account);
    account.stock.advance();
    account.post_order.advance(now);
    account.purchases.advance(now);
    account.messages.advance(now);
    // One line for each further API.
    account.finances.advance(now);
}

fn advance_orders(account: &mut Account, now: i64) {
    let count = account.orders.len();
    let chosen = positions(&mut account.rng, count, share(count, 5));
    for (at, order) in account.orders.values_mut().enumerate() {
        if chosen.contains(&at) {
            let order = Arc::make_mut(order);
            happen(order, &mut account.rng);
            order.modified = now;
        }
    }
    for _ in 0..share(count, 1) {
        account.add_order(now, now);
    }
}

/// One thing that happens to an order; it always ends up different.
fn happen(order: &mut Order, rng: &mut Rng) {
    let before = order.clone();
    let first = rng.u32(..5);
    for turn in 0..5 {
        match (first + turn) % 5 {
            0 if order.payment == "PENDING" => order.payment = "PAID",
            1 => order.ship(rng, 1),
            2 => order.ship(rng, usize::MAX),
            3 => {
                order.cancel = match order.cancel {
                    "NONE_REQUESTED" => "IN_PROGRESS",
                    _ => "CANCELED",
                }
            }
            4 => {
                order.payment = match order.payment {
                    "PAID" => "PARTIALLY_REFUNDED",
                    "PARTIALLY_REFUNDED" => "FULLY_REFUNDED",
                    same => same,
                }
            }
            _ => {}
        }
        if *order != before {
            return;
        }
    }
    order
        .tracking
        .push(format!("RET{}", rng.u32(100_000..999_999)));
}

fn advance_listings(account: &mut Account) {
    let count = account.slots.len();
    let big = account.catalogue.big.map(|(item, _)| item);
    let ending = positions(&mut account.rng, count, share(count, 1));
    let changing = positions(&mut account.rng, count, share(count, 3));
    let back = positions(
        &mut account.rng,
        account.ended.len(),
        share(account.ended.len(), 25),
    );
    let (mut slots, mut gone) = (Vec::with_capacity(count), Vec::new());
    for (at, slot) in account.slots.iter().enumerate() {
        if Some(slot.item) == big {
            slots.push(*slot);
        } else if ending.contains(&at) {
            gone.push(*slot);
        } else if changing.contains(&at) {
            slots.push(revised(account, *slot));
        } else {
            slots.push(*slot);
        }
    }
    let ended = std::mem::take(&mut account.ended);
    for (at, (item, slot)) in ended.into_iter().enumerate() {
        if back.contains(&at) {
            slots.push(slot);
        } else {
            account.ended.insert(item, slot);
        }
    }
    account
        .ended
        .extend(gone.into_iter().map(|slot| (slot.item, slot)));
    let ordinary = usize::try_from(account.spec.listings).unwrap_or(0);
    for _ in 0..share(ordinary, 1) {
        let slot = account.fresh_slot();
        slots.push(slot);
    }
    slots.sort_by_key(|slot| slot.item);
    account.slots = Arc::new(slots);
}

/// The slot at its next revision with a different price or quantity.
fn revised(account: &Account, slot: Slot) -> Slot {
    let before = account.catalogue.listing(slot);
    let mut next = slot;
    loop {
        next.revision += 1;
        if account.catalogue.listing(next) != before {
            return next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::account::AccountSpec;

    fn account() -> Account {
        let mut spec = AccountSpec::new("alpha", "t");
        (spec.orders, spec.listings, spec.big_listing_bytes) = (200, 300, 70_000);
        Account::new(spec, 11, 1_000_000_000_000)
    }

    #[test]
    fn every_kind_of_change_happens_and_only_changed_orders_carry_the_stamp() {
        let mut account = account();
        let big = account.catalogue.big.unwrap().0;
        let (mut came_back, mut ever_ended) = (0, BTreeSet::new());
        for step in 1..30 {
            let now = 1_000_000_000_000 + step;
            let (orders, slots) = (account.orders.clone(), account.slots.clone());
            advance(&mut account, now);
            let changed: Vec<_> = account
                .orders
                .values()
                .filter(|o| o.modified == now)
                .collect();
            assert_eq!(
                changed.len(),
                share(orders.len(), 5) + share(orders.len(), 1)
            );
            for order in account.orders.values().filter(|o| o.modified != now) {
                assert_eq!(Some(order), orders.get(&order.id));
            }
            assert!(account.slots.iter().any(|s| slots.contains(s)));
            assert!(account.slots.iter().any(|s| s.item == big));
            let revised = account.slots.iter().filter(|s| {
                slots
                    .iter()
                    .any(|o| o.item == s.item && o.revision != s.revision)
            });
            assert!(revised.count() > 0);
            came_back += account
                .slots
                .iter()
                .filter(|s| ever_ended.contains(&s.item))
                .count();
            ever_ended.extend(account.ended.keys().copied());
        }
        assert!(came_back > 0 && !account.ended.is_empty());
    }

    #[test]
    fn an_order_differs_after_anything_happened_to_it() {
        let account = account();
        let mut rng = Rng::with_seed(1);
        for order in account.orders.values() {
            let mut order = Order::clone(order);
            for _ in 0..12 {
                let before = order.clone();
                happen(&mut order, &mut rng);
                assert_ne!(order, before);
            }
        }
    }

    #[test]
    fn two_worlds_with_one_seed_stay_alike_and_empty_accounts_stay_empty() {
        let (mut a, mut b) = (account(), account());
        for now in 1..5 {
            advance(&mut a, now);
            advance(&mut b, now);
        }
        assert_eq!(
            (&a.orders, &a.slots, &a.ended),
            (&b.orders, &b.slots, &b.ended)
        );
        let mut empty = Account::new(AccountSpec::new("none", "t"), 1, 1);
        advance(&mut empty, 2);
        assert!(empty.orders.is_empty() && empty.slots.is_empty());
    }
}
