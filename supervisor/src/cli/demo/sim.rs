//! The simulated eBay as a child of the demo: lines of JSON to it and from it.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A running simulator; it ends when this does.
#[derive(Debug)]
pub(super) struct Sim {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    pub port: u16,
}

impl Sim {
    pub(super) async fn start(binary: &Path, seed: u64) -> anyhow::Result<Self> {
        let mut child = Command::new(binary)
            .arg("--seed")
            .arg(seed.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!(
                    "cannot start the simulated eBay {}; build it with: cargo build --release",
                    binary.display()
                )
            })?;
        let input = child
            .stdin
            .take()
            .context("the simulated eBay has no standard input")?;
        let output = child
            .stdout
            .take()
            .context("the simulated eBay has no standard output")?;
        let mut sim = Self {
            _child: child,
            input,
            output: BufReader::new(output).lines(),
            port: 0,
        };
        let ready = sim.line().await?;
        let port = ready.pointer("/ready/port").and_then(Value::as_u64);
        sim.port = port
            .and_then(|port| u16::try_from(port).ok())
            .context("the simulated eBay named no port")?;
        Ok(sim)
    }

    /// Asks, and gives the answer.
    pub(super) async fn ask(&mut self, command: &Value) -> anyhow::Result<Value> {
        let mut line = command.to_string();
        line.push('\n');
        self.input
            .write_all(line.as_bytes())
            .await
            .context("the simulated eBay does not listen")?;
        let answer = self.line().await?;
        if let Some(error) = answer.get("error") {
            bail!("the simulated eBay refused {command}: {error}");
        }
        Ok(answer)
    }

    async fn line(&mut self) -> anyhow::Result<Value> {
        let line = self
            .output
            .next_line()
            .await
            .context("the simulated eBay does not answer")?;
        let line = line.context("the simulated eBay ended")?;
        serde_json::from_str(&line).context("the simulated eBay answers no JSON")
    }
}
