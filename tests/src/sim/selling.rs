//! Trading `GetMyeBaySelling`: pages of the listings that the report has, too.

use super::{
    account::Account,
    clock::now_ms,
    faults::FaultKind,
    lexicon::mix,
    listing::Slot,
    selling_item::item,
    trading::{Failing, Said, damage, element::Element, request::Asked},
};

/// What the call knows besides what every call does; of the lists only one is served.
const KNOWN: [&str; 2] = ["ActiveList", "HideVariations"];
const KNOWN_OF_LIST: [&str; 4] = ["Include", "IncludeNotes", "Sort", "Pagination"];
/// Orders that put one listing always behind another, whatever happens to the others.
const STABLE: [&str; 2] = ["ItemID", "StartTime"];
const SORTS: [&str; 5] = ["EndTime", "ListingType", "Price", "TimeLeft", "Title"];
const DEFAULT_ENTRIES: usize = 25;
const MOST_ENTRIES: usize = 200;
const LIST: [&str; 2] = ["ActiveList", "ItemArray"];

/// Answers the call.
pub(crate) fn answer(
    account: &Account,
    asked: &Asked,
    faults: &[FaultKind],
) -> Result<Said, Failing> {
    let of_list = asked.at("ActiveList").map_or(&[][..], |list| &list.inner);
    if let Some(unknown) = of_list
        .iter()
        .find(|element| !KNOWN_OF_LIST.contains(&element.name.as_str()))
    {
        return Err(Failing::input(&unknown.name));
    }
    let path = "ActiveList.Pagination.EntriesPerPage";
    let entries = asked.number(path, MOST_ENTRIES, DEFAULT_ENTRIES)?;
    let number = asked.number("ActiveList.Pagination.PageNumber", usize::MAX, 1)?;
    let slots = sorted(account, asked.text("ActiveList.Sort"))?;
    let wanted =
        asked.text("ActiveList.Include") == Some("true") || asked.text("ActiveList.Sort").is_some();
    if !wanted || slots.is_empty() && number == 1 && faults.is_empty() {
        return Ok(Said {
            known: &KNOWN,
            ..Said::default()
        });
    }
    let pages = slots.len().div_ceil(entries);
    if number > pages.max(1) {
        return Err(Failing::page());
    }
    let hide = asked.text("HideVariations") == Some("true");
    let now = now_ms();
    let mut page: Vec<Element> = slots
        .iter()
        .skip((number - 1) * entries)
        .take(entries)
        .map(|slot| item(&account.catalogue.listing(*slot), now, hide))
        .collect();
    if number > 1 && faults.contains(&FaultKind::EmptyPage {}) {
        page.clear();
    }
    let total = damage::total(slots.len(), number, faults);
    let result = Element::group(
        "PaginationResult",
        vec![
            Element::text("TotalNumberOfPages", pages),
            Element::text("TotalNumberOfEntries", total),
        ],
    );
    Ok(Said {
        path: &LIST,
        items: page,
        within: vec![result],
        known: &KNOWN,
        ..Said::default()
    })
}

fn sorted(account: &Account, sort: Option<&str>) -> Result<Vec<Slot>, Failing> {
    let mut slots = account.slots.to_vec();
    match sort {
        Some(sort) if STABLE.contains(&sort) => slots.sort_by_key(|slot| slot.item),
        Some(sort) if !SORTS.contains(&sort) => {
            return Err(Failing::input("ActiveList.Sort"));
        }
        // Any other order changes with what happens to the listings.
        _ => slots.sort_by_key(|slot| mix(slot.item, u64::from(slot.revision))),
    }
    Ok(slots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::account::AccountSpec;

    fn account(listings: u32) -> Account {
        let mut spec = AccountSpec::new("alpha", "t");
        spec.listings = listings;
        Account::new(spec, 5, 1_782_000_000_000)
    }

    fn ask(inside: &str) -> Asked {
        let root = "GetMyeBaySellingRequest";
        let body = format!("<{root} xmlns=\"urn:ebay:apis:eBLBaseComponents\">{inside}</{root}>");
        Asked::read(body.as_bytes(), root).unwrap()
    }

    fn xml(element: &Element) -> String {
        let mut out = Vec::new();
        element.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    /// The list's own elements, as text.
    fn within(said: &Said) -> String {
        said.within.iter().map(xml).collect()
    }

    fn list(entries: usize, number: usize) -> Asked {
        ask(&format!(
            "<ActiveList><Sort>StartTime</Sort><Pagination><EntriesPerPage>{entries}</EntriesPerPage>\
             <PageNumber>{number}</PageNumber></Pagination></ActiveList>"
        ))
    }

    #[test]
    fn pages_hold_every_listing_once() {
        let account = account(30);
        let mut found = Vec::new();
        for number in 1..=3 {
            let page = answer(&account, &list(13, number), &[]).unwrap();
            let told = within(&page);
            assert!(told.contains("Pages>3<") && told.contains("Entries>30<"));
            found.extend(page.items);
        }
        assert_eq!(found.len(), 30);
        for (slot, item) in account.slots.iter().zip(&found) {
            let item = xml(item);
            assert!(item.contains(&format!("<ItemID>{}</ItemID>", slot.item)));
        }
        let past = answer(&account, &list(13, 4), &[]).map(|_| ());
        assert_eq!(past, Err(Failing::page()));
    }

    #[test]
    fn an_account_without_listings_has_no_list() {
        let page = answer(&account(0), &list(13, 1), &[]).unwrap();
        assert!(page.items.is_empty() && page.within.is_empty());
    }

    #[test]
    fn wrong_input_is_refused() {
        let account = account(3);
        for inside in [
            "<ActiveList><Sort>Luck</Sort></ActiveList>",
            "<ActiveList><Pagination><EntriesPerPage>201</EntriesPerPage></Pagination></ActiveList>",
            "<ActiveList><Pagination><PageNumber>0</PageNumber></Pagination></ActiveList>",
            "<ActiveList><Offset>1</Offset></ActiveList>",
        ] {
            let denied = answer(&account, &ask(inside), &[]).map(|_| ());
            assert_eq!(denied.map_err(|failing| failing.code), Err(37), "{inside}");
        }
    }

    #[test]
    fn faults_of_pages() {
        let account = account(30);
        let total = |number, fault: FaultKind| {
            let page = answer(&account, &list(20, number), &[fault]).unwrap();
            (page.items.len(), within(&page).contains("Entries>31<"))
        };
        assert_eq!(total(1, FaultKind::TotalLies { by: 1 }), (20, true));
        assert_eq!(total(1, FaultKind::TotalChanges {}), (20, false));
        assert_eq!(total(2, FaultKind::TotalChanges {}), (10, true));
        assert_eq!(total(1, FaultKind::EmptyPage {}), (20, false));
        assert_eq!(total(2, FaultKind::EmptyPage {}), (0, false));
    }
}
