//! A tiny HTTP/1.1 server that plays eBay from a closure.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Method and target.
    pub(crate) line: String,
    /// Header lines, names in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// What the server answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
    /// Close the connection after this many bytes of the body.
    pub(crate) cut: Option<usize>,
    /// Send the body in pieces of this many bytes.
    pub(crate) pieces: Option<usize>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            cut: None,
            pieces: None,
        }
    }

    pub(crate) fn header(mut self, line: impl Into<String>) -> Self {
        self.headers.push(line.into());
        self
    }

    pub(crate) fn in_pieces(mut self, of: usize) -> Self {
        self.pieces = Some(of);
        self
    }

    pub(crate) fn cut(mut self, after: usize) -> Self {
        self.cut = Some(after);
        self
    }
}

/// What was asked so far.
pub(crate) type Log = Arc<Mutex<Vec<Asked>>>;

/// Serves on a free port until the test ends; `answer` gets the request and how many came before.
pub(crate) fn serve(
    answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
) -> (u16, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let log = Log::default();
    let (answer, shared) = (Arc::new(answer), Arc::clone(&log));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, log) = (Arc::clone(&answer), Arc::clone(&shared));
            thread::spawn(move || talk(&stream.unwrap(), &*answer, &log));
        }
    });
    (port, log)
}

fn talk(stream: &TcpStream, answer: &dyn Fn(&Asked, usize) -> Answer, log: &Log) {
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        let before = {
            let mut log = log.lock().unwrap();
            log.push(asked.clone());
            log.len() - 1
        };
        let given = answer(&asked, before);
        let kept = given.cut.unwrap_or(given.body.len());
        if write(stream, &given, kept).is_err() || given.cut.is_some() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return None;
    }
    let mut headers = Vec::new();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        let name = name.to_ascii_lowercase();
        if name == "content-length" {
            length = value.trim().parse().ok()?;
        }
        headers.push(format!("{name}:{value}"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        line: line.trim_end().trim_end_matches(" HTTP/1.1").to_owned(),
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

fn write(mut stream: &TcpStream, answer: &Answer, kept: usize) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\n", answer.status);
    for line in &answer.headers {
        head.push_str(line);
        head.push_str("\r\n");
    }
    if let Some(size) = answer.pieces {
        head.push_str("Transfer-Encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        for piece in answer.body.chunks(size) {
            write!(stream, "{:x}\r\n", piece.len())?;
            stream.write_all(piece)?;
            stream.write_all(b"\r\n")?;
        }
        return stream.write_all(b"0\r\n\r\n");
    }
    if answer.status != 204 {
        head.push_str("Content-Length: ");
        head.push_str(&answer.body.len().to_string());
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(answer.body.get(..kept).unwrap_or(&answer.body))?;
    stream.flush()
}
