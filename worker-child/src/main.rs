//! The child: one account's sync under a memory limit. Everything is in the library.

fn main() -> std::process::ExitCode {
    worker_child::cli::main()
}
