//! Safe functions over what the operating system offers: limits, signals, `/proc`.

mod limit;
mod process;

pub use limit::{LimitError, set_limits};
pub use process::{
    Memory, host_name, kill_group, memory, memory_total, own_memory, start_ticks, still_runs,
};
