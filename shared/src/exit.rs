//! Exit codes of `worker-child`, the same table that the README prints.
//!
//! They keep clear of 1 and 2 (shells and argument parsers), 101 (a Rust panic that reached the
//! runtime), 125 to 127 (exec wrappers and loaders) and 128 + n (shells reporting signal n).

/// Every code that `worker-child` returns on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Every run ended and `Bye` was sent, or a hand-run command did what was asked.
    Done,
    /// The command line or an input file is wrong.
    Usage,
    /// The attempt directory or the flight recorder cannot be opened or is not of this version.
    AttemptDirectory,
    /// Confining the process failed.
    Confine,
    /// The first frame was not a legal `Start`.
    BadStart,
    /// The supervisor is gone: standard input ended.
    ParentGone,
    /// Standard output cannot be written although the supervisor lives.
    Output,
    /// The runtime, the certificate roots or the HTTP client could not be set up.
    Setup,
    /// A frame from the supervisor was illegal.
    Protocol,
    /// A body given to `parse` was damaged, cut off, of another kind, or carries errors.
    Body,
}

impl ExitCode {
    /// Every code, in the order of the README's table.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Usage,
        Self::AttemptDirectory,
        Self::Confine,
        Self::BadStart,
        Self::ParentGone,
        Self::Output,
        Self::Setup,
        Self::Protocol,
        Self::Body,
    ];

    /// The number that the process exits with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 64,
            Self::AttemptDirectory => 65,
            Self::Confine => 66,
            Self::BadStart => 67,
            Self::ParentGone => 68,
            Self::Output => 69,
            Self::Setup => 70,
            Self::Protocol => 71,
            Self::Body => 72,
        }
    }

    /// What the number means, for a person.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Usage => "wrong command line or input file",
            Self::AttemptDirectory => "attempt directory or flight recorder unusable",
            Self::Confine => "could not confine itself",
            Self::BadStart => "first frame was not a legal Start",
            Self::ParentGone => "supervisor gone (standard input ended)",
            Self::Output => "standard output not writable",
            Self::Setup => "runtime, certificate roots or HTTP client not set up",
            Self::Protocol => "illegal frame from the supervisor",
            Self::Body => "`parse`: body damaged, cut off or an error; what was printed is not all",
        }
    }

    /// The meaning of a raw code, if it is one of ours.
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|known| i32::from(known.code()) == code)
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn codes_are_unique_and_keep_clear_of_reserved_ones() {
        let mut seen = Vec::new();
        for code in ExitCode::ALL {
            let number = code.code();
            assert!(!seen.contains(&number), "{number} twice");
            assert!(
                !matches!(number, 1 | 2 | 101 | 125..=255),
                "{number} is reserved"
            );
            assert_eq!(ExitCode::from_code(i32::from(number)), Some(code));
            seen.push(number);
        }
    }
}
