//! The three levels of detail, and what is wrong with other calls.

use super::*;
use crate::sim::{
    clock::stamp,
    trading::tests::{NOW, account, body},
};

fn ask(account: &Account, detail: &str, inside: &str) -> Result<Said, u32> {
    let detail = format!("<DetailLevel>{detail}</DetailLevel>");
    let sent = body("GetMyMessages", &(detail + inside));
    let asked = Asked::read(sent.as_bytes(), "GetMyMessagesRequest").unwrap();
    answer(account, &asked, &[]).map_err(|failing| failing.code)
}

fn id(item: &Element) -> String {
    item.json()["MessageID"].as_str().unwrap().to_owned()
}

fn page(entries: u64, number: u64) -> String {
    format!(
        "<Pagination><EntriesPerPage>{entries}</EntriesPerPage><PageNumber>{number}</PageNumber>\
         </Pagination>"
    )
}

#[test]
fn the_folders_together_hold_every_message_once() {
    let mut account = account();
    for step in 0..9 {
        account.messages.advance(NOW + step);
    }
    let said = ask(&account, "ReturnSummary", "").unwrap();
    let summary = said.before[0].json();
    let mut seen = Vec::new();
    for folder in summary["FolderSummary"].as_array().unwrap() {
        let filter = format!(
            "<FolderID>{}</FolderID>",
            folder["FolderID"].as_str().unwrap()
        );
        for number in 1.. {
            let inside = filter.clone() + &page(40, number);
            match ask(&account, "ReturnHeaders", &inside) {
                Ok(said) => seen.extend(said.items.iter().map(id)),
                Err(code) => {
                    assert_eq!(code, 340);
                    break;
                }
            }
        }
    }
    assert_eq!(summary["TotalMessageCount"], seen.len().to_string());
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), account.messages.all.len());
    assert!(
        account
            .messages
            .all
            .values()
            .any(|message| message.folder == 27)
    );
}

#[test]
fn headers_have_no_text_and_messages_by_id_have() {
    let account = account();
    let headers = ask(&account, "ReturnHeaders", &page(10, 1)).unwrap();
    assert!(
        headers
            .items
            .iter()
            .all(|item| item.json()["Text"].is_null())
    );
    let ids: Vec<String> = headers.items.iter().map(id).collect();
    let list = |ids: &[String]| {
        let ids = ids.iter().map(|id| format!("<MessageID>{id}</MessageID>"));
        format!(
            "<MessageIDs>{}</MessageIDs>",
            ids.collect::<Vec<_>>().concat()
        )
    };
    let whole = ask(&account, "ReturnMessages", &list(&ids)).unwrap();
    assert!(
        whole
            .items
            .iter()
            .all(|item| item.json()["Text"].is_string())
    );
    assert_eq!(whole.items.iter().map(id).collect::<Vec<_>>(), ids);
    let eleven = [&ids[..], &ids[..1]].concat();
    for wrong in [list(&eleven), list(&[]), list(&["1".to_owned()])] {
        assert_eq!(ask(&account, "ReturnMessages", &wrong).unwrap_err(), 37);
    }
}

#[test]
fn the_range_has_both_ends_and_wrong_calls_are_refused() {
    let account = account();
    let message = account.messages.all.values().next().unwrap();
    for (from, to, is_in) in [(0, 0, true), (1, 9, false), (-9, -1, false)] {
        let range = format!(
            "<StartTime>{}</StartTime><EndTime>{}</EndTime>",
            stamp(message.received + from),
            stamp(message.received + to)
        );
        let said = ask(&account, "ReturnHeaders", &range).unwrap();
        assert_eq!(said.items.iter().any(|item| id(item) == message.id), is_in);
    }
    for (detail, inside) in [
        ("", String::new()),
        ("ReturnAll", String::new()),
        ("ReturnHeaders", "<FolderID>99</FolderID>".to_owned()),
        ("ReturnHeaders", "<StartTime>now</StartTime>".to_owned()),
        ("ReturnHeaders", page(201, 1)),
        ("ReturnHeaders", page(10, 0)),
    ] {
        assert_eq!(
            ask(&account, detail, &inside).unwrap_err(),
            37,
            "{detail} {inside}"
        );
    }
}

#[test]
fn a_world_moves_on_alike_and_only_young_messages_change() {
    let (mut a, mut b) = (account(), account());
    for step in 1..20 {
        let before = a.messages.all.clone();
        a.messages.advance(NOW + step);
        b.messages.advance(NOW + step);
        for message in a.messages.all.values() {
            if let Some(old) = before.get(&message.id).filter(|old| *old != message) {
                assert!(old.received > NOW - CHANGING_MS);
            }
        }
        let new = a.messages.all.len() - before.len();
        assert_eq!(new, share(before.len(), 1));
    }
    assert_eq!(a.messages.all, b.messages.all);
}
