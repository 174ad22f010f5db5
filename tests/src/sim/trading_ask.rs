//! The body of a Trading call: its elements by path, as far as requests go: no attributes but
//! namespaces, no mixed content.

use super::trading::Denial;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Every element below the root without its children: path and text, in their order.
    leaves: Vec<(String, String)>,
}

impl Ask {
    /// Reads the body of a call.
    pub(crate) fn read(call: &str, body: &str) -> Result<Self, Denial> {
        let mut ask = Self::default();
        let mut open: Vec<&str> = Vec::new();
        let mut rest = body.trim_start();
        if let Some(declared) = rest.strip_prefix("<?xml") {
            rest = declared.split_once("?>").ok_or_else(broken)?.1;
        }
        let root = format!("{call}Request");
        let mut leaf = false;
        let mut begun = false;
        while let Some((before, from)) = rest.split_once('<') {
            let (tag, after) = from.split_once('>').ok_or_else(broken)?;
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop() != Some(name) {
                    return Err(broken());
                }
                if std::mem::take(&mut leaf) && !open.is_empty() {
                    ask.leaves.push((path(&open, name), unescaped(before)?));
                }
            } else {
                let name = tag.split([' ', '/']).next().unwrap_or_default();
                if open.is_empty() && name != root {
                    return Err(Denial::input(format!("The root is not {root}.")));
                }
                open.push(name);
                (leaf, begun) = (true, true);
                if tag.ends_with('/') {
                    open.pop();
                    leaf = false;
                }
            }
            rest = after;
            if open.is_empty() {
                break;
            }
        }
        if !begun || !open.is_empty() || !rest.trim().is_empty() {
            return Err(broken());
        }
        Ok(ask)
    }

    /// The text at a path below the root, such as `ActiveList.Sort`.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        let found = self.leaves.iter().find(|(known, _)| known == path);
        found.map(|(_, text)| text.as_str())
    }

    /// The number at a path, if it is there; one that is none, or not within bounds, is bad input.
    pub(crate) fn number(
        &self,
        path: &str,
        bounds: std::ops::RangeInclusive<usize>,
    ) -> Result<Option<usize>, Denial> {
        let Some(text) = self.text(path) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        let wrong = || Denial::input(format!("Input data for tag {path} is invalid."));
        number.map(Some).ok_or_else(wrong)
    }

    /// Refuses what none of these paths names.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Denial> {
        let stranger = self
            .leaves
            .iter()
            .find(|(path, _)| !known.contains(&path.as_str()));
        match stranger {
            Some((path, _)) => Err(Denial::input(format!("The element {path} is unknown."))),
            None => Ok(()),
        }
    }
}

fn broken() -> Denial {
    Denial::new(5, "XML Parse error.")
}

/// The path of an element below the root.
fn path(open: &[&str], name: &str) -> String {
    let mut parts: Vec<&str> = open.iter().skip(1).copied().collect();
    parts.push(name);
    parts.join(".")
}

fn unescaped(text: &str) -> Result<String, Denial> {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    let mut plain = text.to_owned();
    let mut bare = text.to_owned();
    for (entity, character) in entities {
        plain = plain.replace(entity, character);
        bare = bare.replace(entity, "");
    }
    if bare.contains('&') {
        return Err(broken());
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><GetXRequest \
        xmlns=\"urn:ebay:apis:eBLBaseComponents\"><List><Include>true</Include><Pagination>\
        <PageNumber>2</PageNumber></Pagination></List>\n<Text>a &lt;b&gt; &amp;amp;</Text></GetXRequest>";

    #[test]
    fn elements_are_found_by_path() {
        let ask = Ask::read("GetX", BODY).unwrap();
        assert_eq!(ask.text("List.Include"), Some("true"));
        assert_eq!(ask.text("Text"), Some("a <b> &amp;"));
        assert_eq!(ask.text("List"), None);
        assert_eq!(ask.number("List.Pagination.PageNumber", 1..=2), Ok(Some(2)));
        assert_eq!(ask.number("List.Pagination.Entries", 1..=2), Ok(None));
        let code = |result: Result<_, Denial>| result.map_err(|denial| denial.code);
        assert_eq!(
            code(ask.number("List.Pagination.PageNumber", 1..=1)),
            Err(37)
        );
        assert_eq!(code(ask.number("Text", 1..=1)), Err(37));
        let known = ["List.Include", "List.Pagination.PageNumber", "Text"];
        assert_eq!(ask.only(&known), Ok(()));
        assert!(ask.only(&known[..2]).is_err());
    }

    #[test]
    fn broken_bodies_are_refused() {
        for (body, code) in [
            ("", 5),
            ("{}", 5),
            ("<GetXRequest>", 5),
            ("<GetXRequest><a></b></GetXRequest>", 5),
            ("<GetXRequest><a>&x;</a></GetXRequest>", 5),
            ("<GetXRequest/><GetXRequest/>", 5),
            ("<GetYRequest/>", 37),
        ] {
            assert_eq!(
                Ask::read("GetX", body).map_err(|d| d.code),
                Err(code),
                "{body}"
            );
        }
        assert_eq!(Ask::read("GetX", "<GetXRequest/>"), Ok(Ask::default()));
    }
}
