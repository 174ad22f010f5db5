//! A report of any size through `worker-child parse`, next to the bare loop of the XML library and
//! to the unpacker alone: whole processes.

use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use flate2::bufread::DeflateDecoder;
use integration_tests::sim::bulk::{BulkFacts, write_bulk_file};
use nix::sys::resource::{UsageWho, getrusage};
use quick_xml::{Reader, events::Event};

use crate::{
    median,
    watch::{Figures, watch},
};

const SEED: u64 = 1;
const ROUNDS: usize = 5;
/// First argument of this program when it plays a reference; the file follows.
pub(crate) const BARE: &str = "bare-loop";
pub(crate) const INFLATE: &str = "inflate";

/// A report in both forms.
pub(crate) struct Report {
    pub(crate) xml: PathBuf,
    pub(crate) zip: PathBuf,
    pub(crate) facts: BulkFacts,
}

/// Medians of CPU seconds of whole processes.
pub(crate) struct Seconds {
    pub(crate) xml: f64,
    pub(crate) zip: f64,
    pub(crate) bare: f64,
    pub(crate) inflate: f64,
    /// The highest of all rounds, bytes.
    pub(crate) peak: u64,
}

impl Report {
    pub(crate) fn write(dir: &Path, bytes: u64) -> Result<Self, Box<dyn Error>> {
        let xml = dir.join(format!("report-{bytes}.xml"));
        let zip = xml.with_extension("zip");
        let facts = write_bulk_file(&xml, bytes, SEED, false)?;
        write_bulk_file(&zip, bytes, SEED, true)?;
        Ok(Self { xml, zip, facts })
    }

    /// Runs everything in turn, so that what slows the machine slows all of it.
    pub(crate) fn measure(&self, child: &Path) -> Result<Seconds, Box<dyn Error>> {
        let own = std::env::current_exe()?;
        let (mut xml, mut zip, mut bare, mut inflate) = (vec![], vec![], vec![], vec![]);
        let mut peak = 0;
        for _ in 0..ROUNDS {
            let (seconds, memory) = self.count(child, &self.xml)?;
            xml.push(seconds);
            peak = peak.max(memory);
            bare.push(run(Command::new(&own).arg(BARE).arg(&self.xml))?.0);
            let (seconds, memory) = self.count(child, &self.zip)?;
            zip.push(seconds);
            peak = peak.max(memory);
            inflate.push(run(Command::new(&own).arg(INFLATE).arg(&self.zip))?.0);
        }
        Ok(Seconds {
            xml: median(xml),
            zip: median(zip),
            bare: median(bare),
            inflate: median(inflate),
            peak,
        })
    }

    /// CPU seconds and `VmHWM` of `worker-child parse`, whose count must be right.
    pub(crate) fn count(&self, child: &Path, file: &Path) -> Result<(f64, u64), Box<dyn Error>> {
        let counted = file.with_extension("count");
        let mut command = Command::new(child);
        command.args(["parse", "active_inventory", "--format", "count", "--input"]);
        let figures = run(command.arg(file).stdout(File::create(&counted)?))?;
        let text = std::fs::read_to_string(&counted)?;
        let count: serde_json::Value = serde_json::from_str(&text)?;
        if count["records"] != self.facts.rows || count["bytes"] != self.facts.bytes {
            return Err(format!("{}: {count}, not {:?}", file.display(), self.facts).into());
        }
        Ok(figures)
    }
}

/// CPU seconds and `VmHWM` of a process that must succeed.
fn run(command: &mut Command) -> Result<(f64, u64), Box<dyn Error>> {
    let before = children_seconds()?;
    let (status, Figures { peak, .. }) = watch(command.stdin(Stdio::null()), "")?;
    if !status.success() {
        return Err(format!("{command:?}: {status}").into());
    }
    Ok((children_seconds()? - before, peak))
}

/// User and system time of all processes that were waited for.
fn children_seconds() -> Result<f64, nix::Error> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(crate::seconds(usage.user_time()) + crate::seconds(usage.system_time()))
}

/// The reference for reading: every event, and nothing done with it.
pub(crate) fn bare_loop(file: &str) -> Result<(), Box<dyn Error>> {
    let mut reader = Reader::from_reader(BufReader::with_capacity(64 << 10, File::open(file)?));
    let mut buffer = Vec::new();
    let mut events = 0_u64;
    while !matches!(reader.read_event_into(&mut buffer)?, Event::Eof) {
        events += 1;
        buffer.clear();
    }
    std::hint::black_box(events);
    Ok(())
}

/// The reference for unpacking: the first file of the archive, with its checksum, thrown away.
pub(crate) fn inflate(file: &str) -> Result<(), Box<dyn Error>> {
    let mut input = BufReader::with_capacity(64 << 10, File::open(file)?);
    let mut header = [0; 30];
    input.read_exact(&mut header)?;
    let length = |at: usize| usize::from(header[at]) | usize::from(header[at + 1]) << 8;
    let mut left = length(26) + length(28);
    while left > 0 {
        let got = input.fill_buf()?.len().min(left);
        if got == 0 {
            return Err("the archive ends in its header".into());
        }
        input.consume(got);
        left -= got;
    }
    let mut decoder = DeflateDecoder::new(input);
    let mut sum = crc32fast::Hasher::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        let got = decoder.read(&mut piece)?;
        if got == 0 {
            break;
        }
        sum.update(piece.get(..got).unwrap_or_default());
    }
    std::hint::black_box(sum.finalize());
    Ok(())
}
