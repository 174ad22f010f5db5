//! Nothing of a token is anywhere but in its file.

use std::fs;
use std::path::PathBuf;

use integration_tests::harness::process::alive;
use integration_tests::harness::search::{holders, holds};
use integration_tests::harness::state::State;

/// In every token.
pub(crate) const CANARY: &str = "canary-5d0c6a17";

/// Between two looks at the living children so many deaths are drawn.
const STEP: usize = 10;

/// Looks at what the system shows of living children.
#[derive(Debug)]
pub(crate) struct Sampler {
    dir: PathBuf,
    next: usize,
    seen: usize,
}

impl Sampler {
    pub(crate) fn new(state: &State) -> Self {
        Self {
            dir: state.dir(),
            next: 0,
            seen: 0,
        }
    }

    /// Looks if enough deaths were drawn since the last time.
    pub(crate) fn look(&mut self, drawn: usize) {
        if drawn < self.next {
            return;
        }
        self.next = drawn + STEP;
        for pid in alive(&self.dir) {
            for what in ["cmdline", "environ"] {
                // Gone with its process.
                let bytes = fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
                assert!(!holds(&bytes, &[CANARY]), "{what} of a child");
                self.seen += usize::from(!bytes.is_empty());
            }
        }
    }

    pub(crate) fn assert_seen(&self) {
        assert!(self.seen > 0, "no living child was ever looked at");
    }
}

/// Asserts that no file of the state directory holds it, nor what was said; the token of this account
/// does.
pub(crate) fn assert_no_trace(state: &State, account: &str, said: &str) {
    assert!(!holds(said.as_bytes(), &[CANARY]), "in what was said");
    let token = fs::read(state.token_file(account)).unwrap();
    assert!(
        holds(&token, &[CANARY]),
        "it must be in a token, or this proves nothing"
    );
    let found = holders(&state.dir(), &[CANARY]);
    assert!(found.is_empty(), "{found:?}");
}
