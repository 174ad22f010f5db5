//! The filter of system calls (`seccomp(2)`): a list of what a sync never needs, refused with EPERM.
//!
//! A list of what is allowed would be stricter and break with the next C library; landlock and the
//! limits hold what matters most, and this closes what they leave open.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::process;

use nix::libc;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

use super::calls::{Argument, CONDITIONAL, DENIED, Test, numbers};
use super::layer::LayerError;

/// Puts the filter in force, for this thread and those that it starts.
pub(super) fn filter() -> Result<(), LayerError> {
    let refused = refusals().map_err(LayerError::Filter)?;
    apply_filter(&program(refused, libc::EPERM)?)?;
    // Its flags lie in memory, where no filter sees them. The C library takes ENOSYS as a word of
    // an older kernel and starts threads by `clone`, whose flags can be seen.
    let hidden = numbers(libc::SYS_clone3).map(|number| (number, Vec::new()));
    apply_filter(&program(hidden.collect(), libc::ENOSYS)?)?;
    Ok(())
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// A program that answers these calls with `errno` and ends a process that calls by the numbers of
/// another architecture.
fn program(rules: Rules, errno: i32) -> Result<BpfProgram, BackendError> {
    let answer = SeccompAction::Errno(errno.cast_unsigned());
    let architecture = TargetArch::try_from(ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Allow, answer, architecture)?.try_into()
}

fn refusals() -> Result<Rules, BackendError> {
    let mut rules = Rules::new();
    for (call, arguments) in CONDITIONAL {
        let conditions = arguments.iter().map(condition);
        let rule = SeccompRule::new(conditions.collect::<Result<_, _>>()?)?;
        for number in numbers(*call) {
            rules.entry(number).or_default().push(rule.clone());
        }
    }
    let own = u64::from(process::id());
    let another = SeccompRule::new(vec![condition(&Argument(0, Test::IsNot(own)))?])?;
    for number in numbers(libc::SYS_tgkill) {
        rules.insert(number, vec![another.clone()]);
    }
    for number in DENIED.iter().copied().flat_map(numbers) {
        rules.insert(number, Vec::new());
    }
    Ok(rules)
}

/// Integers of 32 bits are compared as such: the kernel ignores the upper half of the register.
fn condition(argument: &Argument) -> Result<SeccompCondition, BackendError> {
    let Argument(index, test) = *argument;
    let (length, operator, value) = match test {
        Test::IsNot(value) => (SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value),
        Test::Is(value) => (SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value),
        Test::Masked { mask, value } => {
            (SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)
        }
        Test::IsPointer => (SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0),
    };
    SeccompCondition::new(index, length, operator, value)
}
