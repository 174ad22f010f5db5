//! References, line ends and forbidden characters of XML text.

/// The character that a reference stands for, `name` being what is between
/// `&` and `;`. Only the five predefined entities and character references
/// exist, since a document with a DOCTYPE is refused.
pub(super) fn resolve(name: &str) -> Result<char, String> {
    let known = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        other => return char_reference(other).ok_or_else(|| unknown(other)),
    };
    Ok(known)
}

fn unknown(name: &str) -> String {
    format!(
        "unknown reference &{};",
        crate::parse::error::prefix(name, 64)
    )
}

fn char_reference(name: &str) -> Option<char> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None; // from_str_radix would take a sign
    }
    let c = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    let allowed = match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        c => c >= ' ',
    };
    allowed.then_some(c)
}

/// Appends text with `\r\n` and `\r` as `\n`, as XML demands of literal line ends.
pub(super) fn push_text(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\r', rest.as_bytes()) {
        let Some((line, after)) = rest.split_at_checked(at) else {
            break;
        };
        let after = after.get(1..).unwrap_or_default();
        out.push_str(line);
        out.push('\n');
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    out.push_str(rest);
}

/// Appends an attribute's value: references resolved, white space as spaces.
pub(super) fn push_attr_value(raw: &str, out: &mut String) -> Result<(), String> {
    let special = |c: char| matches!(c, '&' | '\t' | '\n' | '\r');
    let mut rest = raw;
    while let Some((plain, from)) = rest.find(special).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(plain);
        if let Some(reference) = from.strip_prefix('&') {
            let (name, after) = reference
                .split_once(';')
                .ok_or_else(|| "reference without semicolon".to_owned())?;
            out.push(resolve(name)?);
            rest = after;
        } else {
            out.push(' ');
            rest = from
                .strip_prefix("\r\n")
                .or_else(|| from.strip_prefix(['\t', '\n', '\r']))
                .unwrap_or_default();
        }
    }
    out.push_str(rest);
    Ok(())
}

/// The offset of the first control character that XML 1.0 forbids, if any.
pub(super) fn forbidden_control(bytes: &[u8]) -> Option<usize> {
    let bad = |b: u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    // Without early exit within a chunk this compiles to vector code.
    let chunk = bytes
        .chunks(256)
        .position(|chunk| chunk.iter().fold(false, |found, b| found | bad(*b)))?;
    let start = chunk * 256;
    let within = bytes.get(start..)?.iter().position(|b| bad(*b))?;
    Some(start + within)
}

#[cfg(test)]
mod tests {
    use super::{forbidden_control, push_attr_value, push_text, resolve};

    #[test]
    fn references() {
        let table = [
            ("amp", Some('&')),
            ("apos", Some('\'')),
            ("#65", Some('A')),
            ("#x20AC", Some('€')),
            ("#x1F600", Some('😀')),
            ("#9", Some('\t')),
            ("#0", None),
            ("#x1F", None),
            ("#xD800", None),
            ("#x110000", None),
            ("#xFFFE", None),
            ("#+65", None),
            ("#", None),
            ("#x", None),
            ("nbsp", None),
            ("", None),
        ];
        for (name, expected) in table {
            assert_eq!(resolve(name).ok(), expected, "&{name};");
        }
    }

    #[test]
    fn line_ends_and_attribute_values() {
        let mut text = String::new();
        push_text("a\r\nb\rc\n\r\n", &mut text);
        assert_eq!(text, "a\nb\nc\n\n");
        let mut value = String::new();
        push_attr_value("a\r\nb\tc&#10;&lt;d", &mut value).unwrap();
        assert_eq!(value, "a b c\n<d");
        assert!(push_attr_value("a & b", &mut value).is_err());
    }

    #[test]
    fn control_characters_are_found_anywhere() {
        for at in [0, 255, 256, 700] {
            let mut bytes = vec![b'\n'; 1000];
            bytes[at] = 0x0b;
            assert_eq!(forbidden_control(&bytes), Some(at));
        }
        assert_eq!(forbidden_control("a\tb\r\n\u{7f}é".as_bytes()), None);
    }
}
