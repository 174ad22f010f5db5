//! Ends that are not an item's doing: failures by a run's own word, silence of the network, and what
//! comes from outside.

use integration_tests::sim::{Fault, FaultKind};

use crate::stage::{spec, stage};

fn fault(path: &str, kind: FaultKind) -> Fault {
    Fault {
        path: path.to_owned(),
        kind,
        skip: 0,
        times: 0,
    }
}

#[test]
fn failures_come_again() {
    let cases = [
        ("deep", "orders", FaultKind::DeepNesting { depth: 100 }),
        ("json", "orders", FaultKind::MalformedJson {}),
        ("twice", "orders", FaultKind::TotalLies { by: 3 }),
        ("crc", "active_inventory", FaultKind::WrongCrc {}),
        ("utf8", "active_inventory", FaultKind::InvalidUtf8 {}),
    ];
    let stage = stage("");
    for (name, _, kind) in &cases {
        stage.join(name, spec(name), "orders,active_inventory");
        stage.sim.fault(name, fault("", kind.clone())).unwrap();
    }
    let log = stage.pass().stderr;
    for (name, worker, _) in cases {
        let report = stage.report(name, &log);
        assert!(report.json["failure"].is_object(), "{report:?}");
        let (code, answer) = stage.replay(&stage.home(&report), &[]);
        assert_eq!(answer["conclusion"], "same", "{name}: {answer:#}");
        assert_eq!(code, Some(0), "{name}");
        let failure = &answer["replayed"]["outcome"]["failed"];
        assert_eq!(*failure, report.json["failure"], "{name}: {worker}");
        let other = if report.worker == "orders" {
            "active_inventory"
        } else {
            "orders"
        };
        let (code, answer) = stage.replay(&stage.home(&report), &["--run", other]);
        assert_eq!(
            (code, &answer["conclusion"]),
            (Some(1), &"not_reproducible".into())
        );
    }
}

#[test]
fn a_body_that_stalls_hangs_again() {
    let stage = stage("[accounts.stalled]\nsilence = \"2s\"\n");
    stage.join("stalled", spec("stalled"), "orders,active_inventory");
    let stall = fault("download_result_file", FaultKind::StallBody { after: 100 });
    stage.sim.fault("stalled", stall).unwrap();
    let log = stage.pass().stderr;
    let report = stage.report("stalled", &log);
    assert_eq!(
        (&*report.cause, &*report.worker),
        ("hung", "active_inventory")
    );
    let (code, answer) = stage.replay(&stage.home(&report), &[]);
    assert_eq!(answer["conclusion"], "same", "{answer:#}");
    assert_eq!(code, Some(0));
    let replayed = &answer["replayed"];
    assert_eq!(replayed["entries"], replayed["of"], "to its end");
}

#[test]
fn a_deadline_does_not_come_again() {
    let stage = stage(
        "[accounts.late]\nsilence = \"20s\"\ndeadline = \"2s\"\nsnapshot_deadline = \"2s\"\n",
    );
    stage.join("late", spec("late"), "orders");
    let stall = fault("order", FaultKind::StallBody { after: 100 });
    stage.sim.fault("late", stall).unwrap();
    let log = stage.pass().stderr;
    let report = stage.report("late", &log);
    assert_eq!(report.cause, "deadline");
    let (code, answer) = stage.replay(&stage.home(&report), &[]);
    assert_eq!(answer["conclusion"], "not_reproducible", "{answer:#}");
    assert_eq!(code, Some(1));
    let why = answer["why"].as_str().unwrap();
    assert!(why.starts_with("deadline: "), "{why}");
    assert!(why.contains(" entries"), "{why}");
}
