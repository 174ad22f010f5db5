//! A token child: one order, one answer, and nothing of a sync.

use super::*;
use crate::wire::message::{Ask, Exchange, Exchanged};

fn exchange() -> ToChild {
    ToChild::Exchange(Box::new(Exchange {
        url: String::new(),
        ask: Ask::WebAppRefresh {
            key: Secret::new(String::new()),
        },
        connect_timeout_ms: 0,
        timeout_ms: 0,
        sandbox: SandboxMode::Off,
    }))
}

fn exchanged() -> FromChild {
    FromChild::Exchanged(Exchanged::Refreshed {
        refreshed: 0,
        failed: 0,
    })
}

#[test]
fn one_order_and_one_answer() {
    let mut session = Session::new();
    assert!(session.to_child(&exchange()).is_err(), "before Hello");
    session.from_child(&hello()).unwrap();
    assert!(
        session.from_child(&exchanged()).is_err(),
        "nothing was ordered"
    );
    session.to_child(&exchange()).unwrap();
    for message in [FromChild::Bye, state(0, 0), done(0), hello()] {
        assert!(session.from_child(&message).is_err(), "{message:?}");
    }
    for message in [exchange(), start(&[0]), ack(0, 0)] {
        assert!(session.to_child(&message).is_err(), "{message:?}");
    }
    session.from_child(&exchanged()).unwrap();
    assert!(session.is_over());
    assert!(session.from_child(&exchanged()).is_err(), "once");
}

#[test]
fn a_sync_is_no_exchange() {
    let mut session = running();
    assert!(session.to_child(&exchange()).is_err());
    assert!(session.from_child(&exchanged()).is_err());
}
