//! What a child gives up so that it can do no harm: how much is asked for, and what is in force.

use serde::{Deserialize, Serialize};

/// How much of the sandbox is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxMode {
    /// A child that cannot put every layer in force ends before its first network byte.
    Require,
    /// What this kernel has is put in force; every report says what was.
    #[default]
    BestEffort,
    /// None of the layers that a kernel may lack.
    Off,
}

/// One layer of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// No program can raise its privileges (`PR_SET_NO_NEW_PRIVS`, `prctl(2)`).
    NoNewPrivs,
    /// No other process of the same user may look into it (`PR_SET_DUMPABLE`, `prctl(2)`).
    NotDumpable,
    /// No descriptor but the standard streams, the flight recorder and the recording.
    FilesClosed,
    /// Files may be read where certificates and name resolution need it, written and executed
    /// nowhere (`landlock(7)`).
    LandlockFiles,
    /// TCP connections to the ports of the endpoints only (`landlock(7)`, ABI 4).
    LandlockNetwork,
    /// No signal to and no abstract socket of a process outside (`landlock(7)`, ABI 6).
    LandlockScope,
    /// System calls that a sync never needs fail (`seccomp(2)`).
    Seccomp,
}

impl Layer {
    /// Every layer, in the order of their bits.
    pub const ALL: [Self; 7] = [
        Self::NoNewPrivs,
        Self::NotDumpable,
        Self::FilesClosed,
        Self::LandlockFiles,
        Self::LandlockNetwork,
        Self::LandlockScope,
        Self::Seccomp,
    ];

    /// The name in reports and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoNewPrivs => "no_new_privs",
            Self::NotDumpable => "not_dumpable",
            Self::FilesClosed => "files_closed",
            Self::LandlockFiles => "landlock_files",
            Self::LandlockNetwork => "landlock_network",
            Self::LandlockScope => "landlock_scope",
            Self::Seccomp => "seccomp",
        }
    }

    /// Its bit in the flight recorder.
    pub const fn bit(self) -> u64 {
        1 << self as u64
    }
}

/// The layers whose bits are set; unknown bits say nothing.
pub fn layers(bits: u64) -> Vec<Layer> {
    let set = |layer: &Layer| bits & layer.bit() != 0;
    Layer::ALL.into_iter().filter(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_read_back() {
        let bits = Layer::Seccomp.bit() | Layer::NoNewPrivs.bit() | 1 << 63;
        assert_eq!(layers(bits), [Layer::NoNewPrivs, Layer::Seccomp]);
        assert_eq!(layers(u64::MAX), Layer::ALL);
        assert_eq!(layers(0), []);
    }
}
