//! What an audit finds: whether the ledger, the history and the rows agree. No I/O.

mod coverage;
mod fold;

use std::collections::BTreeMap;

use shared::id::AccountId;

use super::cursor::DeclaredGap;

pub(super) use coverage::Coverage;
pub(super) use fold::{Fold, Row, Told};

/// The most findings that are told one by one; more are only counted.
const TOLD: usize = 1_000;

/// What an audit looked at, and what it found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Ledgers: one for each worker of an account.
    pub ledgers: u64,
    /// Stretches of time in them.
    pub stretches: u64,
    /// Rows of eBay's items.
    pub rows: u64,
    /// Events.
    pub events: u64,
    /// How many findings there are.
    pub found: u64,
    /// The first 1,000 of them.
    pub findings: Vec<Finding>,
    /// The first 1,000 gaps that someone declared: they are no findings.
    pub gaps: Vec<DeclaredGap>,
}

/// Something that does not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose, if it is someone's.
    pub account: Option<String>,
    /// In which table.
    pub table: String,
    /// Where there: the key of an item, or the worker of a ledger.
    pub key: Vec<String>,
    /// What is wrong.
    pub what: String,
}

/// Collects what an audit finds.
#[derive(Debug)]
pub(super) struct Findings {
    accounts: BTreeMap<i64, String>,
    /// What was found so far.
    pub audit: Audit,
}

impl Findings {
    /// None yet. `accounts` are the names of all accounts.
    pub(super) fn new(accounts: BTreeMap<i64, String>) -> Self {
        Self {
            accounts,
            audit: Audit::default(),
        }
    }

    /// Whether there is such an account.
    pub(super) fn knows(&self, account: AccountId) -> bool {
        self.accounts.contains_key(&account.0)
    }

    /// Adds one about something of an account.
    pub(super) fn add(&mut self, account: AccountId, table: &str, key: &[String], what: String) {
        let name = self.accounts.get(&account.0).cloned();
        let account = name.unwrap_or_else(|| format!("number {account}, which does not exist"));
        self.push(Finding {
            account: Some(account),
            table: table.to_owned(),
            key: key.to_vec(),
            what,
        });
    }

    /// Adds a gap that someone declared; an empty one only says where a ledger begins.
    pub(super) fn gap(&mut self, gap: DeclaredGap) {
        if gap.start < gap.end && self.audit.gaps.len() < TOLD {
            self.audit.gaps.push(gap);
        }
    }

    /// Adds one that is nobody's.
    pub(super) fn push(&mut self, finding: Finding) {
        self.audit.found += 1;
        if self.audit.findings.len() < TOLD {
            self.audit.findings.push(finding);
        }
    }
}
