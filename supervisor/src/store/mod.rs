//! The database: accounts, what is remembered about them, attempts, and eBay's rows with their
//! history.
//!
//! *Invariants:* a row and its event are one transaction; the cursor moves in a transaction of its
//! own after every row that it covers; every commit of an attempt first proves its fence; an
//! unreadable stored value is an error and never a default.
//!
//! *Not here:* what to do about an outcome (`policy`), whether a record is legal (`ingest`).
//! Nothing outside this module names sqlx.

mod account;
mod attempt;
mod audit;
mod batch;
mod change;
mod changes;
mod command;
mod cursor;
mod error;
pub mod hash;
mod history;
mod letter;
mod rescan;
mod secret;
mod sqlite;
mod state;

pub use account::{Account, NewAccount, NewToken, TokenSource, TokenTrouble};
pub use attempt::{
    BeginAttempt, Begun, EndAttempt, EndRun, Ended, Grant, OpenAttempt, Peaks, RunCounters,
};
pub use audit::{Audit, Finding};
pub use batch::{
    BatchCommit, BatchCounts, BatchResult, BatchRow, CheckpointResult, SliceCommit, SnapshotCommit,
};
pub use changes::{Changed, Changes};
pub use command::{CommandOutcome, CommandRow, Halt};
pub use cursor::{CursorMove, CursorMoved, CursorStep, DeclaredGap, MoveRefused, PastMove};
pub use error::StoreError;
pub use history::{
    AttemptRow, CrashRow, EventKind, Group, Item, ItemEvent, ItemState, LearnedPeak, RunRow,
    StatusRow,
};
pub use letter::{DeadLetter, LetterEnds, LetterStatus, NewLetter, PassedLetter};
pub use rescan::{DeepCommit, RescanCommit};
pub use secret::{Sealed, SecretOf, StoredSecret};
pub use sqlite::{Soundness, Store};
pub use state::{SyncState, SyncStates, Unreadable};
