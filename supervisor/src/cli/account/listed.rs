//! Accounts in a file, as CSV with a head line or as a JSON array of objects. Pure.

use serde::Deserialize;

/// The columns of a CSV file, which are also the members of a JSON object.
const COLUMNS: [&str; 7] = [
    "name",
    "environment",
    "marketplace",
    "workers",
    "token_file",
    "refresh_token",
    "ebay_account",
];

/// One account as the file has it; what is empty is not there.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Entry {
    pub name: Option<String>,
    pub environment: Option<String>,
    pub marketplace: Option<String>,
    /// Separated by commas or spaces.
    pub workers: Option<String>,
    pub token_file: Option<String>,
    pub refresh_token: Option<String>,
    pub ebay_account: Option<String>,
}

/// What a file lists. Places are lines of CSV, and the numbers of entries of JSON, both from 1.
#[derive(Default)]
pub(super) struct Listed {
    pub entries: Vec<(usize, Entry)>,
    /// What is wrong, with its place.
    pub faults: Vec<(usize, String)>,
}

/// Reads the file's text. No fault repeats a value: it may be a refresh token.
pub(super) fn read(text: &str) -> Listed {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with(['[', '{']) {
        in_json(text)
    } else {
        in_csv(text)
    }
}

fn in_json(text: &str) -> Listed {
    let mut listed = Listed::default();
    let values: Vec<serde_json::Value> = match serde_json::from_str(text) {
        Ok(values) => values,
        Err(error) => {
            let why = format!(
                "no JSON array of accounts: see line {}, column {}",
                error.line(),
                error.column()
            );
            listed.faults.push((error.line(), why));
            return listed;
        }
    };
    for (position, value) in values.into_iter().enumerate() {
        let at = position + 1;
        let odd = value.as_object().map(|object| {
            let strange = |name: &&String| !COLUMNS.contains(&name.as_str());
            object.keys().filter(strange).cloned().collect::<Vec<_>>()
        });
        match (odd, Entry::deserialize(value)) {
            (None, _) => listed
                .faults
                .push((at, "an account is an object".to_owned())),
            (Some(odd), _) if !odd.is_empty() => {
                let known = COLUMNS.join(", ");
                let why = format!("unknown: {}; known are {known}", odd.join(", "));
                listed.faults.push((at, why));
            }
            (Some(_), Ok(entry)) => listed.entries.push((at, entry)),
            (Some(_), Err(_)) => {
                listed
                    .faults
                    .push((at, "every value is a text in quotes".to_owned()));
            }
        }
    }
    listed
}

fn in_csv(text: &str) -> Listed {
    let mut listed = Listed::default();
    let mut lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let Some((at, head)) = lines.next() else {
        return listed;
    };
    let Some(head) = fields(head) else {
        listed.faults.push((at, "a quote is not closed".to_owned()));
        return listed;
    };
    for (position, name) in head.iter().enumerate() {
        let twice = head.iter().take(position).any(|other| other == name);
        if twice || !COLUMNS.contains(&name.as_str()) {
            let known = COLUMNS.join(", ");
            let why = format!(
                "column {}: the head line names each of these once: {known}",
                position + 1
            );
            listed.faults.push((at, why));
        }
    }
    if !listed.faults.is_empty() {
        return listed;
    }
    for (at, line) in lines {
        match fields(line) {
            None => listed.faults.push((at, "a quote is not closed".to_owned())),
            Some(values) if values.len() != head.len() => {
                let why = format!(
                    "{} fields, and the head line has {}",
                    values.len(),
                    head.len()
                );
                listed.faults.push((at, why));
            }
            Some(values) => listed.entries.push((at, entry(&head, values))),
        }
    }
    listed
}

fn entry(head: &[String], values: Vec<String>) -> Entry {
    let mut entry = Entry::default();
    for (name, value) in head.iter().zip(values) {
        let value = Some(value).filter(|value| !value.is_empty());
        match name.as_str() {
            "name" => entry.name = value,
            "environment" => entry.environment = value,
            "marketplace" => entry.marketplace = value,
            "workers" => entry.workers = value,
            "token_file" => entry.token_file = value,
            "refresh_token" => entry.refresh_token = value,
            _ => entry.ebay_account = value,
        }
    }
    entry
}

/// The fields of a line (RFC 4180, but that a field ends with its line); `None` if a quote is not closed.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.trim_start().strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => match rest.split_once(',') {
                Some((field, after)) => (field.trim().to_owned(), Some(after)),
                None => (rest.trim().to_owned(), None),
            },
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Some(fields),
        }
    }
}

/// A field after its opening quote, and what follows its comma.
fn quoted_field(text: &str) -> Option<(String, Option<&str>)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None if after.trim().is_empty() => return Some((field, None)),
            None => return Some((field, Some(after.trim_start().strip_prefix(',')?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listed: &Listed) -> Vec<(usize, Option<&str>)> {
        let entries = listed.entries.iter();
        entries
            .map(|(at, entry)| (*at, entry.name.as_deref()))
            .collect()
    }

    fn places(listed: &Listed) -> Vec<usize> {
        listed.faults.iter().map(|(at, _)| *at).collect()
    }

    #[test]
    fn csv_with_quotes_and_empty_lines() {
        let text = "name,workers,token_file\n\na,\"orders,messages\", /t \n\"b \"\"x\"\"\",,\"\"\n";
        let listed = read(text);
        assert_eq!(places(&listed), [0; 0]);
        assert_eq!(names(&listed), [(3, Some("a")), (4, Some("b \"x\""))]);
        let first = &listed.entries[0].1;
        assert_eq!(first.workers.as_deref(), Some("orders,messages"));
        assert_eq!(first.token_file.as_deref(), Some("/t"));
        assert_eq!(listed.entries[1].1.token_file, None);
    }

    #[test]
    fn every_fault_has_its_place_and_no_value() {
        let cases: [(&str, &[usize]); 9] = [
            ("name,canary\na,b", &[1]),
            ("name,name\na,b", &[1]),
            ("name,\"canary", &[1]),
            (
                "name,refresh_token\na,canary,c\nb\n\nc,\"canary\nd,e",
                &[2, 3, 5],
            ),
            ("[{\"name\": \"canary\"}, 7, {\"name\": 7}]", &[2, 3]),
            ("[{\"nam\": \"canary\"}]", &[1]),
            ("[{\"name\": \"canary\"\n", &[2]),
            ("{\"name\": \"canary\"}", &[1]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            let listed = read(text);
            assert_eq!(places(&listed), expected, "{text}");
            for (_, why) in &listed.faults {
                assert!(!why.contains("canary"), "{why}");
            }
        }
    }

    #[test]
    fn json_is_an_array_of_objects() {
        let listed = read("\u{feff}[{\"name\":\"a\",\"ebay_account\":\"7\"},{\"name\":\"b\"}]");
        assert_eq!(names(&listed), [(1, Some("a")), (2, Some("b"))]);
        assert_eq!(listed.entries[0].1.ebay_account.as_deref(), Some("7"));
    }
}
