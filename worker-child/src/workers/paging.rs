//! Paging over a set that may change meanwhile: every page must agree with the ones before it.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use super::read::{Next, Total};

/// The pages of one span.
#[derive(Debug, Default)]
pub(super) struct Paging {
    /// Hashes of the ids seen: a span may have very many. The same in every process: a replay must
    /// do the same.
    seen: HashSet<u64>,
    hasher: BuildHasherDefault<DefaultHasher>,
    announced: Option<u64>,
    items: u64,
    pages: u64,
}

impl Paging {
    /// Forgets everything: the span is begun, maybe once more.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }

    /// Notes the id of an item; false if it was seen before.
    pub(super) fn saw(&mut self, id: &str) -> bool {
        self.seen.insert(self.hasher.hash_one(id))
    }

    /// How many items came, those that came twice counted twice: eBay's record offset.
    pub(super) const fn offset(&self) -> u64 {
        self.items
    }

    /// How many pages came: eBay's page number, counted from 0.
    pub(super) const fn page(&self) -> u64 {
        self.pages
    }

    /// A page of so many items came, which announced the total of the set. `None` means that more
    /// pages must be read.
    pub(super) fn turn(&mut self, announced: u64, items: u64) -> Option<Next> {
        let total = *self.announced.get_or_insert(announced);
        if total != announced {
            return Some(Next::Again(format!(
                "total went from {total} to {announced}"
            )));
        }
        self.items += items;
        self.pages += 1;
        if self.items < total && items == 0 {
            let at = self.items;
            return Some(Next::Again(format!(
                "the page at offset {at} is empty, total is {total}"
            )));
        }
        if self.items < total {
            return None;
        }
        let seen = self.seen.len() as u64;
        if seen != total {
            return Some(Next::Again(format!(
                "{seen} different items came, total is {total}"
            )));
        }
        Some(Next::Complete(Total {
            items: seen,
            announced: Some(total),
        }))
    }

    /// A page of so many items came, of a set whose total nobody tells; `more` says whether there
    /// are others. `None` means that more pages must be read.
    pub(super) fn turn_untold(&mut self, items: u64, more: bool) -> Option<Next> {
        self.items += items;
        self.pages += 1;
        if more && items == 0 {
            let at = self.items;
            return Some(Next::Again(format!(
                "the page at offset {at} is empty, and more must follow"
            )));
        }
        if more {
            return None;
        }
        Some(Next::Complete(Total {
            items: self.seen.len() as u64,
            announced: None,
        }))
    }
}
