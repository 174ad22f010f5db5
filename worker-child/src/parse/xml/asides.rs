//! What a response says about itself outside its items: acknowledgements and errors.

use super::node::Node;
use crate::parse::error::prefix;

/// Most errors and most acknowledgements kept.
const KEPT: usize = 16;
/// Longest text kept, in bytes.
const TEXT_BYTES: usize = 512;

/// `Ack` and `Errors` found anywhere outside the items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asides {
    /// The texts of the first 16 `Ack` elements.
    pub acks: Vec<String>,
    /// The first 16 `Errors` elements.
    pub errors: Vec<AsideError>,
    /// How many `Errors` elements there were.
    pub error_count: u64,
}

/// One `Errors` element; a missing child is empty text. Each text is cut to 512 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsideError {
    /// `ErrorCode`.
    pub code: String,
    /// `SeverityCode`, such as `Error`, `Warning` or `LMS.ERROR`.
    pub severity: String,
    /// `ErrorClassification`: `RequestError` or `SystemError`.
    pub class: String,
    /// `ShortMessage`.
    pub short: String,
    /// `LongMessage`.
    pub long: String,
}

impl Asides {
    /// Whether an element of this name is collected here.
    pub(super) fn wants(name: &str) -> bool {
        matches!(name, "Ack" | "Errors")
    }

    pub(super) fn add(&mut self, node: Node<'_>) {
        if node.name() == "Ack" {
            if self.acks.len() < KEPT {
                self.acks.push(prefix(node.text(), TEXT_BYTES).to_owned());
            }
            return;
        }
        self.error_count += 1;
        if self.errors.len() < KEPT {
            let text = |path| prefix(node.text_at(path).unwrap_or_default(), TEXT_BYTES).to_owned();
            self.errors.push(AsideError {
                code: text("ErrorCode"),
                severity: text("SeverityCode"),
                class: text("ErrorClassification"),
                short: text("ShortMessage"),
                long: text("LongMessage"),
            });
        }
    }
}
