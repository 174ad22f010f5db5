//! The only reader of standard input after `Start`: a thread of its own, so that the end of the
//! supervisor is noticed whatever the runtime is doing.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

use shared::exit::ExitCode;
use shared::wire::codec;
use shared::wire::frame;
use shared::wire::message::ToChild;
use tokio::sync::mpsc::Sender;

use crate::fault;

/// Stack of the thread, in bytes; it counts against the memory limit.
const STACK: usize = 256 * 1024;

/// Set before `Bye` is written: from then on the supervisor may close the pipe.
static FINISHING: AtomicBool = AtomicBool::new(false);

/// From here on the end of standard input is no surprise.
pub(super) fn finishing() {
    FINISHING.store(true, Ordering::SeqCst);
}

/// Starts the thread. It forwards every frame to `inbox`, which need not be emptied quickly: the
/// supervisor's frames are small and answers to ours.
pub(super) fn spawn(inbox: Sender<ToChild>) -> io::Result<()> {
    let thread = Builder::new()
        .name("stdin".to_owned())
        .stack_size(STACK)
        .spawn(move || forward(&inbox))?;
    drop(thread);
    Ok(())
}

fn forward(inbox: &Sender<ToChild>) {
    fault::know_stack();
    let mut stdin = io::stdin().lock();
    loop {
        let body = match frame::read_blocking(&mut stdin) {
            Ok(Some(body)) => body,
            Ok(None) | Err(frame::FrameError::Io(_) | frame::FrameError::Truncated { .. }) => {
                return leave("the supervisor is gone", ExitCode::ParentGone);
            }
            Err(error @ (frame::FrameError::TooLarge(_) | frame::FrameError::Empty)) => {
                return leave(&error.to_string(), ExitCode::Protocol);
            }
        };
        match codec::decode_body(&body) {
            Ok(message) => {
                if inbox.blocking_send(message).is_err() {
                    return; // main is on its way out
                }
            }
            Err(error) => return leave(&error.to_string(), ExitCode::Protocol),
        }
    }
}

/// Ends the whole process at once, unless it is ending well anyway.
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "nobody is left to return to: the other thread may be in a long poll"
)]
fn leave(why: &str, code: ExitCode) {
    if FINISHING.load(Ordering::SeqCst) {
        return;
    }
    // If standard error is gone too, the code alone must do.
    writeln!(io::stderr(), "worker-child: {why}").ok();
    std::process::exit(i32::from(code.code()));
}
