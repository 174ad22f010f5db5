//! The lines below everything else on the terminal: whatever is printed goes above them.
//!
//! *Invariant:* the cursor stands at the beginning of the line after the drawn ones. Nothing of the
//! terminal is changed that would have to be put back.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is drawn.
static DRAWN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn drawn() -> MutexGuard<'static, Vec<String>> {
    DRAWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Draws these lines instead of the ones before; none to leave the screen as if there had been none.
pub(super) fn show(lines: Vec<String>) {
    let mut drawn = drawn();
    if *drawn != lines {
        draw(&(erasing(&drawn) + &text(&lines)));
        *drawn = lines;
    }
}

/// Prints above what is drawn.
pub(in crate::cli) fn above<T>(print: impl FnOnce() -> T) -> T {
    let drawn = drawn();
    if drawn.is_empty() {
        return print();
    }
    draw(&erasing(&drawn));
    let printed = print();
    draw(&text(&drawn));
    printed
}

/// Standard error, above what is drawn.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Above;

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A whole line each time, as the log writes them.
        above(|| io::stderr().write_all(bytes)).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Up to the first drawn line, and clears from there on.
fn erasing(drawn: &[String]) -> String {
    if drawn.is_empty() {
        return String::new();
    }
    format!("\r\x1b[{}A\x1b[J", drawn.len())
}

fn text(lines: &[String]) -> String {
    lines
        .iter()
        .flat_map(|line| [line.as_str(), "\n"])
        .collect()
}

fn draw(text: &str) {
    // A terminal that is gone shows nothing: that is no reason to stop the work.
    drop(io::stderr().write_all(text.as_bytes()));
}
