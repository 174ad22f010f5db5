//! Evidence for tests: an attempt of two runs that said `Hello`, and what to change about it.

use crate::flight::{self, FailedAllocation, Fault, Flight, PanicNote};
use crate::id::RunNo;
use crate::worker::Worker;

use crate::death::Limits;
use crate::death::{
    Confidence, Ending, Evidence, KillReason, MemorySlot, Outside, RunFact, classify,
};

pub(super) const MIB: u64 = 1 << 20;
pub(super) const LIMIT: u64 = 128 * MIB;
/// The stack of the thread at fault.
pub(super) const STACK: (u64, u64) = (0x7f00_0010_0000, 0x7f00_0090_0000);

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

pub(super) const PROVEN: Confidence = Confidence::Proven;
pub(super) const INFERRED: Confidence = Confidence::Inferred;
pub(super) const UNKNOWN: Confidence = Confidence::Unknown;

/// What is known, the name and the confidence that must come of it, and why.
pub(super) type Row = (Evidence, &'static str, Confidence, &'static str);

pub(super) fn hold(rows: Vec<Row>) {
    for (evidence, name, confidence, why) in rows {
        let verdict = classify(&evidence);
        let got = (verdict.cause.name(), verdict.confidence);
        assert_eq!(got, (name, confidence), "{why}: {:#?}", verdict.evidence);
        assert!(!verdict.evidence.is_empty(), "{why}");
    }
}

/// All sentences of the evidence.
pub(super) fn text_of(evidence: &Evidence) -> String {
    classify(evidence).evidence.join("\n")
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
        raw_status: None,
        kill: None,
        signals_sent: Vec::new(),
        hello: true,
        bye: false,
        exchange: false,
        flight: Ok(flight::read(&flight::initial(&workers)).unwrap()),
        limits: Some(limits()),
        slot: MemorySlot::Normal,
        cgroup_oom_kills: None,
        outside: Outside::default(),
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

    /// A fault at 4 KiB that the kernel reports; the stack is far away.
    pub(super) fn fault(mut self, signal: i32, run: Option<u8>) -> Self {
        self.flight_mut().fault = Some(Fault {
            signal,
            code: 1,
            address: 0x1000,
            stack: Some(STACK),
            run: run.map(RunNo),
        });
        self
    }

    /// A fault just below the stack.
    pub(super) fn overflow(self, signal: i32, run: Option<u8>) -> Self {
        self.fault(signal, run).fault_at(STACK.0 - 64)
    }

    pub(super) fn fault_at(mut self, address: u64) -> Self {
        self.fault_mut().address = address;
        self
    }

    /// The fault was sent by a process (`si_code` is `SI_TKILL`).
    pub(super) fn fault_sent(mut self) -> Self {
        self.fault_mut().code = -6;
        self
    }

    fn fault_mut(&mut self) -> &mut Fault {
        self.flight_mut().fault.as_mut().unwrap()
    }

    pub(super) fn cpu(mut self, millis: u64) -> Self {
        self.outside.cpu_ms = Some(millis);
        self
    }

    pub(super) fn machine_oom(mut self, kills: u64) -> Self {
        self.outside.machine_oom_kills = Some(kills);
        self
    }

    pub(super) fn kernel_log(mut self, names_it: bool) -> Self {
        self.outside.kernel_log_names_it = Some(names_it);
        self
    }

    pub(super) fn cgroup_oom(mut self, kills: u64) -> Self {
        self.cgroup_oom_kills = Some(kills);
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
