//! Room for every API beyond orders and the inventory report.
//!
//! An API is a folder or file beside this one. It has its world as a field of [`Account`], made in
//! `Account::new` (sizes are members of `AccountSpec`; 0 means that nothing ever appears), and adds
//! one line in each of four places: its routes in `serve::router`, its changes in
//! `change::advance`, its rows here in [`of`], and its kinds of request in `faults::Place`.
//!
//! The rows are what the database must hold when the worker has just completed a pass, written from
//! the simulator's own model; the history that must be recorded follows from their differences.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    account::Account,
    finances, inventory_json,
    observe::{Event, Kind, Pass},
    post_order::{self, Kind as Dispute},
    truth::Payloads,
};

/// One table as it must be.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name in the database.
    pub(crate) name: &'static str,
    /// What one row is, as the history names it.
    pub(crate) entity: &'static str,
    /// Names of the key columns, without the account.
    pub(crate) key: &'static [&'static str],
    /// Whether a row that is no longer there has ended: only what a snapshot reads ends.
    pub(crate) ends: bool,
    /// Every row as a JSON object: key columns, columns (null where there is none; money as text,
    /// times as text with milliseconds) and `payload`, the whole item as it is stored.
    pub(crate) rows: Vec<Value>,
}

/// The tables that a pass fills.
pub(crate) fn of(account: &Account, pass: Pass) -> Vec<Table> {
    match pass {
        Pass::Offers => vec![inventory_json::table(&account.stock)],
        Pass::Transactions => finances::rows::transaction_tables(account),
        Pass::Finances => finances::rows::finances_tables(account),
        Pass::Messages => vec![account.messages.table()],
        Pass::Purchases => vec![account.purchases.table()],
        // Orders and listings are kept by `observe` and `truth` in a cheaper form: they can be very
        // large.
        Pass::Orders | Pass::ActiveInventory => Vec::new(),
        Pass::Returns => vec![post_order::table(account, Dispute::Return)],
        Pass::Inquiries => vec![post_order::table(account, Dispute::Inquiry)],
        Pass::Cases => vec![post_order::table(account, Dispute::Case)],
    }
}

/// The passes whose tables are described by [`of`].
pub(crate) const PASSES: [Pass; 8] = [
    Pass::Transactions,
    Pass::Finances,
    Pass::Messages,
    Pass::Purchases,
    Pass::Offers,
    Pass::Returns,
    Pass::Inquiries,
    Pass::Cases,
];

type Key = Vec<String>;

impl Table {
    fn keyed(&self) -> BTreeMap<Key, Value> {
        let key = |row: &Value| {
            let part = |column: &&str| row[*column].as_str().unwrap_or_default().to_owned();
            self.key.iter().map(part).collect()
        };
        self.rows
            .iter()
            .map(|row| (key(row), row.clone()))
            .collect()
    }
}

/// The rows of one table when a pass was last completed.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    rows: BTreeMap<Key, Value>,
    gone: BTreeSet<Key>,
}

impl Seen {
    /// Takes the table as it is seen now; appends what must have been recorded.
    pub(crate) fn take(&mut self, table: &Table, events: &mut Vec<Event>) {
        let now = table.keyed();
        let mut push = |key: &Key, kind| {
            events.push(Event {
                entity: table.entity,
                key: key.clone(),
                kind,
            });
        };
        for (key, row) in &now {
            match self.rows.get(key) {
                Some(before) if before == row => {}
                Some(_) => push(key, Kind::Updated),
                None if self.gone.remove(key) => push(key, Kind::Updated),
                None => push(key, Kind::Created),
            }
        }
        let before = std::mem::replace(&mut self.rows, now);
        for (key, row) in before {
            if self.rows.contains_key(&key) {
                continue;
            }
            if table.ends {
                push(&key, Kind::Ended);
                self.gone.insert(key);
            } else {
                // eBay no longer shows it; what is stored stays.
                self.rows.insert(key, row);
            }
        }
    }
}

/// Adds every table to the truth, and under `gone` the keys of ended rows by table.
pub(crate) fn truth(account: &Account, payloads: Payloads, truth: &mut Map<String, Value>) {
    let mut gone = Map::new();
    for pass in PASSES {
        for table in of(account, pass) {
            let seen = account.observed.tables.get(table.name);
            let mut rows = table.keyed();
            if let Some(seen) = seen.filter(|_| !table.ends) {
                for (key, row) in &seen.rows {
                    rows.entry(key.clone()).or_insert_with(|| row.clone());
                }
            }
            let present = &rows;
            let keys: Vec<&Key> = seen
                .filter(|_| table.ends)
                .into_iter()
                .flat_map(|seen| seen.rows.keys().chain(&seen.gone))
                .filter(|key| !present.contains_key(*key))
                .collect();
            gone.insert(table.name.to_owned(), json!(keys));
            let rows = rows.into_values().map(|row| payloads.show(row));
            truth.insert(table.name.to_owned(), rows.collect());
        }
    }
    truth.insert("gone".to_owned(), Value::Object(gone));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(ends: bool, rows: &[(&str, i64)]) -> Table {
        let row = |(id, size): &(&str, i64)| json!({"id": id, "size": size});
        Table {
            name: "t",
            entity: "thing",
            key: &["id"],
            ends,
            rows: rows.iter().map(row).collect(),
        }
    }

    #[test]
    fn events_are_the_differences() {
        use Kind::{Created, Ended, Updated};
        // (whether rows end, states, what the last one must have recorded, why)
        type Rows<'a> = &'a [(&'a str, i64)];
        type Case<'a> = (bool, &'a [Rows<'a>], &'a [(&'a str, Kind)], &'a str);
        let cases: [Case<'_>; 6] = [
            (true, &[&[("a", 1)]], &[("a", Created)], "new"),
            (true, &[&[("a", 1)], &[("a", 1)]], &[], "the same"),
            (
                true,
                &[&[("a", 1)], &[("a", 2)]],
                &[("a", Updated)],
                "other",
            ),
            (true, &[&[("a", 1)], &[]], &[("a", Ended)], "ended"),
            (
                true,
                &[&[("a", 1)], &[], &[("a", 1)]],
                &[("a", Updated)],
                "back",
            ),
            (false, &[&[("a", 1)], &[]], &[], "no longer shown"),
        ];
        for (ends, states, expected, why) in cases {
            let mut seen = Seen::default();
            let mut events = Vec::new();
            for rows in states {
                events.clear();
                seen.take(&table(ends, rows), &mut events);
            }
            let found: Vec<_> = events
                .iter()
                .map(|event| (event.key[0].as_str(), event.kind))
                .collect();
            assert_eq!(found, expected, "{why}");
        }
    }
}
