//! The whole system over the same report, with and without a recording.

use std::{
    error::Error,
    fs::{self, File},
    path::Path,
    process::Stdio,
    thread,
    time::Duration,
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::{TimeVal, TimeValLike as _},
};

use crate::shop::Shop;

/// How often the recording's size is looked at.
const INTERVAL: Duration = Duration::from_millis(2);

/// `bulkhead run --once` over an account that has nothing new, in seconds of processor time of all
/// its processes; `transferred` is what of eBay's must be in a recording.
pub(crate) fn pass(
    shop: &Shop<'_>,
    recorded: bool,
    transferred: u64,
) -> Result<f64, Box<dyn Error>> {
    let log = shop.state_dir.join("log");
    let mut command = shop.command();
    if !recorded {
        command.env("BULKHEAD_RECORDING_CAP", "0B");
    }
    command.args(["run", "--once"]).stdout(Stdio::null());
    command.stderr(File::create(&log)?);
    let before = spent()?;
    let mut process = command.spawn()?;
    let mut seen = 0;
    let status = loop {
        seen = seen.max(recording(&shop.state_dir.join("attempts")));
        if let Some(status) = process.try_wait()? {
            break status;
        }
        thread::sleep(INTERVAL);
    };
    let after = spent()?;
    if !status.success() {
        let log = fs::read_to_string(&log).unwrap_or_default();
        return Err(format!("bulkhead run --once: {status}\n{log}").into());
    }
    // The last look may come long before the end.
    if (seen >= transferred / 2) != recorded {
        return Err(format!("a recording of {seen} bytes, with recording {recorded}").into());
    }
    let micros = u32::try_from((after - before).num_microseconds())?;
    Ok(f64::from(micros) / 1e6)
}

/// Processor time of all processes that ended and were waited for.
fn spent() -> Result<TimeVal, Box<dyn Error>> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(usage.user_time() + usage.system_time())
}

/// Bytes of the recordings of running attempts.
fn recording(attempts: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(attempts) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| fs::metadata(entry.path().join("recording")).ok())
        .map(|file| file.len())
        .max()
        .unwrap_or(0)
}
