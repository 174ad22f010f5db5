//! A refused token in the middle of a run: asked for once, replaced for all runs, repeated once.

use shared::failure::Failure;
use shared::id::RunNo;
use shared::wire::message::FromChild;

use crate::child::{Child, TOKEN, attempt, window};
use crate::server::{Answer, Asked, Log, serve};

const EMPTY: &[u8] = include_bytes!("../../../tests/fixtures/orders/empty.json");
const FRESH: &str = "v^1.1#i^1#FRESH";

/// Takes only requests with this token.
fn serve_for(token: &'static str) -> (u16, Log) {
    serve(move |asked, _| {
        if bearer(asked) == token {
            Answer::new(200, EMPTY)
        } else {
            Answer::new(401, r#"{"errors":[{"errorId":1001}]}"#)
        }
    })
}

fn bearer(asked: &Asked) -> &str {
    let header = |line: &'_ &String| line.starts_with("authorization: ");
    let line = asked.headers.iter().find(header).unwrap();
    line.strip_prefix("authorization: Bearer ").unwrap()
}

fn asked_for(said: &[FromChild]) -> usize {
    let asks = |message: &&FromChild| matches!(message, FromChild::NeedToken { .. });
    said.iter().filter(asks).count()
}

fn failures(said: &[FromChild]) -> Vec<&Failure> {
    let failed = said.iter().filter_map(|message| match message {
        FromChild::RunFailed { failure, .. } => Some(failure),
        _ => None,
    });
    failed.collect()
}

#[test]
fn a_refused_token_is_replaced_and_the_request_repeated() {
    let (port, log) = serve_for(FRESH);
    let mut child = Child::started(&attempt(port, vec![window()]));
    child.fresh = vec![FRESH];
    let said = child.converse();
    assert_eq!((asked_for(&said), failures(&said)), (1, vec![]));
    assert!(said.contains(&FromChild::RunDone { run: RunNo(0) }));
    let log = log.lock().unwrap();
    let tokens: Vec<&str> = log.iter().map(bearer).collect();
    assert_eq!(tokens, [TOKEN, FRESH, FRESH], "the token stays");
    assert_eq!(log[0].line, log[1].line, "the same request");
    let end = child.end();
    assert!(end.status.success());
    let shown = format!("{}{}", end.stderr, end.flight.runs[0].last_request);
    assert!(!shown.contains("FRESH") && !shown.contains("CANARY"));
}

#[test]
fn without_a_token_that_works_the_run_is_unauthorized() {
    // (tokens that the supervisor gives, the next one last; requests sent; why)
    let cases = [
        (vec![], 1, "there is none"),
        (vec![TOKEN], 1, "the same again is no fresh one"),
        (
            vec![FRESH, "v^1.1#i^1#STALE"],
            2,
            "refused again: not asked twice",
        ),
    ];
    for (fresh, requests, why) in cases {
        let (port, log) = serve_for(FRESH);
        let mut child = Child::started(&attempt(port, vec![window()]));
        child.fresh = fresh;
        let said = child.converse();
        assert_eq!(asked_for(&said), 1, "{why}");
        let [Failure::Unauthorized { what }] = failures(&said)[..] else {
            panic!("{why}: {said:?}");
        };
        assert_eq!(what, "eBay answered 401: 1001", "{why}");
        assert_eq!(log.lock().unwrap().len(), requests, "{why}");
    }
}

#[test]
fn a_token_that_no_header_can_carry_is_no_token() {
    let (port, _) = serve_for(FRESH);
    let mut child = Child::started(&attempt(port, vec![window()]));
    child.fresh = vec!["v^1.1#\nFRESH"];
    let said = child.converse();
    let words = failures(&said)[0].to_string();
    assert_eq!(
        words,
        "unauthorized: the access token cannot be sent in a header"
    );
}

#[test]
fn what_one_run_got_serves_the_others() {
    let (port, log) = serve_for(FRESH);
    let mut child = Child::started(&attempt(port, vec![window(), window()]));
    child.fresh = vec![FRESH];
    // One answer only: whoever hears that there is none must use what the other has got.
    let said = child.converse();
    assert_eq!(failures(&said), Vec::<&Failure>::new());
    for run in [RunNo(0), RunNo(1)] {
        assert!(said.contains(&FromChild::RunDone { run }), "{said:?}");
    }
    let log = log.lock().unwrap();
    let refused = log.iter().filter(|asked| bearer(asked) == TOKEN).count();
    assert_eq!((refused, log.len()), (2, 6));
}
