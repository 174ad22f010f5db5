//! What the live lines say: pure.

use shared::flight::Phase;

use crate::attempt::{Progress, RunProgress};
use crate::cli::output::mib;
use crate::config::Bytes;

/// Cells of the bar that shows memory against its limit.
const BAR: u64 = 10;
/// Lines of the terminal that are left to everything else.
const SPARE: usize = 4;
/// The longest name that is shown in full.
const NAME: usize = 20;

/// A running account.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub account: String,
    /// Memory limit of its child, in bytes.
    pub limit: u64,
    pub progress: Progress,
}

/// The lines for a terminal of so many columns and lines: none is so long that it would wrap.
pub(super) fn area(rows: &[Row], (columns, lines): (usize, usize)) -> Vec<String> {
    let room = lines.saturating_sub(SPARE).max(1);
    let shown = if rows.len() > room { room - 1 } else { room };
    let names = rows.iter().map(|row| row.account.chars().count());
    let width = names.max().unwrap_or(0).min(NAME);
    let mut area: Vec<String> = rows
        .iter()
        .take(shown)
        .map(|row| cut(&line(row, width), columns.saturating_sub(1)))
        .collect();
    if rows.len() > shown {
        let more = format!("… and {} more", rows.len() - shown);
        area.push(cut(&more, columns.saturating_sub(1)));
    }
    area
}

fn line(row: &Row, width: usize) -> String {
    let Progress { heap, runs } = &row.progress;
    let name = cut(&row.account, NAME);
    let memory = format!("{} of {}", mib(*heap), Bytes::new(row.limit));
    let bar = bar(*heap, row.limit);
    if runs.is_empty() {
        return format!("{name:<width$}  {bar} starting");
    }
    let sum = |of: fn(&RunProgress) -> u64| runs.iter().map(of).fold(0_u64, u64::saturating_add);
    let (received, pages) = (sum(|run| run.received), sum(|run| run.pages));
    let records = sum(|run| run.records);
    let ended = runs.iter().filter(|run| has_ended(run)).count();
    let total = runs.len();
    let mut line = format!(
        "{name:<width$}  {bar} {memory}  {} received, {pages} pages, {records} rows  {ended} of {total} done",
        mib(received)
    );
    let working: Vec<String> = runs
        .iter()
        .filter(|run| !has_ended(run))
        .map(word)
        .collect();
    if !working.is_empty() {
        line.push_str("  ");
        line.push_str(&working.join(", "));
    }
    line
}

fn has_ended(run: &RunProgress) -> bool {
    run.phase == Some(Phase::Ended)
}

fn word(run: &RunProgress) -> String {
    format!(
        "{} {}",
        run.worker,
        run.phase.map_or("unknown", Phase::name)
    )
}

fn bar(heap: u64, limit: u64) -> String {
    let full = heap.saturating_mul(BAR).checked_div(limit).unwrap_or(0);
    (0..BAR)
        .map(|cell| if cell < full { '#' } else { '.' })
        .collect()
}

/// At most so many characters; what is cut ends in `…`.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::worker::Worker;

    const MIB: u64 = 1 << 20;

    fn run(worker: Worker, phase: Phase) -> RunProgress {
        RunProgress {
            worker,
            phase: Some(phase),
            received: 3 * MIB,
            pages: 2,
            records: 40,
        }
    }

    fn row(account: &str, heap: u64, runs: Vec<RunProgress>) -> Row {
        Row {
            account: account.to_owned(),
            limit: 64 * MIB,
            progress: Progress { heap, runs },
        }
    }

    #[test]
    fn a_line_says_how_far_it_is() {
        let both = vec![
            run(Worker::Orders, Phase::Ended),
            run(Worker::Offers, Phase::Receiving),
        ];
        let rows = [row("a", 16 * MIB, both), row("bella", 0, Vec::new())];
        assert_eq!(
            area(&rows, (200, 24)),
            [
                "a      ##........ 16.0 MiB of 64MiB  6.0 MiB received, 4 pages, 80 rows  1 of 2 done  offers receiving",
                "bella  .......... starting",
            ]
        );
        assert_eq!(area(&[], (80, 24)), [""; 0]);
    }

    #[test]
    fn no_line_wraps_and_the_screen_is_not_filled() {
        let runs = || {
            Worker::ALL
                .map(|worker| run(worker, Phase::Sending))
                .to_vec()
        };
        let rows: Vec<Row> = (0..30)
            .map(|number| row(&format!("{}-{number}", "n".repeat(60)), u64::MAX, runs()))
            .collect();
        for (columns, lines) in [(80, 24), (20, 10), (1, 1), (0, 0)] {
            let area = area(&rows, (columns, lines));
            assert!(area.len() <= lines.saturating_sub(SPARE).max(1), "{area:?}");
            let longest = area.iter().map(|line| line.chars().count()).max();
            let allowed = columns.saturating_sub(1).max(1);
            assert!(longest.unwrap() <= allowed, "{area:?}");
        }
        let area = area(&rows, (80, 10));
        assert_eq!(area.len(), 6);
        assert_eq!(area[5], "… and 25 more");
        assert!(area[0].ends_with('…'), "{}", area[0]);
        assert!(area[0].contains("########## "), "{}", area[0]);
    }
}
