//! The body of a Trading request: a small tree, read by hand, and what can be wrong with it.

use super::Failing;
use crate::sim::clock::parse as parse_time;

const NAMESPACE: &str = "urn:ebay:apis:eBLBaseComponents";

/// An element of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) name: String,
    text: String,
    pub(crate) inner: Vec<Asked>,
}

impl Asked {
    /// Reads a request; `None` if it is not well-formed or its root is not `root` in eBay's
    /// namespace.
    pub(crate) fn read(body: &[u8], root: &str) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?.trim_start();
        let text = match text.strip_prefix("<?xml") {
            Some(rest) => rest.split_once("?>")?.1,
            None => text,
        };
        let mut rest = text.trim();
        let head = format!("<{root} xmlns=\"{NAMESPACE}\">");
        let inside = rest.strip_prefix(head.as_str())?;
        rest = inside;
        let mut asked = Self {
            name: root.to_owned(),
            ..Self::default()
        };
        asked.fill(&mut rest)?;
        rest.is_empty().then_some(asked)
    }

    /// Reads the content of an open element and its end tag.
    fn fill(&mut self, rest: &mut &str) -> Option<()> {
        loop {
            let (text, tag) = rest.split_once('<')?;
            self.text.push_str(&unescaped(text)?);
            let (tag, after) = tag.split_once('>')?;
            *rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                return (name == self.name).then_some(());
            }
            let mut inner = Self {
                name: tag.trim_end_matches('/').to_owned(),
                ..Self::default()
            };
            let plain = inner.name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !plain || inner.name.is_empty() {
                return None;
            }
            if !tag.ends_with('/') {
                inner.fill(rest)?;
            }
            self.inner.push(inner);
        }
    }

    /// The element at this path, if it is there.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |element, name| {
            element.inner.iter().find(|inner| inner.name == name)
        })
    }

    /// The text at this path, if it is there and not empty.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        let text = self.at(path)?.text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The texts of all elements of this name within the one at this path.
    pub(crate) fn all(&self, path: &str, name: &str) -> Vec<&str> {
        let list = self.at(path).into_iter().flat_map(|list| &list.inner);
        list.filter(|inner| inner.name == name)
            .map(|inner| inner.text.trim())
            .collect()
    }

    /// A number from 1 to `most`, or what there is without it.
    pub(crate) fn number(&self, path: &str, most: usize, usual: usize) -> Result<usize, Failing> {
        let Some(text) = self.text(path) else {
            return Ok(usual);
        };
        let number = text
            .parse()
            .ok()
            .filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| Failing::input(path))
    }

    /// A time in milliseconds since the epoch, if there is one.
    pub(crate) fn time(&self, path: &str) -> Result<Option<i64>, Failing> {
        let Some(text) = self.text(path) else {
            return Ok(None);
        };
        let time = parse_time(text).map(Some);
        time.ok_or_else(|| Failing::input(path))
    }
}

/// The text with its entities resolved; `None` for an unknown one.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, after) = part.split_once(';')?;
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return None,
        });
        plain.push_str(after);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inside: &str) -> Option<Asked> {
        let body = format!(
            "<?xml version=\"1.0\"?>\n<R xmlns=\"urn:ebay:apis:eBLBaseComponents\">{inside}</R>"
        );
        Asked::read(body.as_bytes(), "R")
    }

    #[test]
    fn elements_are_found_by_path() {
        let asked = read("<A><B>1 &lt;&amp;</B><C/></A><L><I>x</I><I>y</I></L>").unwrap();
        assert_eq!(asked.text("A.B"), Some("1 <&"));
        assert_eq!((asked.text("A.C"), asked.at("A.C").is_some()), (None, true));
        assert_eq!(
            (asked.text("A.D"), asked.all("L", "I")),
            (None, vec!["x", "y"])
        );
        assert_eq!(asked.number("A.C", 9, 25), Ok(25));
        assert_eq!(asked.number("A.B", 9, 25), Err(Failing::input("A.B")));
    }

    #[test]
    fn what_is_not_well_formed_is_not_read() {
        for inside in [
            "<A>",
            "<A></B>",
            "</A>",
            "<A b=\"c\"/>",
            "&nbsp;",
            "&amp",
            "<>",
            "<A/></R>",
        ] {
            assert_eq!(read(inside), None, "{inside}");
        }
        assert_eq!(Asked::read(b"<R></R>", "R"), None);
        assert_eq!(Asked::read(b"{}", "R"), None);
    }
}
