//! What the machine gives to the supervisor itself: descriptors and memory.

use super::check::Check;
use crate::cli::Place;
use crate::cli::output::mib;
use crate::os;

/// Descriptors that an attempt takes: three pipes, the flight recorder, and room for `/proc`.
const FILES_PER_ATTEMPT: u64 = 8;
/// Descriptors that the supervisor takes without any attempt.
const FILES_OF_OUR_OWN: u64 = 64;

pub(super) fn checks(place: &Place) -> Vec<Check> {
    let at_once = u64::from(place.config.accounts_at_once);
    let budget = os::memory_total().map(|total| place.config.memory_budget_of(total));
    let mut checks = vec![open_files(os::open_files_limit(), at_once)];
    checks.push(match budget {
        Some(budget) => memory(budget, place.config.limits.big_slot.get()),
        None => Check::ill(
            "memory_budget",
            "how much memory there is cannot be read",
            "mount /proc, or set memory_budget",
        ),
    });
    checks
}

/// `None` is unlimited.
fn open_files(limit: Option<u64>, at_once: u64) -> Check {
    let name = "open_files";
    let needed = FILES_OF_OUR_OWN + at_once * FILES_PER_ATTEMPT;
    match limit {
        Some(limit) if limit < needed => Check::ill(
            name,
            format!("{limit} may be open, and {at_once} accounts at once need {needed}"),
            format!("LimitNOFILE={needed} in the unit file, or ulimit -n {needed}"),
        ),
        Some(limit) => Check::well(name, format!("{limit} may be open, {needed} are needed")),
        None => Check::well(name, "unlimited"),
    }
}

fn memory(budget: u64, big_slot: u64) -> Check {
    let name = "memory_budget";
    if budget < big_slot {
        return Check::note(
            name,
            format!(
                "{} for all children together: the big slot of {} is cut down to that",
                mib(budget),
                mib(big_slot)
            ),
        )
        .with_remedy("raise memory_budget, or lower limits.big_slot");
    }
    Check::well(name, format!("{} for all children together", mib(budget)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::check::Found;

    #[test]
    fn what_is_too_little() {
        let cases = [
            (open_files(None, 64), Found::Well),
            (open_files(Some(1024), 64), Found::Well),
            (open_files(Some(576), 64), Found::Well),
            (open_files(Some(575), 64), Found::Ill),
            (memory(512, 512), Found::Well),
            (memory(511, 512), Found::Note),
        ];
        for (check, found) in cases {
            assert_eq!(check.found, found, "{check:?}");
        }
    }
}
