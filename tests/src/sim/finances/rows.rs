//! The rows that the database must hold of transactions, fees and payouts.

use serde_json::Value;

use super::{
    json::{Members, entry, fee_value, payout_value, stored_value},
    world::{Books, Fee, Payout, Transaction},
};
use crate::sim::{account::Account, clock::stamp, lexicon::amount, tables::Table};

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
        row.put("payload", stored_value(books, one));
        row.object()
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
    row.put("payload", stored_value(books, one));
    row.object()
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
        row.object()
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
    row.object()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::account::AccountSpec;

    fn account() -> Account {
        let mut spec = AccountSpec::new("alpha", "t");
        spec.transactions = 300;
        Account::new(spec, 3, 1_782_000_000_000)
    }

    #[test]
    fn columns_agree_with_what_is_served() {
        let account = account();
        let [signed, fees, payouts] = &finances_tables(&account)[..] else {
            panic!("three tables");
        };
        let plain = &transaction_tables(&account)[0];
        let mut positions = std::collections::BTreeMap::new();
        for fee in &fees.rows {
            let owner = [
                &fee["transaction_id"],
                &fee["transaction_type"],
                &fee["booking_entry"],
            ];
            let next = positions.entry(owner.map(Value::to_string)).or_insert(0);
            assert_eq!(fee["fee_position"], next.to_string(), "counted from 0");
            *next += 1;
            assert_eq!(fee["amount"], fee["payload"]["amount"]["value"]);
        }
        let mut zero = 0;
        for (plain, signed) in plain.rows.iter().zip(&signed.rows) {
            assert_eq!(plain["payload"], signed["payload"]);
            let sent = &plain["payload"]["amount"]["value"];
            assert_eq!(plain["amount"], *sent);
            let text = sent.as_str().unwrap();
            let debit = plain["booking_entry"] == "DEBIT" && text != "0.0";
            let minus = if debit { "-" } else { "" };
            assert_eq!(signed["amount"], format!("{minus}{text}"));
            zero += usize::from(text == "0.0");
            assert!(plain["payload"].get("ebayCollectedTaxAmount").is_none());
        }
        assert!(zero > 0 && positions.len() > 100 && !payouts.rows.is_empty());
    }
}
