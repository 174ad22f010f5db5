//! What a page says of the size of the set. `TOTAL` stands for each one's own name of it.

use super::*;

/// What comes of a page: how it goes on, or place and words of the failure.
fn outcome(kind: Kind, around: &str, list: Member, items: u64) -> String {
    let mut talk = Talk::new(kind, false);
    talk.begin();
    for id in 0..items {
        talk.item(&talk.summary(id + 1)).unwrap();
    }
    let around = serde_json::from_str(&around.replace("TOTAL", kind.3)).unwrap();
    match talk.around(around, list, items) {
        Ok(Step::SliceDone(_)) => "done".to_owned(),
        Ok(Step::Probe(_)) => "probe".to_owned(),
        Ok(Step::Fetch(_)) => "again".to_owned(),
        Err(Failure::BadData { what, place }) => format!("{}: {what}", place.path),
        other => panic!("{other:?}"),
    }
}

/// Members around the items, how their list is there, how many there are, what comes of it.
type Row<'a> = (&'a str, Member, u64, &'a str);

fn check(rows: &[Row<'_>]) {
    for kind in KINDS {
        for (around, list, items, expected) in rows {
            let around = around.replace('\'', "\"");
            let expected = expected.replace("TOTAL", kind.3);
            assert_eq!(outcome(kind, &around, *list, *items), expected, "{around}");
        }
    }
}

#[test]
fn nothing_is_told_in_several_ways() {
    use Member::{Absent, Array, Null};
    check(&[
        (
            "{'TOTAL':0,'paginationOutput':{'limit':0,'offset':0}}",
            Array,
            0,
            "done",
        ),
        (
            "{'paginationOutput':{'limit':0,'offset':0}}",
            Absent,
            0,
            "done",
        ),
        ("{'TOTAL':0}", Absent, 0, "done"),
        ("{'TOTAL':0}", Null, 0, "done"),
        ("{'TOTAL':0,'error':[],'errors':null}", Array, 0, "done"),
    ]);
}

#[test]
fn either_total_will_do() {
    let entries = "{'paginationOutput':{'totalEntries':2}}";
    let both = "{'TOTAL':2,'paginationOutput':{'totalEntries':2}}";
    let of_the_page = "{'TOTAL':2,'paginationOutput':{'totalEntries':5}}";
    let two = "{'TOTAL':3,'paginationOutput':{'totalEntries':2}}";
    check(&[
        (both, Member::Array, 2, "probe"),
        (entries, Member::Array, 2, "probe"),
        ("{'TOTAL':2}", Member::Array, 2, "probe"),
        (of_the_page, Member::Array, 2, "probe"),
        (two, Member::Array, 2, "again"),
    ]);
}

#[test]
fn pages_that_make_no_sense() {
    use Member::{Absent, Array, Null};
    let missing = "TOTAL: total is missing";
    let no_count = "TOTAL: TOTAL is not a count";
    let half = "paginationOutput.totalEntries: totalEntries is not a count";
    let no_members = "members: members is missing";
    let failure = "{'TOTAL':0,'errorMessage':{'error':[{'errorId':1}]}}";
    check(&[
        ("{}", Array, 0, missing),
        ("{}", Absent, 0, missing),
        ("{'paginationOutput':{'limit':0}}", Array, 2, missing),
        ("{'paginationOutput':{'limit':25}}", Absent, 0, missing),
        ("{'TOTAL':'2'}", Array, 2, no_count),
        ("{'TOTAL':-1}", Array, 0, no_count),
        ("{'paginationOutput':{'totalEntries':1.5}}", Array, 2, half),
        (
            "{'TOTAL':2,'paginationOutput':[]}",
            Array,
            2,
            "paginationOutput: no pagination",
        ),
        ("{'TOTAL':1}", Absent, 0, no_members),
        ("{'TOTAL':1}", Null, 0, no_members),
        (
            failure,
            Absent,
            0,
            "errorMessage: the page reports a failure",
        ),
        (
            "{'TOTAL':0,'errors':[{'errorId':1}]}",
            Array,
            0,
            "errors: the page reports a failure",
        ),
        (
            "{'TOTAL':0,'error':{'errorId':1}}",
            Array,
            0,
            "error: the page reports a failure",
        ),
    ]);
}

#[test]
fn the_total_of_a_page_alone_is_not_the_total() {
    let mut talk = Talk::new(KINDS[1], false);
    talk.begin();
    let around = json!({"totalNumberOfInquiries": 2, "paginationOutput": {"totalEntries": 3}});
    for id in 1..=2 {
        talk.item(&talk.summary(id)).unwrap();
    }
    talk.around(around, Member::Array, 2).unwrap();
    let next = talk.step(Reply::Needed(Vec::new())).unwrap();
    assert_eq!(asks(&next, "offset").as_deref(), Some("2"));
}
