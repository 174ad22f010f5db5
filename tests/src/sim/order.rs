//! The model of one order and its seeded making; what can happen to it later is in `change`.

use fastrand::Rng;

use super::lexicon::{
    CURRENCIES, NAMES, PLACES, Place, THINGS, digits, mix_text, percent, pick, sku, word,
};

/// A buyer, who is also the recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buyer {
    pub(crate) username: String,
    pub(crate) name: &'static str,
    pub(crate) street: String,
    pub(crate) place: Place,
}

/// One line item; amounts in hundredths of the order's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) legacy_item_id: String,
    pub(crate) sku: Option<String>,
    pub(crate) title: String,
    pub(crate) quantity: u32,
    pub(crate) unit: u64,
    pub(crate) shipped: bool,
}

impl Line {
    /// What the buyer pays for the line.
    pub(crate) fn cost(&self) -> u64 {
        self.unit * u64::from(self.quantity)
    }

    /// The line item's fulfilment status as eBay names it.
    pub(crate) fn fulfillment(&self) -> &'static str {
        if self.shipped {
            "FULFILLED"
        } else {
            "NOT_STARTED"
        }
    }
}

/// One order; times in milliseconds since the epoch, amounts in hundredths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) modified: i64,
    pub(crate) buyer: Buyer,
    /// Orders without a shipment (a pick-up, a download) have no address.
    pub(crate) ships: bool,
    pub(crate) currency: &'static str,
    pub(crate) payment: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) tracking: Vec<String>,
    pub(crate) lines: Vec<Line>,
    pub(crate) shipping: u64,
    pub(crate) record: u32,
    pub(crate) note: Option<&'static str>,
}

impl Order {
    /// A new order, created at `created` and modified no later than `now`.
    pub(crate) fn make(rng: &mut Rng, created: i64, now: i64) -> Self {
        let id = format!(
            "{:02}-{}-{}",
            rng.u32(1..30),
            digits(rng, 5),
            digits(rng, 5)
        );
        let lines = (0..*[1, 1, 1, 2, 2, 3, 4].get(rng.usize(..7)).unwrap_or(&1))
            .map(|_| Self::line(rng))
            .collect();
        let mut order = Self {
            id,
            created,
            modified: created,
            buyer: Self::buyer(rng),
            ships: !percent(rng, 2),
            currency: word(rng, &CURRENCIES),
            payment: "PAID",
            cancel: "NONE_REQUESTED",
            tracking: Vec::new(),
            lines,
            shipping: u64::from(rng.u32(0..4)) * 245,
            record: rng.u32(1000..99_999),
            note: percent(rng, 5).then_some("Bitte „sicher“ verpacken\n– thanks!"),
        };
        if percent(rng, 8) {
            order.payment = "PENDING";
        } else if percent(rng, 60) {
            order.ship(rng, usize::MAX);
        }
        if percent(rng, 3) {
            order.cancel = "IN_PROGRESS";
        }
        let age = u64::try_from(now - created).unwrap_or(0);
        if age > 0 && percent(rng, 70) {
            let later = rng.u64(..=age.min(259_200_000));
            order.modified += i64::try_from(later).unwrap_or(0);
        }
        order
    }

    fn line(rng: &mut Rng) -> Line {
        Line {
            id: format!("100{}", digits(rng, 11)),
            legacy_item_id: format!("2{}", digits(rng, 11)),
            sku: (!percent(rng, 10)).then(|| sku(rng)),
            title: format!("{} #{}", word(rng, &THINGS), rng.u32(1..999)),
            quantity: *[1, 1, 1, 2, 5].get(rng.usize(..5)).unwrap_or(&1),
            unit: u64::from(rng.u32(99..40_000)),
            shipped: false,
        }
    }

    fn buyer(rng: &mut Rng) -> Buyer {
        let name = word(rng, &NAMES);
        Buyer {
            username: format!("buyer_{:x}{}", mix_text(1, name) & 0xfff, rng.u32(10..9999)),
            name,
            street: format!("{} Example Street", rng.u32(1..400)),
            place: pick(rng, &PLACES).unwrap_or(("Denver", Some("CO"), "80221", "US")),
        }
    }

    /// Ships up to `most` lines that are still open, in one parcel with a tracking number.
    pub(crate) fn ship(&mut self, rng: &mut Rng, most: usize) {
        let open = self
            .lines
            .iter_mut()
            .filter(|line| !line.shipped)
            .take(most);
        if open.map(|line| line.shipped = true).count() > 0 {
            self.tracking.push(format!("1Z{}", digits(rng, 14)));
        }
    }

    /// The order's fulfilment status, which follows from its lines.
    pub(crate) fn fulfillment(&self) -> &'static str {
        match self.lines.iter().filter(|line| line.shipped).count() {
            0 => "NOT_STARTED",
            n if n == self.lines.len() => "FULFILLED",
            _ => "IN_PROGRESS",
        }
    }

    /// Lines plus shipping.
    pub(crate) fn total(&self) -> u64 {
        self.lines.iter().map(Line::cost).sum::<u64>() + self.shipping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_order_and_stamps_stay_in_the_past() {
        for seed in 0..200 {
            let order = Order::make(&mut Rng::with_seed(seed), 1_000, 5_000);
            assert_eq!(order, Order::make(&mut Rng::with_seed(seed), 1_000, 5_000));
            assert!((1_000..=5_000).contains(&order.modified));
            assert!((1..=4).contains(&order.lines.len()));
            assert_eq!(
                order.tracking.is_empty(),
                order.fulfillment() == "NOT_STARTED"
            );
        }
    }
}
