//! Evidence for tests: an attempt of two runs that said `Hello`, and what to change about it.

use crate::flight::{self, FailedAllocation, Flight, PanicNote};
use crate::id::RunNo;
use crate::worker::Worker;

use crate::death::Limits;
use crate::death::{Ending, Evidence, KillReason, MemorySlot, RunFact};

pub(super) const MIB: u64 = 1 << 20;
pub(super) const LIMIT: u64 = 128 * MIB;

pub(super) fn limits() -> Limits {
    Limits {
        memory: LIMIT,
        address_space: 4096 * MIB,
        cpu_seconds: 1800,
        open_files: 256,
        file_size: 300 * MIB,
        core: 0,
    }
}

/// Two unfinished runs, `Hello` said, limits known, nothing in the flight recorder.
pub(super) fn evidence(ending: Ending) -> Evidence {
    let workers = [Worker::Orders, Worker::ActiveInventory];
    let run = |worker| RunFact {
        worker,
        ended: false,
    };
    Evidence {
        spawn_error: None,
        ending: Some(ending),
        kill: None,
        signals_sent: Vec::new(),
        hello: true,
        bye: false,
        flight: Ok(flight::read(&flight::initial(&workers)).unwrap()),
        limits: Some(limits()),
        cgroup_oom_kills: None,
        slot: MemorySlot::Normal,
        stderr_tail: String::new(),
        runs: workers.map(run).to_vec(),
    }
}

pub(super) fn signaled(number: i32) -> Evidence {
    evidence(Ending::Signaled(number))
}

pub(super) fn exited(code: i32) -> Evidence {
    evidence(Ending::Exited(code))
}

/// Killed by us for this reason with SIGTERM.
pub(super) fn killed(reason: KillReason) -> Evidence {
    Evidence {
        kill: Some(reason),
        signals_sent: vec![15],
        ..signaled(15)
    }
}

impl Evidence {
    pub(super) fn flight_mut(&mut self) -> &mut Flight {
        self.flight.as_mut().unwrap()
    }

    pub(super) fn polled(mut self, run: u8) -> Self {
        self.flight_mut().polled = Some(RunNo(run));
        self
    }

    pub(super) fn panic(mut self, run: Option<u8>) -> Self {
        self.flight_mut().panic = Some(PanicNote {
            text: "boom, at src/x.rs:1:2".to_owned(),
            run: run.map(RunNo),
        });
        self
    }

    pub(super) fn failed_allocation(mut self, size: u64, live: u64, run: Option<u8>) -> Self {
        self.flight_mut().failed_allocation = Some(FailedAllocation {
            size,
            live,
            limit: LIMIT,
            run: run.map(RunNo),
        });
        self
    }

    pub(super) fn ended(mut self, run: usize) -> Self {
        self.runs[run].ended = true;
        self
    }

    pub(super) fn all_ended(self) -> Self {
        self.ended(0).ended(1)
    }

    pub(super) fn bye(mut self) -> Self {
        self.bye = true;
        self
    }

    pub(super) fn before_hello(mut self) -> Self {
        self.hello = false;
        self
    }

    pub(super) fn no_flight(mut self) -> Self {
        self.flight = Err("gone".to_owned());
        self
    }

    pub(super) fn stderr(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stderr_tail);
        self
    }
}
