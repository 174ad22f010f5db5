//! Histories that fold to their row, and what is said of those that do not.

use shared::table::Table;

use super::*;

type Event = (&'static str, &'static str);

const CREATED: Event = (
    "created",
    r#"{"payment_status":[null,"A"],"line_item_count":[null,2]}"#,
);
const TO_B: Event = ("updated", r#"{"payment_status":["A","B"]}"#);
const TO_A: Event = ("updated", r#"{"payment_status":["B","A"]}"#);
const PAYLOAD: Event = ("updated", "{}");
const RESHAPED: Event = ("reshaped", r#"{"currency":[null,"EUR"]}"#);
const ENDED: Event = ("ended", r#"{"ended_at":[null,"T"]}"#);
const BACK: Event = ("updated", r#"{"ended_at":["T",null]}"#);

/// The row after the events; `status` at 2, `currency` at 7, count at 8.
fn row(status: &str, currency: Option<&str>, ended: bool, changed: usize) -> Row {
    let mut cells = vec![Cell::Null; Table::Orders.def().columns.len()];
    cells[2] = Cell::Text(status.to_owned());
    cells[7] = currency.map_or(Cell::Null, |text| Cell::Text(text.to_owned()));
    cells[8] = Cell::Integer(2);
    Row {
        cells,
        ended_at: if ended {
            Cell::Text("T".to_owned())
        } else {
            Cell::Null
        },
        first_seen_at: "at 1".to_owned(),
        changed_at: format!("at {changed}"),
        payload_as_told: true,
    }
}

fn faults(events: &[Event], row: &Row) -> Vec<String> {
    let mut fold = Fold::new(Table::Orders.def());
    for (event, (kind, changes)) in (1..).zip(events) {
        fold.apply(Told {
            event,
            kind,
            changes: Some(changes),
            has_payload: *kind != "ended",
            recorded_at: &format!("at {event}"),
        });
    }
    fold.compare(row)
}

#[test]
fn whole_histories() {
    let cases: [(&[Event], Row); 7] = [
        (&[CREATED], row("A", None, false, 1)),
        (&[CREATED, TO_B, TO_A], row("A", None, false, 3)),
        (&[CREATED, PAYLOAD], row("A", None, false, 2)),
        (&[CREATED, TO_B, RESHAPED], row("B", Some("EUR"), false, 2)),
        (&[CREATED, ENDED], row("A", None, true, 2)),
        (&[CREATED, ENDED, BACK, TO_B], row("B", None, false, 4)),
        (
            &[CREATED, ("updated", r#"{"gone":["x","y"]}"#)],
            row("A", None, false, 2),
        ),
    ];
    for (events, row) in cases {
        assert_eq!(faults(events, &row), [""; 0], "{events:?}");
    }
}

fn assert_faults(cases: &[(&[Event], Row, &str)]) {
    for (events, row, expected) in cases {
        let found = faults(events, row);
        let first = found.first().map_or("nothing", String::as_str);
        assert!(
            first.contains(expected),
            "{events:?}: {found:?} / {expected}"
        );
    }
}

#[test]
fn kinds_in_an_illegal_order() {
    let open = || row("A", None, false, 1);
    let ended = || row("A", None, true, 2);
    assert_faults(&[
        (&[], open(), "has no history"),
        (&[TO_B], open(), "event 1 comes before it was created"),
        (&[RESHAPED], open(), "event 1 comes before it was created"),
        (&[ENDED], ended(), "event 1 comes before it was created"),
        (&[CREATED, CREATED], open(), "event 2 creates it once more"),
        (
            &[CREATED, ENDED, ENDED],
            ended(),
            "event 3 ends what had ended",
        ),
        (
            &[CREATED, ENDED, TO_B],
            ended(),
            "event 3 changes what had ended",
        ),
        (
            &[CREATED, ENDED, RESHAPED],
            ended(),
            "event 3 reshapes what had",
        ),
        (
            &[CREATED, BACK],
            open(),
            "event 2 reopens what had not ended",
        ),
    ]);
}

#[test]
fn events_that_cannot_be() {
    let open = || row("A", None, false, 1);
    assert_faults(&[
        (
            &[CREATED, ("ended", "{}")],
            open(),
            "event 2 ends it without a time",
        ),
        (
            &[CREATED, ("vanished", "{}")],
            open(),
            "unknown kind vanished",
        ),
        (
            &[CREATED, ("updated", "{\"a\":1}")],
            open(),
            "changes of event 2 cannot be read",
        ),
        (
            &[CREATED, ("updated", r#"{"total":[true,null]}"#)],
            open(),
            "no legal values of total",
        ),
        (
            &[CREATED, TO_A],
            open(),
            "event 2 says payment_status was 'B', and those before it 'A'",
        ),
    ]);
}

#[test]
fn rows_that_their_history_does_not_tell() {
    assert_faults(&[
        (
            &[CREATED],
            row("B", None, false, 1),
            "payment_status is 'B', and its history says 'A'",
        ),
        (
            &[CREATED],
            row("A", None, true, 1),
            "ended_at is 'T', and its history says null",
        ),
        (
            &[CREATED, ENDED],
            row("A", None, false, 2),
            "ended_at is null, and its history says 'T'",
        ),
        (
            &[CREATED, RESHAPED],
            row("A", Some("EUR"), false, 2),
            "changed_at is 'at 2'",
        ),
        (
            &[CREATED, RESHAPED],
            row("A", None, false, 1),
            "currency is null, and its",
        ),
    ]);
    let mut early = row("A", None, false, 1);
    early.first_seen_at = "at 0".to_owned();
    assert_faults(&[(&[CREATED], early, "first_seen_at is 'at 0'")]);
}

#[test]
fn payloads_belong_to_what_is_there() {
    let told = |kind, has_payload| {
        let mut fold = Fold::new(Table::Orders.def());
        fold.apply(Told {
            event: 1,
            kind,
            changes: Some("{}"),
            has_payload,
            recorded_at: "",
        });
        fold.faults
    };
    assert_eq!(told("created", true), [""; 0]);
    assert_eq!(told("created", false), ["event 1, created, has no payload"]);
    assert!(told("ended", true).contains(&"event 1, ended, has a payload".to_owned()));
    let mut other = row("A", None, false, 1);
    other.payload_as_told = false;
    assert_eq!(
        faults(&[CREATED], &other),
        ["payload is not that of its last event"]
    );
}

#[test]
fn faults_and_values_are_bounded() {
    let events = vec![("created", "{}"); 100];
    assert_eq!(faults(&events, &row("A", None, false, 100)).len(), TOLD);
    let long = faults(&[CREATED], &row(&"x".repeat(1_000), None, false, 1));
    assert!(long[0].len() < 200, "{long:?}");
}
