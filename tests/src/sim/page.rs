//! Faults of single items of a JSON page, and what a page announces.

use super::faults::FaultKind;

/// Length of the values that fill an oversized item.
const FILL: usize = 60 * 1024;

/// Applies the faults that concern single items of a page.
pub(crate) fn damage(texts: &mut Vec<Vec<u8>>, faults: &[FaultKind]) {
    let Some(first) = texts.first_mut() else {
        return;
    };
    let whole = first.clone();
    for fault in faults {
        if let FaultKind::ItemOverCap { bytes } = fault {
            let count = usize::try_from(*bytes).unwrap_or(0) / (FILL + 3) + 1;
            let value = format!("\"{}\"", "x".repeat(FILL));
            inject(
                first,
                format!("[{}]", vec![value; count].join(",")).as_bytes(),
            );
        } else if let FaultKind::DeepNesting { depth } = fault {
            inject(
                first,
                format!("{}{}", "[".repeat(*depth), "]".repeat(*depth)).as_bytes(),
            );
        } else if let FaultKind::InvalidUtf8 {} = fault {
            inject(first, b"\"bad \xff\xfe\"");
        }
    }
    if faults.contains(&FaultKind::DuplicateItem {}) {
        texts.push(whole);
    }
}

/// Adds a member to the end of a JSON object.
fn inject(object: &mut Vec<u8>, value: &[u8]) {
    object.pop();
    object.extend_from_slice(b",\"extra\":");
    object.extend_from_slice(value);
    object.push(b'}');
}

/// The total that a page announces.
pub(crate) fn announced(total: usize, faults: &[FaultKind]) -> i64 {
    let mut said = i64::try_from(total).unwrap_or(0);
    for fault in faults {
        if let FaultKind::TotalLies { by } = fault {
            said = (said + by).max(0);
        } else if let FaultKind::TotalChanges {} = fault {
            said += 1;
        }
    }
    said
}
