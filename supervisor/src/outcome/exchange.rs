//! What a token child was to do, as a report has it: never the question itself, which holds secrets.

use serde::{Deserialize, Serialize};
use shared::wire::message::Ask;

/// The kinds of question that a token child asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeKind {
    /// Of eBay: an access token for a refresh token.
    Refresh,
    /// Of eBay: both tokens for the code of a consent.
    Code,
    /// Of the web app: the access token of one account.
    WebApp,
    /// Of the web app: to refresh the tokens of all its accounts.
    WebAppRefresh,
}

impl ExchangeKind {
    /// The kind of this question.
    pub const fn of(ask: &Ask) -> Self {
        match ask {
            Ask::Refresh { .. } => Self::Refresh,
            Ask::Code { .. } => Self::Code,
            Ask::WebApp { .. } => Self::WebApp,
            Ask::WebAppRefresh { .. } => Self::WebAppRefresh,
        }
    }

    /// The name in database, reports and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Code => "code",
            Self::WebApp => "web_app",
            Self::WebAppRefresh => "web_app_refresh",
        }
    }

    /// What was asked, for a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Refresh => "an access token, for the refresh token",
            Self::Code => "both tokens, for the code of a consent",
            Self::WebApp => "the access token of the account",
            Self::WebAppRefresh => "a refresh of the tokens of all its accounts",
        }
    }
}

/// What a report says of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeReport {
    /// What was asked.
    pub kind: ExchangeKind,
    /// Whom: scheme, host and port of the URL.
    pub host: String,
    /// Why `stderr` is empty, whatever the child wrote.
    pub stderr_unread: String,
    /// What a person can do.
    pub to_do: String,
}
