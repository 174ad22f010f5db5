//! From the end of a child process to its cause, its culprit and one outcome per run: pure.
//!
//! The supervisor judges with it, and so does a replay, which must end the same way. A child judges
//! others only, never itself.
//!
//! What each cause rests on. Where the column for proof is empty, nothing can prove it.
//!
//! | Cause | Proven by | Inferred from |
//! |---|---|---|
//! | `completed` | exit code 0 after `Bye`, every run ended | |
//! | `failed` | one of our exit codes | the same beside a panic or a fault, or after `Bye` |
//! | `exited_early` | exit code 0 without `Bye` | the same beside a panic or a fault |
//! | `hung` (a token child that gives no answer, too), `deadline`, `never_ready`, `cancelled`, `drained`, `protocol_violation` | our reason, stored first, and the signal that we sent | our reason, and another end |
//! | `spawn_failed` | no process, another build, limits that did not take | exit code 126 or 127, or SIGSEGV, before `Hello`; 65, 66 or 70 before any run had begun |
//! | `panic` | SIGABRT and the panic in the flight recorder | its words on standard error; another code than ours |
//! | `memory_limit` | SIGABRT and a failed allocation, uncleared, at 75 % of the limit or more | the same with the limit not known; words on standard error without a recorder |
//! | `stack_overflow` | SIGSEGV, or SIGABRT with the runtime's words, and a fault below the stack that the kernel reported | the runtime's words, or that fault before a silent SIGABRT |
//! | `segv`, `bus`, `ill`, `fpe`, `sys` | that signal and a fault of it that the kernel reported | the signal alone; a fault that a process sent |
//! | `abort` | | SIGABRT and nothing else |
//! | `cpu_limit` | SIGXCPU with 75 % of the limit used or more | SIGXCPU with neither known; SIGKILL at the hard limit |
//! | `kernel_oom` | SIGKILL and the control group's count or the kernel's log | SIGKILL and the machine's count, nothing against it |
//! | `killed_externally` | | SIGKILL, SIGTERM, SIGINT or SIGHUP that we did not send |
//! | `signal` | | any other signal |
//!
//! Evidence for another end makes what was proven inferred, and what was inferred unknown.
//!
//! *Invariant:* a cause is never claimed beyond its evidence. Evidence that contradicts itself
//! lowers the confidence; it never picks the nicer story.

mod aborted;
mod cause;
mod classify;
mod cpu;
mod culprit;
mod evidence;
mod exit;
mod fault;
mod fingerprint;
mod killed;
mod oom;
mod outcomes;
#[cfg(test)]
mod sample;
mod signaled;

pub use cause::{Cause, Confidence, Outcome, Verdict};
pub use classify::classify;
pub use culprit::culprit;
pub use evidence::{CPU_SLACK, Ending, Evidence, KillReason, Limits, MemorySlot, Outside, RunFact};
pub use exit::{ending, signal_name};
pub use fingerprint::{fingerprint, fingerprint_of, fingerprint_of_exchange};
pub use outcomes::{RunOutcomes, outcomes};
