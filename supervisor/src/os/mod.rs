//! Safe functions over what the operating system offers: signals, control groups, `/proc`, the
//! kernel's word on memory.

pub mod cgroup;
mod ending;
mod host;
mod oom;
mod process;

pub use ending::EndWatch;
pub use host::{free_space, open_files_limit, terminal_size, user_id, user_name};
pub use nix::sys::signal::Signal;
pub use oom::OomWatch;
pub use process::{
    Memory, cpu_ms, host_name, kill_group, memory, memory_total, start_ticks, still_runs,
};
pub use shared::death::Limits;
