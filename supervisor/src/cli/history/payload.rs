//! Where two payloads differ, path by path. Bounded, whatever they hold.

use serde::Serialize;
use serde_json::Value;

/// The most paths that are told.
const PATHS: usize = 50;

/// The most characters of a value that are told.
const SHORT: usize = 200;

/// One place where payloads differ.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct PathAnswer {
    /// Where, for example `$.buyer.name` or `$.lines[0]["odd name"]`.
    pub path: String,
    /// The value before as JSON text, cut at 200 characters; null if there was none.
    pub old: Option<String>,
    /// The value after.
    pub new: Option<String>,
}

/// Where payloads differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differing {
    /// The first 50 places.
    pub paths: Vec<PathAnswer>,
    /// How many there are beside them.
    pub more: usize,
}

/// Where two JSON texts differ, in the order of their members; `None` if one cannot be read.
pub(super) fn compare(before: &str, after: &str) -> Option<Differing> {
    let before: Value = serde_json::from_str(before).ok()?;
    let after: Value = serde_json::from_str(after).ok()?;
    let mut found = Differing::default();
    // As deep as the reader goes, which is 128 levels.
    found.descend("$", Some(&before), Some(&after));
    Some(found)
}

impl Differing {
    fn descend(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            _ if old == new => {}
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let added = new.keys().filter(|name| !old.contains_key(*name));
                for name in old.keys().chain(added) {
                    let path = member(path, name);
                    self.descend(&path, old.get(name), new.get(name));
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => {
                for at in 0..old.len().max(new.len()) {
                    self.descend(&format!("{path}[{at}]"), old.get(at), new.get(at));
                }
            }
            _ if self.paths.len() == PATHS => self.more += 1,
            _ => self.paths.push(PathAnswer {
                path: path.to_owned(),
                old: old.map(short),
                new: new.map(short),
            }),
        }
    }
}

fn member(path: &str, name: &str) -> String {
    let mut characters = name.chars();
    let plain = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|other| other.is_ascii_alphanumeric() || other == '_');
    if plain {
        format!("{path}.{name}")
    } else {
        format!("{path}[{}]", Value::from(name))
    }
}

fn short(value: &Value) -> String {
    let whole = value.to_string();
    let mut start: String = whole.chars().take(SHORT).collect();
    if start.len() < whole.len() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        let nothing = || "nothing".to_owned();
        let line = |path: PathAnswer| {
            let (old, new) = (path.old.unwrap_or_else(nothing), path.new);
            format!("{}: {old} → {}", path.path, new.unwrap_or_else(nothing))
        };
        let found = compare(before, after).unwrap();
        found.paths.into_iter().map(line).collect()
    }

    #[test]
    fn differing_paths() {
        let cases: [(&str, &str, &[&str]); 8] = [
            ("{}", "{}", &[]),
            (r#"{"a":1}"#, r#"{"a":2}"#, &["$.a: 1 → 2"]),
            (r#"{"a":null}"#, "{}", &["$.a: null → nothing"]),
            ("{}", r#"{"a":{"b":1}}"#, &[r#"$.a: nothing → {"b":1}"#]),
            (
                r#"{"a":{"b":[1,{"c":"x"},3]},"d":1}"#,
                r#"{"a":{"b":[1,{"c":"y"}]},"d":1}"#,
                &[r#"$.a.b[1].c: "x" → "y""#, "$.a.b[2]: 3 → nothing"],
            ),
            (
                r#"{"@id x":1,"":2}"#,
                r#"{"@id x":3,"":4}"#,
                &[r#"$[""]: 2 → 4"#, r#"$["@id x"]: 1 → 3"#],
            ),
            (
                r#"{"a":[1]}"#,
                r#"{"a":{"b":1}}"#,
                &[r#"$.a: [1] → {"b":1}"#],
            ),
            ("[1]", "[1,2]", &["$[1]: nothing → 2"]),
        ];
        for (before, after, expected) in cases {
            assert_eq!(told(before, after), expected, "{before} {after}");
        }
        assert_eq!(compare("{", "{}"), None);
    }

    #[test]
    fn what_is_told_is_bounded() {
        let many = |value: &str| format!("[{}]", vec![value; 1_000].join(","));
        let found = compare(&many("1"), &many("2")).unwrap();
        assert_eq!((found.paths.len(), found.more), (50, 950));
        let long = format!("[\"{}\"]", "é".repeat(10_000));
        let found = compare("[]", &long).unwrap();
        let new = found.paths[0].new.as_ref().unwrap();
        assert_eq!(new.chars().count(), 201);
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(compare(&deep("1"), &deep("2")), None);
    }
}
