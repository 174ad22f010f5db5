//! A synthetic report of any size for benchmarks, written straight to an output and never held.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use super::{
    listing::{Catalogue, Slot},
    report::{PROLOGUE, ROOT, ROOT_END},
    xml::write_item,
    zip::{Lies, ZipStream},
};

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkFacts {
    /// Length of the XML in bytes.
    pub bytes: u64,
    /// Number of `SKUDetails`.
    pub items: u64,
    /// Number of rows: one per listing without variations, one per variation.
    pub rows: u64,
}

/// Writes a report of at least `target_bytes`, ending with the item that reaches them.
///
/// 10 % of the items have 2 to 6 variations, 3 % no SKU; keys are unique.
pub fn write_bulk_report(
    out: &mut impl Write,
    target_bytes: u64,
    seed: u64,
) -> io::Result<BulkFacts> {
    let catalogue = Catalogue {
        seed,
        currency: "USD",
        big: None,
        planted: None,
    };
    let frame = (ROOT_END.len() + "</ActiveInventoryReport>".len()) as u64;
    let mut facts = BulkFacts {
        bytes: frame,
        items: 0,
        rows: 0,
    };
    let mut item = Vec::with_capacity(8192);
    writeln!(item, "{PROLOGUE}{ROOT}<ActiveInventoryReport>")?;
    loop {
        out.write_all(&item)?;
        facts.bytes += item.len() as u64;
        if facts.bytes >= target_bytes {
            break;
        }
        let slot = Slot {
            item: 110_000_000_000 + facts.items * 3,
            revision: 0,
        };
        let listing = catalogue.listing(slot);
        item.clear();
        write_item(&mut item, &listing)?;
        facts.items += 1;
        facts.rows += listing.variations.len().max(1) as u64;
    }
    write!(out, "</ActiveInventoryReport>{ROOT_END}")?;
    Ok(facts)
}

/// Writes the same report to a file, as it is or as a streamed zip.
pub fn write_bulk_file(
    path: &Path,
    target_bytes: u64,
    seed: u64,
    zipped: bool,
) -> io::Result<BulkFacts> {
    let mut file = BufWriter::with_capacity(1 << 18, File::create(path)?);
    let facts = if zipped {
        let mut zip = ZipStream::start(&mut file, Lies::default())?;
        let facts = write_bulk_report(&mut zip, target_bytes, seed)?;
        zip.finish()?;
        facts
    } else {
        write_bulk_report(&mut file, target_bytes, seed)?
    };
    file.flush()?;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::zip::tests::unpack;

    #[test]
    fn size_and_shares_match_the_budgets() {
        let mut out = Vec::new();
        let facts = write_bulk_report(&mut out, 8_000_000, 1).unwrap();
        assert_eq!(facts.bytes, out.len() as u64);
        assert!((8_000_000..8_010_000).contains(&facts.bytes));
        let per_item = facts.bytes / facts.items;
        assert!((455..495).contains(&per_item), "{per_item}");
        let rows = facts.rows * 100 / facts.items;
        assert!((133..146).contains(&rows), "{rows}");
        let text = String::from_utf8(out).unwrap();
        for sign in ["&amp;", "<![CDATA[", "&#", "ü"] {
            assert!(text.contains(sign), "{sign}");
        }
    }

    #[test]
    fn the_zipped_file_holds_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bulk.zip");
        write_bulk_file(&path, 300_000, 2, true).unwrap();
        let mut plain = Vec::new();
        write_bulk_report(&mut plain, 300_000, 2).unwrap();
        assert!(unpack(&std::fs::read(&path).unwrap()).unwrap() == plain);
    }
}
