//! One order in which the account is the buyer, and what can happen to it.

use fastrand::Rng;

use crate::sim::lexicon::{CURRENCIES, NAMES, PLACES, Place, THINGS, digits, percent, pick, word};

const CARRIERS: [&str; 5] = ["USPS", "DHL", "Royal Mail", "UPS", "Hermes & Co"];

/// One line; amounts in hundredths of the order's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) item: String,
    /// 0 for an auction.
    pub(crate) transaction: String,
    pub(crate) title: String,
    pub(crate) quantity: u32,
    pub(crate) unit: u64,
    pub(crate) colour: Option<&'static str>,
    /// A parcel of its own, besides those of the order.
    pub(crate) parcel: Option<(&'static str, String)>,
}

impl Line {
    fn make(rng: &mut Rng) -> Self {
        let auction = percent(rng, 15);
        Self {
            item: format!("3{}", digits(rng, 11)),
            transaction: if auction {
                "0".to_owned()
            } else {
                digits(rng, 13)
            },
            title: title(rng),
            quantity: if auction { 1 } else { rng.u32(1..4) },
            unit: u64::from(rng.u32(99..40_000)),
            colour: percent(rng, 25).then(|| word(rng, &["Red", "Grün", "Black & white"])),
            parcel: None,
        }
    }

    /// eBay's id of the line.
    pub(crate) fn id(&self) -> String {
        format!("{}-{}", self.item, self.transaction)
    }
}

/// Some sellers' titles hold HTML that was escaped already.
fn title(rng: &mut Rng) -> String {
    let thing = word(rng, &THINGS);
    match rng.u32(..10) {
        0 => format!("<b>{thing}</b> &amp; more"),
        _ => format!("{thing} #{}", rng.u32(1..999)),
    }
}

/// One order; times in milliseconds since the epoch, to the second, as Trading has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Purchase {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) modified: i64,
    pub(crate) seller: String,
    pub(crate) recipient: &'static str,
    pub(crate) place: Place,
    pub(crate) currency: &'static str,
    /// What the total is in, if not in the currency of the prices.
    pub(crate) foreign: Option<&'static str>,
    pub(crate) shipping: u64,
    pub(crate) status: &'static str,
    pub(crate) paid: Option<i64>,
    pub(crate) shipped: Option<i64>,
    pub(crate) parcels: Vec<(&'static str, String)>,
    pub(crate) lines: Vec<Line>,
}

impl Purchase {
    /// A new order, created at `created` and modified no later than `now`.
    pub(crate) fn make(rng: &mut Rng, created: i64, now: i64) -> Self {
        let count = *[1, 1, 1, 1, 2, 3].get(rng.usize(..6)).unwrap_or(&1);
        let lines: Vec<Line> = (0..count).map(|_| Line::make(rng)).collect();
        let id = match lines.as_slice() {
            [only] => only.id(),
            _ => format!(
                "{:02}-{}-{}",
                rng.u32(1..30),
                digits(rng, 5),
                digits(rng, 5)
            ),
        };
        let mut purchase = Self {
            id,
            created,
            modified: created,
            seller: format!("shop_{:x}", rng.u32(..0xffff)),
            recipient: word(rng, &NAMES),
            place: pick(rng, &PLACES).unwrap_or(("Denver", Some("CO"), "80221", "US")),
            currency: word(rng, &CURRENCIES),
            foreign: percent(rng, 5).then_some("CHF"),
            shipping: u64::from(rng.u32(0..4)) * 245,
            status: "Active",
            paid: None,
            shipped: None,
            parcels: Vec::new(),
            lines,
        };
        let mut at = created;
        while percent(rng, 60) && at < now {
            at = (at + i64::from(rng.u32(1_000..86_400_000))).min(now);
            purchase.happen(rng, at);
        }
        purchase
    }

    /// The next thing that happens to the order; it always ends up different.
    pub(crate) fn happen(&mut self, rng: &mut Rng, now: i64) {
        self.modified = now;
        if self.paid.is_none() && self.status == "Active" {
            if percent(rng, 10) {
                self.status = "Cancelled";
            } else {
                self.status = "Completed";
                self.paid = Some(now);
            }
        } else if self.shipped.is_none() && self.paid.is_some() {
            self.shipped = Some(now);
            self.parcels.push(parcel(rng));
        } else if let Some(line) = self.lines.iter_mut().find(|line| line.parcel.is_none()) {
            line.parcel = Some(parcel(rng));
        } else {
            self.parcels.push(parcel(rng));
        }
    }

    /// Lines and shipping.
    pub(crate) fn total(&self) -> u64 {
        let lines = self.lines.iter();
        lines
            .map(|line| line.unit * u64::from(line.quantity))
            .sum::<u64>()
            + self.shipping
    }
}

fn parcel(rng: &mut Rng) -> (&'static str, String) {
    (word(rng, &CARRIERS), digits(rng, 14))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_differs_after_anything_happened_to_it() {
        for seed in 0..100 {
            let mut rng = Rng::with_seed(seed);
            let mut purchase = Purchase::make(&mut rng, 1_000, 900_000_000);
            assert!((1_000..=900_000_000).contains(&purchase.modified));
            assert_eq!(
                purchase.lines.len() > 1,
                purchase.id.matches('-').count() == 2
            );
            for step in 1..9 {
                let before = purchase.clone();
                purchase.happen(&mut rng, 900_000_000 + step);
                let same = Purchase {
                    modified: before.modified,
                    ..purchase.clone()
                };
                assert_ne!(same, before);
            }
        }
    }
}
