//! The command and what came of it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use shared::exit::ExitCode;

/// What the command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// The lines of standard output, each a JSON object.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    pub(crate) fn assert_code(&self, expected: ExitCode) {
        assert_eq!(self.code, Some(i32::from(expected.code())), "{self:?}");
    }
}

pub(crate) fn spawn<A: AsRef<OsStr>>(args: &[A]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_worker-child"))
        .arg("parse")
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs the command with this on its standard input.
pub(crate) fn run<A: AsRef<OsStr>>(args: &[A], input: &[u8]) -> Said {
    let mut child = spawn(args);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may stop reading before the end.
    let feeder = thread::spawn(move || stdin.write_all(&input).ok());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The folder with a worker's fixtures.
pub(crate) fn folder(worker: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../tests/fixtures").join(worker)
}

pub(crate) fn fixture(worker: &str, name: &str) -> Vec<u8> {
    std::fs::read(folder(worker).join(name)).unwrap()
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A zip archive with one stored file.
pub(crate) fn zip(text: &[u8]) -> Vec<u8> {
    let size = u32::try_from(text.len()).unwrap().to_le_bytes();
    let crc = crc32fast::hash(text).to_le_bytes();
    let mut shared = vec![0_u8; 10];
    shared[..2].copy_from_slice(&20_u16.to_le_bytes());
    shared.extend([crc, size, size].concat());
    shared.extend([5, 0, 0, 0]); // length of the name, no extra field
    let name = b"x.xml";
    let mut zip = [&b"PK\x03\x04"[..], &shared, name, text].concat();
    let start = u32::try_from(zip.len()).unwrap();
    let rest = [0_u8; 14];
    let directory = [&b"PK\x01\x02\x14\x00"[..], &shared, &rest, name].concat();
    zip.extend(&directory);
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0, 0]);
    zip
}
