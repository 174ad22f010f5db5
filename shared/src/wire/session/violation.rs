//! What was wrong with a frame that was not legal.

use crate::attempt::MAX_RUNS;
use crate::id::RunNo;

/// A frame that was not legal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The message does not belong here at all.
    #[error("{message} is not legal {phase}")]
    Phase {
        /// Name of the message.
        message: &'static str,
        /// Where the session stands.
        phase: &'static str,
    },
    /// A run that the attempt does not have.
    #[error("{message} names run {run}, which does not exist")]
    UnknownRun {
        /// Name of the message.
        message: &'static str,
        /// The run named.
        run: RunNo,
    },
    /// A run that has ended.
    #[error("{message} for run {run}, which has ended")]
    RunEnded {
        /// Name of the message.
        message: &'static str,
        /// The run named.
        run: RunNo,
    },
    /// A sequence number out of order.
    #[error("{message} of run {run} has sequence number {got}, expected {expected}")]
    Sequence {
        /// Name of the message.
        message: &'static str,
        /// The run named.
        run: RunNo,
        /// What came.
        got: u32,
        /// What had to come.
        expected: u32,
    },
    /// Too much unacknowledged, or an end with something unacknowledged.
    #[error("{message} of run {run} with {unacked} unacknowledged")]
    Unacknowledged {
        /// Name of the message.
        message: &'static str,
        /// The run named.
        run: RunNo,
        /// How many.
        unacked: u32,
    },
    /// The attempt's runs are not numbered from 0, or are none or too many.
    #[error("the runs of the attempt are not numbered from 0, or not between 1 and {MAX_RUNS}")]
    Runs,
    /// A batch or probe of nothing.
    #[error("{message} of run {run} is empty")]
    Empty {
        /// Name of the message.
        message: &'static str,
        /// The run named.
        run: RunNo,
    },
    /// Something else while a question of the run is unanswered.
    #[error("{message} of run {run} before its question is answered")]
    Unanswered {
        /// Name of the message.
        message: &'static str,
        /// The run named.
        run: RunNo,
    },
    /// An answer that nobody asked for.
    #[error("{message} for run {run}, which did not ask")]
    NotAsked {
        /// Name of the message.
        message: &'static str,
        /// The run named.
        run: RunNo,
    },
    /// The question for a token once more, after the answer that there is none.
    #[error("{message} of run {run}, which was told that there is no fresher token")]
    Tokenless {
        /// Name of the message.
        message: &'static str,
        /// The run named.
        run: RunNo,
    },
}
