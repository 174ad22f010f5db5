//! Words that a test plants in one order or one listing, and a listing that it ends.

use std::sync::Arc;

use super::{Sim, SimError};

/// Parts a line's title from what was planted in it.
const PLANTED: &str = " [planted] ";

impl Sim {
    /// Plants a text in the title of an order's first line, in place of what was planted there
    /// before; an empty text takes it out. Orders count from 0 in the order of their ids. Returns
    /// the order's id, or nothing if there is no such order. No time stamp moves.
    pub fn plant_in_order(
        &self,
        account: &str,
        number: usize,
        text: &str,
    ) -> Result<Option<String>, SimError> {
        let mut world = self.hub.world();
        let orders = &mut world.account_mut(account)?.orders;
        let Some((id, order)) = orders.iter_mut().nth(number) else {
            return Ok(None);
        };
        if let Some(line) = Arc::make_mut(order).lines.first_mut() {
            if let Some((title, _)) = line.title.split_once(PLANTED) {
                line.title = title.to_owned();
            }
            if !text.is_empty() {
                line.title.push_str(PLANTED);
                line.title.push_str(text);
            }
        }
        Ok(Some(id.clone()))
    }

    /// Plants a text in the currency of a listing's prices, in both APIs, in place of what was
    /// planted in the account before; an empty text takes it out. Listings count from 0. Returns
    /// its item id, or nothing if there is no such listing.
    pub fn plant_in_listing(
        &self,
        account: &str,
        number: usize,
        text: &str,
    ) -> Result<Option<String>, SimError> {
        let mut world = self.hub.world();
        let account = world.account_mut(account)?;
        let Some(slot) = account.slots.get(number) else {
            return Ok(None);
        };
        // A few short texts in the life of a test.
        let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
        account.catalogue.planted = (!text.is_empty()).then_some((slot.item, text));
        Ok(Some(slot.item.to_string()))
    }

    /// Ends a listing. Returns its item id, or nothing if there is no such listing.
    pub fn end_listing(&self, account: &str, number: usize) -> Result<Option<String>, SimError> {
        let mut world = self.hub.world();
        let account = world.account_mut(account)?;
        if number >= account.slots.len() {
            return Ok(None);
        }
        let slot = Arc::make_mut(&mut account.slots).remove(number);
        account.ended.insert(slot.item, slot);
        Ok(Some(slot.item.to_string()))
    }
}
