//! What the compiler cannot hold: floors, who may name which crate, and the shape of files.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::fs;
use std::path::Path;

use shared::exit::ExitCode;
use shared::wire::message::PROTOCOL_VERSION;
use shared::worker::Worker;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

// Top-level modules from the ground up, floors parted by bars: each names lower floors only.
const FLOORS: [(&str, &str); 3] = [
    (
        "shared",
        "id time secret exit build table sandbox | worker window failure record canonical | attempt | \
         flight | death recording | limit wire",
    ),
    (
        "worker-child",
        "limits stage | confine memory fault recording parse | fetch trap | workers | emit | \
         session replay | cli",
    ),
    (
        "supervisor",
        "clock os killpoint | config outcome | crash policy | store child | ingest tokens web control | \
         attempt | scheduler | daemon | cli",
    ),
];

// A crate, and where it may be named.
const ONLY: [(&str, &str); 6] = [
    (
        "sqlx",
        "supervisor/src/store/ supervisor/tests/ tests/src/harness/ tests/benches/",
    ),
    (
        "nix",
        "supervisor/src/os supervisor/src/killpoint.rs supervisor/tests/ worker-child/ tests/",
    ),
    (
        "reqwest",
        "worker-child/src/fetch/ worker-child/tests/ tests/",
    ),
    (
        "quick_xml",
        "worker-child/src/parse/ worker-child/tests/ tests/",
    ),
    ("bincode", "shared/src/wire/codec.rs"),
    (
        "clap",
        "supervisor/src/cli supervisor/src/main.rs worker-child/src/cli worker-child/src/main.rs \
         tests/src/bin/",
    ),
];

// A place, and what it never names.
const NEVER: [(&str, &str); 4] = [
    ("tests/src/sim", "shared supervisor worker_child"),
    ("tests/src/bin/ebay-sim", "shared supervisor worker_child"),
    ("worker-child/src/workers", "tokio reqwest"),
    ("supervisor", "worker_child"),
];

const EMPTY_NAMES: &str = "utils helpers common misc manager handler service base types models";

// A version, and FNV-1a of its `wire/message.rs`; the bytes are pinned by `wire_golden.rs`.
const MESSAGES: (u32, u64) = (4, 0x2e43_ed32_4310_afca);

struct Source {
    path: String,
    text: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for package in ["shared", "supervisor", "worker-child", "tests"] {
        collect(package, &mut found);
    }
    assert!(found.len() > 30, "only {} sources found", found.len());
    found
}

fn collect(folder: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&path, found);
        } else if entry.path().extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(entry.path()).unwrap();
            let lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let code = lines.collect::<Vec<_>>().join("\n");
            found.push(Source { path, text, code });
        }
    }
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(text: &str) -> &str {
    text.trim_start()
        .split(|c| !in_word(c))
        .next()
        .unwrap_or("")
}

// What follows each `name::`.
fn after<'a>(code: &'a str, name: &str) -> Vec<&'a str> {
    let places = code
        .match_indices(name)
        .map(|(place, _)| code.split_at(place));
    let whole = places.filter(|(before, _)| !before.ends_with(in_word));
    whole
        .filter_map(|(_, rest)| rest.strip_prefix(name)?.strip_prefix("::"))
        .collect()
}

// The first part of a path, or of each path in braces.
fn firsts(rest: &str) -> Vec<&str> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut depth, mut names) = (1, Vec::new());
    for part in group.split_inclusive(['{', '}', ',']) {
        if depth == 1 {
            names.push(word(part));
        }
        depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn hold(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn modules_name_lower_floors_only() {
    let mut faults = Vec::new();
    for source in sources() {
        let found = FLOORS.iter().find_map(|(package, floors)| {
            let path = source.path.strip_prefix(package)?.strip_prefix("/src/")?;
            Some((word(path), floors.split('|').collect::<Vec<_>>()))
        });
        let Some((own, floors)) = found else { continue };
        let floor_of = |name: &str| {
            let here = |floor: &&str| floor.split_whitespace().any(|module| module == name);
            floors.iter().position(here)
        };
        let path = &source.path;
        if matches!(own, "lib" | "main" | "bin") {
            continue;
        }
        let Some(floor) = floor_of(own) else {
            faults.push(format!(
                "{path}: '{own}' has no floor; give it one in this test"
            ));
            continue;
        };
        for name in after(&source.code, "crate").into_iter().flat_map(firsts) {
            if name != own && floor_of(name).is_none_or(|other| other >= floor) {
                faults.push(format!(
                    "{path}: '{own}' names '{name}', which is no lower floor"
                ));
            }
        }
    }
    hold(&faults);
}

#[test]
fn crates_are_named_where_they_belong() {
    let mut faults = Vec::new();
    for Source { path, code, .. } in sources() {
        let within = |places: &str| places.split(' ').any(|place| path.starts_with(place));
        let only = ONLY.iter().filter(|(_, places)| !within(places));
        let never = NEVER.iter().filter(|(place, _)| path.starts_with(place));
        let words = never.flat_map(|(_, words)| words.split(' '));
        for name in only.map(|(name, _)| *name).chain(words) {
            if !after(&code, name).is_empty() {
                faults.push(format!("{path} may not name {name}"));
            }
        }
    }
    let manifest = fs::read_to_string(format!("{ROOT}/supervisor/Cargo.toml")).unwrap();
    for name in ["reqwest", "quick-xml", "hyper", "worker-child"] {
        if manifest.lines().any(|line| line.starts_with(name)) {
            faults.push(format!("supervisor/Cargo.toml may not depend on {name}"));
        }
    }
    hold(&faults);
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut faults = Vec::new();
    for Source { path, text, .. } in sources() {
        let count = text.lines().count();
        if count > 400 {
            faults.push(format!("{path} has {count} lines, at most 400"));
        }
        if !text.starts_with("//! ") {
            faults.push(format!("{path} does not open with '//! ' and its purpose"));
        }
        let mut parts = path.trim_end_matches(".rs").split('/');
        if let Some(name) = parts.find(|part| EMPTY_NAMES.split(' ').any(|name| name == *part)) {
            faults.push(format!("{path}: the name '{name}' says nothing"));
        }
    }
    hold(&faults);
}

#[test]
fn every_worker_has_its_file_and_its_fixtures() {
    let mut faults = Vec::new();
    for worker in Worker::ALL {
        let file = format!("worker-child/src/workers/{worker}.rs");
        let fixtures = format!("tests/fixtures/{worker}");
        if !Path::new(ROOT).join(&file).is_file() {
            faults.push(format!("{file} is missing"));
        }
        if fs::read_dir(Path::new(ROOT).join(&fixtures)).map_or(0, Iterator::count) == 0 {
            faults.push(format!("{fixtures}/ is missing or empty"));
        }
    }
    hold(&faults);
}

#[test]
fn the_readme_has_every_exit_code() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    for code in ExitCode::ALL {
        let line = format!("| {} | {} |", code.code(), code.meaning());
        assert!(readme.contains(&line), "README.md lacks: {line}");
    }
}

#[test]
fn messages_change_only_with_the_protocol_version() {
    let text = fs::read(format!("{ROOT}/shared/src/wire/message.rs")).unwrap();
    let hash = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    assert_eq!(
        (PROTOCOL_VERSION, hash),
        MESSAGES,
        "wire/message.rs changed: raise PROTOCOL_VERSION if a message did, and pin {hash:#x} here"
    );
}
