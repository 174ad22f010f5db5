//! Safe functions over what the operating system offers: limits, signals, `/proc`.

mod host;
mod limit;
mod process;

pub use host::{free_space, open_files_limit, terminal_size, user_id};
pub use limit::{LimitError, set_limits};
pub use nix::sys::signal::Signal;
pub use process::{Memory, host_name, kill_group, memory, memory_total, start_ticks, still_runs};
pub use shared::death::Limits;
