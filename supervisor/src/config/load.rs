//! From file and environment to a checked [`Config`], remembering where each value came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::Config;
use super::check::{self, Fault};
use super::error::ConfigError;

const PREFIX: &str = "BULKHEAD_";

// Variables of ours that are no settings.
const OTHER_VARIABLES: [&str; 10] = [
    "BULKHEAD_STATE_DIR",
    "BULKHEAD_CONFIG",
    "BULKHEAD_SECRET_KEY",
    "BULKHEAD_SECRET_KEY_FILE",
    "BULKHEAD_KILL_AT",
    "BULKHEAD_KILL_TRACE",
    "BULKHEAD_BUILD",
    "BULKHEAD_CLOCK_FILE",
    "BULKHEAD_REQUIRE_POSTGRES",
    "BULKHEAD_LOG",
];

// Settings without a default value, which the defaults therefore do not list.
const OPTIONAL_KEYS: [&str; 2] = ["memory_budget", "worker_child"];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// The file: name, line and column, such as `bulkhead.toml:12:3`.
    File(String),
    /// An environment variable, by name.
    Variable(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("default"),
            Self::File(place) => f.pad(place),
            Self::Variable(name) => f.pad(name),
        }
    }
}

/// Where each value that is not a default came from, by dotted key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance(BTreeMap<String, Source>);

impl Provenance {
    /// Where the value of this dotted key came from.
    pub fn of(&self, key: &str) -> Source {
        self.0.get(key).cloned().unwrap_or(Source::Default)
    }
}

impl Config {
    /// Reads the file, if one is given, then the variables that begin with `BULKHEAD_`.
    ///
    /// Fails on the first thing that is wrong; nothing is ever ignored.
    pub fn load(
        path: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<(Self, Provenance), ConfigError> {
        let Some(path) = path else {
            return Self::parse("", "", env);
        };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&path.display().to_string(), &text, env)
    }

    /// The same from the file's text; `name` is what errors call the file.
    pub fn parse(
        name: &str,
        text: &str,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<(Self, Provenance), ConfigError> {
        let file_error = |error: &toml::de::Error| ConfigError::File {
            place: place(name, text, error.span().map_or(0, |span| span.start)),
            what: reworded(error.message()),
        };
        let mut config: Self = toml::from_str(text).map_err(|error| file_error(&error))?;
        let mut table: Table = toml::from_str(text).map_err(|error| file_error(&error))?;
        let spans = DeTable::parse(text).map_err(|error| file_error(&error))?;
        let mut provenance = Provenance::default();
        note(spans.get_ref(), "", &mut |key, offset| {
            let source = Source::File(place(name, text, offset));
            provenance.0.insert(key, source);
        });
        let known = variables();
        let mut settings: Vec<_> = env.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        settings.sort_unstable();
        for (variable, value) in settings {
            if OTHER_VARIABLES.contains(&variable.as_str()) {
                continue;
            }
            let Some(setting) = known.get(&variable) else {
                return Err(ConfigError::UnknownVariable { name: variable });
            };
            config =
                overlay(&mut table, setting, &value).map_err(|what| ConfigError::Variable {
                    name: variable.clone(),
                    value,
                    what,
                })?;
            provenance
                .0
                .insert(setting.key.clone(), Source::Variable(variable));
        }
        check::check(&config).map_err(|fault| at(fault, &provenance))?;
        Ok((config, provenance))
    }

    /// Every value in effect, as (dotted key, value), in the order of their keys.
    pub fn entries(&self) -> Vec<(String, String)> {
        let mut entries = Vec::new();
        each_value(self, &mut |key, value| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Integer(_)
                | Value::Float(_)
                | Value::Boolean(_)
                | Value::Datetime(_)
                | Value::Array(_)
                | Value::Table(_) => value.to_string(),
            };
            entries.push((key, text));
        });
        entries.sort_unstable();
        entries
    }
}

#[derive(Debug)]
struct Setting {
    key: String,
    integer: bool,
}

// Every scalar setting by the name of its variable. Environments and accounts are file only: their
// names may hold what a variable's name may not.
fn variables() -> BTreeMap<String, Setting> {
    let mut settings: Vec<Setting> = OPTIONAL_KEYS
        .map(|key| Setting {
            key: key.to_owned(),
            integer: false,
        })
        .into();
    each_value(&Config::default(), &mut |key, value| {
        settings.push(Setting {
            key,
            integer: matches!(value, Value::Integer(_)),
        });
    });
    settings
        .into_iter()
        .map(|s| (variable(&s.key), s))
        .collect()
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

fn each_value(config: &Config, visit: &mut dyn FnMut(String, &Value)) {
    if let Ok(table) = Table::try_from(config) {
        each(&table, "", visit);
    }
}

fn each(table: &Table, prefix: &str, visit: &mut dyn FnMut(String, &Value)) {
    for (name, value) in table {
        let key = joined(prefix, name);
        match value.as_table() {
            Some(inner) => each(inner, &key, visit),
            None => visit(key, value),
        }
    }
}

fn note(table: &DeTable<'_>, prefix: &str, visit: &mut dyn FnMut(String, usize)) {
    for (name, value) in table {
        let key = joined(prefix, name.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => note(inner, &key, visit),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => visit(key, name.span().start),
        }
    }
}

fn joined(prefix: &str, name: &str) -> String {
    match prefix {
        "" => name.to_owned(),
        _ => format!("{prefix}.{name}"),
    }
}

// The whole again after each variable, so that an error can only be that variable's.
fn overlay(table: &mut Table, setting: &Setting, value: &str) -> Result<Config, String> {
    let value = if setting.integer {
        let number = value.parse();
        Value::Integer(number.map_err(|_| format!("{} is a whole number", setting.key))?)
    } else {
        Value::String(value.to_owned())
    };
    set(table, &setting.key, value);
    let config = table.clone().try_into();
    config.map_err(|error: toml::de::Error| reworded(error.message()))
}

fn set(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = table
                .entry(first)
                .or_insert_with(|| Value::Table(Table::new()));
            if let Some(inner) = inner.as_table_mut() {
                set(inner, rest, value);
            }
        }
    }
}

fn at(fault: Fault, provenance: &Provenance) -> ConfigError {
    ConfigError::Value {
        place: provenance.of(&fault.key).to_string(),
        key: fault.key,
        value: fault.value,
        remedy: fault.remedy,
    }
}

fn place(name: &str, text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("{name}:{line}:{column}")
}

// serde speaks of fields and variants; people write keys and values.
fn reworded(message: &str) -> String {
    let mut message = message.replace('\n', "; ");
    // What a value is called within is nobody's business.
    for (inside, outside) in [
        ("expected struct ", "expected a table"),
        ("expected a map", "expected a table"),
        ("expected u32", "expected a whole number"),
        ("expected u64", "expected a whole number"),
    ] {
        if let Some(at) = message.find(inside) {
            message.truncate(at);
            message.push_str(outside);
        }
    }
    if let Some(key) = message.strip_prefix("missing field ") {
        return format!("missing key {key}");
    }
    let (old, new, known) = if message.starts_with("unknown field") {
        ("unknown field", "unknown key", "; known keys: ")
    } else if message.starts_with("unknown variant") {
        ("unknown variant", "unknown name", "; known names: ")
    } else {
        return message;
    };
    let message = message.replacen(old, new, 1);
    if message.contains(", expected one of ") {
        message.replacen(", expected one of ", known, 1)
    } else {
        message.replacen(", expected ", known, 1)
    }
}
