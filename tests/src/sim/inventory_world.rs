//! The model of the Inventory API: SKUs, the offers of each, and how they change.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::{
    change::{positions, share},
    lexicon::{THINGS, percent, sku, word},
};

/// Marketplaces of offers, with their currencies.
const MARKETPLACES: [(&str, &str); 4] = [
    ("EBAY_US", "USD"),
    ("EBAY_GB", "GBP"),
    ("EBAY_DE", "EUR"),
    ("EBAY_AU", "AUD"),
];
const LOCATIONS: [&str; 3] = ["warehouse-1", "Köln", "back room"];
const CONDITIONS: [&str; 3] = ["NEW", "LIKE_NEW", "USED_EXCELLENT"];

/// What is for sale on one marketplace, or was or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) id: String,
    pub(crate) marketplace: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) auction: bool,
    /// In hundredths; an auction has a price to start with, a draft may have none.
    pub(crate) price: Option<u64>,
    pub(crate) quantity: u32,
    pub(crate) limit: Option<u32>,
    pub(crate) policies: Option<u32>,
    pub(crate) location: Option<&'static str>,
    /// The listing, once it was published; its id stays.
    pub(crate) listing: Option<u64>,
    pub(crate) published: bool,
    pub(crate) sold: u32,
}

/// A SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InventoryItem {
    pub(crate) title: String,
    pub(crate) condition: &'static str,
    /// At most one for each marketplace.
    pub(crate) offers: Vec<Offer>,
    /// Without offers: whether that is an empty page instead of an error.
    pub(crate) empty_page: bool,
}

/// Everything of one account.
#[derive(Clone, Debug)]
pub(crate) struct Stock {
    rng: Rng,
    /// How many SKUs there were at the start.
    size: usize,
    next_offer: u64,
    pub(crate) items: BTreeMap<String, InventoryItem>,
}

impl Stock {
    /// So many SKUs, the same for the same seed.
    pub(crate) fn new(seed: u64, size: u32) -> Self {
        let mut stock = Self {
            rng: Rng::with_seed(seed),
            size: usize::try_from(size).unwrap_or(0),
            next_offer: 8_000_000_010 + seed % 1_000_000 * 1_000,
            items: BTreeMap::new(),
        };
        while stock.items.len() < stock.size {
            stock.add();
        }
        stock
    }

    /// Changes about 6 % of the SKUs, deletes 1 % with their offers, and adds 1 %.
    pub(crate) fn advance(&mut self) {
        let count = self.items.len();
        let changing = positions(&mut self.rng, count, share(count, 6));
        let deleted = positions(&mut self.rng, count, share(count, 1));
        let skus: Vec<String> = self.items.keys().cloned().collect();
        for (at, sku) in skus.into_iter().enumerate() {
            if deleted.contains(&at) {
                self.items.remove(&sku);
            } else if changing.contains(&at) {
                self.happen(&sku);
            }
        }
        for _ in 0..share(self.size, 1) {
            self.add();
        }
    }

    fn add(&mut self) {
        let sku = sku(&mut self.rng);
        if self.items.contains_key(&sku) {
            return;
        }
        let item = InventoryItem {
            title: format!(
                "{} {}",
                word(&mut self.rng, &THINGS),
                self.rng.u32(1..1_000)
            ),
            condition: word(&mut self.rng, &CONDITIONS),
            offers: Vec::new(),
            empty_page: self.rng.bool(),
        };
        self.items.insert(sku.clone(), item);
        for _ in 0..*[0, 1, 1, 1, 1, 2, 3].get(self.rng.usize(..7)).unwrap_or(&1) {
            self.offer(&sku);
        }
    }

    /// Gives the SKU an offer on a marketplace where it has none.
    fn offer(&mut self, sku: &str) -> bool {
        let Some(item) = self.items.get_mut(sku) else {
            return false;
        };
        let used: Vec<&str> = item.offers.iter().map(|offer| offer.marketplace).collect();
        let Some((marketplace, currency)) = MARKETPLACES
            .into_iter()
            .find(|(name, _)| !used.contains(name))
        else {
            return false;
        };
        let rng = &mut self.rng;
        self.next_offer += rng.u64(1..9);
        let published = percent(rng, 80);
        item.offers.push(Offer {
            id: format!("{}010", self.next_offer),
            marketplace,
            currency,
            auction: percent(rng, 5),
            price: (published || percent(rng, 50)).then(|| rng.u64(99..90_000)),
            quantity: rng.u32(0..250),
            limit: percent(rng, 20).then(|| rng.u32(1..9)),
            policies: (published || percent(rng, 50)).then(|| rng.u32(1..4)),
            location: (published || percent(rng, 50)).then(|| word(rng, &LOCATIONS)),
            listing: published.then(|| 110_000_000_000 + self.next_offer % 1_000_000_000),
            published,
            sold: 0,
        });
        true
    }

    /// One thing that happens to a SKU or one of its offers; it always ends up different.
    fn happen(&mut self, sku: &str) {
        let what = self.rng.u32(..8);
        if what == 0 && self.offer(sku) {
            return;
        }
        let Some(item) = self.items.get_mut(sku) else {
            return;
        };
        let at = self.rng.usize(..item.offers.len().max(1));
        let Some(offer) = item.offers.get_mut(at) else {
            self.offer(sku);
            return;
        };
        match what {
            1 => {
                item.offers.remove(at);
            }
            2 if offer.published => offer.published = false,
            2 | 3 if !offer.published && offer.price.is_some() => {
                offer.published = true;
                offer
                    .listing
                    .get_or_insert(220_000_000_000 + self.next_offer % 1_000_000_000);
                offer.policies.get_or_insert(1);
                offer.location.get_or_insert("warehouse-1");
            }
            4 if offer.published && offer.quantity > 0 => {
                offer.quantity -= 1;
                offer.sold += 1;
            }
            5 => offer.quantity += self.rng.u32(1..20),
            6 => offer.limit = Some(offer.limit.unwrap_or(0) + 1),
            _ => offer.price = Some(offer.price.unwrap_or(0) + self.rng.u64(1..500)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_of_change_happens() {
        let mut stock = Stock::new(7, 300);
        assert_eq!(stock.items.len(), 300);
        let numbers: BTreeSet<usize> = stock.items.values().map(|item| item.offers.len()).collect();
        assert_eq!(numbers, BTreeSet::from([0, 1, 2, 3]));
        let (mut new, mut gone, mut withdrawn, mut published, mut sold) = (0, 0, 0, 0, 0);
        for _ in 0..30 {
            let before = stock.clone();
            stock.advance();
            for (sku, old) in &before.items {
                let Some(item) = stock.items.get(sku) else {
                    gone += 1;
                    continue;
                };
                for offer in &item.offers {
                    let Some(was) = old.offers.iter().find(|was| was.id == offer.id) else {
                        new += 1;
                        continue;
                    };
                    withdrawn += u32::from(was.published && !offer.published);
                    published += u32::from(!was.published && offer.published);
                    sold += u32::from(was.sold < offer.sold);
                }
            }
        }
        for (count, what) in [
            (new, "new"),
            (gone, "gone"),
            (withdrawn, "withdrawn"),
            (published, "published"),
            (sold, "sold"),
        ] {
            assert!(count > 0, "{what}");
        }
        let offers = stock.items.values().flat_map(|item| &item.offers);
        let ids: BTreeSet<&str> = offers.clone().map(|offer| offer.id.as_str()).collect();
        assert_eq!(ids.len(), offers.count());
    }

    #[test]
    fn what_happens_makes_a_difference() {
        let mut stock = Stock::new(3, 80);
        let skus: Vec<String> = stock.items.keys().cloned().collect();
        for sku in skus.iter().cycle().take(800) {
            let before = stock.items[sku].clone();
            stock.happen(sku);
            assert_ne!(stock.items[sku], before);
        }
    }

    #[test]
    fn two_stocks_with_one_seed_stay_alike_and_none_stays_none() {
        let (mut a, mut b) = (Stock::new(1, 50), Stock::new(1, 50));
        for _ in 0..5 {
            a.advance();
            b.advance();
        }
        assert_eq!(a.items, b.items);
        let mut none = Stock::new(1, 0);
        none.advance();
        assert!(none.items.is_empty());
    }
}
