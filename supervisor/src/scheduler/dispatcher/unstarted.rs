//! Says why an attempt could not be started.

use crate::attempt::{End, Finished};
use crate::scheduler::Mode;

/// Tells why nothing was started; true if the next look should wait a moment.
pub(super) fn log_unstarted(finished: &Finished, mode: Mode) -> bool {
    let (id, name) = (finished.account, finished.account_name.as_str());
    match &finished.end {
        // Who has no token was told of when that began.
        End::Ran(_) | End::NoToken(_) => false,
        // Said once for all of them, by `trouble`.
        End::Store(error) if mode == Mode::Service && error.is_temporary() => false,
        End::Store(error) => {
            tracing::error!(account.id = %id, account.name = name, %error, "the attempt could not be stored");
            true
        }
    }
}
