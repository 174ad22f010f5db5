//! What landlock guards (`landlock(7)`): files, TCP ports, signals and abstract sockets.
//!
//! Each is a ruleset of its own, so that it is known of each whether it is in force; rulesets add
//! up. Landlock does not restrict UDP, by which names are resolved.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, NetPort,
    RestrictSelf, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};

use super::layer::{Doors, LayerError};
use super::readable::readable;

/// Rights over files, from the strictest that is known to the least that counts as "written
/// nowhere": before ABI 3 a file could be cut to nothing (`truncate(2)`).
const FILES: [ABI; 2] = [ABI::V5, ABI::V3];

/// Port of name resolution by TCP, for answers that do not fit a datagram.
const DNS: u16 = 53;

/// Files: read where certificates and names need it, written and executed nowhere.
pub(super) fn files(doors: &Doors) -> Result<(), LayerError> {
    for abi in FILES {
        if restrict_files(doors, abi, CompatLevel::HardRequirement).is_ok() {
            return Ok(());
        }
    }
    let status = restrict_files(doors, ABI::V3, CompatLevel::BestEffort)?;
    match status.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => Err(LayerError::Part),
        // Says why.
        RulesetStatus::NotEnforced => {
            restrict_files(doors, ABI::V1, CompatLevel::HardRequirement)?;
            Err(LayerError::NotKept)
        }
    }
}

fn restrict_files(
    doors: &Doors,
    abi: ABI,
    level: CompatLevel,
) -> Result<RestrictionStatus, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    Ruleset::default()
        .set_compatibility(level)
        .handle_access(AccessFs::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(readable(doors), read))?
        .restrict_self()
}

/// TCP: connections to these ports only, and no listening on any.
pub(super) fn network(doors: &Doors) -> Result<(), LayerError> {
    let names = doors.names.then_some(DNS);
    let ports = doors.ports.iter().copied().chain(names);
    let rules = ports.map(|port| Ok(NetPort::new(port, AccessNet::ConnectTcp)));
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessNet::from_all(ABI::V4))?
        .create()?
        .add_rules(rules.collect::<Vec<Result<_, RulesetError>>>())?
        .restrict_self()?;
    enforced(&status)
}

/// No signal to a process outside, and no connection to its abstract sockets.
pub(super) fn scope() -> Result<(), LayerError> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .restrict_self()?;
    enforced(&status)
}

fn enforced(status: &RestrictionStatus) -> Result<(), LayerError> {
    match status.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => Err(LayerError::Part),
        RulesetStatus::NotEnforced => Err(LayerError::NotKept),
    }
}

/// Version of landlock in this kernel; `None` if it has none or it is not enabled.
pub fn abi() -> Option<i32> {
    // Asks and restricts nothing: no ruleset goes with it.
    let asked = RestrictSelf::default().apply().ok()?;
    match asked.landlock {
        LandlockStatus::Available {
            effective_abi,
            kernel_abi,
        } => Some(kernel_abi.unwrap_or(effective_abi as i32)),
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => None,
    }
}
