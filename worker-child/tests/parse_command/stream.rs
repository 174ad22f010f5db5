//! Bodies larger than the memory, readers that have enough, and what the process gives up.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;
use shared::exit::ExitCode;

use crate::command::spawn;

/// Listings in the large report, and the length of each one's SKU.
const LISTINGS: usize = 60_000;
const SKU: usize = 700;

fn write_report(out: &mut impl Write) -> std::io::Result<()> {
    write!(out, "<BulkDataExchangeResponses><ActiveInventoryReport>")?;
    let sku = "x".repeat(SKU);
    for item in 0..LISTINGS {
        write!(
            out,
            "<SKUDetails><SKU>{sku}</SKU><Price currencyID=\"USD\">1.0</Price>\
             <Quantity>1</Quantity><ItemID>{item}</ItemID></SKUDetails>"
        )?;
    }
    write!(out, "</ActiveInventoryReport></BulkDataExchangeResponses>")
}

#[test]
fn a_body_of_many_times_the_memory_limit() {
    // 46 MB under a limit of 8 MiB, debug build and all.
    let script = format!(
        "ulimit -d 8192 && exec {} parse active_inventory --format count",
        env!("CARGO_BIN_EXE_worker-child")
    );
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = thread::spawn(move || write_report(&mut stdin).ok());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    let count: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(count["records"], LISTINGS);
    assert!(count["bytes"].as_u64().unwrap() > 40_000_000, "{count}");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let mut child = spawn(&["active_inventory"]);
    let mut stdin = child.stdin.take().unwrap();
    let feeder = thread::spawn(move || write_report(&mut stdin));
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(
        line.starts_with("{\"table\":\"ebay_active_inventory\""),
        "{line}"
    );
    let output = child.wait_with_output().unwrap();
    assert!(
        feeder.join().unwrap().is_err(),
        "it read on although nobody listened"
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_full_disk_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_worker-child"))
        .args(["parse", "orders", "--format", "count"])
        .stdin(Stdio::piped())
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"{\"orders\":[]}")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let expected = i32::from(ExitCode::Output.code());
    assert_eq!(output.status.code(), Some(expected));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("writing to standard output failed"),
        "{stderr}"
    );
}

#[test]
fn no_file_and_no_socket_is_opened_while_reading() {
    let mut child = spawn(&["orders"]);
    let mut stdin = child.stdin.take().unwrap();
    // More than its buffers hold: when all is written, it is reading.
    let blank = vec![b' '; 1 << 20];
    stdin.write_all(b"{\"orders\":[").unwrap();
    stdin.write_all(&blank).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    drop(stdin);
    let values = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name));
        let mut words = line.unwrap().split_whitespace();
        [
            words.next().unwrap().to_owned(),
            words.next().unwrap().to_owned(),
        ]
    };
    assert_eq!(values("Max open files"), ["0", "0"]);
    assert_eq!(values("Max core file size"), ["0", "0"]);
    let output = child.wait_with_output().unwrap();
    let expected = i32::from(ExitCode::Body.code());
    assert_eq!(output.status.code(), Some(expected));
}
