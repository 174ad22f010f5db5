//! An account's money: transactions and payouts, made from a seed, and what happens to them.

use fastrand::Rng;

use super::story;
use crate::sim::{
    change::{positions, share},
    clock::DAY_MS,
    lexicon::{digits, mix, percent},
};

/// The oldest thing that still changes, in days: one less than is read again once a day.
const CHANGES_FOR: i64 = 29 * DAY_MS;

/// A fee or a donation; the amount in hundredths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fee {
    pub(crate) kind: &'static str,
    pub(crate) amount: u64,
    pub(crate) memo: Option<&'static str>,
}

/// What was taken for one line item of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FeeLine {
    pub(crate) id: String,
    pub(crate) basis: u64,
    pub(crate) fees: Vec<Fee>,
    pub(crate) donations: Vec<Fee>,
}

/// One monetary transaction; times in milliseconds since the epoch, amounts in hundredths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    /// Not unique: a sale and its refund may share the order's.
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) debit: bool,
    pub(crate) date: i64,
    pub(crate) status: &'static str,
    pub(crate) amount: u64,
    pub(crate) order: Option<String>,
    pub(crate) buyer: Option<String>,
    pub(crate) payout: Option<String>,
    pub(crate) memo: Option<String>,
    pub(crate) fee_type: Option<&'static str>,
    pub(crate) lines: Vec<FeeLine>,
    pub(crate) references: Vec<(&'static str, String)>,
    pub(crate) tax: Option<u64>,
}

impl Transaction {
    /// Whether the account gets it, and how much.
    fn signed(&self) -> i64 {
        let amount = i64::try_from(self.amount).unwrap_or(0);
        if self.debit { -amount } else { amount }
    }
}

/// One payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payout {
    pub(crate) id: String,
    pub(crate) date: i64,
    pub(crate) status: &'static str,
    pub(crate) amount: u64,
    pub(crate) count: usize,
    pub(crate) attempted: Option<i64>,
}

/// An account's money.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    pub(crate) currency: &'static str,
    /// By ascending date.
    pub(crate) transactions: Vec<Transaction>,
    /// By ascending date.
    pub(crate) payouts: Vec<Payout>,
    /// Draws of its own, so that other worlds do not move with this one.
    rng: Rng,
    /// How many ids were given.
    ids: u64,
}

impl Books {
    /// At least `count` transactions of the `history` milliseconds before `now`; none for none.
    pub(crate) fn new(
        seed: u64,
        currency: &'static str,
        count: u32,
        history: u64,
        now: i64,
    ) -> Self {
        let mut books = Self {
            currency,
            transactions: Vec::new(),
            payouts: Vec::new(),
            rng: Rng::with_seed(mix(seed, 3)),
            ids: 0,
        };
        let history = history.min(720 * 86_400_000);
        while books.transactions.len() < usize::try_from(count).unwrap_or(0) {
            let back = books.rng.u64(..=history);
            books.tell(now - i64::try_from(back).unwrap_or(DAY_MS), now);
        }
        books.transactions.sort_by_key(|one| one.date);
        books.pay_the_past(now);
        books
    }

    /// A number that no other id of the account has.
    pub(crate) fn fresh(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Adds something that happened at `date`, with what followed from it until `now`.
    fn tell(&mut self, date: i64, now: i64) {
        let mut rng = self.rng.clone();
        let told = story::tell(self, &mut rng, date, now);
        self.rng = rng;
        self.transactions.extend(told);
    }

    /// Collects most of the transactions in payouts of a few each.
    fn pay_the_past(&mut self, now: i64) {
        let mut first = 0;
        while first < self.transactions.len() {
            let until = (first + self.rng.usize(3..12)).min(self.transactions.len());
            let chosen: Vec<usize> = (first..until).collect();
            first = until;
            let last = chosen.last().and_then(|at| self.transactions.get(*at));
            let last = last.map_or(now, |one| one.date);
            let wait = u64::try_from(now - last).unwrap_or(0).min(172_800_000);
            let date = last + i64::try_from(self.rng.u64(..=wait)).unwrap_or(0);
            if percent(&mut self.rng, 25) {
                continue;
            }
            self.pay(&chosen, date);
            let young = now - date < CHANGES_FOR;
            let status = *["SUCCEEDED", "SUCCEEDED", "INITIATED", "RETRYABLE_FAILED"]
                .get(self.rng.usize(..if young { 4 } else { 2 }))
                .unwrap_or(&"SUCCEEDED");
            if let Some(payout) = self.payouts.last_mut() {
                payout.turn(status, date);
            }
        }
        self.payouts.sort_by_key(|payout| payout.date);
    }

    /// A payout of the transactions at these positions.
    fn pay(&mut self, chosen: &[usize], date: i64) {
        let id = format!("6{:05}{}", self.fresh(), digits(&mut self.rng, 4));
        let mut sum = 0;
        for at in chosen {
            if let Some(transaction) = self.transactions.get_mut(*at) {
                transaction.status = "PAYOUT";
                transaction.memo = transaction.memo.take().filter(|memo| !is_hold(memo));
                transaction.payout = Some(id.clone());
                sum += transaction.signed();
            }
        }
        self.payouts.push(Payout {
            id,
            date,
            status: "INITIATED",
            amount: u64::try_from(sum).unwrap_or(0),
            count: chosen.len(),
            attempted: None,
        });
    }

    /// Moves on: funds are released and paid, payouts succeed or fail, and more happens. What
    /// changes keeps its date; nothing changes twice, and nothing in an account without money.
    pub(crate) fn advance(&mut self, now: i64) {
        let young = |date: i64| now - date < CHANGES_FOR;
        let payouts = self.positions_of_payouts(|one| young(one.date) && one.next().is_some());
        let moving = self.positions_of_transactions(|one| young(one.date) && one.payout.is_none());
        let mut released = Vec::new();
        for at in moving {
            let Some(transaction) = self.transactions.get_mut(at) else {
                continue;
            };
            if transaction.status == "FUNDS_AVAILABLE_FOR_PAYOUT" {
                released.push(at);
            } else {
                transaction.status = "FUNDS_AVAILABLE_FOR_PAYOUT";
                transaction.memo = transaction.memo.take().filter(|memo| !is_hold(memo));
            }
        }
        for at in payouts {
            let turn = self.rng.usize(..4);
            if let Some(payout) = self.payouts.get_mut(at)
                && let Some(next) = payout.next()
            {
                let status = next.get(turn).copied().unwrap_or("SUCCEEDED");
                payout.turn(status, now);
            }
        }
        if !released.is_empty() {
            self.pay(&released, now);
        }
        for _ in 0..share(self.transactions.len(), 1) {
            self.tell(now, now);
        }
    }

    /// A tenth of the payouts that could change.
    fn positions_of_payouts(&mut self, could: impl Fn(&Payout) -> bool) -> Vec<usize> {
        let able = able(&self.payouts, could);
        some(&mut self.rng, &able)
    }

    /// A tenth of the transactions that could change.
    fn positions_of_transactions(&mut self, could: impl Fn(&Transaction) -> bool) -> Vec<usize> {
        let able = able(&self.transactions, could);
        some(&mut self.rng, &able)
    }
}

fn able<T>(list: &[T], could: impl Fn(&T) -> bool) -> Vec<usize> {
    let able = list.iter().enumerate().filter(|(_, one)| could(one));
    able.map(|(at, _)| at).collect()
}

fn some(rng: &mut Rng, able: &[usize]) -> Vec<usize> {
    let chosen = positions(rng, able.len(), share(able.len(), 10));
    chosen
        .into_iter()
        .filter_map(|at| able.get(at).copied())
        .collect()
}

/// Whether a memo tells of funds on hold, which is over once they are not.
fn is_hold(memo: &str) -> bool {
    memo.starts_with("Funds on hold")
}

impl Payout {
    /// What it may become next, if anything.
    fn next(&self) -> Option<[&'static str; 4]> {
        match self.status {
            "INITIATED" => Some(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "RETRYABLE_FAILED"]),
            "RETRYABLE_FAILED" => Some(["SUCCEEDED", "SUCCEEDED", "TERMINAL_FAILED", "REVERSED"]),
            _ => None,
        }
    }

    fn turn(&mut self, status: &'static str, now: i64) {
        self.status = status;
        if status.ends_with("_FAILED") {
            self.attempted = Some(now);
        }
    }
}

#[cfg(test)]
mod tests;
