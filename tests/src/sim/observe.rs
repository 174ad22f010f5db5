//! The history that must have been recorded, given when each worker completed a pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    listing::{Catalogue, Listing, Slot},
    order::Order,
    order_json::line_value,
    tables::{self, Seen},
};

/// Which worker has completed a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// Orders and their line items.
    Orders,
    /// Listings.
    ActiveInventory,
    /// Monetary transactions.
    Transactions,
    /// Monetary transactions with fees, and payouts.
    Finances,
    /// Messages.
    Messages,
    /// What the account has bought.
    Purchases,
    /// Offers.
    Offers,
    /// Returns.
    Returns,
    /// Inquiries.
    Inquiries,
    /// Cases.
    Cases,
}

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Seen for the first time.
    Created,
    /// Different from last time, or back after its end.
    Updated,
    /// No longer there.
    Ended,
}

/// One event that must be in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// What the row is: `order`, `listing`, `return` and so on.
    pub entity: &'static str,
    /// The row's key without the account.
    pub key: Vec<String>,
    /// What happened.
    pub kind: Kind,
}

/// What the workers of one account have seen so far.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    orders: BTreeMap<String, Arc<Order>>,
    listings: Option<Arc<Vec<Slot>>>,
    gone: BTreeMap<u64, Slot>,
    pub(crate) events: Vec<Event>,
    /// The tables of all other passes, by name.
    pub(crate) tables: BTreeMap<&'static str, Seen>,
}

impl Observed {
    /// Listings that were observed once and are not among `now`; `None` before any observation.
    pub(crate) fn missing_listings(&self, now: &[Slot]) -> Option<Vec<Slot>> {
        let seen = self.listings.as_ref()?;
        let present: BTreeSet<u64> = now.iter().map(|slot| slot.item).collect();
        let known = seen.iter().chain(self.gone.values());
        let missing: BTreeMap<u64, Slot> = known
            .filter(|slot| !present.contains(&slot.item))
            .map(|slot| (slot.item, *slot))
            .collect();
        Some(missing.into_values().collect())
    }

    fn push(&mut self, entity: &'static str, key: Vec<String>, kind: Kind) {
        self.events.push(Event { entity, key, kind });
    }

    fn orders(&mut self, now: &BTreeMap<String, Arc<Order>>) {
        let seen = std::mem::replace(&mut self.orders, now.clone());
        for (id, order) in now {
            let before = seen.get(id);
            let kind = match before {
                None => Kind::Created,
                Some(before) if before == order => continue,
                Some(_) => Kind::Updated,
            };
            self.push("order", vec![id.clone()], kind);
            for line in &order.lines {
                let old = before.and_then(|order| {
                    let old = order.lines.iter().find(|old| old.id == line.id)?;
                    Some(line_value(order, old))
                });
                let kind = match old {
                    None => Kind::Created,
                    Some(old) if old == line_value(order, line) => continue,
                    Some(_) => Kind::Updated,
                };
                self.push("order_line_item", vec![id.clone(), line.id.clone()], kind);
            }
        }
    }

    fn listings(&mut self, catalogue: &Catalogue, now: &Arc<Vec<Slot>>) {
        let seen = self.listings.replace(now.clone()).unwrap_or_default();
        let mut before: BTreeMap<u64, Slot> = seen.iter().map(|slot| (slot.item, *slot)).collect();
        for slot in now.iter() {
            let listing = catalogue.listing(*slot);
            match before.remove(&slot.item) {
                Some(old) if old == *slot => {}
                Some(old) => self.compare(&catalogue.listing(old), &listing),
                None if self.gone.remove(&slot.item).is_some() => self.all(&listing, Kind::Updated),
                None => self.all(&listing, Kind::Created),
            }
        }
        for (item, slot) in before {
            self.all(&catalogue.listing(slot), Kind::Ended);
            self.gone.insert(item, slot);
        }
    }

    fn all(&mut self, listing: &Listing, kind: Kind) {
        for key in listing.keys() {
            self.push("listing", key.to_vec(), kind);
        }
    }

    /// Both revisions of a listing have the same keys; only rows whose own content differs count.
    fn compare(&mut self, old: &Listing, new: &Listing) {
        let plain = (old.price, old.quantity) != (new.price, new.quantity);
        for (at, key) in new.keys().into_iter().enumerate() {
            let changed = match new.variations.get(at) {
                Some(variation) => old.variations.get(at) != Some(variation),
                None => plain,
            };
            if changed {
                self.push("listing", key.to_vec(), Kind::Updated);
            }
        }
    }
}

/// Appends the events that a pass completed now must have recorded; returns how many.
pub(crate) fn observe(account: &mut Account, pass: Pass) -> usize {
    let before = account.observed.events.len();
    match pass {
        Pass::Orders => account.observed.orders(&account.orders),
        Pass::ActiveInventory => account
            .observed
            .listings(&account.catalogue, &account.slots),
        Pass::Transactions
        | Pass::Finances
        | Pass::Messages
        | Pass::Purchases
        | Pass::Offers
        | Pass::Returns
        | Pass::Inquiries
        | Pass::Cases => {
            for table in tables::of(account, pass) {
                let seen = account.observed.tables.entry(table.name).or_default();
                seen.take(&table, &mut account.observed.events);
            }
        }
    }
    account.observed.events.len() - before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{account::AccountSpec, change::advance, truth};
    use serde_json::Value;

    fn account() -> Account {
        let mut spec = AccountSpec::new("alpha", "t");
        (spec.orders, spec.listings) = (80, 150);
        Account::new(spec, 21, 1_782_000_000_000)
    }

    type Rows = BTreeMap<(&'static str, Vec<String>), Value>;

    fn rows(account: &Account) -> Rows {
        let truth = truth::truth(account, truth::Payloads::All);
        let mut rows = BTreeMap::new();
        for (table, entity, columns) in [
            ("ebay_orders", "order", &["order_id"][..]),
            (
                "ebay_order_line_items",
                "order_line_item",
                &["order_id", "line_item_id"],
            ),
            (
                "ebay_active_inventory",
                "listing",
                &["item_id", "sku", "variation_key"],
            ),
        ] {
            for row in truth[table].as_array().unwrap() {
                let key = columns
                    .iter()
                    .map(|c| row[*c].as_str().unwrap().to_owned())
                    .collect();
                rows.insert((entity, key), row.clone());
            }
        }
        rows
    }

    #[test]
    fn events_are_exactly_the_difference_between_two_truths() {
        let mut account = account();
        let (mut before, mut ever) = (Rows::new(), BTreeSet::new());
        let (mut back, mut updated_lines) = (0, 0);
        for step in 0..25 {
            let events = account.observed.events.len();
            observe(&mut account, Pass::Orders);
            observe(&mut account, Pass::ActiveInventory);
            let after = rows(&account);
            let mut expected = BTreeMap::new();
            for (key, row) in &after {
                if !before.contains_key(key) {
                    let known = ever.contains(key);
                    back += u32::from(known);
                    expected.insert(
                        key.clone(),
                        if known { Kind::Updated } else { Kind::Created },
                    );
                } else if before[key] != *row {
                    updated_lines += u32::from(key.0 == "order_line_item");
                    expected.insert(key.clone(), Kind::Updated);
                }
            }
            let vanished = before.keys().filter(|key| !after.contains_key(*key));
            expected.extend(vanished.map(|key| (key.clone(), Kind::Ended)));
            let told = &account.observed.events[events..];
            let told_map = told
                .iter()
                .map(|e| ((e.entity, e.key.clone()), e.kind))
                .collect();
            assert_eq!(expected, told_map);
            assert_eq!(told.len(), expected.len());
            ever.extend(after.keys().cloned());
            before = after;
            for n in 0..2 {
                advance(&mut account, 1_782_000_000_001 + step * 2 + n);
            }
        }
        assert!(back > 0 && updated_lines > 0);
        assert_eq!(
            observe(&mut account, Pass::Orders),
            observe_again(&mut account)
        );
    }

    /// A second look at an unchanged world adds nothing; the first look's count is returned.
    fn observe_again(account: &mut Account) -> usize {
        let total = account.observed.events.len();
        assert_eq!(observe(account, Pass::Orders), 0);
        let last = account.observed.events[..total].iter().rev();
        last.take_while(|event| event.entity != "listing").count()
    }
}
