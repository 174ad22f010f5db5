//! Text that must not reach a log line, a report or a recording.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret in memory. `Debug` never shows it; it is serialised only into frames.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself: for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_hides_the_text() {
        let shown = format!("{:?}", Secret::new("v^1.1#canary".to_owned()));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
