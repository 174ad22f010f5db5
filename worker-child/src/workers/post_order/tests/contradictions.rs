//! What contradicts itself, breaks off, or is too much.

use super::*;

/// An answer.
#[derive(Clone, Copy)]
enum Said {
    /// A page: its total and ids.
    Ids(u64, &'static [u64]),
    Needed(&'static [usize]),
    /// The detail is not there.
    Gone,
}

impl Said {
    fn to(self, talk: &mut Talk) -> Result<Step, Failure> {
        match self {
            Self::Ids(total, ids) => talk.ids(total, ids),
            Self::Needed(positions) => talk.step(Reply::Needed(positions.to_vec())),
            Self::Gone => talk.step(Reply::Missing("eBay answered 404".to_owned())),
        }
    }
}

#[test]
fn contradictions_are_read_again_then_incomplete() {
    use Said::{Gone, Ids, Needed};
    const TWO: [Said; 2] = [Ids(3, &[1, 2]), Needed(&[])];
    let cases: [(&[&[Said]], &str); 6] = [
        (&[&TWO, &[Ids(4, &[3])]], "total went from 3 to 4"),
        (&[&TWO, &[Ids(3, &[])]], "the page at offset 2 is empty"),
        (
            &[&TWO, &[Ids(3, &[2])]],
            "2 different items came, total is 3",
        ),
        (&[&[Ids(1, &[1, 2])]], "2 different items came, total is 1"),
        (&[&[Ids(2, &[])]], "the page at offset 0 is empty"),
        (
            &[&[Ids(1, &[1]), Needed(&[0]), Gone]],
            "1 is listed, but eBay answered 404",
        ),
    ];
    for kind in KINDS {
        for (said, words) in &cases {
            let mut talk = Talk::new(kind, false);
            let mut last = Ok(talk.begin());
            for _ in 0..2 {
                let begun = last.as_ref().unwrap();
                assert_eq!(asks(begun, "offset").as_deref(), Some("0"), "{words}");
                for answer in said.concat() {
                    last = answer.to(&mut talk);
                }
            }
            let Err(Failure::Incomplete { what, .. }) = last else {
                panic!("{words}: {last:?}");
            };
            assert!(what.contains(words), "{what}");
        }
    }
}

#[test]
fn a_second_reading_that_agrees_is_good() {
    let mut talk = Talk::new(KINDS[0], false);
    talk.begin();
    talk.ids(1, &[1]).unwrap();
    talk.step(Reply::Needed(vec![0])).unwrap();
    let again = talk.step(Reply::Missing("gone".to_owned())).unwrap();
    assert_eq!(asks(&again, "offset").as_deref(), Some("0"));
    let done = talk.ids(0, &[]).unwrap();
    assert!(matches!(done, Step::SliceDone(_)), "{done:?}");
}

#[test]
fn a_page_that_broke_off_is_read_again_without_harm() {
    let mut talk = Talk::new(KINDS[2], false);
    talk.begin();
    talk.item(&json!({"caseId": 1, "caseStatusEnum": "OPEN"}))
        .unwrap();
    let closed = json!({"caseId": 1, "caseStatusEnum": "CLOSED"});
    let probe = talk
        .page(2, &[closed.clone(), json!({"caseId": 2})])
        .unwrap();
    let asked = probed(&probe);
    assert_eq!(asked.len(), 2);
    let mut other = Talk::new(KINDS[2], false);
    other.begin();
    let alone = other.page(1, &[closed]).unwrap();
    assert_eq!(probed(&alone)[0], asked[0], "the later summary counts");
}

#[test]
fn summaries_of_a_page_are_bounded() {
    let mut talk = Talk::new(KINDS[1], false);
    talk.begin();
    let wide = "x".repeat(3 * 1024 * 1024);
    let item = |id: u64| json!({"inquiryId": id, "note": wide});
    talk.item(&item(1)).unwrap();
    talk.item(&item(1)).unwrap();
    talk.item(&item(2)).unwrap();
    let failed = talk.item(&item(3)).unwrap_err();
    assert_eq!(failed.kind, ParseErrorKind::TooLarge, "{failed}");
}

#[test]
fn items_and_details_that_make_no_sense() {
    for kind in KINDS {
        let id = kind.2;
        let summaries = [
            (json!({}), id),
            (json!({id: null}), id),
            (json!({id: ""}), id),
            (json!({id: [1]}), id),
            (json!({id: 1.5}), id),
            (json!([]), ""),
            (json!("1"), ""),
        ];
        for (summary, path) in summaries {
            let mut talk = Talk::new(kind, false);
            talk.begin();
            let failed = talk.item(&summary).unwrap_err();
            assert_eq!(failed.path, path, "{summary}");
        }
        let error = json!({"error": [{"errorId": 1}]});
        let detail = if id == "returnId" { "detail" } else { id };
        let details = [
            (json!({}), detail),
            (json!({"errorMessage": error}), "errorMessage"),
            (error, "error"),
            (json!({id: "8", "detail": {}}), id),
            (json!({id: "7", "detail": {}, "summary": {id: 8}}), ""),
            (json!([]), ""),
        ];
        for (body, path) in details {
            let mut talk = Talk::new(kind, false);
            talk.begin();
            talk.ids(1, &[7]).unwrap();
            talk.step(Reply::Needed(vec![0])).unwrap();
            match talk.item(&body) {
                Err(failed) => assert_eq!(failed.path, path, "{body}"),
                Ok(()) => assert_eq!(body[id], "7", "its own id comes first"),
            }
        }
    }
}

#[test]
fn replies_that_answer_nothing_are_our_mistake() {
    for kind in KINDS {
        let mut talk = Talk::new(kind, false);
        talk.begin();
        for reply in [Reply::Item, Reply::Missing(String::new()), Reply::Empty] {
            let failed = talk.step(reply).unwrap_err();
            assert_eq!(failed.name(), "bug");
        }
        talk.ids(2, &[1, 2]).unwrap();
        assert_eq!(talk.ids(2, &[]).unwrap_err().name(), "bug");
    }
}
