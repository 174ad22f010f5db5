//! Which frame is legal now: one pure state machine, kept by both ends.

use crate::attempt::{MAX_RUNS, RunOrder};
use crate::id::RunNo;
use crate::wire::message::{FromChild, ToChild};

mod violation;

pub use violation::Violation;

/// How many batches, states and checkpoints of a run may be unacknowledged.
pub const MAX_UNACKED: u32 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    AwaitHello,
    AwaitStart,
    Running,
    Exchanging,
    Over,
}

impl Phase {
    const fn name(self) -> &'static str {
        match self {
            Self::AwaitHello => "before Hello",
            Self::AwaitStart => "before Start",
            Self::Running => "while running",
            Self::Exchanging => "during an exchange",
            Self::Over => "after the last message",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Open,
    Refused,
    Ended,
}

#[derive(Debug, Clone)]
struct RunState {
    run: Run,
    sent: u32,
    acked: u32,
    asked: Option<Question>,
    /// It was told that there is no fresher token: asking again would be asking for ever.
    tokenless: bool,
}

/// What a run waits to hear from the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Probe,
    Token,
}

/// The state of one connection between supervisor and child.
#[derive(Debug, Clone)]
pub struct Session {
    phase: Phase,
    stopping: bool,
    runs: Vec<RunState>,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// A session before its first frame.
    pub const fn new() -> Self {
        Self {
            phase: Phase::AwaitHello,
            stopping: false,
            runs: Vec::new(),
        }
    }

    /// Whether the last message was said.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Whether `Stop` was said.
    pub const fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Whether the run has ended; true for a run that does not exist.
    pub fn has_ended(&self, run: RunNo) -> bool {
        self.runs
            .get(run.index())
            .is_none_or(|state| state.run == Run::Ended)
    }

    /// Whether the run was refused and has not ended yet.
    pub fn is_refused(&self, run: RunNo) -> bool {
        self.runs
            .get(run.index())
            .is_some_and(|state| state.run == Run::Refused)
    }

    /// How many batches, states and checkpoints of the run are unacknowledged.
    pub fn unacked(&self, run: RunNo) -> u32 {
        self.runs
            .get(run.index())
            .map_or(0, |state| state.sent - state.acked)
    }

    /// The sequence number that the run's next batch, state or checkpoint must have.
    pub fn next_seq(&self, run: RunNo) -> u32 {
        self.runs.get(run.index()).map_or(0, |state| state.sent)
    }

    /// Takes note of a frame from the supervisor.
    pub fn to_child(&mut self, message: &ToChild) -> Result<(), Violation> {
        let name = message.name();
        match (message, self.phase) {
            (ToChild::Start { attempt, .. }, Phase::AwaitStart) => self.start(&attempt.runs),
            (ToChild::Exchange(_), Phase::AwaitStart) => {
                self.phase = Phase::Exchanging;
                Ok(())
            }
            (ToChild::Ack { run, seq }, Phase::Running) => {
                let state = known(&mut self.runs, name, *run)?;
                if state.asked == Some(Question::Probe) {
                    return Err(Violation::Unanswered {
                        message: name,
                        run: *run,
                    });
                }
                state.acknowledge(name, *run, *seq)
            }
            (ToChild::Needed { run, seq, .. }, Phase::Running) => {
                let state = known(&mut self.runs, name, *run)?;
                state.was_asked(Question::Probe, name, *run)?;
                state.acknowledge(name, *run, *seq)?;
                state.asked = None;
                Ok(())
            }
            (ToChild::Token { run, token }, Phase::Running) => {
                let state = known(&mut self.runs, name, *run)?;
                state.was_asked(Question::Token, name, *run)?;
                state.asked = None;
                state.tokenless = token.is_none();
                Ok(())
            }
            (ToChild::Refused { run, .. }, Phase::Running) => {
                let state = known(&mut self.runs, name, *run)?;
                if state.run != Run::Open {
                    return Err(Violation::RunEnded {
                        message: name,
                        run: *run,
                    });
                }
                state.run = Run::Refused;
                Ok(())
            }
            (ToChild::Stop { .. }, Phase::AwaitStart | Phase::Running | Phase::Over) => {
                self.stopping = true;
                Ok(())
            }
            // The child may have said Bye while the answer was on its way.
            (
                ToChild::Ack { .. }
                | ToChild::Needed { .. }
                | ToChild::Token { .. }
                | ToChild::Refused { .. },
                Phase::Over,
            ) => Ok(()),
            _ => Err(self.out_of_phase(name)),
        }
    }

    /// Takes note of a frame from the child.
    pub fn from_child(&mut self, message: &FromChild) -> Result<(), Violation> {
        let name = message.name();
        match (message, self.phase) {
            (FromChild::Hello { .. }, Phase::AwaitHello) => {
                self.phase = Phase::AwaitStart;
                Ok(())
            }
            (FromChild::Bye, Phase::Running) => self.bye(name),
            (FromChild::Exchanged(_), Phase::Exchanging) => {
                self.phase = Phase::Over;
                Ok(())
            }
            (FromChild::Batch { run, seq, records }, Phase::Running) => {
                if records.is_empty() {
                    return Err(Violation::Empty {
                        message: name,
                        run: *run,
                    });
                }
                self.sequenced(name, *run, *seq)
            }
            (
                FromChild::Probe {
                    run, seq, items, ..
                },
                Phase::Running,
            ) => {
                if items.is_empty() {
                    return Err(Violation::Empty {
                        message: name,
                        run: *run,
                    });
                }
                let unacked = self.unacked(*run);
                if unacked > 0 {
                    return Err(Violation::Unacknowledged {
                        message: name,
                        run: *run,
                        unacked,
                    });
                }
                self.sequenced(name, *run, *seq)?;
                self.asks(*run, Question::Probe);
                Ok(())
            }
            (FromChild::NeedToken { run }, Phase::Running) => self.need_token(name, *run),
            (
                FromChild::State { run, seq, .. }
                | FromChild::Skipped { run, seq, .. }
                | FromChild::Checkpoint { run, seq, .. },
                Phase::Running,
            ) => self.sequenced(name, *run, *seq),
            (FromChild::RunDone { run } | FromChild::RunSnoozed { run, .. }, Phase::Running) => {
                self.end(name, *run, true)
            }
            (FromChild::RunFailed { run, .. }, Phase::Running) => self.end(name, *run, false),
            (FromChild::Waiting { run, .. }, Phase::Running) => {
                open(&mut self.runs, name, *run).map(|_| ())
            }
            _ => Err(self.out_of_phase(name)),
        }
    }

    fn out_of_phase(&self, message: &'static str) -> Violation {
        Violation::Phase {
            message,
            phase: self.phase.name(),
        }
    }

    fn start(&mut self, runs: &[RunOrder]) -> Result<(), Violation> {
        let numbered = runs
            .iter()
            .enumerate()
            .all(|(position, order)| order.run.index() == position);
        if runs.is_empty() || runs.len() > MAX_RUNS || !numbered {
            return Err(Violation::Runs);
        }
        let fresh = RunState {
            run: Run::Open,
            sent: 0,
            acked: 0,
            asked: None,
            tokenless: false,
        };
        self.runs = vec![fresh; runs.len()];
        self.phase = Phase::Running;
        Ok(())
    }

    fn need_token(&mut self, message: &'static str, run: RunNo) -> Result<(), Violation> {
        let state = open(&mut self.runs, message, run)?;
        state.may_speak(message, run)?;
        if state.tokenless {
            return Err(Violation::Tokenless { message, run });
        }
        self.asks(run, Question::Token);
        Ok(())
    }

    fn asks(&mut self, run: RunNo, question: Question) {
        if let Some(state) = self.runs.get_mut(run.index()) {
            state.asked = Some(question);
        }
    }

    fn sequenced(&mut self, message: &'static str, run: RunNo, seq: u32) -> Result<(), Violation> {
        let state = open(&mut self.runs, message, run)?;
        state.may_speak(message, run)?;
        if seq != state.sent {
            return Err(Violation::Sequence {
                message,
                run,
                got: seq,
                expected: state.sent,
            });
        }
        let unacked = state.sent - state.acked;
        // A refused run gets no more acknowledgements: what it had sent meanwhile is dropped.
        if unacked >= MAX_UNACKED {
            return Err(Violation::Unacknowledged {
                message,
                run,
                unacked,
            });
        }
        state.sent += 1;
        Ok(())
    }

    fn end(&mut self, message: &'static str, run: RunNo, all_acked: bool) -> Result<(), Violation> {
        let state = open(&mut self.runs, message, run)?;
        if all_acked {
            state.may_speak(message, run)?;
        }
        let unacked = state.sent - state.acked;
        if all_acked && unacked > 0 && state.run == Run::Open {
            return Err(Violation::Unacknowledged {
                message,
                run,
                unacked,
            });
        }
        state.run = Run::Ended;
        Ok(())
    }

    fn bye(&mut self, message: &'static str) -> Result<(), Violation> {
        let open = self.runs.iter().any(|state| state.run != Run::Ended);
        if open && !self.stopping {
            return Err(self.out_of_phase(message));
        }
        self.phase = Phase::Over;
        Ok(())
    }
}

impl RunState {
    /// A refused run gets no answer any more.
    fn may_speak(&self, message: &'static str, run: RunNo) -> Result<(), Violation> {
        if self.asked.is_some() && self.run == Run::Open {
            return Err(Violation::Unanswered { message, run });
        }
        Ok(())
    }

    fn was_asked(
        &self,
        question: Question,
        message: &'static str,
        run: RunNo,
    ) -> Result<(), Violation> {
        if self.asked != Some(question) {
            return Err(Violation::NotAsked { message, run });
        }
        Ok(())
    }

    fn acknowledge(
        &mut self,
        message: &'static str,
        run: RunNo,
        seq: u32,
    ) -> Result<(), Violation> {
        if seq != self.acked || self.acked == self.sent {
            return Err(Violation::Sequence {
                message,
                run,
                got: seq,
                expected: self.acked,
            });
        }
        self.acked += 1;
        Ok(())
    }
}

fn known<'a>(
    runs: &'a mut [RunState],
    message: &'static str,
    run: RunNo,
) -> Result<&'a mut RunState, Violation> {
    runs.get_mut(run.index())
        .ok_or(Violation::UnknownRun { message, run })
}

fn open<'a>(
    runs: &'a mut [RunState],
    message: &'static str,
    run: RunNo,
) -> Result<&'a mut RunState, Violation> {
    let state = known(runs, message, run)?;
    if state.run == Run::Ended {
        return Err(Violation::RunEnded { message, run });
    }
    Ok(state)
}

#[cfg(test)]
mod tests;
