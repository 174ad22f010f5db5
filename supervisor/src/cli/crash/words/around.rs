//! The circumstances of a death: where the run was, its memory and limits, what was recorded.

use std::fmt::Write as _;

use shared::death::{Limits, signal_name};
use shared::flight::RecordingStopped;
use shared::sandbox::Layer;

use super::{Fact, one};
use crate::cli::output::{mib, span};
use crate::config::Bytes;
use crate::outcome::{CrashReport, Ending, MemorySlot, RecordingReport};

pub(super) fn memory(report: &CrashReport) -> String {
    let show = |bytes: Option<u64>| bytes.map_or_else(|| "unknown".to_owned(), mib);
    let mut text = format!(
        "peak heap {}, peak resident {}, of {}",
        show(report.peak_heap),
        show(report.peak_resident),
        show(report.limits.map(|limits| limits.memory)),
    );
    if let Some(peak) = report.peak_cgroup {
        let _ = write!(
            text,
            "; peak of its cgroup, pages of files included, {}",
            mib(peak)
        );
    }
    if let Some(size) = report.failed_allocation {
        let _ = write!(text, "; failed allocation {} ({size} bytes)", mib(size));
    }
    text
}

pub(super) fn limits(set: &Limits, slot: MemorySlot) -> String {
    let slot = match slot {
        MemorySlot::Normal => "",
        MemorySlot::Big => " (big slot)",
    };
    format!(
        "memory {}{slot}, address space {}, CPU {}, {} open files, file size {}, core {}; read back",
        Bytes::new(set.memory),
        Bytes::new(set.address_space),
        span(std::time::Duration::from_secs(set.cpu_seconds)),
        set.open_files,
        Bytes::new(set.file_size),
        set.core
    )
}

pub(super) fn sandbox(layers: &[Layer]) -> String {
    if layers.is_empty() {
        return "no layer was in force".to_owned();
    }
    let names: Vec<&str> = layers.iter().map(|layer| layer.name()).collect();
    let missing: Vec<&str> = Layer::ALL
        .iter()
        .filter(|layer| !layers.contains(layer))
        .map(|layer| layer.name())
        .collect();
    if missing.is_empty() {
        return format!("whole: {}", names.join(", "));
    }
    format!("{}; not: {}", names.join(", "), missing.join(", "))
}

pub(super) fn ending(report: &CrashReport) -> Option<String> {
    let how = match report.ending? {
        Ending::Exited(code) => format!("exit code {code}"),
        Ending::Signaled(number) => format!("{} ({number})", signal_name(number)),
    };
    let mut text = how;
    if let Some(raw) = report.raw_status {
        // Writing to a string cannot fail.
        let _ = write!(text, ", wait status {raw:#06x}");
    }
    if let Some(used) = report.cpu_ms {
        let _ = write!(text, ", {used} ms of CPU time");
    }
    if let Some(at) = report.died_at {
        let _ = write!(text, ", seen at {at}");
    }
    Some(text)
}

pub(super) fn builds(report: &CrashReport) -> String {
    let own = &report.build;
    match &report.child_build {
        Some(child) if child == own => format!("{own}, supervisor and child"),
        Some(child) => format!("supervisor {own}, child {child}"),
        None => format!("supervisor {own}; the child's is not known"),
    }
}

pub(super) fn stage(report: &CrashReport) -> Vec<Fact> {
    let Some(stage) = &report.stage else {
        return Vec::new();
    };
    let (phase, item, byte, pages) = (&stage.phase, stage.item, stage.byte, stage.pages);
    let place = format!("{phase}, item {item}, byte {byte}, after {pages} pages");
    let mut facts = vec![one("stage", place)];
    if !stage.key.is_empty() {
        facts.push(one("item", stage.key.clone()));
    }
    let slice = stage.slice.map(|(start, end)| format!("{start} to {end}"));
    facts.extend(slice.map(|line| one("slice", line)));
    if !stage.last_request.is_empty() {
        facts.push(one("request", stage.last_request.clone()));
    }
    let (requests, received, records) = (stage.requests, stage.received, stage.records);
    facts.push(one(
        "work",
        format!("{requests} requests, {received} bytes received, {records} records sent"),
    ));
    facts
}

pub(super) fn recording(kept: RecordingReport) -> String {
    let bytes = kept.bytes;
    match kept.stopped {
        None if bytes == 0 => "none".to_owned(),
        None => format!("{bytes} bytes, whole"),
        Some(RecordingStopped::Cap) => format!("{bytes} bytes, stopped at its cap"),
        Some(RecordingStopped::Write) => {
            format!("{bytes} bytes, stopped because it could not be written (is the disk full?)")
        }
    }
}
