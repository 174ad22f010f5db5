//! Every fixture of every worker, whatever workers there are.

use std::path::Path;

use serde_json::Value;
use shared::exit::ExitCode;
use shared::table::Table;
use shared::worker::Worker;
use worker_child::workers::registry;

use crate::command::{Said, folder, gzip, run, zip};

/// Names of the fixtures that are bodies, not what is expected of them.
fn bodies(worker: Worker) -> Vec<String> {
    let entries = std::fs::read_dir(folder(worker.name()))
        .into_iter()
        .flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_body = |name: &String| !name.starts_with("expected") && !name.starts_with("stored");
    let mut names: Vec<String> = names.filter(is_body).collect();
    names.sort();
    names
}

fn readable() -> impl Iterator<Item = Worker> {
    let mut workers = Worker::ALL.into_iter();
    std::iter::from_fn(move || {
        workers.find(|worker| {
            let readable = !registry::bodies(*worker).is_empty();
            if !readable {
                println!("{worker} has no bodies that can be read by hand: skipped");
            }
            readable
        })
    })
}

fn parse(worker: Worker, path: &Path, format: &str) -> Said {
    let path = path.to_str().unwrap();
    let args = [worker.name(), "--input", path, "--format", format];
    run(&args, b"")
}

/// A line is a row of one of the worker's tables.
fn assert_row(worker: Worker, line: &Value) {
    let table = worker
        .tables()
        .iter()
        .find(|table| line["table"] == table.def().name);
    let def = table.copied().map(Table::def);
    let def = def.unwrap_or_else(|| panic!("no table of {worker}: {line}"));
    assert_eq!(
        line["key"].as_array().unwrap().len(),
        def.key.len(),
        "{line}"
    );
    for (name, _) in line["columns"].as_object().unwrap() {
        let known = def.columns.iter().any(|column| column.name == name);
        assert!(known, "{name} is no column: {line}");
    }
    assert!(line["payload"].is_object(), "{line}");
    assert!(
        line["volatile"].is_null() || line["volatile"].is_object(),
        "{line}"
    );
}

#[test]
fn every_fixture_is_read_or_refused_with_its_place() {
    for worker in readable() {
        let mut rows = 0;
        for name in bodies(worker) {
            let path = folder(worker.name()).join(&name);
            let said = parse(worker, &path, "jsonl");
            let lines = said.lines();
            for line in &lines {
                assert_row(worker, line);
            }
            let counted = parse(worker, &path, "count");
            assert_eq!(counted.code, said.code, "{name}");
            let count = &counted.lines()[0];
            assert_eq!(count["records"], lines.len(), "{name}");
            let tables = count["tables"].as_object().unwrap().values();
            let sum: u64 = tables.map(|rows| rows.as_u64().unwrap()).sum();
            assert_eq!(count["records"], sum, "{name}");
            assert_eq!(count["complete"], said.code == Some(0), "{name}");
            if said.code == Some(0) {
                assert_eq!(said.stderr, "", "{name}");
                assert_eq!(count["bytes"], path.metadata().unwrap().len(), "{name}");
                rows += lines.len();
            } else {
                said.assert_code(ExitCode::Body);
                assert!(said.stderr.contains(" at byte "), "{name}: {said:?}");
                assert!(said.stderr.contains("\nIncomplete: "), "{name}: {said:?}");
            }
        }
        assert!(rows > 0, "no fixture of {worker} has a row");
    }
}

#[test]
fn what_a_worker_expects_is_what_is_printed() {
    for worker in readable() {
        let expected = std::fs::read(folder(worker.name()).join("expected.json"));
        let Ok(expected) = expected else {
            println!("{worker} has no expected.json: skipped");
            continue;
        };
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let names = bodies(worker).into_iter();
        let printed = names.flat_map(|name| {
            let path = folder(worker.name()).join(name);
            parse(worker, &path, "jsonl").lines()
        });
        let printed: Vec<Value> = printed.collect();
        // Some expectations are of another shape; these are for the worker's own tests.
        let rows = expected.as_array().into_iter().flatten();
        for row in rows {
            let Some(columns) = row["row"].as_object() else {
                continue;
            };
            let same = |line: &&Value| {
                let agree = |name: &&str| row[*name].is_null() || line[*name] == row[*name];
                // What only a run knows, from what it asked for, one body leaves empty.
                let columns = columns.iter().all(|(name, value)| {
                    let printed = &line["columns"][name];
                    printed.is_null() || printed == value
                });
                ["table", "key", "ebay_time", "payload"].iter().all(agree) && columns
            };
            assert!(
                printed.iter().any(|line| same(&line)),
                "{worker} prints no {row}"
            );
        }
    }
}

#[test]
fn a_packed_body_and_one_on_standard_input_are_the_same() {
    for worker in readable() {
        for name in bodies(worker) {
            let path = folder(worker.name()).join(&name);
            let plain = parse(worker, &path, "jsonl");
            if plain.code != Some(0) {
                continue;
            }
            let text = std::fs::read(&path).unwrap();
            let again = [text.clone(), gzip(&text), zip(&text)];
            for (body, how) in again.iter().zip(["plain", "gzip", "zip"]) {
                for args in [vec![worker.name()], vec![worker.name(), "--input", "-"]] {
                    let said = run(&args, body);
                    assert_eq!(
                        (said.code, &said.stdout),
                        (Some(0), &plain.stdout),
                        "{name} {how}"
                    );
                }
            }
            let count = run(&[worker.name(), "--format", "count"], &zip(&text)).lines();
            assert_eq!(count[0]["format"], "zip", "{name}");
            assert_eq!(count[0]["raw_bytes"], zip(&text).len(), "{name}");
            assert_eq!(count[0]["bytes"], text.len(), "{name}");
        }
    }
}
