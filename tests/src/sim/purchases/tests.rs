//! What a call lists, and what is wrong with others.

use super::*;
use crate::sim::{
    clock::stamp,
    trading::tests::{NOW, account, body},
};

fn ask(account: &Account, inside: &str) -> Result<Said, u32> {
    let sent = body("GetOrders", inside);
    let asked = Asked::read(sent.as_bytes(), "GetOrdersRequest").unwrap();
    answer(account, &asked, &[]).map_err(|failing| failing.code)
}

fn times(from: i64, to: i64) -> String {
    format!(
        "<OrderRole>Buyer</OrderRole><ModTimeFrom>{}</ModTimeFrom><ModTimeTo>{}</ModTimeTo>",
        stamp(NOW + from),
        stamp(NOW + to)
    )
}

fn page(entries: u64, number: u64) -> String {
    format!(
        "<Pagination><EntriesPerPage>{entries}</EntriesPerPage><PageNumber>{number}</PageNumber>\
         </Pagination>"
    )
}

fn ids(said: &Said) -> Vec<String> {
    let id = |item: &Element| item.json()["OrderID"].as_str().unwrap().to_owned();
    said.items.iter().map(id).collect()
}

#[test]
fn every_page_together_holds_every_order_once() {
    let account = account();
    let month = times(-SPAN_MS, 0);
    let mut seen = Vec::new();
    for number in 1..=3 {
        let said = ask(&account, &(month.clone() + &page(50, number))).unwrap();
        let told = said.before[0].json();
        assert_eq!(
            (&told["TotalNumberOfEntries"], &told["TotalNumberOfPages"]),
            (&"130".into(), &"3".into())
        );
        assert_eq!(
            said.before[1].json(),
            if number < 3 { "true" } else { "false" }
        );
        assert_eq!(said.after[2].json(), said.items.len().to_string());
        seen.extend(ids(&said));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 130);
    assert_eq!(
        ask(&account, &(month.clone() + &page(50, 4))).unwrap_err(),
        340
    );
    assert_eq!(
        ask(&account, &month).unwrap().items.len(),
        25,
        "the usual page"
    );
    let empty = ask(&account, &times(1, 2)).unwrap();
    assert_eq!(
        (empty.items.len(), empty.before[1].json()),
        (0, "false".into())
    );
}

#[test]
fn both_ends_of_the_range_are_included() {
    let account = account();
    let purchase = account.purchases.orders.values().next().unwrap();
    let at = purchase.modified - NOW;
    for (from, to, is_in) in [
        (0, 0, true),
        (-5, 0, true),
        (0, 5, true),
        (1, 5, false),
        (-5, -1, false),
    ] {
        let said = ask(&account, &times(at + from, at + to)).unwrap();
        assert_eq!(ids(&said).contains(&purchase.id), is_in, "{from} {to}");
    }
}

#[test]
fn wrong_calls_are_refused() {
    let month = times(-SPAN_MS, 0);
    let cases = [
        String::new(),
        month.replace("Buyer", "Seller"),
        "<OrderRole>Buyer</OrderRole>".to_owned(),
        times(-SPAN_MS - 1, 0),
        times(1, 0),
        times(-5, 0).replace('Z', ""),
        month.clone() + &page(101, 1),
        month.clone() + &page(0, 1),
        month.clone() + &page(1, 0),
        month + "<NumberOfDays>3</NumberOfDays>",
    ];
    for inside in cases {
        assert_eq!(ask(&account(), &inside).unwrap_err(), 37, "{inside}");
    }
}

#[test]
fn a_world_moves_on_alike_and_only_what_changed_carries_the_stamp() {
    let (mut a, mut b) = (account(), account());
    for step in 1..20 {
        let before = a.purchases.orders.clone();
        a.purchases.advance(NOW + step);
        b.purchases.advance(NOW + step);
        let changed = a
            .purchases
            .orders
            .values()
            .filter(|order| before.get(&order.id) != Some(order));
        let changed: Vec<i64> = changed.map(|order| order.modified).collect();
        assert_eq!(
            changed.len(),
            share(before.len(), 5) + share(before.len(), 1)
        );
        assert!(changed.iter().all(|modified| *modified == NOW + step));
    }
    assert_eq!(a.purchases.orders, b.purchases.orders);
    let table = a.purchases.table();
    let rows = table.rows.iter();
    let has = |column: &str| rows.clone().any(|row| !row[column].is_null());
    assert!(has("carrier") && has("paid_at") && has("shipped_at") && has("total"));
    assert!(rows.clone().any(|row| row["total"].is_null()));
}
