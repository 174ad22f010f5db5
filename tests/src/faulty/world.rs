//! A small eBay that is made up from numbers alone: the same token always gives the same orders and
//! listings, whatever was killed in between.
//!
//! With every change of the world a third of the orders is modified, a fifth of the listings is
//! gone, and those that were gone before are back.

use std::time::Duration;

use shared::record::{Record, Value};
use shared::table::Table;
use shared::time::Timestamp;

use super::script::Script;

/// Between the first modifications of two orders.
const BETWEEN: Duration = Duration::from_hours(1);

/// Orders and listings as they are after the last change.
#[derive(Debug)]
pub struct World<'a> {
    script: &'a Script,
}

impl<'a> World<'a> {
    /// The world of this script.
    pub const fn new(script: &'a Script) -> Self {
        Self { script }
    }

    /// The orders that were last modified in `[start, end)`, each with its line items.
    pub fn orders(&self, start: Timestamp, end: Timestamp) -> Vec<Record> {
        (0..self.script.count)
            .map(|number| (number, self.modified_at(number)))
            .filter(|(_, at)| (start..end).contains(at))
            .flat_map(|(number, at)| self.order(number, at))
            .collect()
    }

    /// All orders.
    pub fn all_orders(&self) -> Vec<Record> {
        self.orders(Timestamp(i64::MIN), Timestamp(i64::MAX))
    }

    /// The listings that are there.
    pub fn listings(&self) -> Vec<Record> {
        let gone = |number: &u32| self.changes() > 0 && (number + self.changes()).is_multiple_of(5);
        (0..self.script.count)
            .filter(|number| !gone(number))
            .map(|number| self.listing(number))
            .collect()
    }

    fn changes(&self) -> u32 {
        u32::try_from(self.script.changes.len()).unwrap_or(u32::MAX)
    }

    /// Which change modified the item last; 0 if none did.
    fn version(&self, number: u32) -> u32 {
        (1..=self.changes())
            .rev()
            .find(|change| (number + change).is_multiple_of(3))
            .unwrap_or(0)
    }

    fn modified_at(&self, number: u32) -> Timestamp {
        let change = usize::try_from(self.version(number)).unwrap_or(0);
        let changed = change
            .checked_sub(1)
            .and_then(|position| self.script.changes.get(position));
        changed
            .copied()
            .unwrap_or_else(|| self.script.base.plus(BETWEEN * number))
    }

    fn order(&self, number: u32, at: Timestamp) -> Vec<Record> {
        let version = self.version(number);
        let id = format!("{number:02}-{:05}-{:05}", number * 7, number * 13);
        let text = |text: &str| Value::Text(text.to_owned());
        let order = Record {
            table: Table::Orders,
            key: vec![id.clone()],
            values: vec![
                Value::Time(self.script.base.plus(BETWEEN * number)),
                Value::Time(at),
                text("PAID"),
                text(if version == 0 {
                    "NOT_STARTED"
                } else {
                    "FULFILLED"
                }),
                text("NONE_REQUESTED"),
                text(&format!("buyer{number}")),
                Value::Decimal(format!("{}.50", 20 + version)),
                text("USD"),
                Value::Integer(2),
                Value::Null,
                text("A Buyer"),
                text("Portland"),
                text("OR"),
                text("97201"),
                text("US"),
            ],
            ebay_time: Some(at),
            payload: format!(
                r#"{{"note":"{}","orderId":"{id}","version":{version}}}"#,
                "x".repeat(200)
            ),
            volatile: String::new(),
        };
        let lines = (1..=2).map(|line| Record {
            table: Table::OrderLineItems,
            key: vec![id.clone(), format!("{number}{line}")],
            values: vec![
                text(&format!("SKU-{number}-{line}")),
                text(&format!("1100{number}")),
                text("A thing"),
                Value::Integer(line),
                Value::Decimal("10.25".to_owned()),
                text("USD"),
                text(if version == 0 {
                    "NOT_STARTED"
                } else {
                    "FULFILLED"
                }),
            ],
            ebay_time: Some(at),
            payload: format!(r#"{{"lineItemId":"{number}{line}","version":{version}}}"#),
            volatile: String::new(),
        });
        std::iter::once(order).chain(lines).collect()
    }

    fn listing(&self, number: u32) -> Record {
        let version = self.version(number);
        let text = |text: String| Value::Text(text);
        Record {
            table: Table::ActiveInventory,
            key: vec![
                format!("1100{number}"),
                format!("SKU-{number}"),
                String::new(),
            ],
            values: vec![
                Value::Absent,
                Value::Integer(i64::from(number + version)),
                Value::Decimal(format!("{number}.99")),
                text("USD".to_owned()),
                text("FIXED_PRICE".to_owned()),
                text("NEW".to_owned()),
                Value::Time(self.script.base),
                Value::Null,
                text(format!("https://www.ebay.com/itm/1100{number}")),
                text("report".to_owned()),
            ],
            ebay_time: None,
            payload: format!(r#"{{"ItemID":"1100{number}","version":{version}}}"#),
            volatile: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_modifies_some_and_hides_some() {
        let script = |changes: &str| {
            Script::parse(&format!("v^1.1#faulty#base=0;count=30;changes={changes}")).unwrap()
        };
        let (before, after) = (script(""), script("900000000"));
        let (before, after) = (World::new(&before), World::new(&after));
        assert_eq!(before.all_orders().len(), 90);
        assert_eq!(before.listings().len(), 30);
        assert_eq!(after.all_orders().len(), 90);
        assert_eq!(after.listings().len(), 24);
        let changed = after.orders(Timestamp(900_000_000), Timestamp(900_000_001));
        assert_eq!(changed.len(), 30);
        let record = |world: &World<'_>, at: usize| world.all_orders().get(at).cloned();
        assert_eq!(record(&before, 0), record(&after, 0), "order 0 stays");
        assert_ne!(record(&before, 6), record(&after, 6), "order 2 changes");
        for record in after.all_orders().iter().chain(&after.listings()) {
            let def = record.table.def();
            assert_eq!(record.values.len(), def.columns.len());
            assert_eq!(record.key.len(), def.key.len());
            for (value, column) in record.values.iter().zip(def.columns) {
                assert!(value.fits(column.kind), "{}", column.name);
            }
        }
    }
}
