//! Questions of a run and their answers, in every order.

use super::*;
use crate::table::Table;
use crate::wire::message::Probed;

fn probe(run: u8, seq: u32) -> FromChild {
    FromChild::Probe {
        run: RunNo(run),
        seq,
        table: Table::Cases,
        items: vec![Probed {
            key: vec!["1".to_owned()],
            version: String::new(),
        }],
    }
}

fn needed(run: u8, seq: u32) -> ToChild {
    ToChild::Needed {
        run: RunNo(run),
        seq,
        indices: vec![0],
    }
}

fn need_token(run: u8) -> FromChild {
    FromChild::NeedToken { run: RunNo(run) }
}

fn token(run: u8, text: Option<&str>) -> ToChild {
    ToChild::Token {
        run: RunNo(run),
        token: text.map(|text| Secret::new(text.to_owned())),
    }
}

fn refused(run: u8) -> ToChild {
    ToChild::Refused {
        run: RunNo(run),
        failure: bug(),
    }
}

fn failed(run: u8) -> FromChild {
    FromChild::RunFailed {
        run: RunNo(run),
        failure: bug(),
    }
}

#[test]
fn a_probe_is_answered_and_acknowledged_at_once() {
    let mut session = running();
    session.from_child(&state(0, 0)).unwrap();
    session.to_child(&ack(0, 0)).unwrap();
    session.from_child(&probe(0, 1)).unwrap();
    assert_eq!(session.unacked(RunNo(0)), 1);
    // The other run has nothing to do with it.
    session.from_child(&state(1, 0)).unwrap();
    session.to_child(&needed(0, 1)).unwrap();
    assert_eq!(
        (session.unacked(RunNo(0)), session.next_seq(RunNo(0))),
        (0, 2)
    );
    session.from_child(&probe(0, 2)).unwrap();
    session.to_child(&needed(0, 2)).unwrap();
    session.from_child(&state(0, 3)).unwrap();
    session.to_child(&ack(0, 3)).unwrap();
    session.from_child(&done(0)).unwrap();
}

#[test]
fn a_token_is_asked_for_until_there_is_none() {
    let mut session = running();
    // What is unacknowledged may stay so: the question has no number.
    session.from_child(&state(0, 0)).unwrap();
    session.from_child(&need_token(0)).unwrap();
    session.to_child(&ack(0, 0)).unwrap();
    session.to_child(&token(0, Some("b"))).unwrap();
    session.from_child(&need_token(0)).unwrap();
    session.to_child(&token(0, Some("c"))).unwrap();
    session.from_child(&need_token(0)).unwrap();
    session.to_child(&token(0, None)).unwrap();
    let again = Violation::Tokenless {
        message: "NeedToken",
        run: RunNo(0),
    };
    assert_eq!(session.from_child(&need_token(0)), Err(again));
    session.from_child(&failed(0)).unwrap();
    session.from_child(&need_token(1)).unwrap();
}

#[test]
fn nothing_is_said_before_the_answer() {
    let unanswered = |message| {
        Err(Violation::Unanswered {
            message,
            run: RunNo(0),
        })
    };
    for question in [probe(0, 0), need_token(0)] {
        let next = u32::from(question.name() == "Probe");
        for later in [
            state(0, next),
            probe(0, next),
            need_token(0),
            done(0),
            FromChild::RunSnoozed {
                run: RunNo(0),
                until: Timestamp(0),
            },
        ] {
            let mut session = running();
            session.from_child(&question).unwrap();
            let got = session.from_child(&later);
            // A probe after a probe is also one with something unacknowledged, which is seen first.
            if question.name() == "Probe" && later.name() == "Probe" {
                assert!(got.is_err());
            } else {
                assert_eq!(got, unanswered(later.name()), "{question:?}");
            }
        }
        // A run may fail at any time, and wait.
        let mut session = running();
        session.from_child(&question).unwrap();
        let until = Timestamp(0);
        let waiting = FromChild::Waiting {
            run: RunNo(0),
            until,
        };
        session.from_child(&waiting).unwrap();
        session.from_child(&failed(0)).unwrap();
        assert!(session.from_child(&question).is_err(), "after its end");
    }
}

#[test]
fn a_probe_must_be_the_only_thing_unacknowledged() {
    let mut session = running();
    session.from_child(&state(0, 0)).unwrap();
    let expected = Violation::Unacknowledged {
        message: "Probe",
        run: RunNo(0),
        unacked: 1,
    };
    assert_eq!(session.from_child(&probe(0, 1)), Err(expected));
    let empty = FromChild::Probe {
        run: RunNo(1),
        seq: 0,
        table: Table::Cases,
        items: Vec::new(),
    };
    let expected = Violation::Empty {
        message: "Probe",
        run: RunNo(1),
    };
    assert_eq!(session.from_child(&empty), Err(expected));
    assert!(session.from_child(&probe(1, 1)).is_err(), "out of sequence");
    assert!(session.from_child(&probe(2, 0)).is_err(), "unknown run");
    assert!(session.from_child(&need_token(2)).is_err(), "unknown run");
    for early in [probe(0, 0), need_token(0)] {
        assert!(Session::new().from_child(&early).is_err(), "before Hello");
    }
}

#[test]
fn answers_are_given_to_questions_only() {
    let cases: [(&str, Option<FromChild>, ToChild); 8] = [
        ("nobody asked", None, needed(0, 0)),
        ("nobody asked", None, token(0, None)),
        ("a probe", Some(probe(0, 0)), token(0, None)),
        ("a probe", Some(probe(0, 0)), ack(0, 0)),
        (
            "a probe with another number",
            Some(probe(0, 0)),
            needed(0, 1),
        ),
        ("a probe of another run", Some(probe(0, 0)), needed(1, 0)),
        ("a token", Some(need_token(0)), needed(0, 0)),
        (
            "a token for another run",
            Some(need_token(0)),
            token(1, None),
        ),
    ];
    for (why, asked, answer) in cases {
        let mut session = running();
        if let Some(asked) = asked {
            session.from_child(&asked).unwrap();
        }
        assert!(session.to_child(&answer).is_err(), "{why}: {answer:?}");
    }
    let mut session = running();
    session.from_child(&probe(0, 0)).unwrap();
    session.to_child(&needed(0, 0)).unwrap();
    assert!(session.to_child(&needed(0, 0)).is_err(), "answered twice");
    assert!(running().to_child(&token(2, None)).is_err(), "unknown run");
}

#[test]
fn a_refused_run_waits_for_no_answer() {
    for question in [probe(0, 0), need_token(0)] {
        let mut session = running();
        session.from_child(&question).unwrap();
        session.to_child(&refused(0)).unwrap();
        session.from_child(&failed(0)).unwrap();
        session.from_child(&done(1)).unwrap();
        session.from_child(&FromChild::Bye).unwrap();
        // The answers may have been on their way.
        session.to_child(&needed(0, 0)).unwrap();
        session.to_child(&token(0, None)).unwrap();
    }
}
