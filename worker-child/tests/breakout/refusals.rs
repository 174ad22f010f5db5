//! Every call of the list is refused, by each of its numbers.

use std::io::{self, Error};

use nix::libc;
use shared::sandbox::Layer;
use worker_child::confine::{DENIED, numbers};

use crate::call::call;
use crate::prisoner::{Given, Outcome, answer};
use crate::scene::Scene;

/// Makes all of them with arguments of 0: whatever is let through does no harm to this process,
/// and says so.
pub(crate) fn try_all() -> io::Result<()> {
    let expected = |number| {
        if numbers(libc::SYS_clone3).any(|clone3| clone3 == number) {
            libc::ENOSYS
        } else {
            libc::EPERM
        }
    };
    let calls = DENIED.iter().copied().chain([libc::SYS_clone3]);
    for number in calls.flat_map(numbers) {
        let answered = call(number, [0; 3]).map_err(|error| error.raw_os_error());
        if answered != Err(Some(expected(number))) {
            return Err(Error::other(format!("call {number}: {answered:?}")));
        }
    }
    Ok(())
}

#[test]
fn every_call_of_the_list_is_refused() {
    let scene = Scene::new();
    let given = Given::Layers(vec![Layer::NoNewPrivs, Layer::Seccomp]);
    assert_eq!(answer(&scene, "refused calls", &given), Outcome::Out);
    // As root the first call of the list, without a path, is a fault of the address.
    let none = Given::Layers(Vec::new());
    let Outcome::Refused(why) = answer(&scene, "refused calls", &none) else {
        unreachable!("nothing was in force and everything was refused");
    };
    assert!(why.contains(&format!("call {}", DENIED[0])), "{why}");
}
