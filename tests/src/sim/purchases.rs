//! Trading `GetOrders` with the role of the buyer: pages of orders in a range of dates.

mod model;
mod text;

use std::collections::BTreeMap;

use fastrand::Rng;

use super::{
    account::{Account, AccountSpec},
    change::{positions, share},
    clock::{DAY_MS, now_ms},
    faults::FaultKind,
    lexicon::mix,
    tables::Table,
    trading::{Failing, Said, damage, element::Element, request::Asked},
};
use model::Purchase;

/// A range of modification times spans no more.
const SPAN_MS: i64 = 30 * DAY_MS;
/// A mirror reads that far back at first, and a little less is surely within.
const HISTORY_MS: u64 = 29 * 86_400_000;
const MOST: usize = 100;
/// What the call knows besides what every call does.
const KNOWN: [&str; 12] = [
    "OrderIDArray",
    "CreateTimeFrom",
    "CreateTimeTo",
    "OrderRole",
    "OrderStatus",
    "ListingType",
    "Pagination",
    "ModTimeFrom",
    "ModTimeTo",
    "NumberOfDays",
    "IncludeFinalValueFee",
    "SortingOrder",
];

/// What an account has bought.
#[derive(Debug)]
pub(crate) struct Purchases {
    rng: Rng,
    buyer: String,
    orders: BTreeMap<String, Purchase>,
}

impl Purchases {
    /// What was bought before `now`, the same for the same seed.
    pub(crate) fn new(spec: &AccountSpec, seed: u64, now: i64) -> Self {
        let mut purchases = Self {
            rng: Rng::with_seed(mix(seed, 40)),
            buyer: spec.name.clone(),
            orders: BTreeMap::new(),
        };
        for _ in 0..spec.purchases {
            let back = purchases.rng.u64(..=spec.history_ms.min(HISTORY_MS));
            let created = now - i64::try_from(back).unwrap_or(DAY_MS);
            purchases.buy(created, now);
        }
        purchases
    }

    fn buy(&mut self, created: i64, now: i64) {
        let purchase = Purchase::make(&mut self.rng, created, now);
        self.orders.insert(purchase.id.clone(), purchase);
    }

    /// About 5 % are paid, shipped or tracked, and 1 % is bought.
    pub(crate) fn advance(&mut self, now: i64) {
        let count = self.orders.len();
        let chosen = positions(&mut self.rng, count, share(count, 5));
        for (at, purchase) in self.orders.values_mut().enumerate() {
            if chosen.contains(&at) {
                purchase.happen(&mut self.rng, now);
            }
        }
        for _ in 0..share(count, 1) {
            self.buy(now, now);
        }
    }

    /// The rows that must be stored: one for each line.
    pub(crate) fn table(&self) -> Table {
        let rows = self.orders.values().flat_map(|purchase| {
            let lines = purchase.lines.iter();
            lines.map(|line| text::row(purchase, line, &self.buyer))
        });
        Table {
            name: "ebay_purchases",
            entity: "purchase",
            key: &["order_line_item_id"],
            ends: false,
            rows: rows.collect(),
        }
    }
}

/// Answers a call.
pub(crate) fn answer(
    account: &Account,
    asked: &Asked,
    faults: &[FaultKind],
) -> Result<Said, Failing> {
    if asked.text("OrderRole") != Some("Buyer") {
        return Err(Failing::input("OrderRole"));
    }
    let (from, to) = range(asked, now_ms())?;
    let limit = asked.number("Pagination.EntriesPerPage", MOST, 25)?;
    let page = asked.number("Pagination.PageNumber", usize::MAX, 1)?;
    let orders = account.purchases.orders.values();
    let mut hits: Vec<&Purchase> = orders
        .filter(|purchase| (from..=to).contains(&purchase.modified))
        .collect();
    hits.sort_by_key(|purchase| (purchase.modified, &purchase.id));
    let pages = hits.len().div_ceil(limit);
    if page > pages.max(1) {
        return Err(Failing::page());
    }
    let shown = hits.iter().skip((page - 1) * limit).take(limit);
    let mut items: Vec<Element> = shown
        .map(|purchase| text::order(purchase, &account.purchases.buyer))
        .collect();
    if faults.contains(&FaultKind::EmptyPage {}) {
        items.clear();
    }
    let total = damage::total(hits.len(), page, faults);
    let pagination = vec![
        Element::text("TotalNumberOfPages", total.div_ceil(limit)),
        Element::text("TotalNumberOfEntries", total),
    ];
    Ok(Said {
        before: vec![
            Element::group("PaginationResult", pagination),
            Element::text("HasMoreOrders", page < pages),
        ],
        path: &["OrderArray"],
        after: vec![
            Element::text("OrdersPerPage", limit),
            Element::text("PageNumber", page),
            Element::text("ReturnedOrderCountActual", items.len()),
        ],
        items,
        within: Vec::new(),
        known: &KNOWN,
    })
}

/// The range of modification times, both ends included.
fn range(asked: &Asked, now: i64) -> Result<(i64, i64), Failing> {
    // Both would count before a modification time, and are not served here.
    for other in [
        "NumberOfDays",
        "CreateTimeFrom",
        "CreateTimeTo",
        "OrderIDArray",
    ] {
        if asked.at(other).is_some() {
            return Err(Failing::input(other));
        }
    }
    let from = asked.time("ModTimeFrom")?;
    let from = from.ok_or_else(|| Failing::input("ModTimeFrom"))?;
    let to = asked.time("ModTimeTo")?.unwrap_or(now);
    if from > to || to - from > SPAN_MS {
        return Err(Failing::input("ModTimeFrom"));
    }
    Ok((from, to))
}

#[cfg(test)]
mod tests;
