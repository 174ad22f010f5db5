//! Post-Order of the simulator: pages, details, refusals, and errors in all their shapes.

use serde_json::{Value, json};

use super::sim_binary::{Answer, Binary, SITE};

/// Paths, ids, totals and tables of the three.
const THREE: [(&str, &str, &str, &str); 3] = [
    ("return", "returnId", "total", "ebay_returns"),
    (
        "inquiry",
        "inquiryId",
        "totalNumberOfInquiries",
        "ebay_inquiries",
    ),
    (
        "casemanagement",
        "caseId",
        "totalNumberOfCases",
        "ebay_cases",
    ),
];
const AUTH: &str = "Authorization: IAF tok\r\n";

fn started(seed: u64, more: &Value) -> Binary {
    let mut sim = Binary::start(seed);
    let mut spec = json!({ "cmd": "account", "name": "alpha", "token": "tok" });
    for (name, value) in more.as_object().unwrap() {
        spec[name] = value.clone();
    }
    sim.ok(&spec);
    sim
}

fn ask(sim: &Binary, path: &str, headers: &str) -> Answer {
    Answer::read(sim.send("GET", &format!("/post-order/v2/{path}"), headers, ""))
}

fn get(sim: &Binary, path: &str) -> Answer {
    ask(sim, path, &format!("{AUTH}{SITE}"))
}

/// The id as text, whether eBay wrote a number or text.
fn id_of(member: &Value, id: &str) -> String {
    member[id].to_string().trim_matches('"').to_owned()
}

#[test]
fn pages_of_the_last_90_days_and_their_details_are_the_truth() {
    let mut sim = started(8, &json!({ "returns": 70, "inquiries": 40, "cases": 40 }));
    sim.ask(&json!({ "cmd": "advance" }));
    let command = json!({ "cmd": "truth", "account": "alpha" });
    let truth = sim.ask(&command)["truth"].clone();
    for (path, id, total, table) in THREE {
        let mut offset = 0;
        let mut found = 0;
        loop {
            let page = get(&sim, &format!("{path}/search?limit=7&offset={offset}")).json();
            let members = page["members"].as_array().unwrap();
            let output = &page["paginationOutput"];
            assert_eq!(output["totalEntries"], page[total]);
            assert_eq!(
                (&output["limit"], &output["offset"]),
                (&json!(7), &json!(offset))
            );
            for member in members {
                let of_id = id_of(member, id);
                let key = table.replace("ebay_", "").replace("ies", "y");
                let key = format!("{}_id", key.trim_end_matches('s'));
                let rows = truth[table].as_array().unwrap();
                let row = rows.iter().find(|row| row[&key] == of_id).unwrap();
                let payload = &row["payload"];
                assert!(holds(member, &payload["summary"]), "{member}");
                let detail = get(&sim, &format!("{path}/{of_id}")).json();
                assert!(holds(&detail, &payload["detail"]), "{detail}");
                found += 1;
            }
            offset += members.len();
            if json!(offset) == page[total] {
                break;
            }
        }
        assert!(found > 10, "{found}");
    }
    let requests = sim.ask(&json!({ "cmd": "requests", "account": "alpha" }));
    for name in ["returns", "inquiries", "cases", "return", "inquiry", "case"] {
        assert!(requests["requests"][name].as_u64().unwrap() > 2, "{name}");
    }
}

/// Whether everything of `part` is in `whole`, which also says what depends on the clock.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, value)| whole.get(name).is_some_and(|whole| holds(whole, value))),
        _ => whole == part,
    }
}

#[test]
fn nothing_found_is_told_with_limit_0() {
    let sim = started(8, &json!({}));
    for (path, _, total, _) in THREE {
        let page = get(&sim, &format!("{path}/search?limit=50&offset=5")).json();
        assert_eq!((&page[total], &page["members"]), (&json!(0), &json!([])));
        let output = &page["paginationOutput"];
        assert_eq!(
            (&output["limit"], &output["offset"]),
            (&json!(0), &json!(0))
        );
    }
}

#[test]
fn open_returns_can_be_asked_for() {
    let sim = started(8, &json!({ "returns": 120 }));
    let page = |query: &str| get(&sim, &format!("return/search?limit=200{query}")).json();
    let all = page("")["total"].as_u64().unwrap();
    let open = page("&return_state=ALL_OPEN");
    let closed = page("&return_state=CLOSED")["total"].as_u64().unwrap();
    assert_eq!(open["total"].as_u64().unwrap() + closed, all);
    assert!(closed > 0 && closed < all);
    let members = open["members"].as_array().unwrap();
    assert!(members.iter().all(|member| member["state"] != "CLOSED"));
    let asked = |member: &&Value| member["state"] == "RETURN_REQUESTED";
    let asked = members.iter().filter(asked).count();
    let states = page("&states=RETURN_REQUESTED,CLOSED");
    assert!(asked > 0 && states["total"] == closed + asked as u64);
    let first = |sort: &str| page(sort)["members"][0]["creationInfo"]["creationDate"].to_string();
    assert!(first("&sort=FILING_DATE") < first("&sort=-FILING_DATE"));
    let id = members[0]["returnId"].as_str().unwrap();
    assert_eq!(page(&format!("&return_id={id}"))["total"], 1);
    assert_eq!(page("&order_id=1")["total"], 0);
}

#[test]
fn what_ebay_would_refuse_is_refused() {
    let sim = started(8, &json!({ "returns": 5, "inquiries": 5, "cases": 5 }));
    let site = format!("Authorization: Bearer tok\r\n{SITE}");
    for (path, ..) in THREE {
        let search = format!("{path}/search");
        assert_eq!(ask(&sim, &search, &site).status, 401, "Bearer");
        let bare = ask(&sim, &search, AUTH);
        assert_eq!((bare.status, error_id(&bare)), (400, json!(1601)));
        let unknown = get(&sim, &format!("{search}?filter=x"));
        assert_eq!((unknown.status, error_id(&unknown)), (400, json!(1620)));
        let many = get(&sim, &format!("{search}?limit=201"));
        assert_eq!((many.status, error_id(&many)), (400, json!(1612)));
        let detail = get(&sim, &format!("{path}/1"));
        assert_eq!((detail.status, error_id(&detail)), (404, json!(1603)));
        let group = get(&sim, &format!("{path}/1?fieldgroups=ALL"));
        assert_eq!(group.status, 400);
    }
}

fn error_id(answer: &Answer) -> Value {
    answer.json()["errorMessage"]["error"][0]["errorId"].clone()
}

#[test]
fn errors_have_four_shapes() {
    let mut sim = started(8, &json!({ "cases": 5 }));
    let shapes = [
        ("documented", "/errorMessage/error/0/errorId"),
        ("single", "/errorMessage/error/errorId"),
        ("bare", "/error/0/errorId"),
        ("errors", "/errors/0/errorId"),
    ];
    for (shape, pointer) in shapes {
        sim.ok(&json!({
            "cmd": "fault", "account": "alpha", "kind": "post_order_error",
            "path": "casemanagement", "status": 400, "shape": shape, "times": 1,
        }));
        let answer = get(&sim, "casemanagement/search");
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.json().pointer(pointer),
            Some(&json!(1615)),
            "{shape}"
        );
        assert_eq!(get(&sim, "casemanagement/search").status, 200);
    }
}

#[test]
fn pages_can_be_damaged() {
    let mut sim = started(8, &json!({ "inquiries": 60 }));
    let path = "inquiry/search?limit=5&offset=5";
    let whole = get(&sim, path).json();
    let total = whole["totalNumberOfInquiries"].as_u64().unwrap();
    let count = |page: &Value| page["members"].as_array().map_or(0, Vec::len);
    let mut with = |kind: Value| {
        let mut fault = json!({ "cmd": "fault", "account": "alpha", "times": 1 });
        for (name, value) in kind.as_object().unwrap() {
            fault[name] = value.clone();
        }
        sim.ok(&fault);
        get(&sim, path)
    };
    let lies = with(json!({ "kind": "total_lies", "by": -1 })).json();
    assert_eq!(lies["totalNumberOfInquiries"], total - 1);
    assert_eq!(lies["paginationOutput"]["totalEntries"], total - 1);
    assert_eq!(count(&with(json!({ "kind": "empty_page" })).json()), 0);
    assert_eq!(count(&with(json!({ "kind": "duplicate_item" })).json()), 6);
    assert!(with(json!({ "kind": "wrong_page_type" })).json()["members"].is_object());
    let cut = with(json!({ "kind": "cut_body", "after": 100 }));
    assert_eq!((cut.whole, cut.body.len()), (false, 100));
    let broken = with(json!({ "kind": "malformed_json" }));
    assert!(serde_json::from_slice::<Value>(&broken.body).is_err());
    assert_eq!(get(&sim, path).json(), whole);
}
