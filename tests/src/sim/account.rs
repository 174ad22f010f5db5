//! One simulated seller: what was asked for, and everything that is true of it now.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use fastrand::Rng;
use serde::Deserialize;

use super::{
    clock::DAY_MS,
    faults::{Armed, Fault, FaultKind},
    finances::world::Books,
    inventory_world::Stock,
    lexicon::{mix, mix_text},
    listing::{Catalogue, Slot},
    messages::Messages,
    observe::Observed,
    order::Order,
    post_order::PostOrder,
    purchases::Purchases,
};

/// How a report's XML is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packing {
    /// A zip archive with one member, written streaming.
    #[default]
    Zip,
    /// One gzip stream.
    Gzip,
    /// The XML itself.
    Plain,
}

/// The API whose listings the database is held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listings {
    /// The report: what it does not show is null.
    #[default]
    Report,
    /// Trading.
    Trading,
    /// The report, after Trading has been read: what it does not show stays, and is not told here.
    ReportAfterTrading,
}

/// What an account is made of; everything but name and token has a default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// Name in commands; unique.
    pub name: String,
    /// Bearer token that selects the account; unique.
    pub token: String,
    /// Orders at the start; 0 means that none ever appear.
    #[serde(default)]
    pub orders: u32,
    /// Listings at the start, without the big one; 0 means that none ever appear.
    #[serde(default)]
    pub listings: u32,
    /// SKUs of the Inventory API at the start, with 0 to 3 offers each; 0 means that none ever appear.
    #[serde(default)]
    pub skus: u32,
    /// Where the rows of listings come from.
    #[serde(default)]
    pub listings_from: Listings,
    /// Returns at the start, up to 530 days old; 0 means that none ever appear.
    #[serde(default)]
    pub returns: u32,
    /// Inquiries at the start, likewise.
    #[serde(default)]
    pub inquiries: u32,
    /// Cases at the start, likewise.
    #[serde(default)]
    pub cases: u32,
    /// Purchases at the start; 0 means that none ever appear.
    #[serde(default)]
    pub purchases: u32,
    /// Messages at the start; 0 means that none ever appear.
    #[serde(default)]
    pub messages: u32,
    /// Milliseconds before now over which the orders' stamps are spread; 30 days unless told.
    #[serde(default = "month_ms")]
    pub history_ms: u64,
    /// Length in bytes of the XML of one oversized listing; 0 means none.
    #[serde(default)]
    pub big_listing_bytes: u64,
    /// Shortcut for a fault: the report's body stalls for ever after 1 KiB.
    #[serde(default)]
    pub stall_download: bool,
    /// Serve this file as the report, byte for byte, instead of the listings.
    #[serde(default)]
    pub report_file: Option<PathBuf>,
    /// How the report is packed.
    #[serde(default, rename = "zip")]
    pub packing: Packing,
    /// Milliseconds from a report's creation to its completion.
    #[serde(default)]
    pub report_delay_ms: u64,
    /// Reports that may be made in 24 hours; eBay allows 25.
    #[serde(default = "many")]
    pub report_limit: u32,
    /// Monetary transactions at the start, or a few more; 0 means that none ever appear.
    #[serde(default)]
    pub transactions: u32,
    /// Whether pages of transactions and payouts say the total, which live ones do not.
    #[serde(default)]
    pub finances_total: bool,
}

fn month_ms() -> u64 {
    30 * 86_400_000
}

fn many() -> u32 {
    1_000_000
}

impl AccountSpec {
    /// An account without orders and listings.
    pub fn new(name: &str, token: &str) -> Self {
        Self {
            name: name.to_owned(),
            token: token.to_owned(),
            orders: 0,
            listings: 0,
            skus: 0,
            listings_from: Listings::Report,
            returns: 0,
            inquiries: 0,
            cases: 0,
            purchases: 0,
            messages: 0,
            history_ms: month_ms(),
            big_listing_bytes: 0,
            stall_download: false,
            report_file: None,
            packing: Packing::Zip,
            report_delay_ms: 0,
            report_limit: many(),
            transactions: 0,
            finances_total: false,
        }
    }
}

/// A report that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct InventoryTask {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) ready: i64,
    pub(crate) listing_format: Option<String>,
    /// The listings at creation; dropped for old tasks.
    pub(crate) slots: Option<Arc<Vec<Slot>>>,
}

/// One simulated seller.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) spec: AccountSpec,
    pub(crate) rng: Rng,
    pub(crate) orders: BTreeMap<String, Arc<Order>>,
    pub(crate) catalogue: Catalogue,
    /// Active listings by ascending item id.
    pub(crate) slots: Arc<Vec<Slot>>,
    pub(crate) ended: BTreeMap<u64, Slot>,
    next_item: u64,
    pub(crate) stock: Stock,
    pub(crate) tasks: Vec<InventoryTask>,
    pub(crate) post_order: PostOrder,
    pub(crate) finances: Books,
    pub(crate) faults: Vec<Armed>,
    pub(crate) faults_fired: u64,
    pub(crate) requests: BTreeMap<&'static str, u64>,
    pub(crate) observed: Observed,
    /// Tokens that are good besides the first one.
    pub(crate) renewed: BTreeSet<String>,
    pub(crate) purchases: Purchases,
    pub(crate) messages: Messages,
}

/// How many different states of the listings are kept for reports made earlier.
const KEPT_REPORTS: usize = 4;

impl Account {
    /// The account as it is at `now`, the same for the same seed and name.
    pub(crate) fn new(spec: AccountSpec, seed: u64, now: i64) -> Self {
        let seed = mix_text(seed, &spec.name);
        let base = 110_000_000_000 + (seed % 800_000) * 1_000_000;
        let big = (spec.big_listing_bytes > 0).then_some((base, spec.big_listing_bytes));
        let currency = *["USD", "EUR", "GBP"]
            .get((seed % 3) as usize)
            .unwrap_or(&"USD");
        let mut account = Self {
            rng: Rng::with_seed(mix(seed, 2)),
            orders: BTreeMap::new(),
            catalogue: Catalogue {
                seed,
                currency,
                big,
                planted: None,
            },
            slots: Arc::new(Vec::new()),
            ended: BTreeMap::new(),
            next_item: base,
            stock: Stock::new(mix(seed, 5), spec.skus),
            tasks: Vec::new(),
            post_order: PostOrder::new(&spec, seed, now),
            finances: Books::new(seed, currency, spec.transactions, spec.history_ms, now),
            faults: Vec::new(),
            faults_fired: 0,
            requests: BTreeMap::new(),
            observed: Observed::default(),
            renewed: BTreeSet::new(),
            purchases: Purchases::new(&spec, seed, now),
            messages: Messages::new(&spec, seed, now),
            spec,
        };
        for _ in 0..account.spec.orders {
            let back = account
                .rng
                .u64(..=account.spec.history_ms.min(720 * 86_400_000));
            account.add_order(now - i64::try_from(back).unwrap_or(DAY_MS), now);
        }
        let listings =
            usize::try_from(account.spec.listings).unwrap_or(0) + usize::from(big.is_some());
        let slots = (0..listings).map(|_| account.fresh_slot()).collect();
        account.slots = Arc::new(slots);
        if account.spec.stall_download {
            let kind = FaultKind::StallBody { after: 1024 };
            let path = "download_result_file".to_owned();
            account.faults.push(Armed::new(Fault {
                path,
                kind,
                skip: 0,
                times: 0,
            }));
        }
        account
    }

    /// Adds an order created at `created` whose id is new.
    pub(crate) fn add_order(&mut self, created: i64, now: i64) {
        loop {
            let order = Order::make(&mut self.rng, created, now);
            if !self.orders.contains_key(&order.id) {
                self.orders.insert(order.id.clone(), Arc::new(order));
                return;
            }
        }
    }

    /// A slot with the next unused item id.
    pub(crate) fn fresh_slot(&mut self) -> Slot {
        let item = self.next_item;
        self.next_item += self.rng.u64(1..4);
        Slot { item, revision: 0 }
    }

    /// Keeps the listings of the newest few states only; older reports have no file any more.
    pub(crate) fn forget_old_reports(&mut self) {
        let mut kept: BTreeSet<*const Vec<Slot>> = BTreeSet::new();
        for task in self.tasks.iter_mut().rev() {
            let Some(slots) = &task.slots else { continue };
            let address = Arc::as_ptr(slots);
            if kept.contains(&address) || kept.len() < KEPT_REPORTS {
                kept.insert(address);
            } else {
                task.slots = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn sample(seed: u64) -> Account {
        let mut spec = AccountSpec::new("alpha", "t");
        (spec.orders, spec.listings, spec.big_listing_bytes) = (40, 60, 100_000);
        Account::new(spec, seed, 1_782_000_000_000)
    }

    #[test]
    fn an_account_is_the_same_for_the_same_seed() {
        let (a, b, c) = (sample(4), sample(4), sample(5));
        assert_eq!((&a.orders, &a.slots), (&b.orders, &b.slots));
        assert_ne!(a.orders, c.orders);
        assert_eq!((a.orders.len(), a.slots.len()), (40, 61));
        assert!(a.slots.is_sorted_by_key(|slot| slot.item));
    }

    #[test]
    fn only_the_newest_reports_keep_their_listings() {
        let mut account = sample(1);
        for n in 0..10 {
            account.slots = Arc::new(account.slots.to_vec());
            for half in 0..2 {
                account.tasks.push(InventoryTask {
                    id: format!("{n}.{half}"),
                    created: n,
                    ready: n,
                    listing_format: None,
                    slots: Some(account.slots.clone()),
                });
            }
        }
        account.forget_old_reports();
        let kept = account
            .tasks
            .iter()
            .filter(|task| task.slots.is_some())
            .count();
        assert_eq!(kept, 8);
        assert!(account.tasks[19].slots.is_some() && account.tasks[11].slots.is_none());
    }

    #[test]
    fn unknown_members_of_a_spec_are_refused() {
        let spec = serde_json::from_str::<AccountSpec>(r#"{"name":"a","token":"t","zip":"gzip"}"#);
        assert_eq!(spec.unwrap().packing, Packing::Gzip);
        let typo = serde_json::from_str::<AccountSpec>(r#"{"name":"a","token":"t","order":1}"#);
        assert!(typo.is_err());
    }
}
