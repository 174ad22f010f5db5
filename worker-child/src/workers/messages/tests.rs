//! Folders, headers and bodies in their order, rows against fixtures, a real message.

use serde_json::Value as Json;
use shared::record::Value;

use super::*;
use crate::parse::{Caps, XmlItems, XmlStep};
use crate::workers::fixture::{call, listed, sample, shown};

const FOLDERS: &[u8] = include_bytes!("../../../../tests/fixtures/messages/folders.xml");
const PAGE: &[u8] = include_bytes!("../../../../tests/fixtures/messages/page.xml");
const EXPECTED: &str = include_str!("../../../../tests/fixtures/messages/expected.json");
const PLAIN: &[u8] = include_bytes!("../../../../tests/fixtures/messages/plain.xml");
const STORED: &str = include_str!("../../../../tests/fixtures/messages/stored.json");
const EMPTY: &[u8] = include_bytes!("../../../../tests/fixtures/messages/empty.xml");
const PAST_THE_END: &str = "<GetMyMessagesResponse><Ack>Failure</Ack><Errors><ErrorCode>340\
                            </ErrorCode><SeverityCode>Error</SeverityCode></Errors>\
                            </GetMyMessagesResponse>";

/// What was asked for: the body behind the detail level.
fn asked(request: &Request) -> &str {
    let body = request.body.as_deref().unwrap();
    let (_, asked) = body.split_once("<DetailLevel>").unwrap();
    asked.strip_suffix("</GetMyMessagesRequest>").unwrap()
}

fn messages(ids: impl IntoIterator<Item = impl ToString>, rest: &str) -> String {
    let message = |id: String| format!("<Message><MessageID>{id}</MessageID></Message>");
    let all: String = ids.into_iter().map(|id| message(id.to_string())).collect();
    format!(
        "<GetMyMessagesResponse><Ack>Success</Ack><Messages>{all}</Messages>{rest}\
         </GetMyMessagesResponse>"
    )
}

/// A folder, and what its pages of headers are; behind them, the answers with bodies.
struct Mailbox {
    headers: Vec<(&'static str, Vec<String>)>,
    bodies: Vec<String>,
}

impl Mailbox {
    fn answer(&mut self, request: &Request) -> String {
        let asked = asked(request);
        if asked.starts_with("ReturnSummary") {
            let folder = |(id, _): &(&str, Vec<String>)| {
                format!("<FolderSummary><FolderID>{id}</FolderID></FolderSummary>")
            };
            let folders: String = self.headers.iter().map(folder).collect();
            return format!(
                "<GetMyMessagesResponse><Ack>Success</Ack><Summary>{folders}</Summary>\
                 </GetMyMessagesResponse>"
            );
        }
        if asked.starts_with("ReturnMessages") {
            return self.bodies.remove(0);
        }
        let of = |id: &str| format!("<FolderID>{id}</FolderID>");
        let found = self
            .headers
            .iter_mut()
            .find(|(id, _)| asked.contains(&of(id)));
        found.map_or_else(|| messages([""; 0], ""), |(_, pages)| pages.remove(0))
    }

    /// Reads the span to its end or to a contradiction; returns what was asked, too.
    fn read(mut self) -> (Result<Next, String>, Vec<String>, Vec<Record>) {
        let mut reader = Messages::new(Site::of("EBAY_US"));
        let mut request = reader.begin(Span {
            first: Timestamp(0),
            last: Timestamp(3_599_999),
        });
        let (mut log, mut records) = (Vec::new(), Vec::new());
        loop {
            log.push(asked(&request).to_owned());
            let body = self.answer(&request);
            match call(&mut reader, &request, body.as_bytes(), &mut records) {
                Ok(Next::Fetch(next)) => request = next,
                last => return (last, log, records),
            }
        }
    }
}

fn complete(items: u64) -> Next {
    Next::Complete(Total {
        items,
        announced: None,
    })
}

#[test]
fn folders_then_headers_then_bodies() {
    let page = String::from_utf8(PAGE.to_vec()).unwrap();
    let mut reader = Messages::new(Site::of("EBAY_US"));
    let first = reader.begin(Span {
        first: Timestamp(0),
        last: Timestamp(3_599_999),
    });
    assert_eq!(asked(&first), "ReturnSummary</DetailLevel>");
    let headers = |folder: &str| {
        format!(
            "ReturnHeaders</DetailLevel><FolderID>{folder}</FolderID>\
             <StartTime>1970-01-01T00:00:00.000Z</StartTime>\
             <EndTime>1970-01-01T00:59:59.999Z</EndTime>\
             <Pagination><EntriesPerPage>200</EntriesPerPage><PageNumber>1</PageNumber></Pagination>"
        )
    };
    let bodies = "ReturnMessages</DetailLevel><MessageIDs><MessageID>700001</MessageID>\
                  <MessageID>700002</MessageID><MessageID>700003</MessageID></MessageIDs>";
    let script = [
        (String::from_utf8(FOLDERS.to_vec()).unwrap(), headers("0")),
        (messages(["700001"], ""), headers("1")),
        (messages(["700002"], ""), headers("5")),
        (messages(["700003"], ""), bodies.to_owned()),
    ];
    let (mut request, mut records) = (first, Vec::new());
    for (body, expected) in script {
        let next = call(&mut reader, &request, body.as_bytes(), &mut records);
        let Ok(Next::Fetch(next)) = next else {
            panic!("{expected}: {next:?}");
        };
        assert_eq!((asked(&next), records.len()), (expected.as_str(), 0));
        request = next;
    }
    let last = call(&mut reader, &request, page.as_bytes(), &mut records);
    assert_eq!(last, Ok(complete(3)));
    let expected: Vec<Json> = serde_json::from_str(EXPECTED).unwrap();
    let shown: Vec<Json> = records.iter().map(shown).collect();
    assert_eq!(shown, expected);
}

#[test]
fn twenty_messages() {
    let ids = messages(1..=20, "");
    let mailbox = Mailbox {
        headers: vec![("0", vec![ids])],
        bodies: vec![String::from_utf8(PLAIN.to_vec()).unwrap(); 2],
    };
    let (last, _, mut records) = mailbox.read();
    assert_eq!(last, Ok(complete(20)));
    records.truncate(20);
    let stored: Json = serde_json::from_str(STORED).unwrap();
    let rows: Vec<Json> = records.iter().map(listed).collect();
    assert_eq!(Json::from(rows), stored["plain.xml"]);
}

#[test]
fn an_empty_window_is_complete() {
    for body in [std::str::from_utf8(EMPTY).unwrap(), &messages([""; 0], "")] {
        let mailbox = Mailbox {
            headers: vec![("0", vec![body.to_owned()]), ("1", vec![body.to_owned()])],
            bodies: vec![],
        };
        let (last, asked, records) = mailbox.read();
        assert_eq!((last, asked.len(), records), (Ok(complete(0)), 3, vec![]));
    }
}

#[test]
fn a_full_page_is_followed_and_ten_bodies_are_read_at_a_time() {
    let second_pages = [
        messages(["1200"], ""),
        messages([""; 0], ""),
        PAST_THE_END.to_owned(),
    ];
    for (second, more) in second_pages.into_iter().zip([1, 0, 0]) {
        let ids: Vec<u64> = (1000..1200 + more).collect();
        let mailbox = Mailbox {
            headers: vec![("0", vec![messages(1000..1200, ""), second])],
            bodies: ids.chunks(10).map(|ids| messages(ids, "")).collect(),
        };
        let (last, asked, records) = mailbox.read();
        assert_eq!((last, records.len()), (Ok(complete(200 + more)), ids.len()));
        assert!(asked[2].contains("<PageNumber>2</PageNumber>"), "{asked:?}");
        assert_eq!(asked.len(), 4 + ids.len().div_ceil(10));
        let most = asked
            .iter()
            .map(|asked| asked.matches("<MessageID>").count());
        assert_eq!(most.max(), Some(10));
    }
}

#[test]
fn what_does_not_agree_is_read_again() {
    let total = |total: u64| {
        format!(
            "<PaginationResult><TotalNumberOfEntries>{total}</TotalNumberOfEntries>\
             </PaginationResult>"
        )
    };
    let cases = [
        (
            vec![messages(["1", "1"], "")],
            vec![],
            "1 different messages came of 2 in folder 0",
        ),
        (
            vec![messages(1000..1200, ""), messages(["1000"], "")],
            vec![],
            "200 different messages came of 201 in folder 0",
        ),
        (vec![PAST_THE_END.to_owned()], vec![], "Ack is Failure: 340"),
        (
            vec![messages(["1"], &total(2)), PAST_THE_END.to_owned()],
            vec![],
            "Ack is Failure: 340",
        ),
        (
            vec![messages(["1"], &total(2)), messages([""; 0], &total(2))],
            vec![],
            "the page at offset 1 is empty, total is 2",
        ),
        (
            vec![messages(["1", "2"], &total(1))],
            vec![],
            "2 different items came, total is 1",
        ),
        (
            vec![messages(["1", "2", "3"], "")],
            vec![messages(["1", "3"], "")],
            "message 2 was listed and did not come",
        ),
        (
            vec![messages(["1"], &total(1))],
            vec![PAST_THE_END.to_owned()],
            "Ack is Failure: 340",
        ),
    ];
    for (pages, bodies, words) in cases {
        let mailbox = Mailbox {
            headers: vec![("0", pages)],
            bodies,
        };
        assert_eq!(mailbox.read().0, Ok(Next::Again(words.to_owned())));
    }
}

#[test]
fn a_second_reading_forgets_the_first() {
    let mut reader = Messages::new(Site::default());
    let span = Span {
        first: Timestamp(0),
        last: Timestamp(1),
    };
    let mut request = reader.begin(span);
    for body in [FOLDERS.to_vec(), messages(["9"], "").into_bytes()] {
        let next = call(&mut reader, &request, &body, &mut Vec::new());
        let Ok(Next::Fetch(next)) = next else {
            panic!("{next:?}");
        };
        request = next;
    }
    let mut request = reader.begin(span);
    let mut last = Ok(complete(7));
    for _ in 0..3 {
        last = call(&mut reader, &request, EMPTY, &mut Vec::new());
        match &last {
            Ok(Next::Fetch(next)) => request = next.clone(),
            _ => break,
        }
    }
    assert_eq!(last, Ok(complete(0)));
}

#[test]
fn what_makes_no_sense_is_an_error() {
    let mailbox = |pages: Vec<String>, bodies: Vec<String>| Mailbox {
        headers: vec![("0", pages)],
        bodies,
    };
    let ack =
        |ack: &str| format!("<GetMyMessagesResponse><Ack>{ack}</Ack></GetMyMessagesResponse>");
    let cut = String::from_utf8(PAGE[..900].to_vec()).unwrap();
    let body = |inside: &str| {
        let message = format!("<MessageID>1</MessageID>{inside}");
        messages([""; 0], "").replace(
            "<Messages>",
            &format!("<Messages><Message>{message}</Message>"),
        )
    };
    let listed = vec![messages(["1"], "")];
    let cases = [
        (mailbox(vec![ack("Failure")], vec![]), "Ack is Failure"),
        (
            mailbox(vec![ack("PartialFailure")], vec![]),
            "Ack is PartialFailure",
        ),
        (
            mailbox(vec!["<GetMyMessagesResponse/>".to_owned()], vec![]),
            "there is no Ack",
        ),
        (mailbox(vec![cut.clone()], vec![]), "document ends"),
        (
            mailbox(vec![messages([""], "")], vec![]),
            "value is missing in MessageID",
        ),
        (
            mailbox(listed.clone(), vec![ack("Failure")]),
            "Ack is Failure",
        ),
        (mailbox(listed.clone(), vec![cut]), "document ends"),
        (
            mailbox(listed.clone(), vec![body("<Read>yes</Read>")]),
            "expected a boolean",
        ),
        (
            mailbox(listed.clone(), vec![body("<ReceiveDate>1</ReceiveDate>")]),
            "expected a time",
        ),
        (
            mailbox(listed, vec![body("<Text><b/></Text>")]),
            "expected text",
        ),
    ];
    for (mailbox, words) in cases {
        let failed = mailbox.read().0.unwrap_err();
        assert!(failed.contains(words), "{words}: {failed}");
    }
}

#[test]
fn folders_are_bounded() {
    let folder = |id| format!("<FolderSummary><FolderID>{id}</FolderID></FolderSummary>");
    let summary = (0..200).map(folder).collect::<Vec<_>>().concat();
    let body = format!(
        "<GetMyMessagesResponse><Ack>Success</Ack><Summary>{summary}</Summary>\
         </GetMyMessagesResponse>"
    );
    let mut reader = Messages::new(Site::default());
    let request = reader.begin(Span {
        first: Timestamp(0),
        last: Timestamp(1),
    });
    let failed = call(&mut reader, &request, body.as_bytes(), &mut Vec::new());
    assert!(
        failed
            .unwrap_err()
            .contains("more folders than there can be")
    );
}

/// A real message, redacted, as eBay wraps it in a notification.
#[test]
fn a_real_message() {
    let name = "trading/GetMyMessages_soap_html_text_escaped.xml";
    let Some(body) = sample(name) else { return };
    let path = [
        "Envelope",
        "Body",
        "GetMyMessagesResponse",
        "Messages",
        "Message",
    ];
    let mut items = XmlItems::new(&path, Caps::default());
    items.feed(&body);
    items.end();
    let XmlStep::Item { root, .. } = items.next().unwrap() else {
        panic!("no message");
    };
    let record = record::message(root, None).unwrap();
    assert_eq!(record.key, ["6278955061"]);
    let text = |text: &str| Value::Text(text.to_owned());
    let time = |text: &str| Value::Time(Timestamp::parse(text).unwrap());
    let values = &record.values;
    assert_eq!(
        values[..6],
        [
            text("2592234846"),
            text("0"),
            text("incoming"),
            text("test_user"),
            text("test_user"),
            text("Message from eBay Member Regarding Item #140001153277"),
        ]
    );
    let Value::Text(html) = &values[6] else {
        panic!("no body");
    };
    assert!(html.starts_with("<html>\n<head>") && html.ends_with("</html>"));
    assert_eq!(
        values[7..],
        [
            Value::Boolean(false),
            Value::Boolean(false),
            Value::Boolean(false),
            time("2006-07-10T23:39:28.000Z"),
            time("2006-08-09T23:39:28.000Z"),
            Value::Null,
        ]
    );
}
