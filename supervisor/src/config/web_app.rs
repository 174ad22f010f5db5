//! `[web_app]`: the seller's web app, where it gives tokens.

use serde::{Deserialize, Serialize};

use super::units::Span;

/// `[web_app]`: how the seller's web app is talked to; where it is stands in the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebAppConfig {
    /// The path that gives one account's access token. Begins with a slash.
    pub token_path: String,
    /// How often it is asked to refresh its tokens. At least 1ms.
    pub refresh_every: Span,
}

impl Default for WebAppConfig {
    fn default() -> Self {
        Self {
            token_path: "/api/admin/internal/ebay-token".to_owned(),
            refresh_every: Span::from_mins(10),
        }
    }
}
