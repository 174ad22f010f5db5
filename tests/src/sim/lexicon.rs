//! Word lists and small seeded draws from which orders and listings are made.

use fastrand::Rng;

/// City, state or province, postal code, country.
pub(crate) type Place = (
    &'static str,
    Option<&'static str>,
    &'static str,
    &'static str,
);

pub(crate) const NAMES: [&str; 14] = [
    "Dana Whitfield",
    "Zoë Müller",
    "José Ñandú",
    "Łukasz Żak",
    "山田 太郎",
    "Ольга Петрова",
    "Renée O'Connor",
    "Bjørn Åse",
    "Mehmet Şahin",
    "Priya \"PJ\" Raman",
    "Thomas & Ann Reed",
    "Carla Conti",
    "Hugo van 't Hoff",
    "Mary-Jo Baker",
];

pub(crate) const PLACES: [Place; 9] = [
    ("Denver", Some("CO"), "80221", "US"),
    ("Stafford", Some("Texas"), "77477", "US"),
    ("Québec", Some("QC"), "G1R 4P5", "CA"),
    ("München", None, "80331", "DE"),
    ("Lyon", None, "69002", "FR"),
    ("Leeds", Some("West Yorkshire"), "LS1 4AP", "GB"),
    ("大阪市", Some("大阪府"), "530-0001", "JP"),
    ("Łódź", None, "90-001", "PL"),
    ("Hobart", Some("TAS"), "7000", "AU"),
];

pub(crate) const CURRENCIES: [&str; 10] = [
    "USD", "USD", "USD", "USD", "USD", "GBP", "EUR", "CAD", "AUD", "JPY",
];

pub(crate) const THINGS: [&str; 12] = [
    "Tape Drive LTO Ultrium 5-H SAS",
    "Café au lait bowl, hand-painted",
    "Drill & driver set 18V",
    "LED strip <5 m> RGB",
    "Kids' rain jacket",
    "\"Retro\" desk lamp",
    "Größeres Federmäppchen",
    "日本製 包丁 Santoku",
    "Brake disc front axle",
    "Vinyl record, 180 g",
    "Schraubensatz M3/M4/M5",
    "Phone case – matte",
];

pub(crate) const COLOURS: [&str; 6] = [
    "Red",
    "Navy blue",
    "Grün",
    "Black & white",
    "黒",
    "Off-white",
];

pub(crate) const ASPECTS: [&str; 5] = [
    "Size",
    "Material",
    "Länge & Breite",
    "Style",
    "Compatible with",
];

pub(crate) const ASPECT_VALUES: [&str; 8] = [
    "S",
    "M",
    "L/XL",
    "100 % cotton",
    "Größe 42",
    "30 × 40 cm",
    "A <B> C",
    "Classic",
];

/// One element of a list that is never empty.
pub(crate) fn pick<T: Copy>(rng: &mut Rng, list: &[T]) -> Option<T> {
    list.get(rng.usize(..list.len().max(1))).copied()
}

/// One text of a list, empty only for an empty list.
pub(crate) fn word(rng: &mut Rng, list: &[&'static str]) -> &'static str {
    pick(rng, list).unwrap_or_default()
}

/// Whether something with this percentage happens.
pub(crate) fn percent(rng: &mut Rng, chance: u32) -> bool {
    rng.u32(..100) < chance
}

/// `count` decimal digits, the first one not zero.
pub(crate) fn digits(rng: &mut Rng, count: usize) -> String {
    let mut text = String::with_capacity(count);
    for position in 0..count {
        let low = u8::from(position == 0);
        text.push(char::from(b'0' + rng.u8(low..10)));
    }
    text
}

/// A stock keeping unit in one of several sellers' styles, some with characters that need escaping.
pub(crate) fn sku(rng: &mut Rng) -> String {
    match rng.u32(..20) {
        0 => format!("WB {}-72/73 {}.25", digits(rng, 4), rng.u32(1..40)),
        1 => format!("R&D<{}>", digits(rng, 5)),
        2 => format!("Größe-{}", digits(rng, 5)),
        3 => format!("棚{}-\"{}\"", rng.u32(1..99), digits(rng, 5)),
        _ => format!("B0{}", digits(rng, 8)),
    }
}

/// Two numbers folded into one, so that every object has a generator of its own.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_add(0x9e37_79b9_7f4a_7c15).rotate_left(17);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number for a name, the same in every run.
pub(crate) fn mix_text(seed: u64, text: &str) -> u64 {
    text.bytes()
        .fold(mix(seed, 1), |sum, byte| mix(sum, u64::from(byte)))
}

/// Hundredths as eBay writes amounts: at least one decimal, a second one only when it is not zero.
pub(crate) fn amount(hundredths: u64) -> String {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    if rest % 10 == 0 {
        format!("{whole}.{}", rest / 10)
    } else {
        format!("{whole}.{rest:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_ebays_number_of_decimals() {
        for (hundredths, text) in [
            (12_000, "120.0"),
            (1538, "15.38"),
            (5, "0.05"),
            (150, "1.5"),
        ] {
            assert_eq!(amount(hundredths), text);
        }
    }

    #[test]
    fn mixing_is_stable_and_separates_neighbours() {
        assert_eq!(mix_text(7, "alpha"), mix_text(7, "alpha"));
        assert_ne!(mix_text(7, "alpha"), mix_text(7, "alphb"));
        assert_ne!(mix(1, 2), mix(1, 3));
    }
}
