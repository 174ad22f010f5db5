//! Why a configuration cannot be used. Each error says where, what, and what to write instead.

use std::io;
use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "reading the configuration {} failed: {source}; name another with --config, or mend its \
         rights",
        path.display()
    )]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML, has a key that is not known, or a value of the wrong form.
    #[error("{place}: {what}")]
    File {
        /// File, line and column, such as `bulkhead.toml:12:3`.
        place: String,
        /// What is wrong, and what is known.
        what: String,
    },
    /// A variable that begins with `BULKHEAD_` and is not known.
    #[error(
        "unknown environment variable {name}; settings are named BULKHEAD_TABLE_KEY, for example \
         BULKHEAD_LIMITS_MEMORY for limits.memory"
    )]
    UnknownVariable {
        /// Its name.
        name: String,
    },
    /// A variable whose value has the wrong form.
    #[error("environment variable {name}='{value}': {what}")]
    Variable {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
        /// What is wrong.
        what: String,
    },
    /// A value out of bounds, or two that do not fit together.
    #[error("{place}: {key} = {value} is not possible; {remedy}")]
    Value {
        /// Where it was set: file, line and column, or a variable, or `default`.
        place: String,
        /// The key, such as `limits.memory`.
        key: String,
        /// Its value.
        value: String,
        /// What to write instead.
        remedy: String,
    },
}
