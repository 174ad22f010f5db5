//! What makes money move: sales with their fees, refunds, labels, charges, disputes, adjustments.

use fastrand::Rng;

use super::world::{Books, Fee, FeeLine, Transaction};
use crate::sim::lexicon::{digits, percent, word};

const CHARGES: [&str; 4] = [
    "AD_FEE",
    "INSERTION_FEE",
    "STORE_SUBSCRIPTION",
    "OTHER_FEES",
];

/// What happened at `date`, and what followed from it until `now`.
pub(crate) fn tell(books: &mut Books, rng: &mut Rng, date: i64, now: i64) -> Vec<Transaction> {
    let number = books.fresh();
    match rng.u32(..20) {
        0..=10 => vec![sale(rng, number, date)],
        11 | 12 => sale_and_refund(rng, number, date, now),
        13 | 14 => label(rng, number, date, now),
        15 | 16 => vec![charge(rng, number, date)],
        17 => dispute(rng, number, date, now),
        18 => adjustments(rng, number, date, now),
        _ => vec![transfer(rng, number, date)],
    }
}

fn plain(rng: &mut Rng, id: String, kind: &'static str, date: i64) -> Transaction {
    Transaction {
        id,
        kind,
        debit: true,
        date,
        status: "FUNDS_PROCESSING",
        amount: u64::from(rng.u32(1..30_000)),
        order: None,
        buyer: None,
        payout: None,
        memo: None,
        fee_type: None,
        lines: Vec::new(),
        references: Vec::new(),
        tax: None,
    }
}

/// Some moment from `date` to a week later, not after `now`.
fn later(rng: &mut Rng, date: i64, now: i64) -> i64 {
    let wait = u64::try_from(now - date).unwrap_or(0).min(604_800_000);
    date + i64::try_from(rng.u64(..=wait)).unwrap_or(0)
}

fn order_id(rng: &mut Rng, number: u64) -> String {
    format!("{:02}-{}-{number:05}", rng.u32(1..30), digits(rng, 5))
}

fn sale(rng: &mut Rng, number: u64, date: i64) -> Transaction {
    let id = order_id(rng, number);
    let mut sale = plain(rng, id.clone(), "SALE", date);
    sale.debit = false;
    sale.order = Some(id);
    sale.buyer = Some(format!("buyer_{}", digits(rng, 4)));
    sale.lines = (0..rng.u32(1..4)).map(|at| line(rng, at == 0)).collect();
    let basis: u64 = sale.lines.iter().map(|line| line.basis).sum();
    sale.amount = basis.saturating_sub(taken(&sale.lines));
    sale.tax = percent(rng, 20).then_some(basis / 10);
    match rng.u32(..3) {
        0 => sale.status = "FUNDS_AVAILABLE_FOR_PAYOUT",
        1 => {
            sale.status = "FUNDS_ON_HOLD";
            sale.memo = Some(format!(
                "Funds on hold. Estimated release on Jun {}",
                rng.u32(1..30)
            ));
        }
        _ => {}
    }
    sale
}

/// The fees of a line item; only the first one of an order pays the fixed one.
fn line(rng: &mut Rng, first: bool) -> FeeLine {
    let basis = u64::from(rng.u32(500..40_000));
    let fee = |kind, amount| Fee {
        kind,
        amount,
        memo: None,
    };
    let mut fees = vec![fee("FINAL_VALUE_FEE", basis * 13 / 100)];
    if first {
        fees.insert(0, fee("FINAL_VALUE_FEE_FIXED_PER_ORDER", 30));
    }
    if percent(rng, 20) {
        fees.push(Fee {
            memo: Some("Charged because the delivery address is in Österreich."),
            ..fee("INTERNATIONAL_FEE", basis / 60)
        });
    }
    let donations = percent(rng, 5).then(|| fee("CHARITY_DONATION", basis / 10));
    FeeLine {
        id: format!("100{}", digits(rng, 11)),
        basis,
        fees,
        donations: donations.into_iter().collect(),
    }
}

fn taken(lines: &[FeeLine]) -> u64 {
    let fees = lines
        .iter()
        .flat_map(|line| line.fees.iter().chain(&line.donations));
    fees.map(|fee| fee.amount).sum()
}

/// A sale that is refunded: under the order's id again, or under one of its own.
fn sale_and_refund(rng: &mut Rng, number: u64, date: i64, now: i64) -> Vec<Transaction> {
    let sale = sale(rng, number, date);
    let mut refund = Transaction {
        kind: "REFUND",
        debit: true,
        date: later(rng, date, now),
        status: "FUNDS_PROCESSING",
        memo: None,
        tax: None,
        ..sale.clone()
    };
    // The fixed fee and donations are not given back.
    for line in &mut refund.lines {
        line.fees
            .retain(|fee| fee.kind != "FINAL_VALUE_FEE_FIXED_PER_ORDER");
        line.fees.reverse();
        line.donations.clear();
    }
    if rng.bool() {
        refund.id = format!("RRP-{number}-CCM_CHARGE");
        let case = format!("5{number:09}");
        refund.references.push(("CASE_ID", case));
    }
    vec![sale, refund]
}

/// A shipping label, and sometimes a part of its price back under the same id.
fn label(rng: &mut Rng, number: u64, date: i64, now: i64) -> Vec<Transaction> {
    let mut label = plain(rng, format!("44{number:08}"), "SHIPPING_LABEL", date);
    label.order = Some(order_id(rng, number));
    label.amount = u64::from(rng.u32(200..3000));
    label.memo = Some("Shipping label purchase – DHL".to_owned());
    if percent(rng, 70) {
        return vec![label];
    }
    let back = Transaction {
        debit: false,
        date: later(rng, date, now),
        amount: label.amount / 3,
        memo: Some("Price adjustment".to_owned()),
        ..label.clone()
    };
    vec![label, back]
}

/// A charge that belongs to no sale, or one given back; now and then of nothing.
fn charge(rng: &mut Rng, number: u64, date: i64) -> Transaction {
    let id = match rng.u32(..3) {
        0 => format!("INVOICE-{number}_11"),
        _ => format!("FEE-{number}_{}", rng.u32(10..99)),
    };
    let mut charge = plain(rng, id, "NON_SALE_CHARGE", date);
    let fee_type = word(rng, &CHARGES);
    charge.fee_type = Some(fee_type);
    charge.debit = !percent(rng, 15);
    if percent(rng, 10) {
        charge.amount = 0;
    }
    if fee_type == "AD_FEE" {
        let (item, order) = (format!("2{}", digits(rng, 11)), order_id(rng, number));
        charge.references = vec![("ITEM_ID", item), ("ORDER_ID", order)];
    }
    charge
}

/// A dispute, and often its end in the seller's favour.
fn dispute(rng: &mut Rng, number: u64, date: i64, now: i64) -> Vec<Transaction> {
    let mut hold = plain(rng, format!("DISPUTE_HOLD-{number}"), "DISPUTE", date);
    hold.status = "FUNDS_ON_HOLD";
    hold.order = Some(order_id(rng, number));
    hold.references = vec![("CASE_ID", format!("5{number:09}"))];
    if rng.bool() {
        return vec![hold];
    }
    let back = Transaction {
        id: format!("DISPUTE_HOLD_REVERSE-{number}-{}", digits(rng, 4)),
        kind: "CREDIT",
        debit: false,
        date: later(rng, date, now),
        status: "FUNDS_PROCESSING",
        ..hold.clone()
    };
    vec![hold, back]
}

/// Two adjustments that share id and type: one takes, one gives.
fn adjustments(rng: &mut Rng, number: u64, date: i64, now: i64) -> Vec<Transaction> {
    let taken = plain(rng, format!("ADJ-{number}"), "ADJUSTMENT", date);
    let given = Transaction {
        debit: false,
        date: later(rng, date, now),
        ..taken.clone()
    };
    vec![taken, given]
}

fn transfer(rng: &mut Rng, number: u64, date: i64) -> Transaction {
    let mut transfer = plain(rng, format!("18{number:08}"), "TRANSFER", date);
    transfer.debit = rng.bool();
    transfer.memo = Some("TRANSFER_FROM".to_owned());
    transfer
}
