//! What is asked, and what a probe leaves to fetch.

use super::*;

#[test]
fn searches_name_both_ends_and_the_marketplace() {
    for kind in KINDS {
        let mut talk = Talk::new(kind, false);
        let first = talk.begin();
        let asked = request(&first);
        let target = format!(
            "{}/search?{created}_from=1970-01-02T00%3A00%3A00.000Z&{created}_to=1970-01-02T23%3A59%3A59.999Z&limit=200&offset=0",
            kind.1,
            created = kind.4,
        );
        assert_eq!(asked.target(), target);
        assert_eq!(asked.auth, Auth::Iaf);
        let market = ("X-EBAY-C-MARKETPLACE-ID", "EBAY_GB".to_owned());
        assert_eq!(asked.headers, [market]);
        assert_eq!(asked.shape, PAGE);
        assert!(!asked.may_be_empty, "eBay documents no 204 for a search");
        assert!(!asked.may_be_missing);
    }
}

#[test]
fn only_open_returns_can_be_told_apart() {
    for kind in KINDS {
        let mut talk = Talk::new(kind, true);
        let first = talk.begin();
        assert_eq!(asks(&first, "return_state"), None);
        let older = talk.ids(0, &[]).unwrap();
        let state = (kind.2 == "returnId").then(|| "ALL_OPEN".to_owned());
        assert_eq!(asks(&older, "return_state"), state);
        let names = request(&older).query.iter().map(|(name, _)| *name);
        let others = names.filter(|name| *name != "return_state").count();
        assert_eq!(others, 4, "{older:?}");
    }
}

#[test]
fn only_what_is_needed_is_fetched_and_stored_with_its_version() {
    for kind in KINDS {
        let mut talk = Talk::new(kind, false);
        talk.begin();
        let probe = talk.ids(3, &[12, 11, 13]).unwrap();
        let asked = probed(&probe);
        let ids: Vec<&str> = asked.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["11", "12", "13"]);
        assert!(asked.iter().all(|(_, version)| version.len() == 64));
        assert!(talk.out.is_empty(), "a summary alone is not stored");

        let fetch = talk.step(Reply::Needed(vec![0, 2])).unwrap();
        let detail = request(&fetch);
        assert_eq!(detail.target(), format!("{}/11", kind.1));
        assert_eq!((detail.shape, detail.auth), (Shape::Item, Auth::Iaf));
        assert_eq!(detail.headers.len(), 1);
        assert!(detail.may_be_missing);
        talk.item(&talk.detail(11)).unwrap();
        let fetch = talk.step(Reply::Item).unwrap();
        assert_eq!(request(&fetch).path, format!("{}/13", kind.1));
        talk.item(&talk.detail(13)).unwrap();
        let done = talk.step(Reply::Item).unwrap();
        let Step::SliceDone(completed) = done else {
            panic!("not done: {done:?}");
        };
        assert_eq!((completed.items, completed.announced), (3, Some(3)));

        assert_eq!(talk.out.len(), 2);
        for (record, id) in talk.out.iter().zip([11_u64, 13]) {
            assert_eq!(record.key, [id.to_string()]);
            let version = &asked[usize::try_from(id - 11).unwrap()].1;
            assert_eq!(record.values.last(), Some(&Value::Text(version.clone())));
            let payload: Json = serde_json::from_str(&record.payload).unwrap();
            let expected = json!({"detail": talk.detail(id), "summary": talk.summary(id)});
            assert_eq!(payload, expected);
        }
    }
}

#[test]
fn a_probe_that_needs_nothing_fetches_nothing() {
    for kind in KINDS {
        let mut talk = Talk::new(kind, false);
        talk.begin();
        talk.ids(3, &[1, 2]).unwrap();
        let next = talk.step(Reply::Needed(Vec::new())).unwrap();
        assert_eq!(asks(&next, "offset").as_deref(), Some("2"));
        let probe = talk.ids(3, &[3]).unwrap();
        assert_eq!(probed(&probe).len(), 1, "each page is probed once");
        let done = talk.step(Reply::Needed(Vec::new())).unwrap();
        assert!(matches!(done, Step::SliceDone(_)), "{done:?}");
        assert!(talk.out.is_empty());
    }
}

#[test]
fn ids_are_sent_as_one_segment_whatever_they_are() {
    let mut talk = Talk::new(KINDS[0], false);
    talk.begin();
    talk.page(1, &[json!({"returnId": "5/../x?y"})]).unwrap();
    let fetch = talk.step(Reply::Needed(vec![0])).unwrap();
    assert_eq!(
        request(&fetch).target(),
        "/post-order/v2/return/5%2F..%2Fx%3Fy"
    );
}

#[test]
fn a_page_of_very_many_is_probed_in_parts() {
    let mut talk = Talk::new(KINDS[2], false);
    talk.begin();
    let ids: Vec<u64> = (100_001..=101_001).collect();
    let probe = talk.ids(1_001, &ids).unwrap();
    assert_eq!(probed(&probe).len(), MAX_PROBES);
    let rest = talk.step(Reply::Needed(Vec::new())).unwrap();
    assert_eq!(probed(&rest).len(), 1);
    assert_eq!(probed(&rest)[0].0, "101001");
    let done = talk.step(Reply::Needed(Vec::new())).unwrap();
    assert!(matches!(done, Step::SliceDone(_)), "{done:?}");
}

#[test]
fn the_version_is_of_what_matters() {
    let version = |member: Json| {
        let mut talk = Talk::new(KINDS[0], false);
        talk.begin();
        probed(&talk.page(1, &[member]).unwrap())[0].1.clone()
    };
    let eligible = |now: bool, state: &str| {
        let info = json!({"eligible": now, "endTime": {"value": "2026-01-01T00:00:00.000Z"}});
        json!({"returnId": "1", "state": state, "escalationInfo": {
            "buyerEscalationEligibilityInfo": info, "sellerEscalationEligibilityInfo": info,
        }})
    };
    let first = version(eligible(false, "RETURN_REQUESTED"));
    assert_eq!(first, version(eligible(true, "RETURN_REQUESTED")));
    assert_ne!(first, version(eligible(false, "CLOSED")));
    let text = r#"{"state":"RETURN_REQUESTED",  "returnId":"1"}"#;
    let other = r#"{"returnId":"1","state":"RETURN_REQUESTED"}"#;
    let parsed = |text: &str| version(serde_json::from_str(text).unwrap());
    assert_eq!(parsed(text), parsed(other), "order and space do not matter");
    // What was stored by an earlier build must be found again.
    assert_eq!(
        parsed(text),
        "15617c7419886b34f6d8351a886b7f373ab3538608dd4f5072a924fdadd40f4c"
    );
}
