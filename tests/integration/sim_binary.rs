//! The simulator's binary as a test drives it: commands by line, HTTP by socket.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

/// The header that names the marketplace.
pub(crate) const SITE: &str = "X-EBAY-C-MARKETPLACE-ID: EBAY_US\r\n";

/// The binary and both ends of the conversation.
pub(crate) struct Binary {
    pub(crate) child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    port: u16,
}

impl Binary {
    pub(crate) fn start(seed: u64) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ebay-sim"))
            .args(["--seed", &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        let mut binary = Self {
            child,
            stdin,
            stdout: BufReader::new(stdout),
            port: 0,
        };
        binary.port = binary.line()["ready"]["port"]
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap();
        binary
    }

    pub(crate) fn line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    pub(crate) fn ask(&mut self, command: &Value) -> Value {
        writeln!(self.stdin.as_mut().unwrap(), "{command}").unwrap();
        self.line()
    }

    pub(crate) fn ok(&mut self, command: &Value) {
        assert_eq!(self.ask(command), json!({ "ok": true }), "{command}");
    }

    /// Sends one request on a connection of its own.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\
             Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        Answer::read(self.send("GET", path, "Authorization: Bearer tok\r\n", ""))
    }

    /// Asks for a report, with or without the header that names the marketplace.
    pub(crate) fn post_report(&self, site: &str) -> Answer {
        let headers = format!("Authorization: Bearer tok\r\n{site}");
        let body = r#"{"schemaVersion":"1.0","feedType":"LMS_ACTIVE_INVENTORY_REPORT"}"#;
        Answer::read(self.send("POST", "/sell/feed/v1/inventory_task", &headers, body))
    }

    pub(crate) fn create_report(&self) -> String {
        let answer = self.post_report(SITE);
        assert_eq!((answer.status, answer.body.len()), (202, 0));
        answer
            .header("location")
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One HTTP answer; `whole` is false if the connection ended before the body did.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) whole: bool,
}

impl Answer {
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        let mut raw = Vec::new();
        let read = stream.read_to_end(&mut raw).map(drop);
        Self::parse(&raw, &read)
    }

    pub(crate) fn parse(raw: &[u8], read: &io::Result<()>) -> Self {
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(raw[..end].to_vec())
            .unwrap()
            .to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Self {
            status,
            head,
            body: Vec::new(),
            whole: read.is_ok(),
        };
        let rest = &raw[end + 4..];
        if answer.header("transfer-encoding").is_some() {
            answer.whole &= answer.take_chunks(rest);
        } else {
            let length = answer
                .header("content-length")
                .map_or(0, |text| text.parse().unwrap());
            answer.whole &= rest.len() == length;
            answer.body = rest.to_vec();
        }
        answer
    }

    /// Collects chunks; true if the last one was the empty one that ends a body.
    fn take_chunks(&mut self, mut rest: &[u8]) -> bool {
        while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
            let size = std::str::from_utf8(&rest[..at]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            if size == 0 {
                return true;
            }
            let end = (at + 2 + size).min(rest.len());
            self.body.extend_from_slice(&rest[at + 2..end]);
            rest = rest.get(end + 2..).unwrap_or_default();
        }
        false
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .head
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.map(str::trim)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}
