//! Runs a process to its end and keeps what `/proc` tells of it and of its children (`proc(5)`).

use std::{
    ffi::OsStr,
    fs, io,
    path::Path,
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

/// How often `/proc` is read. The highest resident size is the kernel's own mark, so nothing of it
/// is lost in between but what happens in the last moments.
const INTERVAL: Duration = Duration::from_millis(5);
/// Ticks per second in `/proc/<pid>/stat` (`USER_HZ`): 100 on every architecture we build for.
const TICKS: f64 = 100.0;

/// What one process took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// From spawn to end.
    pub seconds: f64,
    /// User and system time, without its children's.
    pub cpu_seconds: f64,
    /// `VmHWM`, bytes.
    pub peak: u64,
    /// The highest `VmHWM` of a child with the name watched for, bytes; 0 if there was none.
    pub child_peak: u64,
}

/// Runs the command, and looks at it and at its children of the program `child_name`.
pub(crate) fn watch(command: &mut Command, child_name: &str) -> io::Result<(ExitStatus, Figures)> {
    let start = Instant::now();
    let mut process = command.spawn()?;
    let mut figures = Figures::default();
    let status = loop {
        figures.look(&process, child_name);
        if let Some(status) = process.try_wait()? {
            break status;
        }
        thread::sleep(INTERVAL);
    };
    figures.seconds = start.elapsed().as_secs_f64();
    Ok((status, figures))
}

impl Figures {
    fn look(&mut self, process: &Child, child_name: &str) {
        let proc = format!("/proc/{}", process.id());
        self.peak = self.peak.max(peak(&proc));
        self.cpu_seconds = self.cpu_seconds.max(cpu_seconds(&proc));
        for child in children(&proc) {
            let child = format!("/proc/{child}");
            // Until its exec a new child is its parent's double, memory and all.
            if is_program(&child, child_name) {
                self.child_peak = self.child_peak.max(peak(&child));
            }
        }
    }
}

/// `VmHWM` in bytes; 0 for a process that has ended.
fn peak(proc: &str) -> u64 {
    let status = fs::read_to_string(format!("{proc}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}

fn cpu_seconds(proc: &str) -> f64 {
    let stat = fs::read_to_string(format!("{proc}/stat")).unwrap_or_default();
    // The name may hold spaces and brackets; state is the first field after it, user time the 12th.
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields);
    let ticks = fields.unwrap_or_default().split_whitespace().skip(11);
    ticks
        .take(2)
        .filter_map(|field| field.parse::<u32>().ok())
        .map(f64::from)
        .sum::<f64>()
        / TICKS
}

fn children(proc: &str) -> Vec<u32> {
    let threads = fs::read_dir(format!("{proc}/task")).into_iter().flatten();
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|text| {
            let pids: Vec<u32> = text.split_whitespace().flat_map(str::parse).collect();
            pids
        })
        .collect()
}

fn is_program(proc: &str, name: &str) -> bool {
    let program = fs::read_link(Path::new(proc).join("exe"));
    program.is_ok_and(|path| path.file_name() == Some(OsStr::new(name)))
}
