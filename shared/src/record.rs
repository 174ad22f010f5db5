//! One row on its way to a table.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::table::{Kind, Table};
use crate::time::Timestamp;

/// The largest record as encoded, in bytes: 16 MiB.
pub const MAX_RECORD: usize = 16 * 1024 * 1024;

/// The longest key part, in bytes. eBay's SKU is at most 50 characters; a variation key is at
/// most 256 bytes.
pub const MAX_KEY_PART: usize = 512;

/// The most records that a batch may hold: what is committed in one transaction.
pub const MAX_RECORDS: usize = 2_000;

/// More key parts than any table has.
pub(crate) const MAX_KEY_PARTS: usize = 8;

/// More columns than any table has.
const MAX_VALUES: usize = 64;

/// One value of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// eBay sent none.
    Null,
    /// This source cannot deliver the column: what is stored stays, and nothing changed.
    Absent,
    /// UTF-8 text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Exact decimal text, as checked by [`is_decimal`].
    Decimal(String),
    /// A moment.
    Time(Timestamp),
    /// Yes or no.
    Boolean(bool),
}

impl Value {
    /// Whether the value may stand in a column of this kind.
    pub fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Null | Self::Absent => true,
            Self::Text(_) => matches!(kind, Kind::Text | Kind::Mark),
            Self::Integer(_) => kind == Kind::Integer,
            Self::Decimal(text) => kind == Kind::Decimal && is_decimal(text),
            Self::Time(_) => kind == Kind::Time,
            Self::Boolean(_) => kind == Kind::Boolean,
        }
    }
}

/// Whether the text is an optional minus, digits, and optionally a point with digits; at most 40
/// bytes.
pub fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let (whole, rest) = digits.split_at_checked(whole.count()).unwrap_or_default();
    let fraction = match rest {
        [] => true,
        [b'.', fraction @ ..] => !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    text.len() <= 40 && !whole.is_empty() && fraction
}

/// One row as the child claims it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where it goes.
    pub table: Table,
    /// The key columns after `account_id`, in the table's order.
    #[serde(deserialize_with = "at_most::<_, _, MAX_KEY_PARTS>")]
    pub key: Vec<String>,
    /// The other columns, in the table's order.
    #[serde(deserialize_with = "at_most::<_, _, MAX_VALUES>")]
    pub values: Vec<Value>,
    /// eBay's own time of the item's last change, where it tells one.
    pub ebay_time: Option<Timestamp>,
    /// The item as canonical JSON: what matters.
    pub payload: String,
    /// The item's fields that move on their own, as canonical JSON; empty text if there are none.
    pub volatile: String,
}

impl Record {
    /// An upper bound of the encoded size, in bytes.
    pub fn size(&self) -> usize {
        let value = |value: &Value| match value {
            Value::Text(text) | Value::Decimal(text) => text.len() + 10,
            Value::Null
            | Value::Absent
            | Value::Integer(_)
            | Value::Time(_)
            | Value::Boolean(_) => 10,
        };
        self.payload.len()
            + self.volatile.len()
            + self.key.iter().map(|part| part.len() + 9).sum::<usize>()
            + self.values.iter().map(value).sum::<usize>()
            + 64
    }
}

/// Reads a list and stops at the first element over the cap, so that many small elements cannot
/// take many times the memory of the frame that they came in.
pub(crate) fn at_most<'de, D, T, const CAP: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_seq(AtMost::<T, CAP>(PhantomData))
}

struct AtMost<T, const CAP: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const CAP: usize> Visitor<'de> for AtMost<T, CAP> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {CAP} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            if list.len() == CAP {
                return Err(A::Error::invalid_length(CAP + 1, &self));
            }
            list.push(element);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        for good in ["0", "120.0", "-0.01", "99999999999999999999.99"] {
            assert!(is_decimal(good), "{good}");
        }
        for bad in [
            "", "-", ".5", "5.", "1e3", "1,0", "+1", "1.2.3", " 1", "NaN",
        ] {
            assert!(!is_decimal(bad), "{bad}");
        }
    }

    #[test]
    fn values_fit_their_kind() {
        assert!(Value::Absent.fits(Kind::Time));
        assert!(Value::Integer(1).fits(Kind::Integer));
        assert!(!Value::Integer(1).fits(Kind::Text));
        assert!(!Value::Decimal("x".to_owned()).fits(Kind::Decimal));
    }
}
