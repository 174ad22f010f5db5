//! Answers on standard output: text for people, or one JSON document.

use std::io::Write;

use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use shared::time::Timestamp;

use super::args::Format;
use super::live::above;

/// Where answers go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    format: Format,
}

impl Output {
    pub(super) const fn new(format: Format) -> Self {
        Self { format }
    }

    pub(super) fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Prints the answer: `data` as JSON, or what `text` makes of it.
    pub(super) fn answer<T: Serialize>(
        self,
        data: &T,
        text: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<()> {
        let mut words = match self.format {
            Format::Json => {
                serde_json::to_string_pretty(data).context("cannot print the answer")?
            }
            Format::Text => text(data),
        };
        words.push('\n');
        print(&words)
    }
}

/// Prints text. A reader that went away is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let write = || {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush())
    };
    match above(write) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot print the answer")
        }
        _ => Ok(()),
    }
}

/// A table with a head line and no frame.
pub(super) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

/// A span of time in at most two units: `3d 4h`, `12m 5s`, `850ms`.
pub(super) fn span(span: std::time::Duration) -> String {
    let total = span.as_secs();
    let (days, hours, minutes, seconds) = (
        total / 86_400,
        total / 3600 % 24,
        total / 60 % 60,
        total % 60,
    );
    let units = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")];
    let mut parts = units
        .iter()
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .peekable();
    if parts.peek().is_none() {
        return format!("{}ms", span.subsec_millis());
    }
    let words: Vec<String> = parts
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    words.join(" ")
}

/// How long ago, or how long until: `5m ago`, `in 3s`.
pub(super) fn distance(at: Timestamp, now: Timestamp) -> String {
    if at <= now {
        format!("{} ago", span(now.since(at)))
    } else {
        format!("in {}", span(at.since(now)))
    }
}

/// Bytes in MiB with one decimal.
pub(super) fn mib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn spans_in_two_units() {
        let cases = [
            (0, "0ms"),
            (850, "850ms"),
            (5_000, "5s"),
            (725_000, "12m 5s"),
            (3_600_000, "1h"),
            (273_600_000, "3d 4h"),
        ];
        for (millis, expected) in cases {
            assert_eq!(span(Duration::from_millis(millis)), expected);
        }
        assert_eq!(mib(25_165_824 + 200_000), "24.1 MiB");
    }
}
