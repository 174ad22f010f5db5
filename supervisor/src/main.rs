//! The supervisor's binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    supervisor::cli::main()
}
