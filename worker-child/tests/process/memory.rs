//! What fits under which memory limit, measured on the real binary.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt;

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use shared::attempt::{ListingSource, RunMode, SnapshotOrder};
use shared::wire::message::FromChild;

use crate::child::{Child, End, attempt, snapshot};
use crate::inventory::feed;
use crate::server::{Answer, serve};

const MIB: u64 = 1024 * 1024;

/// A report of one listing with one variation of about this many bytes.
fn one_big_listing(bytes: usize) -> Vec<u8> {
    let mut xml = String::with_capacity(bytes + 1024);
    xml.push_str("<BulkDataExchangeResponses><ActiveInventoryReport><SKUDetails>");
    xml.push_str("<ItemID>1</ItemID><Variations><Variation><SKU>s</SKU>");
    xml.push_str("<Price currencyID=\"USD\">1.0</Price>");
    push_specifics(bytes, &mut xml);
    xml.push_str("</Variation></Variations></SKUDetails>");
    xml.push_str("</ActiveInventoryReport></BulkDataExchangeResponses>");
    xml.into_bytes()
}

/// A page of Trading with the same listing.
fn one_big_item(bytes: usize) -> Vec<u8> {
    let mut xml = String::with_capacity(bytes + 1024);
    xml.push_str("<GetMyeBaySellingResponse><Ack>Success</Ack><ActiveList><ItemArray><Item>");
    xml.push_str("<ItemID>1</ItemID><Variations><Variation><SKU>s</SKU>");
    push_specifics(bytes, &mut xml);
    xml.push_str("</Variation></Variations></Item></ItemArray></ActiveList>");
    xml.push_str("</GetMyeBaySellingResponse>");
    xml.into_bytes()
}

/// A page of Trading with a listing of as many variations as an item may have elements.
fn many_variations() -> Vec<u8> {
    let variations = "<Variation/>".repeat((1 << 17) - 10);
    format!(
        "<GetMyeBaySellingResponse><Ack>Success</Ack><ActiveList><ItemArray><Item><ItemID>1</ItemID>\
         <Title>{}</Title><Variations>{variations}</Variations></Item></ItemArray></ActiveList>\
         </GetMyeBaySellingResponse>",
        "t".repeat(300)
    )
    .into_bytes()
}

/// Specifics until the text has about this many bytes.
fn push_specifics(bytes: usize, xml: &mut String) {
    let value = "0123456789abcdef".repeat(60 * 64);
    xml.push_str("<VariationSpecifics>");
    let mut number = 0;
    while xml.len() < bytes {
        number += 1;
        write!(
            xml,
            "<NameValueList><Name>N{number}</Name><Value>{value}</Value></NameValueList>"
        )
        .unwrap();
    }
    xml.push_str("</VariationSpecifics>");
}

/// A report of many small listings of about this many bytes.
fn many_listings(bytes: usize) -> Vec<u8> {
    let mut xml = String::with_capacity(bytes + 1024);
    xml.push_str("<BulkDataExchangeResponses><ActiveInventoryReport>");
    let mut number = 0;
    while xml.len() < bytes {
        number += 1;
        write!(
            xml,
            "<SKUDetails><SKU>sku-{number}</SKU><Price currencyID=\"USD\">{number}.99</Price>\
             <Quantity>3</Quantity><ItemID>{number}</ItemID></SKUDetails>"
        )
        .unwrap();
    }
    xml.push_str("</ActiveInventoryReport></BulkDataExchangeResponses>");
    xml.into_bytes()
}

/// Runs a snapshot under `RLIMIT_DATA`; says how it ended and the most memory that was resident,
/// in bytes.
fn run(report: Vec<u8>, limit: u64) -> (End, Vec<&'static str>, u64) {
    let (port, _) = serve(feed(Answer::new(200, report)));
    run_against(port, snapshot(), limit)
}

/// The same with listings from Trading, which answers everything with this page.
fn run_trading(page: Vec<u8>, limit: u64) -> (End, Vec<&'static str>, u64) {
    let (port, _) = serve(move |_, _| Answer::new(200, page.clone()));
    let order = SnapshotOrder {
        last_taken_at: None,
        state: None,
        listings: ListingSource::Trading,
    };
    run_against(port, RunMode::Snapshot(order), limit)
}

fn run_against(port: u16, mode: RunMode, limit: u64) -> (End, Vec<&'static str>, u64) {
    let attempt = attempt(port, vec![mode]);
    let mut child = Child::spawn(&[attempt.runs[0].worker]);
    let pid = Pid::from_raw(i32::try_from(child.pid()).unwrap());
    let both = Rlimit {
        current: Some(limit),
        maximum: Some(limit),
    };
    prlimit(pid, Resource::Data, both).unwrap();
    child.start(&attempt);
    let mut said = Vec::new();
    let mut peak = 0;
    while let Some(message) = child.next_acked() {
        said.push(message.name());
        // Sampled before the last frames: the process is gone after them.
        if !matches!(message, FromChild::Bye) {
            peak = peak.max(resident_peak(child.pid()));
        }
    }
    (child.end(), said, peak)
}

fn resident_peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next());
    kib.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[test]
fn the_largest_listing_fits_128_mib_and_not_24() {
    let report = one_big_listing(15 * 1024 * 1024 + 512 * 1024);
    let size = report.len() as u64;

    let (end, said, peak) = run(report.clone(), 128 * MIB);
    assert!(end.status.success(), "{}", end.stderr);
    assert!(said.contains(&"Checkpoint"), "{said:?}");
    assert!(peak < 5 * size + 12 * MIB, "peak of {} MiB", peak / MIB);

    let (end, _, _) = run(report, 24 * MIB);
    assert_eq!(end.status.signal(), Some(Signal::ABORT.as_raw()));
    let failed = end.flight.failed_allocation.unwrap();
    assert_eq!(failed.limit, 24 * MIB);
    assert_eq!(failed.run, Some(shared::id::RunNo(0)));
    let near = (failed.live + failed.size) * 4 >= failed.limit * 3;
    assert!(near, "{failed:?}");
}

#[test]
fn the_largest_item_of_trading_fits_128_mib() {
    let page = one_big_item(15 * 1024 * 1024 + 512 * 1024);
    let size = page.len() as u64;
    let (end, said, peak) = run_trading(page, 128 * MIB);
    assert!(end.status.success(), "{}", end.stderr);
    assert!(said.contains(&"Checkpoint"), "{said:?}");
    assert!(peak < 5 * size + 12 * MIB, "peak of {} MiB", peak / MIB);
}

#[test]
fn a_listing_of_too_many_variations_is_refused_in_time() {
    let (end, said, peak) = run_trading(many_variations(), 128 * MIB);
    assert!(end.status.success(), "{}", end.stderr);
    assert!(said.contains(&"RunFailed"), "{said:?}");
    assert!(peak < 128 * MIB, "peak of {} MiB", peak / MIB);
}

#[test]
fn a_long_report_stays_within_24_mib() {
    let (end, said, peak) = run(many_listings(40 * 1024 * 1024), 24 * MIB);
    assert!(end.status.success(), "{}", end.stderr);
    assert!(said.contains(&"Checkpoint"), "{said:?}");
    // The pages of a debug build's program count, too; the benchmark holds a release build to less.
    assert!(peak < 24 * MIB, "peak of {} KiB", peak / 1024);
}
