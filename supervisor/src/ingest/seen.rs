//! Which rows a snapshot has met: one compressed bit per row.

use roaring::RoaringTreemap;
use shared::table::Table;

/// The rows that a snapshot has met so far. Lost with the process, and with it the snapshot.
#[derive(Debug, Default)]
pub(super) struct Seen {
    tables: Vec<(Table, RoaringTreemap)>,
}

impl Seen {
    /// Notes rows.
    pub(super) fn extend(&mut self, rows: Vec<(Table, i64)>) {
        for (table, row_id) in rows {
            // Row ids start at 1.
            let Ok(row_id) = u64::try_from(row_id) else {
                continue;
            };
            match self.tables.iter_mut().find(|(known, _)| *known == table) {
                Some((_, rows)) => {
                    rows.insert(row_id);
                }
                None => self.tables.push((table, std::iter::once(row_id).collect())),
            }
        }
    }

    /// Whether a row was met.
    pub(super) fn contains(&self, table: Table, row_id: i64) -> bool {
        let Ok(row_id) = u64::try_from(row_id) else {
            return false;
        };
        self.tables
            .iter()
            .any(|(known, rows)| *known == table && rows.contains(row_id))
    }

    /// Forgets everything: the next snapshot begins.
    pub(super) fn clear(&mut self) {
        self.tables.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_met_per_table() {
        let mut seen = Seen::default();
        seen.extend(vec![(Table::Orders, 7), (Table::ActiveInventory, 8)]);
        assert!(seen.contains(Table::Orders, 7));
        assert!(!seen.contains(Table::Orders, 8));
        assert!(!seen.contains(Table::OrderLineItems, 7));
        seen.clear();
        assert!(!seen.contains(Table::Orders, 7));
    }
}
