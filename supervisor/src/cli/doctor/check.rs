//! One thing that was looked at, and what was found.

use serde::Serialize;

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it stands.
    pub found: Found,
    /// What there is, in a sentence.
    pub what: String,
    /// What to do about it; only where something needs doing or could be better.
    pub to_do: Option<String>,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Found {
    /// As it should be.
    Well,
    /// It works, and is worth knowing.
    Note,
    /// It does not work, or not as promised.
    Ill,
}

impl Found {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Note => "note",
            Self::Ill => "ILL",
        }
    }
}

impl Check {
    pub(super) fn well(name: &'static str, what: impl Into<String>) -> Self {
        Self {
            name,
            found: Found::Well,
            what: what.into(),
            to_do: None,
        }
    }

    pub(super) fn note(name: &'static str, what: impl Into<String>) -> Self {
        Self {
            found: Found::Note,
            ..Self::well(name, what)
        }
    }

    pub(super) fn ill(
        name: &'static str,
        what: impl Into<String>,
        to_do: impl Into<String>,
    ) -> Self {
        Self {
            found: Found::Ill,
            to_do: Some(to_do.into()),
            ..Self::well(name, what)
        }
    }

    /// With what to do about it.
    #[must_use]
    pub(super) fn with_remedy(mut self, to_do: impl Into<String>) -> Self {
        self.to_do = Some(to_do.into());
        self
    }
}
