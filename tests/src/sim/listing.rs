//! The model of one listing, derived from a number on demand so that a large account costs 16 bytes each.

use std::io;

use fastrand::Rng;

use super::{
    filler::Filler,
    lexicon::{ASPECT_VALUES, ASPECTS, COLOURS, mix, percent, sku, word},
};

/// A listing that is on eBay: which one, and how often its price or quantity has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) item: u64,
    pub(crate) revision: u32,
}

/// What turns a slot of one account into a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Catalogue {
    pub(crate) seed: u64,
    pub(crate) currency: &'static str,
    /// Item id and XML length in bytes of the one oversized listing.
    pub(crate) big: Option<(u64, u64)>,
    /// Item id of a listing and a text that stands where its currency should.
    pub(crate) planted: Option<(u64, &'static str)>,
}

/// A price in hundredths; the currency attribute is optional in eBay's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) hundredths: u64,
    pub(crate) currency: Option<&'static str>,
}

/// One variation of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variation {
    pub(crate) sku: Option<String>,
    pub(crate) price: Price,
    pub(crate) quantity: u32,
    specifics: Vec<(String, Vec<String>)>,
    filler: Option<Filler>,
}

/// One listing as the report shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) item: u64,
    pub(crate) sku: Option<String>,
    pub(crate) price: Price,
    pub(crate) quantity: u32,
    /// Auctions only.
    pub(crate) bids: Option<u32>,
    /// Empty for a listing without variations; otherwise price and quantity exist only there.
    pub(crate) variations: Vec<Variation>,
    /// Seed of the ways in which its texts are written.
    pub(crate) style: u64,
}

impl Variation {
    /// Calls `take` with each name and its values, in the order in which they are sent.
    pub(crate) fn each_specific(
        &self,
        take: &mut dyn FnMut(&str, &[&str]) -> io::Result<()>,
    ) -> io::Result<()> {
        for (name, values) in &self.specifics {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            take(name, &values)?;
        }
        match self.filler {
            Some(filler) => filler.each(&mut |name, value| take(name, &[value])),
            None => Ok(()),
        }
    }

    /// The key of the variation within its listing: specifics by name, hashed above 256 bytes.
    pub(crate) fn key(&self) -> String {
        let mut sorted = self.clone();
        sorted.specifics.sort();
        let (mut hash, mut text, mut first) = (blake3::Hasher::new(), String::new(), true);
        let mut add = |piece: &str| {
            hash.update(piece.as_bytes());
            if text.len() <= 256 {
                text.push_str(piece);
            }
        };
        let walked = sorted.each_specific(&mut |name, values| {
            if !std::mem::take(&mut first) {
                add(";");
            }
            add(name);
            add("=");
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    add(",");
                }
                add(value);
            }
            Ok(())
        });
        debug_assert!(walked.is_ok(), "nothing in the closure can fail");
        if text.len() <= 256 {
            return text;
        }
        let hex: String = hash.finalize().to_hex().chars().take(32).collect();
        format!("b3:{hex}")
    }
}

impl Listing {
    /// The keys of the listing's rows: item id, SKU, variation key.
    pub(crate) fn keys(&self) -> Vec<[String; 3]> {
        let item = self.item.to_string();
        if self.variations.is_empty() {
            return vec![[item, self.sku.clone().unwrap_or_default(), String::new()]];
        }
        let variations = self.variations.iter();
        variations
            .map(|v| [item.clone(), v.sku.clone().unwrap_or_default(), v.key()])
            .collect()
    }

    /// With another currency, or what stands in its place.
    fn priced_in(mut self, currency: &'static str) -> Self {
        self.price.currency = Some(currency);
        let prices = self.variations.iter_mut().map(|v| &mut v.price);
        prices.for_each(|price| price.currency = Some(currency));
        self
    }

    /// Raises every quantity by one, so that the listing differs from itself.
    pub(crate) fn restocked(mut self) -> Self {
        self.quantity += 1;
        self.variations.iter_mut().for_each(|v| v.quantity += 1);
        self
    }
}

impl Catalogue {
    /// The listing in a slot: what it is depends on the item, price and quantity on the revision too.
    pub(crate) fn listing(&self, slot: Slot) -> Listing {
        let own = mix(self.seed, slot.item);
        let mut rng = Rng::with_seed(own);
        let mut state = Rng::with_seed(mix(own, u64::from(slot.revision) + 1));
        let big = self.big.filter(|(item, _)| *item == slot.item);
        if let Some((item, bytes)) = big {
            let filler = Filler { bytes, seed: own };
            return Self::oversized(item, self.price(false, &mut state), filler);
        }
        let bare = percent(&mut rng, 1);
        let count = if percent(&mut rng, 10) {
            variation_count(&mut rng)
        } else {
            0
        };
        let names = *[0, 0, 0, 0, 0, 0, 1, 2].get(rng.usize(..8)).unwrap_or(&0);
        let long = percent(&mut rng, 2);
        let variations = (0..count)
            .map(|index| Variation {
                sku: (!percent(&mut rng, 3)).then(|| sku(&mut rng)),
                price: self.price(bare, &mut state),
                quantity: state.u32(0..60),
                specifics: specifics(&mut rng, index, names, long),
                filler: None,
            })
            .collect();
        let auction = count == 0 && percent(&mut rng, 3);
        let listing = Listing {
            item: slot.item,
            sku: (!percent(&mut rng, 3)).then(|| sku(&mut rng)),
            price: self.price(bare, &mut state),
            quantity: state.u32(0..250),
            bids: auction.then(|| rng.u32(0..9)),
            variations,
            style: rng.u64(..),
        };
        match self.planted {
            Some((item, text)) if item == slot.item => listing.priced_in(text),
            Some(_) | None => listing,
        }
    }

    /// A listing of about `bytes` of XML that no account owns.
    pub(crate) fn oversized(item: u64, price: Price, filler: Filler) -> Listing {
        let variation = Variation {
            sku: Some("OVERSIZED-1".to_owned()),
            price,
            quantity: 1,
            specifics: Vec::new(),
            filler: Some(filler),
        };
        let variations = vec![variation];
        Listing {
            item,
            sku: None,
            price,
            quantity: 1,
            bids: None,
            variations,
            style: 0,
        }
    }

    fn price(&self, bare: bool, state: &mut Rng) -> Price {
        let currency = (!bare).then_some(self.currency);
        Price {
            hundredths: u64::from(state.u32(99..90_000)),
            currency,
        }
    }
}

/// 2 to 6, 4.9 on average, which gives 1.39 rows per listing.
fn variation_count(rng: &mut Rng) -> usize {
    *[2, 3, 4, 5, 5, 6, 6, 6, 6, 6]
        .get(rng.usize(..10))
        .unwrap_or(&2)
}

fn specifics(rng: &mut Rng, index: usize, more: usize, long: bool) -> Vec<(String, Vec<String>)> {
    let colour = COLOURS.get(index % COLOURS.len()).unwrap_or(&"Red");
    let mut list = vec![("Colour".to_owned(), vec![(*colour).to_owned()])];
    for name in ASPECTS.iter().skip(rng.usize(..3)).take(more) {
        let mut values = vec![word(rng, &ASPECT_VALUES).to_owned()];
        if percent(rng, 10) {
            values.push(format!("also {}", rng.u32(1..90)));
        }
        list.push(((*name).to_owned(), values));
    }
    if long {
        let text = "fits the older housing too, see the drawing & the table; ".repeat(5);
        list.push(("Fitment".to_owned(), vec![format!("{text}no. {index}")]));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const CATALOGUE: Catalogue = Catalogue {
        seed: 9,
        currency: "USD",
        big: None,
        planted: None,
    };

    #[test]
    fn a_revision_changes_price_and_quantity_and_nothing_else() {
        let mut changed = 0;
        for item in 0..500 {
            let old = CATALOGUE.listing(Slot { item, revision: 0 });
            let mut new = CATALOGUE.listing(Slot { item, revision: 1 });
            assert_eq!(old.keys(), new.keys());
            changed += u32::from(old != new);
            new.price = old.price;
            new.quantity = old.quantity;
            for (a, b) in new.variations.iter_mut().zip(&old.variations) {
                (a.price, a.quantity) = (b.price, b.quantity);
            }
            assert_eq!(old, new);
        }
        assert!(changed > 490, "{changed}");
    }

    #[test]
    fn keys_are_unique_and_shares_are_as_stated() {
        let (mut keys, mut rows, mut multi, mut no_sku, mut hashed) = (BTreeSet::new(), 0, 0, 0, 0);
        for item in 0..5000 {
            let listing = CATALOGUE.listing(Slot { item, revision: 0 });
            multi += u32::from(!listing.variations.is_empty());
            for key in listing.keys() {
                rows += 1;
                no_sku += u32::from(key[1].is_empty());
                hashed += u32::from(key[2].starts_with("b3:"));
                assert!(key[2].len() <= 256);
                assert!(keys.insert(key));
            }
        }
        assert!((400..600).contains(&multi), "{multi}");
        assert!((6_600..7_300).contains(&rows), "{rows}");
        assert!((130..300).contains(&no_sku), "{no_sku}");
        assert!(hashed > 0);
    }

    #[test]
    fn variation_key_sorts_by_name_and_hashes_long_text() {
        let price = Price {
            hundredths: 1,
            currency: None,
        };
        let pair =
            |n: &str, v: &[&str]| (n.to_owned(), v.iter().map(|s| (*s).to_owned()).collect());
        let make = |specifics| Variation {
            sku: None,
            price,
            quantity: 1,
            specifics,
            filler: None,
        };
        let short = make(vec![pair("Size", &["M", "L"]), pair("Colour", &["Red"])]);
        assert_eq!(short.key(), "Colour=Red;Size=M,L");
        let exact = make(vec![pair("N", &[&"x".repeat(254)])]);
        assert_eq!(exact.key().len(), 256);
        let long = make(vec![pair("N", &[&"x".repeat(255)])]);
        let hash = blake3::hash(format!("N={}", "x".repeat(255)).as_bytes())
            .to_hex()
            .to_string();
        assert_eq!(long.key(), format!("b3:{}", hash.split_at(32).0));
    }
}
