//! Trading `GetMyeBaySelling`: pages of the listings that the report has, too.

use super::{
    account::Account,
    clock::now_ms,
    faults::FaultKind,
    lexicon::mix,
    listing::Slot,
    page::announced,
    selling_item::item,
    trading::{Answer, Denial},
    trading_ask::Ask,
};

/// What may be asked; the other lists of the call are not served.
const KNOWN: [&str; 8] = [
    "ActiveList.Include",
    "ActiveList.IncludeNotes",
    "ActiveList.Sort",
    "ActiveList.Pagination.EntriesPerPage",
    "ActiveList.Pagination.PageNumber",
    "DetailLevel",
    "HideVariations",
    "WarningLevel",
];
/// Orders that put one listing always behind another, whatever happens to the others.
const STABLE: [&str; 2] = ["ItemID", "StartTime"];
const SORTS: [&str; 5] = ["EndTime", "ListingType", "Price", "TimeLeft", "Title"];
const DEFAULT_ENTRIES: usize = 25;
const MOST_ENTRIES: usize = 200;

/// Answers the call.
pub(crate) fn answer(account: &Account, ask: &Ask, faults: &[FaultKind]) -> Result<Answer, Denial> {
    ask.only(&KNOWN)?;
    let entries = ask.number("ActiveList.Pagination.EntriesPerPage", 1..=MOST_ENTRIES)?;
    let number = ask.number("ActiveList.Pagination.PageNumber", 1..=usize::MAX)?;
    let (entries, number) = (entries.unwrap_or(DEFAULT_ENTRIES), number.unwrap_or(1));
    let slots = sorted(account, ask.text("ActiveList.Sort"))?;
    let asked =
        ask.text("ActiveList.Include") == Some("true") || ask.text("ActiveList.Sort").is_some();
    if !asked || slots.is_empty() && number == 1 && faults.is_empty() {
        return Ok(Answer::default());
    }
    let pages = slots.len().div_ceil(entries);
    if number > pages.max(1) {
        return Err(Denial::page());
    }
    let later: &[FaultKind] = if number > 1 { faults } else { &[] };
    let hide = ask.text("HideVariations") == Some("true");
    let now = now_ms();
    let mut page: Vec<Vec<u8>> = slots
        .iter()
        .skip((number - 1) * entries)
        .take(entries)
        .map(|slot| item(&account.catalogue.listing(*slot), now, hide).xml())
        .collect();
    if later.contains(&FaultKind::EmptyPage {}) {
        page.clear();
    }
    let of_total = faults
        .iter()
        .filter(|fault| number > 1 || **fault != FaultKind::TotalChanges {});
    let total = announced(slots.len(), &of_total.cloned().collect::<Vec<_>>());
    Ok(Answer {
        before: "<ActiveList><ItemArray>".to_owned(),
        items: page,
        after: format!(
            "</ItemArray><PaginationResult><TotalNumberOfPages>{pages}</TotalNumberOfPages>\
             <TotalNumberOfEntries>{total}</TotalNumberOfEntries></PaginationResult></ActiveList>"
        ),
    })
}

fn sorted(account: &Account, sort: Option<&str>) -> Result<Vec<Slot>, Denial> {
    let mut slots = account.slots.to_vec();
    match sort {
        Some(sort) if STABLE.contains(&sort) => slots.sort_by_key(|slot| slot.item),
        Some(sort) if !SORTS.contains(&sort) => {
            return Err(Denial::input("Input data for tag Sort is invalid."));
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

    fn ask(inside: &str) -> Ask {
        let body = format!("<GetMyeBaySellingRequest>{inside}</GetMyeBaySellingRequest>");
        Ask::read("GetMyeBaySelling", &body).unwrap()
    }

    fn list(entries: usize, number: usize) -> Ask {
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
            assert!(page.after.contains("Pages>3<") && page.after.contains("Entries>30<"));
            found.extend(page.items);
        }
        assert_eq!(found.len(), 30);
        for (slot, item) in account.slots.iter().zip(&found) {
            let item = String::from_utf8_lossy(item);
            assert!(item.contains(&format!("<ItemID>{}</ItemID>", slot.item)));
        }
        let past = answer(&account, &list(13, 4), &[]).map(|_| ());
        assert_eq!(past, Err(Denial::page()));
    }

    #[test]
    fn an_account_without_listings_has_no_list() {
        let page = answer(&account(0), &list(13, 1), &[]).unwrap();
        assert_eq!((page.before.as_str(), page.items.len()), ("", 0));
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
            assert_eq!(denied.map_err(|denial| denial.code), Err(37), "{inside}");
        }
    }

    #[test]
    fn faults_of_pages() {
        let account = account(30);
        let total = |number, fault: FaultKind| {
            let page = answer(&account, &list(20, number), &[fault]).unwrap();
            (page.items.len(), page.after.contains("Entries>31<"))
        };
        assert_eq!(total(1, FaultKind::TotalLies { by: 1 }), (20, true));
        assert_eq!(total(1, FaultKind::TotalChanges {}), (20, false));
        assert_eq!(total(2, FaultKind::TotalChanges {}), (10, true));
        assert_eq!(total(1, FaultKind::EmptyPage {}), (20, false));
        assert_eq!(total(2, FaultKind::EmptyPage {}), (0, false));
    }
}
