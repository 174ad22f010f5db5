//! What happens at sea.

use fastrand::Rng;

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    /// The world changes.
    Advance,
    /// An answer of eBay will be wrong.
    Fault,
    /// A child is killed from outside.
    KillChild,
    /// A child is stopped, and stands still.
    StopChild,
    /// A child that gets a token is killed from outside.
    KillTokenChild,
    /// The tokens of an account have ended.
    Expire,
    /// Whoever gives tokens does not from now on, or gives bad ones.
    Desk,
    /// A seller takes the consent back.
    Revoke,
    /// Whoever gives tokens is well, and persons give every account what it asks a person for.
    Renew,
    /// The clock is wrong from now on, or wrong otherwise.
    Jump,
    /// The clock is right again.
    SetRight,
    /// A person pauses starting, and has it go on.
    Pause,
    /// A person has everything of an account run now.
    RunNow,
    /// A person ends what runs of an account.
    Cancel,
    /// The service is killed and started.
    KillService,
    /// The service is stopped as an operator would, and started.
    RestartService,
    /// The same, and the clock is set otherwise while it does not run.
    RestartElsewhen,
}

impl Act {
    /// Each of them.
    pub(crate) const ALL: [Self; 17] = [
        Self::Advance,
        Self::Fault,
        Self::KillChild,
        Self::StopChild,
        Self::KillTokenChild,
        Self::Expire,
        Self::Desk,
        Self::Revoke,
        Self::Renew,
        Self::Jump,
        Self::SetRight,
        Self::Pause,
        Self::RunNow,
        Self::Cancel,
        Self::KillService,
        Self::RestartService,
        Self::RestartElsewhen,
    ];

    /// What happens next; in a long life nothing to the service itself.
    pub(crate) fn next(rng: &mut Rng, long_life: bool) -> Self {
        let to_the_service = if long_life { 3 } else { 0 };
        let kinds = Self::ALL.len() - to_the_service;
        // What eBay does, it does more often.
        match rng.usize(..kinds + 4) {
            place if place < kinds => Self::ALL[place],
            place if place % 2 == 0 => Self::Advance,
            _ => Self::Fault,
        }
    }
}
