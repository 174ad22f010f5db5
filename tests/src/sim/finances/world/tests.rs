//! What a seed makes, and what changes in it.

use std::collections::BTreeMap;

use super::*;

const NOW: i64 = 1_782_000_000_000;

fn books(seed: u64) -> Books {
    Books::new(seed, "EUR", 400, 90 * 86_400_000, NOW)
}

type Key = (String, &'static str, bool);

fn keyed(books: &Books) -> BTreeMap<Key, Transaction> {
    let key = |one: &Transaction| (one.id.clone(), one.kind, one.debit);
    let all = books.transactions.iter();
    all.map(|one| (key(one), one.clone())).collect()
}

#[test]
fn keys_are_unique_and_every_kind_of_thing_is_there() {
    let books = books(5);
    let all = keyed(&books);
    assert_eq!(all.len(), books.transactions.len(), "a key came twice");
    assert!(books.transactions.is_sorted_by_key(|one| one.date));
    assert!(books.payouts.is_sorted_by_key(|one| one.date));
    assert!(books.transactions.iter().all(|one| one.date <= NOW));
    let has = |what: &dyn Fn(&Transaction) -> bool| books.transactions.iter().any(what);
    assert!(has(
        &|one| one.kind == "REFUND" && all.contains_key(&(one.id.clone(), "SALE", false))
    ));
    assert!(has(
        &|one| one.debit && all.contains_key(&(one.id.clone(), one.kind, false))
    ));
    assert!(has(&|one| one.debit && one.amount == 0));
    assert!(has(&|one| one
        .lines
        .iter()
        .any(|line| !line.donations.is_empty())));
    assert!(has(&|one| one.tax.is_some()));
    let paid: usize = books.payouts.iter().map(|payout| payout.count).sum();
    let with_payout = |one: &&Transaction| one.payout.is_some();
    assert_eq!(paid, books.transactions.iter().filter(with_payout).count());
}

#[test]
fn what_changes_is_young_and_keeps_its_date() {
    let mut books = books(9);
    let mut seen = BTreeMap::new();
    for step in 1..20_i64 {
        let (before, payouts) = (keyed(&books), books.payouts.clone());
        let now = NOW + step;
        books.advance(now);
        let after = keyed(&books);
        assert_eq!(after.len(), books.transactions.len(), "a key came twice");
        for (key, one) in &after {
            let Some(old) = before.get(key) else {
                assert_eq!(one.date, now);
                *seen.entry("new").or_insert(0) += 1;
                continue;
            };
            assert_eq!(old.date, one.date);
            if old != one {
                assert!(now - one.date < CHANGES_FOR);
                assert_ne!(old.status, one.status);
                *seen.entry(one.status).or_insert(0) += 1;
            }
        }
        assert!(before.keys().all(|key| after.contains_key(key)));
        for (old, new) in payouts.iter().zip(&books.payouts) {
            assert_eq!((&old.id, old.date), (&new.id, new.date));
            if old != new {
                assert!(now - new.date < CHANGES_FOR);
                *seen.entry(new.status).or_insert(0) += 1;
            }
        }
        assert!(books.transactions.is_sorted_by_key(|one| one.date));
    }
    for kind in ["new", "FUNDS_AVAILABLE_FOR_PAYOUT", "PAYOUT", "SUCCEEDED"] {
        assert!(seen.contains_key(kind), "{kind}: {seen:?}");
    }
}

#[test]
fn two_worlds_with_one_seed_stay_alike_and_no_money_stays_none() {
    let (mut a, mut b) = (books(4), books(4));
    for now in NOW + 1..NOW + 5 {
        a.advance(now);
        b.advance(now);
    }
    assert_eq!((&a.transactions, &a.payouts), (&b.transactions, &b.payouts));
    assert_ne!(a.transactions, books(5).transactions);
    let mut none = Books::new(4, "EUR", 0, 90 * 86_400_000, NOW);
    none.advance(NOW + 1);
    assert!(none.transactions.is_empty() && none.payouts.is_empty());
}
