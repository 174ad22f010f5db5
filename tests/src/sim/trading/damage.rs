//! Faults of single items of an XML answer, and of its text as a whole.

use crate::sim::faults::FaultKind;

/// Length of the values that fill an oversized item.
const FILL: usize = 60 * 1024;

/// Applies the faults that concern single items.
pub(crate) fn items(items: &mut Vec<Vec<u8>>, faults: &[FaultKind]) {
    let Some(first) = items.first_mut() else {
        return;
    };
    let whole = first.clone();
    for fault in faults {
        if let FaultKind::ItemOverCap { bytes } = fault {
            let count = usize::try_from(*bytes).unwrap_or(0) / (FILL + 15) + 1;
            let value = format!("<Extra>{}</Extra>", "x".repeat(FILL));
            inject(first, value.repeat(count).as_bytes());
        } else if let FaultKind::DeepNesting { depth } = fault {
            let nested = format!("{}{}", "<X>".repeat(*depth), "</X>".repeat(*depth));
            inject(first, nested.as_bytes());
        } else if *fault == (FaultKind::InvalidUtf8 {}) {
            inject(first, b"<Extra>bad \xff\xfe</Extra>");
        } else if *fault == (FaultKind::UnbalancedXml {}) {
            inject(first, b"<Extra>");
        }
    }
    if faults.contains(&FaultKind::DuplicateItem {}) {
        items.push(whole);
    }
}

/// Adds content in front of the item's end tag.
fn inject(item: &mut Vec<u8>, content: &[u8]) {
    let end = item.iter().rposition(|byte| *byte == b'<').unwrap_or(0);
    let tag = item.split_off(end);
    item.extend_from_slice(content);
    item.extend_from_slice(&tag);
}

/// Applies the faults that concern the text as a whole.
pub(crate) fn text(text: &mut Vec<u8>, faults: &[FaultKind]) {
    if faults.contains(&FaultKind::Doctype {}) {
        let line = text.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        let rest = text.split_off(line);
        text.extend_from_slice(b"\n<!DOCTYPE x [<!ENTITY shop \"shop\">]>");
        text.extend_from_slice(&rest);
    }
    if faults.contains(&FaultKind::TruncatedXml {}) {
        text.truncate(text.len() * 2 / 3);
    }
}

/// The total that a page announces.
pub(crate) fn total(total: usize, page: usize, faults: &[FaultKind]) -> usize {
    let mut said = total;
    for fault in faults {
        if let FaultKind::TotalLies { by } = fault {
            said = said.saturating_add_signed(isize::try_from(*by).unwrap_or(0));
        } else if *fault == (FaultKind::TotalChanges {}) && page > 1 {
            said += 1;
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_change_exactly_what_they_name() {
        let damaged = |fault: FaultKind| {
            let mut all = vec![b"<I><A>1</A></I>".to_vec()];
            items(&mut all, &[fault]);
            all.concat()
        };
        let item = "<I><A>1</A></I>";
        assert_eq!(damaged(FaultKind::StallHeaders {}), item.as_bytes());
        assert_eq!(
            damaged(FaultKind::DuplicateItem {}),
            item.repeat(2).as_bytes()
        );
        assert_eq!(
            damaged(FaultKind::UnbalancedXml {}),
            b"<I><A>1</A><Extra></I>"
        );
        assert_eq!(
            damaged(FaultKind::DeepNesting { depth: 2 }),
            b"<I><A>1</A><X><X></X></X></I>"
        );
        assert!(std::str::from_utf8(&damaged(FaultKind::InvalidUtf8 {})).is_err());
        let long = damaged(FaultKind::ItemOverCap { bytes: 200_000 }).len();
        assert!((200_000..300_000).contains(&long), "{long}");

        let mut whole = b"<?xml?>\n<R>abcdef</R>".to_vec();
        text(&mut whole, &[FaultKind::Doctype {}]);
        assert!(
            whole.starts_with(b"<?xml?>\n<!DOCTYPE x [") && whole.ends_with(b"]>\n<R>abcdef</R>")
        );
        text(&mut whole, &[FaultKind::TruncatedXml {}]);
        assert!(!whole.ends_with(b"</R>"));

        assert_eq!(total(5, 1, &[FaultKind::TotalLies { by: -2 }]), 3);
        assert_eq!(total(5, 1, &[FaultKind::TotalChanges {}]), 5);
        assert_eq!(total(5, 2, &[FaultKind::TotalChanges {}]), 6);
    }
}
