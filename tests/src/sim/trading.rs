//! The Trading API: one path for all calls, the name in a header, errors in answers with HTTP 200.

pub(crate) mod damage;
pub(crate) mod element;
pub(crate) mod request;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{
    account::Account,
    body,
    clock::{now_ms, stamp},
    faults::FaultKind,
    messages, purchases, selling,
    serve::{CALL_NAME, Site},
};
use element::Element;
use request::Asked;

/// What answers a call.
type Answering = fn(&Account, &Asked, &[FaultKind]) -> Result<Said, Failing>;

/// Every call that is served.
const CALLS: [(&str, Answering); 3] = [
    ("GetMyeBaySelling", selling::answer),
    ("GetOrders", purchases::answer),
    ("GetMyMessages", messages::answer),
];
/// Numbers of the sites that there are.
const SITES: [u16; 23] = [
    0, 2, 3, 15, 16, 23, 71, 77, 100, 101, 123, 146, 186, 193, 201, 203, 205, 207, 210, 211, 212,
    215, 216,
];
/// The oldest schema that is still understood, and the newest.
const LEVELS: std::ops::RangeInclusive<u16> = 1_200..=1_455;
const XML: &str = "text/xml;charset=utf-8";
/// Elements that every request may have.
const COMMON: [&str; 5] = [
    "DetailLevel",
    "ErrorLanguage",
    "MessageID",
    "OutputSelector",
    "WarningLevel",
];

/// An error that eBay answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failing {
    pub(crate) code: u32,
    pub(crate) message: String,
}

impl Failing {
    pub(crate) fn new(code: u32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The input at this path is no good.
    pub(crate) fn input(path: &str) -> Self {
        let message = format!("Input data for tag <{path}> is invalid or missing.");
        Self::new(37, message)
    }

    /// There is no such page.
    pub(crate) fn page() -> Self {
        Self::new(340, "Page number is out of range.")
    }

    /// The access token is missing, or nobody's or too old.
    pub(crate) fn token(is_there: bool) -> Self {
        if is_there {
            Self::new(21_917_053, "Expired IAF token.")
        } else {
            Self::new(930, "No XML auth token header was passed.")
        }
    }

    fn elements(&self, severity: &str) -> Element {
        let class = match self.code {
            10_007 => "SystemError",
            _ => "RequestError",
        };
        let inner = vec![
            Element::text("ShortMessage", &self.message),
            Element::text("LongMessage", &self.message),
            Element::text("ErrorCode", self.code),
            Element::text("SeverityCode", severity),
            Element::text("ErrorClassification", class),
        ];
        Element::group("Errors", inner).repeated()
    }
}

/// What a call answers between `Ack` and the end: elements around a list of items.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) before: Vec<Element>,
    /// Elements from below the root to the items; with no items they are left out.
    pub(crate) path: &'static [&'static str],
    pub(crate) items: Vec<Element>,
    /// Elements beside the list of items, in the element that holds it.
    pub(crate) within: Vec<Element>,
    pub(crate) after: Vec<Element>,
    /// Names of the elements that the call knows.
    pub(crate) known: &'static [&'static str],
}

/// `POST /ws/api.dll`.
pub(crate) async fn call(
    (axum::extract::State(hub), axum::Extension(call)): Site,
    headers: HeaderMap,
    sent: Bytes,
) -> Response {
    let name = text(&headers, CALL_NAME).to_owned();
    let answered = {
        let world = hub.world();
        match world.account(&call.account) {
            Ok(account) => answer(account, &headers, &sent, &call.faults),
            Err(_) => Err(Failing::token(true)),
        }
    };
    let xml = match answered {
        Ok((said, warnings)) => envelope(&name, said, &warnings, &call.faults),
        Err(failing) => failure(&name, &failing),
    };
    body::whole(xml, XML, &call.faults, hub.stop.clone())
}

/// A whole answer for a request that the gate refuses.
pub(crate) fn refused(headers: &HeaderMap, failing: &Failing) -> Response {
    let xml = failure(text(headers, CALL_NAME), failing);
    let kind = HeaderValue::from_static(XML);
    ([(header::CONTENT_TYPE, kind)], xml).into_response()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

fn answer(
    account: &Account,
    headers: &HeaderMap,
    sent: &[u8],
    faults: &[FaultKind],
) -> Result<(Said, Vec<Failing>), Failing> {
    let name = text(headers, CALL_NAME);
    let Some((_, answering)) = CALLS.iter().find(|(call, _)| *call == name) else {
        let message = format!("The API call \"{name}\" is invalid or not supported.");
        return Err(Failing::new(2, message));
    };
    let number = |header: &str| text(headers, header).parse::<u16>().ok();
    let site = number("x-ebay-api-siteid").filter(|site| SITES.contains(site));
    site.ok_or_else(|| Failing::input("X-EBAY-API-SITEID"))?;
    let level = number("x-ebay-api-compatibility-level").filter(|level| LEVELS.contains(level));
    level.ok_or_else(|| Failing::input("X-EBAY-API-COMPATIBILITY-LEVEL"))?;
    let kind = text(headers, header::CONTENT_TYPE.as_str());
    let asked = Asked::read(sent, &format!("{name}Request"))
        .filter(|_| kind.split(';').next() == Some("text/xml"))
        .ok_or_else(|| Failing::new(5, "XML Parse error."))?;
    for fault in faults {
        if let FaultKind::AckFailure { code } = fault {
            return Err(Failing::new(*code, "A failure was asked for."));
        }
    }
    let said = answering(account, &asked, faults)?;
    let unknown = |element: &&Asked| {
        let name = element.name.as_str();
        !said.known.contains(&name) && !COMMON.contains(&name)
    };
    let warnings = asked.inner.iter().filter(unknown).map(|element| {
        let message = format!("Unrecognized element <{}> in request.", element.name);
        Failing::new(21_927, message)
    });
    let warnings = warnings.collect();
    Ok((said, warnings))
}

fn head(name: &str, ack: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{name}Response xmlns=\"urn:ebay:apis:eBLBaseComponents\"><Timestamp>{}</Timestamp>\
         <Ack>{ack}</Ack>",
        stamp(now_ms())
    )
    .into_bytes()
}

fn tail(name: &str, out: &mut Vec<u8>) {
    let version = "<Version>1271</Version><Build>E1271_SIM_API_1_R1</Build>";
    out.extend_from_slice(format!("{version}</{name}Response>\n").as_bytes());
}

fn failure(name: &str, failing: &Failing) -> Vec<u8> {
    let mut out = head(name, "Failure");
    failing.elements("Error").write(&mut out);
    tail(name, &mut out);
    out
}

fn envelope(name: &str, mut said: Said, warnings: &[Failing], faults: &[FaultKind]) -> Vec<u8> {
    let partial = faults.contains(&FaultKind::AckPartialFailure {});
    let ack = match (partial, warnings.is_empty()) {
        (true, _) => "PartialFailure",
        (false, false) => "Warning",
        (false, true) => "Success",
    };
    let mut out = head(name, ack);
    for warning in warnings {
        warning.elements("Warning").write(&mut out);
    }
    if partial {
        let failing = Failing::new(21_916_250, "A part could not be read.");
        failing.elements("Error").write(&mut out);
        let half = said.items.len() / 2;
        said.items.truncate(half);
    }
    out.extend(said.before.iter().flat_map(written));
    if !said.items.is_empty() || !said.within.is_empty() {
        for name in said.path {
            out.extend_from_slice(format!("<{name}>").as_bytes());
        }
        let mut items: Vec<Vec<u8>> = said.items.iter().map(written).collect();
        damage::items(&mut items, faults);
        out.extend_from_slice(&items.concat());
        for (at, name) in said.path.iter().rev().enumerate() {
            out.extend_from_slice(format!("</{name}>").as_bytes());
            if at == 0 {
                out.extend(said.within.iter().flat_map(written));
            }
        }
    }
    out.extend(said.after.iter().flat_map(written));
    tail(name, &mut out);
    damage::text(&mut out, faults);
    out
}

fn written(element: &Element) -> Vec<u8> {
    let mut out = Vec::new();
    element.write(&mut out);
    out
}

#[cfg(test)]
pub(crate) mod tests;
