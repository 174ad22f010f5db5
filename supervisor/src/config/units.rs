//! Numbers with a unit, as people write them: `128MiB`, `5m`, `500ms`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest span that may be written: ten years, in milliseconds.
pub const MAX_SPAN_MS: u64 = 3_650 * 86_400_000;

const SPAN_UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

const BYTE_UNITS: [(&str, u64); 5] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

/// A stretch of time in whole milliseconds, at most [`MAX_SPAN_MS`]. Written with one unit of
/// `ms`, `s`, `m`, `h`, `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u64);

impl Span {
    /// A span of this many milliseconds, capped at [`MAX_SPAN_MS`].
    pub const fn from_millis(millis: u64) -> Self {
        Self(if millis < MAX_SPAN_MS {
            millis
        } else {
            MAX_SPAN_MS
        })
    }

    /// A span of this many seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self::from_millis(secs.saturating_mul(1_000))
    }

    /// A span of this many minutes.
    pub const fn from_mins(mins: u64) -> Self {
        Self::from_millis(mins.saturating_mul(60_000))
    }

    /// A span of this many hours.
    pub const fn from_hours(hours: u64) -> Self {
        Self::from_millis(hours.saturating_mul(3_600_000))
    }

    /// Milliseconds.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// As the standard library's type.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }

    /// Whole seconds, rounded up.
    pub const fn secs_up(self) -> u64 {
        self.0.div_ceil(1_000)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        number_and_unit(text, &SPAN_UNITS)
            .filter(|millis| *millis <= MAX_SPAN_MS)
            .map(Self)
            .ok_or_else(|| {
                format!(
                    "'{text}' is not a span; write a whole number and one of ms, s, m, h, d, for \
                     example 5m, and at most 3650d"
                )
            })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_unit(f, self.0, &SPAN_UNITS, "s")
    }
}

/// An amount of memory or disk in bytes. Written as a bare whole number, or with one unit of `B`,
/// `KiB`, `MiB`, `GiB`, `TiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(u64);

impl Bytes {
    /// This many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// This many MiB; saturates.
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(1 << 20))
    }

    /// Bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        number_and_unit(text, &BYTE_UNITS)
            .or_else(|| text.parse().ok())
            .map(Self)
            .ok_or_else(|| {
                format!(
                    "'{text}' is not a size; write a whole number and one of B, KiB, MiB, GiB, \
                     TiB, for example 128MiB"
                )
            })
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_unit(f, self.0, &BYTE_UNITS, "B")
    }
}

fn number_and_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(end)?;
    let (_, size) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*size)
}

// The largest unit that divides it.
fn with_unit(
    f: &mut fmt::Formatter<'_>,
    number: u64,
    units: &[(&str, u64)],
    zero: &str,
) -> fmt::Result {
    let found = units
        .iter()
        .find(|(_, size)| number > 0 && number.is_multiple_of(*size));
    match found {
        Some((name, size)) => f.pad(&format!("{}{name}", number / size)),
        None => f.pad(&format!("{number}{zero}")),
    }
}

struct UnitVisitor<T>(&'static str, fn(u64) -> Option<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for UnitVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        u64::try_from(number)
            .ok()
            .and_then(self.1)
            .ok_or_else(|| E::invalid_type(Unexpected::Signed(number), &self))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = UnitVisitor("a span in quotes, such as \"5m\" or \"500ms\"", |_| None);
        deserializer.deserialize_any(visitor)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = UnitVisitor("a size in quotes, such as \"128MiB\"", |n| Some(Self(n)));
        deserializer.deserialize_any(visitor)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        let cases = [
            ("5m", 300_000, "5m"),
            ("90s", 90_000, "90s"),
            ("120s", 120_000, "2m"),
            ("500ms", 500, "500ms"),
            ("48h", 172_800_000, "2d"),
            ("0s", 0, "0s"),
            ("3650d", MAX_SPAN_MS, "3650d"),
        ];
        for (text, millis, shown) in cases {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.millis(), millis, "{text}");
            assert_eq!(span.to_string(), shown, "{text}");
        }
        for bad in [
            "",
            "5",
            "m",
            "5 m",
            "-5m",
            "1.5h",
            "5M",
            "5min",
            "3651d",
            "ü",
            "99999999999999999999s",
        ] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_read_and_written() {
        let cases = [
            ("128MiB", 128 << 20, "128MiB"),
            ("1024KiB", 1 << 20, "1MiB"),
            ("4GiB", 4 << 30, "4GiB"),
            ("1000", 1000, "1000B"),
            ("0", 0, "0B"),
        ];
        for (text, bytes, shown) in cases {
            let size: Bytes = text.parse().unwrap();
            assert_eq!(size.get(), bytes, "{text}");
            assert_eq!(size.to_string(), shown, "{text}");
        }
        for bad in ["", "MiB", "1MB", "1.5GiB", "-1", "1 MiB", "99999999TiB"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
    }
}
