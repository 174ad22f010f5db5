//! Transactions and payouts as the Finances API writes them.

use serde_json::{Map, Value, json};

use super::world::{Books, Fee, FeeLine, Payout, Transaction};
use crate::sim::{clock::stamp, lexicon::amount};

/// The name of the collected tax in the documents, and the one that was seen.
const TAX: [&str; 2] = ["eBayCollectedTaxAmount", "ebayCollectedTaxAmount"];

/// The members of an object.
#[derive(Default)]
pub(super) struct Members(Map<String, Value>);

impl Members {
    pub(super) fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub(super) fn put_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// The object.
    pub(super) fn object(self) -> Value {
        Value::Object(self.0)
    }
}

fn money(hundredths: u64, currency: &str) -> Value {
    json!({ "value": amount(hundredths), "currency": currency })
}

/// The booking entry, as eBay names it.
pub(super) fn entry(transaction: &Transaction) -> &'static str {
    if transaction.debit { "DEBIT" } else { "CREDIT" }
}

/// A transaction as it is sent, with the collected tax under either name.
pub(super) fn transaction_value(books: &Books, transaction: &Transaction) -> Value {
    let [documented, seen] = TAX;
    let tax = if transaction.date % 2 == 0 {
        documented
    } else {
        seen
    };
    value(books.currency, transaction, tax)
}

fn value(currency: &str, transaction: &Transaction, tax: &str) -> Value {
    let one = transaction;
    let mut members = Members::default();
    members.put("transactionId", one.id.as_str());
    members.put_some("orderId", one.order.as_deref());
    members.put_some("payoutId", one.payout.as_deref());
    members.put("salesRecordReference", "0");
    let buyer = one.buyer.as_ref();
    members.put_some("buyer", buyer.map(|name| json!({ "username": name })));
    members.put("transactionType", one.kind);
    members.put("amount", money(one.amount, currency));
    if !one.lines.is_empty() {
        let basis = one.lines.iter().map(|line| line.basis).sum();
        let fees = one.lines.iter().flat_map(|line| &line.fees);
        members.put("totalFeeBasisAmount", money(basis, currency));
        let total = fees.map(|fee| fee.amount).sum();
        members.put("totalFeeAmount", money(total, currency));
        let lines = one.lines.iter().map(|line| line_value(line, currency));
        members.put("orderLineItems", lines.collect::<Value>());
    }
    members.put("bookingEntry", entry(one));
    members.put("transactionDate", stamp(one.date));
    members.put("transactionStatus", one.status);
    members.put_some("transactionMemo", one.memo.as_deref());
    members.put("paymentsEntity", "eBay Commerce Inc.");
    let reference =
        |(kind, id): &(&str, String)| json!({ "referenceId": id, "referenceType": kind });
    if !one.references.is_empty() {
        let references = one.references.iter().map(reference);
        members.put("references", references.collect::<Value>());
    }
    members.put_some("feeType", one.fee_type);
    members.put_some(tax, one.tax.map(|tax| money(tax, currency)));
    members.object()
}

fn line_value(line: &FeeLine, currency: &str) -> Value {
    let mut members = Members::default();
    members.put("lineItemId", line.id.as_str());
    members.put("feeBasisAmount", money(line.basis, currency));
    let list =
        |fees: &[Fee]| -> Value { fees.iter().map(|fee| fee_value(fee, currency)).collect() };
    members.put("marketplaceFees", list(&line.fees));
    if !line.donations.is_empty() {
        members.put("donations", list(&line.donations));
    }
    members.object()
}

pub(super) fn fee_value(fee: &Fee, currency: &str) -> Value {
    let mut members = Members::default();
    members.put("feeType", fee.kind);
    members.put("amount", money(fee.amount, currency));
    members.put_some("feeMemo", fee.memo);
    members.object()
}

/// A payout as it is sent.
pub(super) fn payout_value(books: &Books, payout: &Payout) -> Value {
    let told = match payout.status {
        "INITIATED" => "Preparing to send",
        "SUCCEEDED" => "Funds sent",
        "TERMINAL_FAILED" => "Payout failed",
        _ => "Waiting to retry",
    };
    let mut members = Members::default();
    members.put("payoutId", payout.id.as_str());
    members.put("payoutStatus", payout.status);
    members.put("payoutStatusDescription", told);
    members.put("amount", money(payout.amount, books.currency));
    members.put("payoutDate", stamp(payout.date));
    members.put_some("lastAttemptedPayoutDate", payout.attempted.map(stamp));
    members.put("transactionCount", payout.count);
    members.put(
        "payoutInstrument",
        json!({
            "instrumentType": "BankAccount", "nickname": "Girokonto „Geschäft“",
            "accountLastFourDigits": "0042",
        }),
    );
    members.object()
}

/// The payload has the documented name of the tax, whatever was sent.
pub(super) fn stored_value(books: &Books, transaction: &Transaction) -> Value {
    let [documented, _] = TAX;
    value(books.currency, transaction, documented)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_the_tax_are_served() {
        let books = Books::new(3, "EUR", 300, 2_592_000_000, 1_782_000_000_000);
        let served = books.transactions.iter();
        let served = served.map(|one| transaction_value(&books, one).to_string());
        let all = served.collect::<String>();
        for name in TAX {
            assert!(all.contains(name), "{name}");
        }
    }
}
