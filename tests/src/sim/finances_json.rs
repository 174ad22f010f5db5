//! Transactions and payouts as the Finances API writes them, and the rows that the database must
//! hold of them.

use serde_json::{Map, Value, json};

use super::{
    account::Account,
    clock::stamp,
    finances_world::{Books, Fee, FeeLine, Payout, Transaction},
    lexicon::amount,
    tables::Table,
};

/// The name of the collected tax in the documents, and the one that was seen.
const TAX: [&str; 2] = ["eBayCollectedTaxAmount", "ebayCollectedTaxAmount"];

/// The members of an object.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn put_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }
}

fn money(hundredths: u64, currency: &str) -> Value {
    json!({ "value": amount(hundredths), "currency": currency })
}

/// The booking entry, as eBay names it.
fn entry(transaction: &Transaction) -> &'static str {
    if transaction.debit { "DEBIT" } else { "CREDIT" }
}

/// A transaction as it is sent, with the collected tax under either name.
pub(crate) fn transaction_value(books: &Books, transaction: &Transaction) -> Value {
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
    Value::Object(members.0)
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
    Value::Object(members.0)
}

fn fee_value(fee: &Fee, currency: &str) -> Value {
    let mut members = Members::default();
    members.put("feeType", fee.kind);
    members.put("amount", money(fee.amount, currency));
    members.put_some("feeMemo", fee.memo);
    Value::Object(members.0)
}

/// A payout as it is sent.
pub(crate) fn payout_value(books: &Books, payout: &Payout) -> Value {
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
    Value::Object(members.0)
}

/// The one table of the worker that only keeps transactions.
pub(crate) fn transaction_tables(account: &Account) -> Vec<Table> {
    let books = &account.finances;
    let row = |one: &Transaction| {
        let mut row = keyed(one);
        row.put("order_id", one.order.as_deref());
        row.put("transacted_at", stamp(one.date));
        row.put("status", one.status);
        row.put("amount", amount(one.amount));
        row.put("currency", books.currency);
        row.put("payload", stored(books, one));
        Value::Object(row.0)
    };
    vec![Table {
        name: "ebay_transactions",
        entity: "transaction",
        key: &["transaction_id", "transaction_type", "booking_entry"],
        ends: false,
        rows: books.transactions.iter().map(row).collect(),
    }]
}

/// The three tables of the worker that keeps transactions, fees and payouts.
pub(crate) fn finances_tables(account: &Account) -> Vec<Table> {
    let books = &account.finances;
    let transactions = books.transactions.iter();
    let fees = transactions.clone().flat_map(|one| fee_rows(books, one));
    vec![
        Table {
            name: "ebay_finances_transactions",
            entity: "finances_transaction",
            key: &["transaction_id", "transaction_type", "booking_entry"],
            ends: false,
            rows: transactions.map(|one| signed_row(books, one)).collect(),
        },
        Table {
            name: "ebay_finances_fees",
            entity: "finances_fee",
            key: &[
                "transaction_id",
                "transaction_type",
                "booking_entry",
                "fee_position",
            ],
            ends: false,
            rows: fees.collect(),
        },
        Table {
            name: "ebay_payouts",
            entity: "payout",
            key: &["payout_id"],
            ends: false,
            rows: books
                .payouts
                .iter()
                .map(|one| payout_row(books, one))
                .collect(),
        },
    ]
}

/// The payload has the documented name of the tax, whatever was sent.
fn stored(books: &Books, transaction: &Transaction) -> Value {
    let [documented, _] = TAX;
    value(books.currency, transaction, documented)
}

fn keyed(transaction: &Transaction) -> Members {
    let mut row = Members::default();
    row.put("transaction_id", transaction.id.as_str());
    row.put("transaction_type", transaction.kind);
    row.put("booking_entry", entry(transaction));
    row
}

fn signed_row(books: &Books, one: &Transaction) -> Value {
    let text = amount(one.amount);
    let minus = if one.debit && one.amount > 0 { "-" } else { "" };
    let mut row = keyed(one);
    row.put("order_id", one.order.as_deref());
    row.put(
        "order_line_item_id",
        one.lines.first().map(|line| line.id.as_str()),
    );
    row.put("transacted_at", stamp(one.date));
    row.put("status", one.status);
    row.put("amount", format!("{minus}{text}"));
    row.put("currency", books.currency);
    row.put("payout_id", one.payout.as_deref());
    row.put("sales_record_reference", "0");
    row.put("memo", one.memo.as_deref());
    row.put("payload", stored(books, one));
    Value::Object(row.0)
}

/// Line item after line item, in each the fees before the donations, and last the charge itself.
fn fee_rows(books: &Books, one: &Transaction) -> Vec<Value> {
    let of_lines = one.lines.iter().flat_map(|line| {
        let fees = line.fees.iter().chain(&line.donations);
        fees.map(|fee| (Some(line.id.as_str()), fee.clone()))
    });
    let own = one.fee_type.map(|kind| Fee {
        kind,
        amount: one.amount,
        memo: None,
    });
    let fees = of_lines.chain(own.map(|fee| (None, fee)));
    let row = |(position, (line, fee)): (usize, (Option<&str>, Fee))| {
        let mut row = keyed(one);
        row.put("fee_position", position.to_string());
        row.put("line_item_id", line);
        row.put("fee_type", fee.kind);
        row.put("amount", amount(fee.amount));
        row.put("currency", books.currency);
        row.put("payload", fee_value(&fee, books.currency));
        Value::Object(row.0)
    };
    fees.enumerate().map(row).collect()
}

fn payout_row(books: &Books, payout: &Payout) -> Value {
    let mut row = Members::default();
    row.put("payout_id", payout.id.as_str());
    row.put("paid_out_at", stamp(payout.date));
    row.put("status", payout.status);
    row.put("amount", amount(payout.amount));
    row.put("currency", books.currency);
    row.put("transaction_count", payout.count);
    row.put("payload", payout_value(books, payout));
    Value::Object(row.0)
}
