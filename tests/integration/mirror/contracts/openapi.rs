//! REST exchanges held against eBay's `OpenAPI` files; Post-Order has only hand-written ones and a
//! table of types.

use std::path::Path;

use integration_tests::sim::Exchange;
use serde_json::{Value, json};

use super::{read, schema};

/// How the paths of an API begin, and the file of its contract.
const APIS: [(&str, &str); 7] = [
    (
        "/sell/fulfillment/v1",
        "openapi/sell_fulfillment_v1_oas3.json",
    ),
    ("/sell/feed/v1", "openapi/sell_feed_v1_oas3.json"),
    ("/sell/finances/v1", "openapi/sell_finances_v1_oas3.json"),
    ("/sell/inventory/v1", "openapi/sell_inventory_v1_oas3.json"),
    ("/post-order/v2/return", "post-order/hendt_return_oas3.json"),
    (
        "/post-order/v2/inquiry",
        "post-order/hendt_inquiry_oas3.json",
    ),
    (
        "/post-order/v2/casemanagement",
        "post-order/hendt_case_oas3.json",
    ),
];

/// Post-Order answers and their types, by the template of the path.
const POST_ORDER: [(&str, &str); 6] = [
    ("/post-order/v2/return/search", "ReturnSearchResponse"),
    ("/post-order/v2/return/*", "GetDetailResponse"),
    ("/post-order/v2/inquiry/search", "InquirySearchResponse"),
    ("/post-order/v2/inquiry/*", "InquiryDetailsResponse"),
    ("/post-order/v2/casemanagement/search", "CaseSearchResponse"),
    ("/post-order/v2/casemanagement/*", "CaseDetailsResponse"),
];

/// A path with `*` for every segment that is an id.
pub(super) fn template(path: &str) -> String {
    let id = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit()) && part.len() > 2;
    let parts = path
        .split('/')
        .map(|part| if id(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// What is wrong with an exchange.
pub(super) fn check(folder: &Path, exchange: &Exchange) -> Vec<String> {
    let api = APIS
        .iter()
        .find(|(prefix, _)| exchange.path.starts_with(prefix));
    let Some((prefix, file)) = api else {
        return vec!["no contract is known for this path".to_owned()];
    };
    let contract = read(&folder.join(file));
    let base = prefix
        .find("/v2")
        .map_or(*prefix, |at| prefix.split_at(at + 3).0);
    let path = exchange.path.strip_prefix(base).unwrap_or_default();
    let Some(operation) = operation(&contract, path, &exchange.method) else {
        return vec!["the contract has no such method".to_owned()];
    };
    let mut wrong = Vec::new();
    check_query(operation, &exchange.query, &mut wrong);
    if base.starts_with("/post-order") {
        check_post_order(folder, exchange, &mut wrong);
    } else {
        check_answer(&contract, operation, exchange, &mut wrong);
    }
    wrong
}

fn operation<'a>(contract: &'a Value, path: &str, method: &str) -> Option<&'a Value> {
    let asked: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == asked.len()
            && parts
                .iter()
                .zip(&asked)
                .all(|(part, asked)| part.starts_with('{') || part == asked)
    };
    let paths = contract["paths"].as_object()?;
    // A literal segment is better than a variable one.
    let exact = paths.get(path);
    let found = exact.or_else(|| Some(paths.iter().find(|(path, _)| fits(path))?.1))?;
    found.get(method.to_lowercase())
}

fn check_query(operation: &Value, query: &str, wrong: &mut Vec<String>) {
    let parameters = operation["parameters"].as_array();
    let parameters: Vec<&Value> = parameters
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "query")
        .collect();
    let asked: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split('=').next().unwrap_or_default())
        .collect();
    for name in &asked {
        if !parameters.iter().any(|known| known["name"] == *name) {
            wrong.push(format!("the contract has no parameter {name}"));
        }
    }
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        if parameter["required"] == true && !asked.contains(&name) {
            wrong.push(format!("the parameter {name} is required"));
        }
    }
}

fn check_answer(contract: &Value, operation: &Value, exchange: &Exchange, wrong: &mut Vec<String>) {
    let status = exchange.status.to_string();
    let answer = &operation["responses"][&status];
    if answer.is_null() {
        wrong.push(format!("the contract has no status {status}"));
        return;
    }
    if exchange.method == "POST" {
        let sent: Value = serde_json::from_slice(&exchange.sent).unwrap_or_default();
        let asked = &operation["requestBody"]["content"]["application/json"]["schema"];
        wrong.extend(schema::check(contract, asked, &sent, "request"));
    }
    let body = &answer["content"]["application/json"]["schema"];
    if body.is_null() || exchange.status >= 400 {
        return;
    }
    match serde_json::from_slice(&exchange.body) {
        Ok(value) => wrong.extend(schema::check(contract, body, &value, "$")),
        Err(error) => wrong.push(format!("the answer is no JSON: {error}")),
    }
}

fn check_post_order(folder: &Path, exchange: &Exchange, wrong: &mut Vec<String>) {
    let types = read(&folder.join("post-order/post_order_types_derived.json"));
    let template = template(&exchange.path);
    let Some((_, name)) = POST_ORDER.iter().find(|(path, _)| *path == template) else {
        wrong.push(format!("no type is known for {template}"));
        return;
    };
    if exchange.status >= 400 {
        return;
    }
    match serde_json::from_slice(&exchange.body) {
        Ok(value) => {
            let contract = as_contract(&types);
            wrong.extend(schema::check(&contract, &reference(name), &value, "$"));
        }
        Err(error) => wrong.push(format!("the answer is no JSON: {error}")),
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The table of types in the form of an `OpenAPI` file.
fn as_contract(types: &Value) -> Value {
    let all = types.as_object().unwrap();
    let schema = |kind: &str| match kind {
        // The moment within the object of that name.
        "DateTime" => json!({"type": "string"}),
        "integer" | "int" | "long" => json!({"type": "integer"}),
        "double" | "float" | "number" => json!({"type": "number"}),
        "boolean" | "bool" => json!({"type": "boolean"}),
        name if all
            .get(name)
            .is_some_and(|known| known.get("fields").is_some()) =>
        {
            reference(name)
        }
        _ => json!({"type": "string"}),
    };
    let mut schemas = serde_json::Map::new();
    for (name, described) in all {
        let mut properties = serde_json::Map::new();
        for field in described["fields"].as_array().into_iter().flatten() {
            let kind = field["type"].as_str().unwrap_or_default();
            let one = if kind == "DateTime" && name != "DateTime" {
                reference("DateTime")
            } else {
                schema(kind)
            };
            let one = if field["array"] == true {
                json!({"type": "array", "items": one})
            } else {
                one
            };
            properties.insert(field["name"].as_str().unwrap_or_default().to_owned(), one);
        }
        let object = json!({"type": "object", "properties": properties});
        schemas.insert(name.clone(), object);
    }
    json!({"components": {"schemas": schemas}})
}
