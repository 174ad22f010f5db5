//! The simulator's commands as lines of JSON: one object in, one object out.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Fault, Payloads, Sim, SimError, order_json::json_text};

/// Runs one command and returns the answer, one line without its end.
///
/// Errors answer `{"error": "…"}`; commands without a result answer `{"ok": true}`.
pub fn answer(sim: &Sim, line: &str) -> String {
    let answer = run(sim, line).unwrap_or_else(|error| json!({ "error": error.to_string() }));
    json_text(&answer)
}

/// Takes a member out of a command and reads it; absent ones read as null.
fn take<T: DeserializeOwned>(members: &mut Map<String, Value>, name: &str) -> Result<T, SimError> {
    Ok(serde_json::from_value(
        members.remove(name).unwrap_or_default(),
    )?)
}

fn run(sim: &Sim, line: &str) -> Result<Value, SimError> {
    let mut members: Map<String, Value> = serde_json::from_str(line)?;
    let command: String = take(&mut members, "cmd")?;
    if command == "account" {
        sim.account(serde_json::from_value(Value::Object(members))?)?;
        return Ok(json!({ "ok": true }));
    }
    if command == "advance" {
        return Ok(json!({ "advanced": sim.advance() }));
    }
    let account: String = take(&mut members, "account")?;
    match command.as_str() {
        "truth" => {
            let payloads = match take(&mut members, "payloads")? {
                None => Payloads::Small,
                Some(true) => Payloads::All,
                Some(false) => Payloads::None,
            };
            Ok(json!({ "truth": sim.truth(&account, payloads)? }))
        }
        "observe" => {
            let pass = take(&mut members, "worker")?;
            Ok(json!({ "observed": sim.observe(&account, pass)? }))
        }
        "events" => Ok(json!({ "events": sim.events(&account)? })),
        "fault" => {
            sim.fault(&account, Fault::try_from(members)?)?;
            Ok(json!({ "ok": true }))
        }
        "renew" => {
            let token: String = take(&mut members, "token")?;
            sim.renew(&account, &token)?;
            Ok(json!({ "ok": true }))
        }
        "clear_faults" => {
            sim.clear_faults(&account)?;
            Ok(json!({ "ok": true }))
        }
        "requests" => Ok(json!({ "requests": sim.requests(&account)? })),
        "stats" => Ok(json!({ "stats": sim.stats(&account)? })),
        _ => Err(SimError::UnknownCommand { name: command }),
    }
}
