//! What may be asked, and the answer.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::worker::Worker;

/// What a person asks of a service. In JSON, for example
/// `{"command":"set_worker","account":"anna","worker":"orders","enabled":false}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Start no further attempt.
    Pause,
    /// Start attempts again.
    Resume,
    /// Make every worker of an account due now.
    Run {
        /// The account's name.
        account: String,
    },
    /// End the running attempt of an account.
    Cancel {
        /// The account's name.
        account: String,
    },
    /// Sync an account, or do not.
    SetAccount {
        /// The account's name.
        account: String,
        /// Whether it is synced.
        enabled: bool,
    },
    /// Run a worker of an account, or do not.
    SetWorker {
        /// The account's name.
        account: String,
        /// Which worker.
        worker: Worker,
        /// Whether it runs.
        enabled: bool,
    },
    /// End a quarantine.
    Release {
        /// The account's name.
        account: String,
        /// Which worker.
        worker: Worker,
    },
}

impl Command {
    /// The account that it is about, if it is about one.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Pause | Self::Resume => None,
            Self::Run { account }
            | Self::Cancel { account }
            | Self::SetAccount { account, .. }
            | Self::SetWorker { account, .. }
            | Self::Release { account, .. } => Some(account),
        }
    }

    /// Whether it is about what runs, so that nothing can be done without a service.
    pub const fn needs_service(&self) -> bool {
        matches!(self, Self::Run { .. } | Self::Cancel { .. })
    }
}

/// As a person types it.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let switch = |enabled: &bool| if *enabled { "enable" } else { "disable" };
        match self {
            Self::Pause => f.write_str("pause"),
            Self::Resume => f.write_str("resume"),
            Self::Run { account } => write!(f, "account run {account}"),
            Self::Cancel { account } => write!(f, "cancel {account}"),
            Self::SetAccount { account, enabled } => {
                write!(f, "account {} {account}", switch(enabled))
            }
            Self::SetWorker {
                account,
                worker,
                enabled,
            } => write!(f, "worker {} {account} {worker}", switch(enabled)),
            Self::Release { account, worker } => {
                write!(f, "quarantine release {account} {worker}")
            }
        }
    }
}

/// What a service answers, at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// The command is stored under this number, and is carried out.
    Accepted {
        /// Its number.
        id: i64,
    },
    /// It asks for something that is not there, or is no command: nothing was done.
    Refused {
        /// Why, and what can be done.
        why: String,
    },
    /// It could not be stored: nothing was done.
    Unavailable {
        /// Why.
        why: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_lines_of_json_and_words() {
        let orders = Worker::Orders;
        let account = || "anna".to_owned();
        let table = [
            (Command::Pause, r#"{"command":"pause"}"#, "pause"),
            (Command::Resume, r#"{"command":"resume"}"#, "resume"),
            (
                Command::Run { account: account() },
                r#"{"command":"run","account":"anna"}"#,
                "account run anna",
            ),
            (
                Command::Cancel { account: account() },
                r#"{"command":"cancel","account":"anna"}"#,
                "cancel anna",
            ),
            (
                Command::SetAccount {
                    account: account(),
                    enabled: false,
                },
                r#"{"command":"set_account","account":"anna","enabled":false}"#,
                "account disable anna",
            ),
            (
                Command::SetWorker {
                    account: account(),
                    worker: orders,
                    enabled: true,
                },
                r#"{"command":"set_worker","account":"anna","worker":"orders","enabled":true}"#,
                "worker enable anna orders",
            ),
            (
                Command::Release {
                    account: account(),
                    worker: orders,
                },
                r#"{"command":"release","account":"anna","worker":"orders"}"#,
                "quarantine release anna orders",
            ),
        ];
        for (command, json, words) in table {
            assert_eq!(serde_json::to_string(&command).unwrap(), json);
            assert_eq!(serde_json::from_str::<Command>(json).unwrap(), command);
            assert_eq!(command.to_string(), words);
        }
        for bad in ["{}", "[]", r#"{"command":"stop"}"#, r#"{"command":"run"}"#] {
            assert!(serde_json::from_str::<Command>(bad).is_err(), "{bad}");
        }
    }
}
