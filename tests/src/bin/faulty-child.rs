//! `faulty-child sync ATTEMPT_DIR`: takes the place of `worker-child` in tests and dies as it is
//! told. `faulty-child linger ATTEMPT_DIR` is what such a child leaves behind.

use std::path::Path;
use std::process::ExitCode;

use integration_tests::faulty;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    match args.as_slice() {
        [verb, attempt_dir] if verb == "sync" => {
            ExitCode::from(faulty::live(Path::new(attempt_dir)))
        }
        [verb, _] if verb == "linger" => {
            faulty::linger();
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(shared::exit::ExitCode::Usage.code()),
    }
}
