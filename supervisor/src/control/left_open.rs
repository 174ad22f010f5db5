//! What becomes of a command that an earlier service had accepted and not carried out: pure.

use super::carry_out::CarriedOut;
use super::command::Command;

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOpen {
    /// It is carried out now.
    Do(Command),
    /// There is nothing to do any more.
    Over(CarriedOut),
}

/// What becomes of a command as it was stored, once the service that accepted it is gone.
pub fn left_open(stored: &str) -> LeftOpen {
    match serde_json::from_str(stored) {
        Ok(Command::Cancel { .. }) => LeftOpen::Over(CarriedOut::done(
            "the service ended, and the attempt with it",
        )),
        Ok(command) => LeftOpen::Do(command),
        Err(error) => LeftOpen::Over(CarriedOut::failed(format!(
            "this build does not know it: {error}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::CommandOutcome;

    #[test]
    fn all_but_a_cancel_is_still_done() {
        let account = "anna".to_owned();
        let of = |command: &Command| left_open(&serde_json::to_string(command).unwrap());
        for command in [
            Command::Pause,
            Command::Resume,
            Command::Run {
                account: account.clone(),
            },
            Command::SetAccount {
                account: account.clone(),
                enabled: false,
            },
        ] {
            assert_eq!(of(&command), LeftOpen::Do(command));
        }
        let over = |left, outcome| match left {
            LeftOpen::Over(came) => assert_eq!(came.outcome, outcome, "{}", came.said),
            LeftOpen::Do(command) => panic!("{command}"),
        };
        over(of(&Command::Cancel { account }), CommandOutcome::Done);
        over(left_open("{\"command\":\"fly\"}"), CommandOutcome::Failed);
        over(left_open("?"), CommandOutcome::Failed);
    }
}
