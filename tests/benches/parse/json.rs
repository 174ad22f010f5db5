//! A page of orders to records, next to Python's `json.loads` of the same bytes.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use nix::sys::resource::{UsageWho, getrusage};
use shared::{record::Record, time::Timestamp, window::WindowOrder};
use worker_child::{
    parse::{Caps, JsonItems, JsonStep},
    workers::{orders::Orders, step::SyncWorker, window::Windowed},
};

use crate::{
    median,
    page::{ORDERS, page},
};

/// Different pages, so that nothing is remembered from one to the next.
const PAGES: u64 = 8;
/// How often each is read in a round.
const TIMES: u32 = 10;
const ROUNDS: usize = 9;
/// How much comes at a time, in bytes: as from the network.
const PIECE: usize = 64 << 10;

/// Prints CPU seconds per page, over the pages named by the arguments.
const PYTHON: &str = "\
import json, sys, time
times = int(sys.argv[1])
pages = [open(name, 'rb').read() for name in sys.argv[2:]]
for page in pages: json.loads(page)
begun = time.process_time()
for _ in range(times):
    for page in pages: json.loads(page)
print((time.process_time() - begun) / times / len(pages))
";

/// How many times as fast as the reference the worker is.
pub(crate) struct Ratio {
    pub(crate) reference: &'static str,
    pub(crate) times: f64,
    /// Milliseconds per page.
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
    /// Mean length of a page, bytes.
    pub(crate) bytes: usize,
    /// Records of a round.
    pub(crate) records: usize,
}

pub(crate) fn measure(dir: &Path) -> Result<Ratio, Box<dyn Error>> {
    let pages: Vec<String> = (0..PAGES).map(page).collect();
    let mut names = Vec::new();
    for (position, page) in pages.iter().enumerate() {
        let name = dir.join(format!("page-{position}.json"));
        fs::write(&name, page)?;
        names.push(name);
    }
    let has_python = python(1, &names).is_ok();
    let (mut ours, mut theirs, mut records) = (Vec::new(), Vec::new(), 0);
    // The first round warms up.
    for round in 0..=ROUNDS {
        let before = cpu_seconds()?;
        records = worker(&pages)?;
        let mine = (cpu_seconds()? - before) / f64::from(TIMES) / pages.len() as f64;
        let other = if has_python {
            python(TIMES, &names)?
        } else {
            let before = cpu_seconds()?;
            values(&pages)?;
            (cpu_seconds()? - before) / f64::from(TIMES) / pages.len() as f64
        };
        if round > 0 {
            ours.push(mine);
            theirs.push(other);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(Ratio {
        reference: if has_python {
            "Python's json.loads"
        } else {
            "serde_json::Value, there being no python3,"
        },
        times: theirs / ours,
        ours: ours * 1e3,
        theirs: theirs * 1e3,
        bytes: pages.iter().map(String::len).sum::<usize>() / pages.len(),
        records,
    })
}

/// Reads each page as a run does; returns how many records came of all.
fn worker(pages: &[String]) -> Result<usize, Box<dyn Error>> {
    let order = WindowOrder {
        cursor: Timestamp(0),
        until: Timestamp(1),
        step_ms: 1,
        overlap_ms: 0,
        deep: None,
    };
    let mut total = 0;
    for _ in 0..TIMES {
        for page in pages {
            let mut run = Windowed::new(order, Timestamp(i64::MAX), Orders::default());
            total += read(page, &mut run)?;
        }
    }
    Ok(total)
}

fn read(page: &str, run: &mut impl SyncWorker) -> Result<usize, Box<dyn Error>> {
    let mut items = JsonItems::new("orders", Caps::default());
    let mut pieces = page.as_bytes().chunks(PIECE);
    let mut records: Vec<Record> = Vec::new();
    let mut total = 0;
    loop {
        match items.next()? {
            JsonStep::Item { value, .. } => {
                run.parsed(value, &mut records)?;
                total += records.len();
                records.clear();
            }
            JsonStep::Yield => {}
            JsonStep::NeedMore => match pieces.next() {
                Some(piece) => items.feed(piece),
                None => break,
            },
        }
    }
    if items.finish()?.items != ORDERS as u64 {
        return Err("a page was not read to its end".into());
    }
    Ok(total)
}

fn python(times: u32, names: &[PathBuf]) -> Result<f64, Box<dyn Error>> {
    let mut command = Command::new("python3");
    let output = command
        .arg("-c")
        .arg(PYTHON)
        .arg(times.to_string())
        .args(names)
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other("python3 failed").into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn values(pages: &[String]) -> Result<(), serde_json::Error> {
    for _ in 0..TIMES {
        for page in pages {
            serde_json::from_slice::<serde_json::Value>(page.as_bytes())?;
        }
    }
    Ok(())
}

fn cpu_seconds() -> Result<f64, nix::Error> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok(crate::seconds(usage.user_time()) + crate::seconds(usage.system_time()))
}
