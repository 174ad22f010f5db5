//! Live progress on a real pseudo-terminal: drawn while accounts run, out of the way of log lines,
//! gone at the end. In a log nothing is drawn.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use integration_tests::harness::process::alive;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use nix::pty::{Winsize, openpty};

const COLUMNS: u16 = 90;
/// In this time a line is drawn five times.
const DRAWN: Duration = Duration::from_secs(1);

/// A state directory whose account waits for a file, and the file.
fn waiting() -> (State, std::path::PathBuf) {
    let state = State::new();
    let gate = state.path("gate");
    state.add_account(
        "anna",
        "orders,returns",
        &format!("gate={}", gate.display()),
    );
    let config = std::fs::read_to_string(state.config()).unwrap();
    state.write_config(&config.replace("format = \"json\"", "format = \"human\""));
    (state, gate)
}

/// Runs the command on a terminal, opens the gate when the live line was drawn, and returns all
/// that the terminal was sent.
fn on_a_terminal(mut command: Command, gate: &std::path::Path) -> (i32, String) {
    let size = Winsize {
        ws_row: 24,
        ws_col: COLUMNS,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let terminal = openpty(Some(&size), None).unwrap();
    let end = || Stdio::from(terminal.slave.try_clone().unwrap());
    let mut child = command
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(end())
        .stderr(end())
        .spawn()
        .unwrap();
    drop(command);
    drop(terminal.slave);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let reader = {
        let (sent, mut master) = (Arc::clone(&sent), File::from(terminal.master));
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // Ends with an error when the last process has let go of the terminal (`pty(7)`).
            while let Ok(read) = master.read(&mut piece) {
                if read == 0 {
                    break;
                }
                sent.lock().unwrap().extend_from_slice(&piece[..read]);
            }
        })
    };
    let text = || String::from_utf8_lossy(&sent.lock().unwrap()).into_owned();
    wait_until("the live line", LONG, || text().contains(" of 64MiB"));
    std::fs::write(gate, "").unwrap();
    let status = child.wait().unwrap();
    reader.join().unwrap();
    (status.code().unwrap(), text())
}

/// What a terminal shows in the end: lines, with the few sequences that are used here.
fn screen(sent: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut at = 0;
    let mut rest = sent.chars();
    while let Some(c) = rest.next() {
        match c {
            '\r' => {}
            '\n' => {
                at += 1;
                if lines.len() == at {
                    lines.push(String::new());
                }
            }
            '\u{1b}' => {
                let sequence = control(&mut rest);
                match sequence.split_at(sequence.len() - 1) {
                    (count, "A") => at -= count.parse::<usize>().unwrap(),
                    (_, "J") => {
                        lines.truncate(at + 1);
                        lines[at].clear();
                    }
                    // Colours of log lines.
                    (_, "m") => {}
                    other => panic!("{other:?}"),
                }
            }
            c => lines[at].push(c),
        }
    }
    lines
}

/// What follows `[`, up to the letter that ends a control sequence.
fn control(rest: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    for c in rest.skip(1) {
        text.push(c);
        if c.is_ascii_alphabetic() {
            break;
        }
    }
    text
}

#[test]
fn a_pass_is_watched_and_leaves_a_clean_screen() {
    let (state, gate) = waiting();
    let (code, sent) = on_a_terminal(state.command(&["run", "--once"]), &gate);
    assert_eq!(code, 0, "{sent}");
    let drawn: Vec<&str> = sent
        .split('\n')
        .filter(|line| line.contains(" of 64MiB"))
        .collect();
    assert!(drawn[0].contains("anna  "), "{drawn:?}");
    assert!(
        drawn.iter().any(|line| line.contains("of 2 done")),
        "{drawn:?}"
    );
    let lines = screen(&sent);
    assert!(
        !lines.iter().any(|line| line.contains(" of 64MiB")),
        "{lines:?}"
    );
    let logged = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert_eq!(logged("run ended"), 2, "{lines:?}");
    assert_eq!(logged("bulkhead stopped"), 1, "{lines:?}");
    // Each line of the log begins with its time: nothing stands before it.
    let log = lines.iter().filter(|line| line.contains(" INFO "));
    for line in log {
        assert!(line.trim_start().starts_with("20"), "{line:?}");
    }
    let last: Vec<&String> = lines.iter().filter(|line| !line.is_empty()).collect();
    assert_eq!(last[last.len() - 1], "2 workers ran well");
}

#[test]
fn in_a_log_nothing_is_drawn() {
    let (state, gate) = waiting();
    let pass = state.start_once();
    wait_until("a child", LONG, || !alive(&state.dir()).is_empty());
    let there = Instant::now();
    // Nothing tells of what is not drawn: it would have been, several times.
    wait_until("drawings", LONG, || there.elapsed() > DRAWN);
    std::fs::write(gate, "").unwrap();
    let ended = pass.end(LONG);
    assert_eq!(ended.code, Some(0));
    assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
    assert!(!ended.stderr.contains(" of 64MiB"), "{}", ended.stderr);
}
