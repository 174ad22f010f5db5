//! A panic is a crash and must look like one: evidence first, words second, then abort.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::panic::{self, PanicHookInfo};
use std::process;

use shared::flight::PANIC_TEXT;

use crate::stage::{self, Cut};

/// Installs the panic hook: message and place go into the flight recorder and to standard error,
/// then the process aborts.
pub fn install() {
    panic::set_hook(Box::new(die));
}

fn die(info: &PanicHookInfo<'_>) {
    let mut text = Cut::<PANIC_TEXT>::new();
    let message = info.payload_as_str().unwrap_or("panic without words");
    // Writing to a Cut cannot fail, and nothing can be done about a broken standard error.
    write!(text, "{message}").ok();
    if let Some(location) = info.location() {
        write!(text, "\nat {location}").ok();
    }
    stage::panicked(text.as_bytes());
    let mut stderr = io::stderr();
    writeln!(stderr, "worker-child: {info}").ok();
    // Reading symbols takes memory that may not be there: only when it was asked for.
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        writeln!(stderr, "{backtrace}").ok();
    }
    process::abort();
}
