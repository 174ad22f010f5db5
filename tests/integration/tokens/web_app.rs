//! The source `web-app`: nothing that the web app says is taken on trust.

use integration_tests::sim::DeskFault;

use crate::stage::{Stage, lines};

#[test]
fn the_web_app_gives_a_token_and_is_asked_to_refresh() {
    let stage = Stage::new();
    stage.of_web_app("shop");
    stage.once_well();
    assert_eq!((stage.orders(), stage.asked("web_app")), (3, 1));
    assert_eq!(stage.asked("refresh"), 0);
    assert!(
        !stage.state.dir().join("secret.key").exists(),
        "nothing is encrypted here"
    );
}

#[test]
fn what_it_says_is_looked_at() {
    let cases = [
        (DeskFault::Encrypted, "token_unavailable", "encrypted"),
        (DeskFault::Past, "token_unavailable", "ended at"),
        (DeskFault::Status(401), "needs_setup", "INTERNAL_API_KEY"),
        (DeskFault::Status(502), "token_unavailable", "502"),
        (DeskFault::Malformed, "token_unavailable", "no JSON object"),
        (DeskFault::Strange, "token_unavailable", "no JSON object"),
    ];
    let stage = Stage::new();
    for (number, (fault, state, words)) in cases.into_iter().enumerate() {
        let name = format!("shop{number}");
        stage.of_web_app(&name);
        stage.sim.desk_fault(Some(fault.clone()));
        let ended = stage.state.once();
        assert_eq!(ended.code, Some(1), "{fault:?}: {}", ended.stderr);
        let (found, detail, again) = stage.trouble(&name);
        assert_eq!(
            (found.as_str(), again),
            (state, true),
            "{fault:?}: {detail}"
        );
        assert!(detail.contains(words), "{fault:?}: {detail}");
    }
    assert_eq!(stage.orders(), 0, "nothing was sent to eBay");
    for number in 0..6 {
        let requests = stage.sim.requests(&format!("shop{number}")).unwrap();
        assert!(requests.is_empty(), "{requests:?}");
    }
}

#[test]
fn a_web_app_that_is_silent_is_given_up_in_time() {
    let stage = Stage::with(&[("BULKHEAD_TIMEOUTS_WEB_APP", "300ms")]);
    stage.of_web_app("shop");
    stage.sim.desk_fault(Some(DeskFault::Silence));
    let ended = stage.state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let (word, detail, _) = stage.trouble("shop");
    assert_eq!(word, "token_unavailable");
    assert!(detail.contains("no answer within 300 ms"), "{detail}");
}

#[test]
fn success_with_every_account_failed_is_none() {
    use integration_tests::harness::wait::{LONG, wait_until};
    let stage = Stage::new();
    stage.of_web_app("shop");
    stage.sim.desk_fault(Some(DeskFault::AllFailed));
    let service = stage.state.start_service();
    let told = "the web app could not refresh the tokens of some accounts";
    wait_until("the warning", LONG, || lines(&service.log(), told) == 1);
    let ended = stage.state.stop_service(service);
    assert_eq!(lines(&ended.stderr, told), 1, "{}", ended.stderr);
    assert_eq!(stage.asked("web_app_refresh"), 1);
}

#[test]
fn missing_variables_are_an_error_at_the_start() {
    let stage = Stage::new();
    stage.of_web_app("shop");
    for missing in ["WEB_APP_URL", "INTERNAL_API_KEY"] {
        let mut command = stage.state.command(&["run", "--once"]);
        command.env_remove(missing);
        let ended = stage.state.run(command);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains(missing), "{}", ended.stderr);
        let mut command = stage
            .state
            .command(&["account", "add", "b", "--web-app", "b"]);
        command.env_remove(missing);
        let ended = stage.state.run(command);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    }
    assert_eq!(stage.asked("web_app"), 0);
}
