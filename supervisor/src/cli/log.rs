//! Log lines on standard error: for people on a terminal, JSON otherwise.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::live::Above;
use crate::config::LogFormat;

/// Starts logging what `filter` lets through, unless `BULKHEAD_LOG` holds another filter such as
/// `debug` or `supervisor=trace`.
pub(super) fn start(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_from_env("BULKHEAD_LOG").unwrap_or_else(|_| EnvFilter::new(filter));
    let terminal = std::io::stderr().is_terminal();
    let human = match format {
        LogFormat::Auto => terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Above)
        .with_target(false);
    // A second start, as in tests, keeps the first.
    if human {
        drop(builder.with_ansi(terminal).try_init());
    } else {
        drop(builder.json().flatten_event(true).try_init());
    }
}
