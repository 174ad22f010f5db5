//! Named commit steps at which a test may have this process killed. Release builds have none.
//!
//! `BULKHEAD_KILL_AT=name:n` raises SIGKILL when the step `name` is reached for the n-th time
//! (counted from 1). `BULKHEAD_KILL_TRACE=path` appends every reached name to a file, one a line,
//! so that a test can first count the steps of an undisturbed pass. A step's name is given once
//! here and used nowhere else than at its place in `store`.

/// Says that a commit step was reached.
#[cfg(not(debug_assertions))]
pub fn reach(_name: &'static str) {}

/// Says that a commit step was reached; the process may end here.
#[cfg(debug_assertions)]
pub fn reach(name: &'static str) {
    use std::io::Write as _;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static KILL_AT: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        std::env::var("BULKHEAD_KILL_AT")
            .ok()
            .and_then(|text| parse(&text))
    });
    static TRACE: LazyLock<Option<std::ffi::OsString>> =
        LazyLock::new(|| std::env::var_os("BULKHEAD_KILL_TRACE"));
    static REACHED: AtomicU64 = AtomicU64::new(0);

    if let Some(path) = TRACE.as_ref() {
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path);
        // A trace that cannot be written shows as missing lines in the test that asked for it.
        if let Ok(mut file) = file {
            drop(writeln!(file, "{name}"));
        }
    }
    if let Some((wanted, nth)) = KILL_AT.as_ref()
        && wanted == name
        && REACHED.fetch_add(1, Ordering::Relaxed) + 1 == *nth
    {
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    }
}

/// Reads `name:n` with n from 1.
#[cfg(debug_assertions)]
fn parse(text: &str) -> Option<(String, u64)> {
    let (name, nth) = text.rsplit_once(':')?;
    let nth: u64 = nth.parse().ok()?;
    (nth >= 1).then(|| (name.to_owned(), nth))
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::parse;

    #[test]
    fn a_kill_point_has_a_name_and_a_count() {
        assert_eq!(parse("batch.rows:2"), Some(("batch.rows".to_owned(), 2)));
        for bad in [
            "",
            "batch.rows",
            "batch.rows:",
            "batch.rows:0",
            "batch.rows:x",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
