//! The active inventory report: written item by item, packed, and broken where a fault says so.

use std::{
    io::{self, Write},
    sync::Arc,
};

use flate2::{Compression, write::GzEncoder};

use super::{
    account::Packing,
    faults::FaultKind,
    filler::Filler,
    listing::{Catalogue, Listing, Slot},
    xml::write_item,
    zip::{HoldBack, Lies, ZipStream},
};

pub(crate) const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
pub(crate) const ROOT: &str =
    "<BulkDataExchangeResponses xmlns=\"urn:ebay:apis:eBLBaseComponents\">";
pub(crate) const ROOT_END: &str = "</BulkDataExchangeResponses>\n";

const FAILURE: &str = "<Ack>Failure</Ack><Errors><ShortMessage>Report failed</ShortMessage>\
<LongMessage>The report could not be generated.</LongMessage><ErrorCode>1008</ErrorCode>\
<SeverityCode>LMS.ERROR</SeverityCode><ErrorClassification>SystemError</ErrorClassification></Errors>\n";

/// The item id of items that belong to no account.
const FOREIGN_ITEM: u64 = 999_999_999_999;

/// Everything a report is written from, detached from the world.
#[derive(Clone, Debug)]
pub(crate) struct ReportPlan {
    pub(crate) slots: Arc<Vec<Slot>>,
    pub(crate) catalogue: Catalogue,
    pub(crate) packing: Packing,
    /// `AUCTION` or `FIXED_PRICE` leaves the others out.
    pub(crate) listing_format: Option<String>,
    pub(crate) faults: Vec<FaultKind>,
}

/// Writes the packed report to `out`.
pub(crate) fn write_report(plan: &ReportPlan, out: &mut dyn Write) -> io::Result<()> {
    let missing = plan.faults.iter().find_map(|fault| {
        if let FaultKind::TruncatedZip { drop } = fault {
            Some(*drop)
        } else {
            None
        }
    });
    match missing {
        Some(bytes) => write_packed(plan, HoldBack::new(out, bytes)),
        None => write_packed(plan, out),
    }
}

fn write_packed(plan: &ReportPlan, out: impl Write) -> io::Result<()> {
    match plan.packing {
        Packing::Zip => {
            let lies = Lies {
                crc: plan.faults.contains(&FaultKind::WrongCrc {}),
                size: plan.faults.contains(&FaultKind::WrongSize {}),
            };
            let mut zip = ZipStream::start(out, lies)?;
            write_xml(plan, &mut zip)?;
            zip.finish()?.flush()
        }
        Packing::Gzip => {
            let mut gzip = GzEncoder::new(out, Compression::fast());
            write_xml(plan, &mut gzip)?;
            gzip.finish()?.flush()
        }
        Packing::Plain => write_xml(plan, out),
    }
}

/// Writes the document through a buffer, because its pieces are a few bytes each.
fn write_xml(plan: &ReportPlan, out: impl Write) -> io::Result<()> {
    let mut buffered = io::BufWriter::with_capacity(1 << 16, out);
    write_document(plan, &mut buffered)?;
    buffered.flush()
}

fn write_document(plan: &ReportPlan, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(PROLOGUE.as_bytes())?;
    if plan.faults.contains(&FaultKind::Doctype {}) {
        writeln!(
            out,
            "<!DOCTYPE BulkDataExchangeResponses [<!ENTITY shop \"a shop\">]>"
        )?;
    }
    out.write_all(ROOT.as_bytes())?;
    if plan.faults.contains(&FaultKind::ReportEmpty {}) {
        writeln!(out, "\n    <ActiveInventoryReport/>")?;
        return out.write_all(ROOT_END.as_bytes());
    }
    writeln!(out, "<ActiveInventoryReport>")?;
    if plan.faults.contains(&FaultKind::ReportFailure {}) {
        out.write_all(FAILURE.repeat(2).as_bytes())?;
    } else if !write_items(plan, out)? {
        return Ok(());
    }
    out.write_all(b"</ActiveInventoryReport>")?;
    out.write_all(ROOT_END.as_bytes())
}

/// Writes the items; false if a fault ended the document within one.
fn write_items(plan: &ReportPlan, out: &mut dyn Write) -> io::Result<bool> {
    let middle = plan.slots.len() / 2;
    for (at, slot) in plan.slots.iter().enumerate() {
        let listing = plan.catalogue.listing(*slot);
        let wanted = match plan.listing_format.as_deref() {
            Some("AUCTION") => listing.bids.is_some(),
            Some(_) => listing.bids.is_none(),
            None => true,
        };
        if at == middle {
            for fault in &plan.faults {
                if !write_flaw(fault, &listing, out)? {
                    return Ok(false);
                }
            }
        }
        if wanted {
            write_item(out, &listing)?;
        }
    }
    if plan.slots.is_empty() {
        let stranger = plan.catalogue.listing(Slot {
            item: FOREIGN_ITEM,
            revision: 0,
        });
        for fault in &plan.faults {
            if !write_flaw(fault, &stranger, out)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Writes what the fault puts before `listing`; false if the document ends there.
fn write_flaw(fault: &FaultKind, listing: &Listing, out: &mut dyn Write) -> io::Result<bool> {
    let open = "<SKUDetails>\n        <SKU>";
    let close = format!("</SKU>\n        <ItemID>{FOREIGN_ITEM}</ItemID>\n</SKUDetails>\n");
    if let FaultKind::DuplicateItem {} | FaultKind::SameKeyTwice {} = fault {
        write_item(out, listing)?;
    } else if *fault == (FaultKind::SameKeyDiffers {}) {
        write_item(out, &listing.clone().restocked())?;
    } else if *fault == (FaultKind::TruncatedXml {}) {
        write!(out, "{open}CUT")?;
        return Ok(false);
    } else if *fault == (FaultKind::UnbalancedXml {}) {
        writeln!(out, "{open}OPEN</SKU><ItemID>{FOREIGN_ITEM}</ItemID>")?;
    } else if let FaultKind::ItemOverCap { bytes } = fault {
        let filler = Filler {
            bytes: *bytes,
            seed: 1,
        };
        write_item(
            out,
            &Catalogue::oversized(FOREIGN_ITEM, listing.price, filler),
        )?;
    } else if let FaultKind::DeepNesting { depth } = fault {
        write!(out, "{open}DEEP</SKU>")?;
        for tag in ["<Deep>", "</Deep>"] {
            for _ in 0..*depth {
                out.write_all(tag.as_bytes())?;
            }
        }
        writeln!(out, "<ItemID>{FOREIGN_ITEM}</ItemID></SKUDetails>")?;
    } else if *fault == (FaultKind::InvalidUtf8 {}) {
        out.write_all(&[open.as_bytes(), b"BAD\xff\xfe", close.as_bytes()].concat())?;
    } else if *fault == (FaultKind::Doctype {}) {
        write!(out, "{open}&shop;{close}")?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{account::Account, account::AccountSpec, zip::tests::unpack};
    use std::io::Read;

    fn plan(packing: Packing, faults: Vec<FaultKind>) -> ReportPlan {
        let mut spec = AccountSpec::new("alpha", "t");
        spec.listings = 200;
        let account = Account::new(spec, 8, 1_000_000_000_000);
        let (slots, catalogue) = (account.slots.clone(), account.catalogue);
        ReportPlan {
            slots,
            catalogue,
            packing,
            listing_format: None,
            faults,
        }
    }

    fn report(plan: &ReportPlan) -> Vec<u8> {
        let mut out = Vec::new();
        write_report(plan, &mut out).unwrap();
        out
    }

    fn text(faults: Vec<FaultKind>) -> String {
        String::from_utf8(report(&plan(Packing::Plain, faults))).unwrap()
    }

    #[test]
    fn all_packings_hold_the_same_xml() {
        let plain = report(&plan(Packing::Plain, vec![]));
        assert_eq!(unpack(&report(&plan(Packing::Zip, vec![]))).unwrap(), plain);
        let gzip = report(&plan(Packing::Gzip, vec![]));
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&gzip[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, plain);
        let text = String::from_utf8(plain).unwrap();
        assert_eq!(text.matches("</SKUDetails>").count(), 200);
        assert!(text.ends_with("</ActiveInventoryReport></BulkDataExchangeResponses>\n"));
    }

    #[test]
    fn each_fault_damages_what_it_says() {
        let zip = |fault| unpack(&report(&plan(Packing::Zip, vec![fault])));
        assert_eq!(zip(FaultKind::WrongCrc {}), Err("crc"));
        assert_eq!(zip(FaultKind::WrongSize {}), Err("size"));
        assert_eq!(zip(FaultKind::TruncatedZip { drop: 9 }), Err("magic"));
        let items = |text: &str| text.matches("<SKUDetails>").count();
        assert_eq!(items(&text(vec![FaultKind::SameKeyTwice {}])), 201);
        assert_eq!(items(&text(vec![FaultKind::SameKeyDiffers {}])), 201);
        assert!(text(vec![FaultKind::TruncatedXml {}]).ends_with("<SKU>CUT"));
        let open = text(vec![FaultKind::UnbalancedXml {}]);
        assert_eq!(open.matches("</SKUDetails>").count() + 1, items(&open));
        assert_eq!(items(&text(vec![FaultKind::ReportEmpty {}])), 0);
        assert!(text(vec![FaultKind::ReportFailure {}]).contains("<ErrorCode>1008</ErrorCode>"));
        assert!(text(vec![FaultKind::Doctype {}]).contains("<SKU>&shop;</SKU>"));
        assert_eq!(
            text(vec![FaultKind::DeepNesting { depth: 99 }])
                .matches("<Deep>")
                .count(),
            99
        );
        assert!(text(vec![FaultKind::ItemOverCap { bytes: 400_000 }]).len() > 390_000);
        let bad = report(&plan(Packing::Plain, vec![FaultKind::InvalidUtf8 {}]));
        assert!(String::from_utf8(bad).is_err());
    }

    #[test]
    fn a_format_filter_leaves_the_others_out() {
        let count = |format: Option<&str>| {
            let mut plan = plan(Packing::Plain, vec![]);
            plan.listing_format = format.map(str::to_owned);
            String::from_utf8(report(&plan))
                .unwrap()
                .matches("<SKUDetails>")
                .count()
        };
        assert_eq!(count(Some("AUCTION")) + count(Some("FIXED_PRICE")), 200);
        assert!(count(Some("AUCTION")) > 0);
    }
}
