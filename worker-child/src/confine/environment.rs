//! The environment of a child: nothing that could hold a secret of the supervisor's.

use std::env;
use std::ffi::OsString;

use super::ConfineError;

/// What a supervisor sets: the allocator's arenas, and where the system keeps its certificates.
const EXPECTED: [&str; 3] = ["MALLOC_ARENA_MAX", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Refuses an environment with anything else in it. Names the stranger, never its value.
pub fn check_environment() -> Result<(), ConfineError> {
    match stranger(env::vars_os().map(|(name, _)| name)) {
        Some(name) => Err(ConfineError::Environment(
            name.to_string_lossy().into_owned(),
        )),
        None => Ok(()),
    }
}

fn stranger(mut names: impl Iterator<Item = OsString>) -> Option<OsString> {
    names.find(|name| !EXPECTED.iter().any(|expected| name == expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_supervisor_sets() {
        let cases: [(&[&str], Option<&str>); 4] = [
            (&[], None),
            (&EXPECTED, None),
            (&["SSL_CERT_FILE", "DATABASE_URL"], Some("DATABASE_URL")),
            (&["ssl_cert_file"], Some("ssl_cert_file")),
        ];
        for (names, expected) in cases {
            let found = stranger(names.iter().map(OsString::from));
            assert_eq!(found, expected.map(OsString::from), "{names:?}");
        }
    }
}
