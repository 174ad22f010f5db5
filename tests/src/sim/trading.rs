//! The Trading API: one path, calls by name, XML both ways, and HTTP 200 whatever happens.

use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};

use super::{
    account::Account,
    body,
    clock::{now_ms, stamp},
    faults::FaultKind,
    refusal::Refusal,
    selling,
    serve::{CALL_NAME, Site},
    trading_ask::Ask,
};

/// Length of the values that fill an oversized item.
const FILL: usize = 60 * 1024;
/// The version of the schema in which answers come.
const VERSION: u32 = 1_451;

/// One error of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    pub(crate) code: u32,
    message: String,
}

impl Denial {
    pub(crate) fn new(code: u32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Something in the request is not as the schema has it.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(37, message)
    }

    /// The page is past the end.
    pub(crate) fn page() -> Self {
        Self::new(340, "Page number is out of range.")
    }

    /// The token is nobody's.
    pub(crate) fn token() -> Self {
        Self::new(931, "Auth token is invalid.")
    }
}

/// A list of items within an answer: what stands before them, each item, what follows.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) before: String,
    pub(crate) items: Vec<Vec<u8>>,
    pub(crate) after: String,
}

/// `POST /ws/api.dll`.
pub(crate) async fn call(
    (State(hub), Extension(call)): Site,
    headers: HeaderMap,
    body: String,
) -> Response {
    let name = text(&headers, CALL_NAME).to_owned();
    let answered = match hub.world().account_mut(&call.account) {
        Ok(account) => answer(account, &name, &headers, &body, &call.faults),
        Err(_) => return Refusal::token().into_response(),
    };
    let denied = call.faults.iter().find_map(|fault| {
        if let FaultKind::CallDenied { code, partial } = fault {
            Some((*code, *partial))
        } else {
            None
        }
    });
    let document = match (answered, denied) {
        (Ok(answer), Some((code, true))) => {
            let denial = Denial::new(code, "The call failed in part.");
            document(&name, "PartialFailure", Some(&denial), answer, &call.faults)
        }
        (Ok(_), Some((code, false))) => denial_text(&name, &Denial::new(code, "The call failed.")),
        (Ok(answer), None) => document(&name, "Success", None, answer, &call.faults),
        (Err(denial), _) => denial_text(&name, &denial),
    };
    body::xml(document, &call.faults, hub.stop.clone())
}

fn answer(
    account: &mut Account,
    name: &str,
    headers: &HeaderMap,
    body: &str,
    faults: &[FaultKind],
) -> Result<Answer, Denial> {
    let number = |name| text(headers, name).parse::<u32>().ok();
    if number("x-ebay-api-siteid").is_none() {
        return Err(Denial::new(10_011, "The site id is missing or invalid."));
    }
    if number("x-ebay-api-compatibility-level").is_none_or(|level| level < 900) {
        return Err(Denial::new(21_943, "The compatibility level is invalid."));
    }
    let ask = Ask::read(name, body)?;
    match name {
        "GetMyeBaySelling" => selling::answer(account, &ask, faults),
        _ => Err(Denial::new(2, format!("Unsupported API call: {name}"))),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// What a call with a token that is nobody's is answered.
pub(crate) fn refused(name: &str) -> Response {
    body::xml_text(denial_text(name, &Denial::token()))
}

fn denial_text(name: &str, denial: &Denial) -> Vec<u8> {
    document(name, "Failure", Some(denial), Answer::default(), &[])
}

fn document(
    name: &str,
    ack: &str,
    denial: Option<&Denial>,
    mut answer: Answer,
    faults: &[FaultKind],
) -> Vec<u8> {
    damage(&mut answer.items, faults);
    let doctype = if faults.contains(&FaultKind::Doctype {}) {
        format!("<!DOCTYPE {name}Response [<!ENTITY shop \"a shop\">]>\n")
    } else {
        String::new()
    };
    let errors = denial.map_or_else(String::new, |Denial { code, message }| {
        format!(
            "<Errors><ShortMessage>{message}</ShortMessage><LongMessage>{message}</LongMessage>\
             <ErrorCode>{code}</ErrorCode><SeverityCode>Error</SeverityCode>\
             <ErrorClassification>RequestError</ErrorClassification></Errors>"
        )
    });
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{doctype}\
         <{name}Response xmlns=\"urn:ebay:apis:eBLBaseComponents\"><Timestamp>{}</Timestamp>\
         <Ack>{ack}</Ack>{errors}<Version>{VERSION}</Version><Build>E{VERSION}_CORE_API_1</Build>{}",
        stamp(now_ms()),
        answer.before
    );
    let mut text = text.into_bytes();
    text.extend_from_slice(&answer.items.concat());
    if faults.contains(&FaultKind::TruncatedXml {}) {
        text.truncate(text.len().saturating_sub(3));
        return text;
    }
    text.extend_from_slice(answer.after.as_bytes());
    text.extend_from_slice(format!("</{name}Response>").as_bytes());
    text
}

/// Applies the faults that concern single items.
fn damage(items: &mut Vec<Vec<u8>>, faults: &[FaultKind]) {
    let Some(first) = items.first_mut() else {
        return;
    };
    let whole = first.clone();
    for fault in faults {
        if let FaultKind::ItemOverCap { bytes } = fault {
            let count = usize::try_from(*bytes).unwrap_or(0) / (FILL + 15) + 1;
            let value = format!("<Extra>{}</Extra>", "x".repeat(FILL));
            inject(first, value.repeat(count).as_bytes());
        } else if let FaultKind::DeepNesting { depth } = fault {
            let nest = format!("{}{}", "<a>".repeat(*depth), "</a>".repeat(*depth));
            inject(first, nest.as_bytes());
        } else if let FaultKind::InvalidUtf8 {} = fault {
            inject(first, b"<Extra>bad \xff\xfe</Extra>");
        } else if let FaultKind::UnbalancedXml {} = fault {
            inject(first, b"<Extra>");
        }
    }
    if faults.contains(&FaultKind::DuplicateItem {}) {
        items.push(whole);
    }
}

/// Adds to the end of an element's content.
fn inject(element: &mut Vec<u8>, content: &[u8]) {
    let end = element.iter().rposition(|byte| *byte == b'<').unwrap_or(0);
    element.splice(end..end, content.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        Answer {
            before: "<List>".to_owned(),
            items: vec![b"<Item><Id>1</Id></Item>".to_vec()],
            after: "</List>".to_owned(),
        }
    }

    fn text(faults: &[FaultKind]) -> String {
        String::from_utf8(document("GetX", "Success", None, answer(), faults)).unwrap()
    }

    #[test]
    fn faults_change_exactly_what_they_name() {
        let cases = [
            (
                vec![],
                "<List><Item><Id>1</Id></Item></List></GetXResponse>",
            ),
            (
                vec![FaultKind::DuplicateItem {}],
                "<Item><Id>1</Id></Item><Item><Id>1</Id></Item></List>",
            ),
            (
                vec![FaultKind::DeepNesting { depth: 2 }],
                "<Id>1</Id><a><a></a></a></Item>",
            ),
            (vec![FaultKind::UnbalancedXml {}], "<Extra></Item></List>"),
            (vec![FaultKind::Doctype {}], "<!DOCTYPE GetXResponse"),
        ];
        for (faults, part) in cases {
            assert!(text(&faults).contains(part), "{part}");
        }
        assert!(text(&[FaultKind::TruncatedXml {}]).ends_with("</It"));
        let big = text(&[FaultKind::ItemOverCap { bytes: 1_000_000 }]).len();
        assert!((1_000_000..1_100_000).contains(&big), "{big}");
    }

    #[test]
    fn a_denial_has_ebays_shape() {
        let text = String::from_utf8(denial_text("GetX", &Denial::page())).unwrap();
        assert!(text.contains("<Ack>Failure</Ack><Errors>"), "{text}");
        assert!(text.contains("<ErrorCode>340</ErrorCode><SeverityCode>Error<"));
    }
}
