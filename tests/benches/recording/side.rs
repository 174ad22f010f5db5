//! One side of a pair: the child's code in a process of its own.

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use rustix::process::{WaitIdOptions, WaitId, waitid};
use shared::{flight, recording, secret::Secret, worker::Worker};
use worker_child::{
    fetch::{Client, roots},
    recording::Recorder,
    session::{by_hand::Listener, clock, drive, start},
    stage,
};

use crate::{TOKEN, attempt::attempt};

/// First argument of this program when it plays a side; the side, the port and a directory follow.
pub(crate) const MODE: &str = "one-side";
/// Enough for any report.
const CAP: u64 = 4 << 30;
/// Ticks per second in `/proc/<pid>/stat` (`USER_HZ`): 100 on every architecture we build for.
const TICKS: f64 = 100.0;
