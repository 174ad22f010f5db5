//! Good bodies to start from: each worker's fixtures, and the smallest body of each kind.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use shared::worker::Worker;
use worker_child::fetch::request::Shape;
use worker_child::workers::registry;

/// A body.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) name: String,
    pub(crate) text: Vec<u8>,
    /// No other fixture of this worker in this language has more.
    pub(crate) is_longest: bool,
}

/// The workers whose bodies can be read.
pub(crate) fn workers() -> Vec<Worker> {
    let mut workers = Worker::ALL.to_vec();
    workers.retain(|worker| !registry::bodies(*worker).is_empty());
    println!(
        "of {} workers, {} read bodies",
        Worker::ALL.len(),
        workers.len()
    );
    assert!(!workers.is_empty());
    workers
}

/// A worker's bodies.
pub(crate) fn bodies(worker: Worker) -> Vec<Body> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let entries = std::fs::read_dir(root.join(worker.name()))
        .into_iter()
        .flatten();
    let mut found: Vec<Body> = entries
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            let is_body = !name.starts_with("expected") && !name.starts_with("stored");
            is_body.then(|| Body {
                name: format!("{worker}/{name}"),
                text: std::fs::read(&path).unwrap(),
                is_longest: false,
            })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    for end in [".json", ".xml"] {
        let of_kind = found.iter_mut().filter(|body| body.name.ends_with(end));
        if let Some(body) = of_kind.max_by_key(|body| body.text.len()) {
            body.is_longest = true;
        }
    }
    for kind in registry::bodies(worker) {
        if let Some((before, after)) = around(kind.shape) {
            found.push(Body {
                name: format!("{worker}, smallest {:?}", kind.shape),
                text: format!("{before}{after}").into_bytes(),
                is_longest: false,
            });
        }
    }
    found
}

/// What stands before and after the items of a body.
pub(crate) fn around(shape: Shape) -> Option<(String, String)> {
    match shape {
        Shape::Page { member } => Some((format!("{{\"total\":0,\"{member}\":["), "]}".to_owned())),
        Shape::Item => Some((String::new(), String::new())),
        Shape::Report { item_path } | Shape::Call { item_path, .. } => {
            let above = &item_path[..item_path.len() - 1];
            let tags = |start: &str| -> Vec<String> {
                above.iter().map(|name| format!("{start}{name}>")).collect()
            };
            let (open, mut close) = (tags("<"), tags("</"));
            close.reverse();
            let (open, close) = (open.concat(), close.concat());
            Some((open, close))
        }
        Shape::Object | Shape::Nothing => None,
    }
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}
