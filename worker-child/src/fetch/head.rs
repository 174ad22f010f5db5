//! What is kept of an answer's head: its status and the few headers that anybody reads. So a replay
//! sees what the sync saw.

use std::fmt::Write as _;

use reqwest::Response;

/// Headers that are kept.
pub(super) const HEADERS: [&str; 4] = ["retry-after", "location", "x-ebay-c-request-id", "rlogid"];

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AnswerHead {
    /// HTTP status.
    pub(super) status: u16,
    headers: Vec<(String, String)>,
}

impl AnswerHead {
    /// What is kept of this answer's.
    pub(super) fn of(response: &Response) -> Self {
        let headers = HEADERS.iter().filter_map(|name| {
            let value = response.headers().get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        Self {
            status: response.status().as_u16(),
            headers: headers.collect(),
        }
    }

    /// A header that was kept.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(kept, _)| kept == name);
        found.map(|(_, value)| value.as_str())
    }

    /// As in a recording: the status, and a line per header. No value holds a line feed.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            // Writing to a String cannot fail.
            writeln!(text, "{name}: {value}").ok();
        }
        text.into_bytes()
    }

    /// From a recording; what makes no sense is left out, and status 0 is none of HTTP's.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines();
        let status = lines.next().and_then(|line| line.parse().ok());
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_owned(), value.to_owned()))
        };
        Self {
            status: status.unwrap_or(0),
            headers: lines.filter_map(header).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_come_back() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let head = AnswerHead {
            status: 429,
            headers: vec![header("retry-after", "7"), header("rlogid", "t6: q%60")],
        };
        let read = AnswerHead::read(&head.bytes());
        assert_eq!(read, head);
        assert_eq!(read.header("rlogid"), Some("t6: q%60"));
        assert_eq!(read.header("location"), None);
        assert_eq!(AnswerHead::read(b"").status, 0);
        assert_eq!(AnswerHead::read(&[0xff]).status, 0);
    }
}
