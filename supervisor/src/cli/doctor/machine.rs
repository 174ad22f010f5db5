//! What the machine gives to the supervisor itself: descriptors and memory.

use super::check::Check;
use crate::cli::Place;
use crate::cli::output::mib;
use crate::os;
use crate::tokens::exchange;

/// Descriptors that an attempt takes: three pipes, the flight recorder, and room for `/proc`.
const FILES_PER_ATTEMPT: u64 = 8;
/// Descriptors that the supervisor takes without any attempt.
const FILES_OF_OUR_OWN: u64 = 64;

pub(super) fn checks(place: &Place) -> Vec<Check> {
    let at_once = u64::from(place.config.accounts_at_once);
    let total = os::memory_total();
    let big_slot = place.config.limits.big_slot.get();
    let beside = u64::from(exchange::at_once(&place.config));
    let mut checks = vec![open_files(os::open_files_limit(), at_once)];
    checks.push(match total {
        Some(total) => memory(
            total,
            place.config.memory_budget_of(total),
            (big_slot, beside),
        ),
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

/// `beside` token children may live at once, which the budget leaves out.
fn memory(total: u64, budget: u64, (big_slot, beside): (u64, u64)) -> Check {
    let name = "memory_budget";
    let tokens = beside.saturating_mul(exchange::MEMORY);
    let on_top = format!(
        "beside them at most {beside} token children, {} each",
        mib(exchange::MEMORY)
    );
    if budget < big_slot {
        return Check::note(
            name,
            format!(
                "{} for all that sync together: the big slot of {} is cut down to that; {on_top}",
                mib(budget),
                mib(big_slot)
            ),
        )
        .with_remedy("raise memory_budget, or lower limits.big_slot");
    }
    let what = format!("{} for all that sync together; {on_top}", mib(budget));
    if budget.saturating_add(tokens) > total {
        return Check::note(
            name,
            format!("{what}: more than the {} that there are", mib(total)),
        )
        .with_remedy("lower memory_budget or accounts_at_once");
    }
    Check::well(name, what)
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
            (memory(600 << 20, 512, (512, 2)), Found::Well),
            (memory(600 << 20, 511, (512, 2)), Found::Note),
            (memory(129 << 20, 1 << 20, (512, 2)), Found::Well),
            (memory(128 << 20, 1 << 20, (512, 2)), Found::Note),
        ];
        for (check, found) in cases {
            assert_eq!(check.found, found, "{check:?}");
        }
    }
}
