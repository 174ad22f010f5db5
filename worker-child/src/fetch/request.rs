//! What to ask eBay, as plain data without a secret in it.

use std::fmt::Write as _;

/// The header that names a Trading call.
pub const CALL_NAME: &str = "X-EBAY-API-CALL-NAME";

/// Which of eBay's hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// `api.ebay.com`.
    Api,
    /// `apiz.ebay.com`.
    Apiz,
}

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Create.
    Post,
}

impl Method {
    /// The word in the request line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// How the access token travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: IAF`, as Post-Order wants it.
    Iaf,
    /// `X-EBAY-API-IAF-TOKEN`, as Trading wants it.
    Trading,
}

/// How the answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A JSON page: the elements of its array `member` are items.
    Page {
        /// Name of the array.
        member: &'static str,
    },
    /// A large XML document, maybe packed: the elements at this path are items.
    Report {
        /// Local names from the root to the item.
        item_path: &'static [&'static str],
    },
    /// A Trading answer: the elements at this path are items.
    Call {
        /// Local names from the root to the item.
        item_path: &'static [&'static str],
        /// Paths below the root, with points between the names, of texts that the worker wants.
        tells: &'static [&'static str],
    },
    /// One JSON object that is an item as a whole.
    Item,
    /// One small JSON object.
    Object,
    /// No body; the `Location` header matters.
    Nothing,
}

/// One request. The access token is added by the client only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where.
    pub base: Base,
    /// The path, percent-encoded (see [`segment`]).
    pub path: String,
    /// Query parameters, not encoded.
    pub query: Vec<(&'static str, String)>,
    /// Headers that are not secret.
    pub headers: Vec<(&'static str, String)>,
    /// How the access token travels.
    pub auth: Auth,
    /// A body: XML for [`Auth::Trading`], else JSON.
    pub body: Option<String>,
    /// How the answer is read.
    pub shape: Shape,
    /// Whether what does not exist is an answer to the worker instead of a failure: a 404, or of
    /// a Trading call a page past the end.
    pub may_be_missing: bool,
    /// The `errorId` that such a 404 must carry; any will do if there is none.
    pub missing_id: Option<i64>,
    /// Whether a 204 is an answer to the worker instead of a failure: there is nothing.
    pub may_be_empty: bool,
}

impl Request {
    /// A GET from `api.ebay.com`.
    pub fn get(path: impl Into<String>, shape: Shape) -> Self {
        Self {
            method: Method::Get,
            base: Base::Api,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            auth: Auth::Bearer,
            body: None,
            shape,
            may_be_missing: false,
            missing_id: None,
            may_be_empty: false,
        }
    }

    /// A POST of JSON to `api.ebay.com`.
    pub fn post(path: impl Into<String>, body: String, shape: Shape) -> Self {
        Self {
            method: Method::Post,
            body: Some(body),
            ..Self::get(path, shape)
        }
    }

    /// The same request with a query parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The same request with a header that is not secret.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same request, with the worker told what does not exist.
    #[must_use]
    pub fn may_be_missing(mut self) -> Self {
        self.may_be_missing = true;
        self
    }

    /// The same request, with a 404 that carries this `errorId` handed to the worker.
    #[must_use]
    pub fn missing_as(mut self, error_id: i64) -> Self {
        self.missing_id = Some(error_id);
        self.may_be_missing()
    }

    /// The same request, with a 204 handed to the worker.
    #[must_use]
    pub fn may_be_empty(mut self) -> Self {
        self.may_be_empty = true;
        self
    }

    /// The same request, sent to this host.
    #[must_use]
    pub fn at(mut self, base: Base) -> Self {
        self.base = base;
        self
    }

    /// The same request, with the access token sent in this way.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// Everything of it that is sent, but the token: what a recording holds, and what a replay must
    /// ask for again.
    pub fn recorded(&self) -> String {
        let host = match self.base {
            Base::Api => "api",
            Base::Apiz => "apiz",
        };
        let mut text = format!("{} {host} {}\n", self.method.name(), self.target());
        for (name, value) in &self.headers {
            // Writing to a String cannot fail.
            writeln!(text, "{name}: {value}").ok();
        }
        text.push('\n');
        text.push_str(self.body.as_deref().unwrap_or_default());
        text
    }

    /// Path and query as sent.
    pub fn target(&self) -> String {
        let mut target = self.path.clone();
        for (position, (name, value)) in self.query.iter().enumerate() {
            target.push(if position == 0 { '?' } else { '&' });
            target.push_str(name);
            target.push('=');
            push_encoded(value, &mut target);
        }
        target
    }
}

/// A path segment, percent-encoded.
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    push_encoded(text, &mut encoded);
    encoded
}

/// Everything but RFC 3986's unreserved characters is encoded, brackets included.
fn push_encoded(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            write!(out, "%{byte:02X}").ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_encoded() {
        let request = Request::get("/order", Shape::Object)
            .with("filter", "lastmodifieddate:[2026-06-01T00:00:00.000Z..é]")
            .with("limit", "200");
        assert_eq!(
            request.target(),
            "/order?filter=lastmodifieddate%3A%5B2026-06-01T00%3A00%3A00.000Z..%C3%A9%5D&limit=200"
        );
        let call = Request::post("/ws", "<a/>".to_owned(), Shape::Nothing)
            .at(Base::Apiz)
            .header(CALL_NAME, "GetOrders");
        assert_eq!(
            call.recorded(),
            "POST apiz /ws\nX-EBAY-API-CALL-NAME: GetOrders\n\n<a/>"
        );
        assert_eq!(segment("task-10/../x?"), "task-10%2F..%2Fx%3F");
    }
}
