//! One listing as `SKUDetails` XML, its texts written in the several ways XML allows.

use std::io::{self, Write};

use fastrand::Rng;

use super::{
    lexicon::amount,
    listing::{Listing, Price, Variation},
};

const INDENT: &str = "                                        ";

/// Writes the whole item, `<SKUDetails>` to `</SKUDetails>` and a line end.
pub(crate) fn write_item(out: &mut dyn Write, listing: &Listing) -> io::Result<()> {
    let mut style = Rng::with_seed(listing.style);
    writeln!(out, "<SKUDetails>")?;
    let plain = listing.variations.is_empty();
    if let Some(sku) = &listing.sku {
        element(out, 8, "SKU", sku, &mut style)?;
    }
    if plain {
        stock(out, 8, listing.price, listing.quantity)?;
    }
    writeln!(out, "        <ItemID>{}</ItemID>", listing.item)?;
    if let Some(bids) = listing.bids {
        writeln!(out, "        <BidCount>{bids}</BidCount>")?;
        writeln!(out, "        <ReserveMet>{}</ReserveMet>", bids > 3)?;
    }
    if !plain {
        writeln!(out, "        <Variations>")?;
        for variation in &listing.variations {
            write_variation(out, variation, &mut style)?;
        }
        writeln!(out, "        </Variations>")?;
    }
    writeln!(out, "</SKUDetails>")
}

fn write_variation(out: &mut dyn Write, variation: &Variation, style: &mut Rng) -> io::Result<()> {
    writeln!(out, "                <Variation>")?;
    if let Some(sku) = &variation.sku {
        element(out, 24, "SKU", sku, style)?;
    }
    stock(out, 24, variation.price, variation.quantity)?;
    writeln!(out, "                        <VariationSpecifics>")?;
    variation.each_specific(&mut |name, values| {
        writeln!(out, "                                <NameValueList>")?;
        element(out, 40, "Name", name, style)?;
        for value in values {
            element(out, 40, "Value", value, style)?;
        }
        writeln!(out, "                                </NameValueList>")
    })?;
    writeln!(out, "                        </VariationSpecifics>")?;
    writeln!(out, "                </Variation>")
}

fn stock(out: &mut dyn Write, indent: usize, price: Price, quantity: u32) -> io::Result<()> {
    let margin = INDENT.get(..indent).unwrap_or_default();
    let text = amount(price.hundredths);
    match price.currency {
        Some(code) => writeln!(out, "{margin}<Price currencyID=\"{code}\">{text}</Price>")?,
        None => writeln!(out, "{margin}<Price>{text}</Price>")?,
    }
    writeln!(out, "{margin}<Quantity>{quantity}</Quantity>")
}

fn element(
    out: &mut dyn Write,
    indent: usize,
    name: &str,
    text: &str,
    style: &mut Rng,
) -> io::Result<()> {
    write!(out, "{}<{name}>", INDENT.get(..indent).unwrap_or_default())?;
    match style.u32(..20) {
        0 => write!(out, "<![CDATA[{text}]]>")?,
        1 => referenced(out, text, |out, c| write!(out, "&#{};", u32::from(c)))?,
        2 => referenced(out, text, |out, c| write!(out, "&#x{:X};", u32::from(c)))?,
        3 => {
            let half = text
                .char_indices()
                .nth(text.chars().count() / 2)
                .map_or(0, |(at, _)| at);
            let (front, back) = text.split_at(half);
            escaped(out, front)?;
            write!(out, "<![CDATA[{back}]]>")?;
        }
        _ => escaped(out, text)?,
    }
    writeln!(out, "</{name}>")
}

/// The five predefined entities; everything else as it is.
pub(crate) fn escaped(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, from) = rest.split_at(at);
        out.write_all(before.as_bytes())?;
        let entity = match from.bytes().next() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            _ => "&apos;",
        };
        out.write_all(entity.as_bytes())?;
        rest = from.get(1..).unwrap_or_default();
    }
    out.write_all(rest.as_bytes())
}

/// Character references for markup and for everything outside ASCII.
fn referenced(
    out: &mut dyn Write,
    text: &str,
    reference: impl Fn(&mut dyn Write, char) -> io::Result<()>,
) -> io::Result<()> {
    let plain = |c: char| c.is_ascii() && !matches!(c, '&' | '<' | '>');
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| !plain(*c)) {
        let (before, from) = rest.split_at(at);
        out.write_all(before.as_bytes())?;
        reference(out, c)?;
        rest = from.get(c.len_utf8()..).unwrap_or_default();
    }
    out.write_all(rest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{filler::Filler, listing::Catalogue};

    fn text(f: impl Fn(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        f(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn markup_is_escaped_by_entity_and_by_reference() {
        assert_eq!(
            text(|o| escaped(o, "a<&>\"'ü")),
            "a&lt;&amp;&gt;&quot;&apos;ü"
        );
        let decimal = text(|o| referenced(o, "ü&x", |o, c| write!(o, "&#{};", u32::from(c))));
        assert_eq!(decimal, "&#252;&#38;x");
    }

    #[test]
    fn every_style_parses_back_to_the_same_text() {
        let wanted = "A&B <ü> \"黒\"";
        for seed in 0..60 {
            let xml = text(|o| element(o, 8, "SKU", wanted, &mut Rng::with_seed(seed)));
            assert_eq!(read_text(&xml), wanted, "{xml}");
        }
    }

    fn read_text(xml: &str) -> String {
        use quick_xml::{Reader, events::Event};
        let (mut reader, mut found) = (Reader::from_str(xml), String::new());
        let mut depth = 0;
        loop {
            match reader.read_event().unwrap() {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Text(text) if depth > 0 => found.push_str(&text.xml10_content()),
                Event::CData(text) => found.push_str(&text.xml10_content()),
                Event::GeneralRef(entity) => match entity.resolve_char_ref().unwrap() {
                    Some(c) => found.push(c),
                    None => found
                        .push_str(quick_xml::escape::resolve_predefined_entity(&entity).unwrap()),
                },
                Event::Eof => return found,
                Event::Empty(_)
                | Event::Text(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_) => {}
            }
        }
    }

    #[test]
    fn the_big_item_has_the_size_asked_for() {
        for bytes in [200_000_u64, 16_252_928] {
            let price = Price {
                hundredths: 1,
                currency: Some("USD"),
            };
            let listing = Catalogue::oversized(110_000_000_000, price, Filler { bytes, seed: 1 });
            let mut out = Vec::new();
            write_item(&mut out, &listing).unwrap();
            let miss = (out.len() as u64).abs_diff(bytes);
            assert!(miss < bytes / 100, "{} for {bytes}", out.len());
        }
    }
}
