//! `bulkhead demo`: a simulated eBay with dangerous accounts, a real supervisor with real
//! children, and a comparison of what is stored with what is true.

mod play;
mod script;
mod sim;
mod story;
mod summary;
mod verdict;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use shared::id::AccountId;
use shared::worker::Worker;

use super::Exit;
use super::args::BadInput;
use super::output::Output;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{Daemon, make_private, sibling, stop_on_signals};
use crate::store::{NewAccount, Store};
use play::Play;
use script::{CAST, CYCLES, settings};
use sim::Sim;
use story::Story;

/// What the accounts of the demo sync.
const WORKERS: [Worker; 2] = [Worker::Orders, Worker::ActiveInventory];

/// The world of the demo is the same every time.
const SEED: u64 = 7;

/// Plays the demo. `config` lies over its settings; `keep` is where its state directory stays.
pub(super) async fn demo(
    keep: Option<&Path>,
    config: Option<&Path>,
    output: Output,
) -> anyhow::Result<Exit> {
    let stage = Stage::set(keep)?;
    let mut sim = Sim::start(&sibling("ebay-sim"), SEED).await?;
    let config = configure(&stage.path, sim.port, config)?;
    let stop = stop_on_signals()?;
    let daemon = Daemon::open(&stage.path, config).await?;
    let mut story = Story::new(output.is_json());
    story.say(
        "bulkhead demo: six accounts at a simulated eBay; three are ordinary, three are dangerous.",
    )?;
    let accounts = cast(&stage.path, &daemon.context.store, &mut sim).await?;
    let mut play = Play {
        daemon: &daemon,
        sim: &mut sim,
        story: &mut story,
        accounts,
        rng: fastrand::Rng::with_seed(SEED),
    };
    for cycle in 1..=CYCLES {
        if *stop.borrow() {
            break;
        }
        play.cycle(cycle, stop.clone()).await?;
    }
    let interrupted = *stop.borrow();
    let summary = summary::of(&daemon.context.store, &story, keep).await?;
    output.answer(&summary, summary::words)?;
    Ok(if story.held() && !interrupted {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// The state directory: kept where asked, or gone with the demo.
struct Stage {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Stage {
    fn set(keep: Option<&Path>) -> anyhow::Result<Self> {
        let Some(keep) = keep else {
            let temporary = tempfile::Builder::new()
                .prefix("bulkhead-demo-")
                .tempdir()
                .context("cannot make a temporary state directory")?;
            return Ok(Self {
                path: temporary.path().to_path_buf(),
                _temporary: Some(temporary),
            });
        };
        let path = std::path::absolute(keep)?;
        let used = fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
        if used {
            return Err(BadInput(format!(
                "--keep {}: the directory is not empty; name a new one",
                path.display()
            ))
            .into());
        }
        Ok(Self {
            path,
            _temporary: None,
        })
    }
}

/// Writes the settings into the state directory, so that the other commands find them, and reads
/// them as any other.
fn configure(state_dir: &Path, port: u16, over: Option<&Path>) -> anyhow::Result<Config> {
    let mut text = settings(port);
    if let Some(over) = over {
        let read = |text: &str| text.parse::<toml::Table>();
        let more = fs::read_to_string(over)
            .map_err(|error| BadInput(format!("--config {}: {error}", over.display())))?;
        let more = read(&more)
            .map_err(|error| BadInput(format!("--config {}: {error}", over.display())))?;
        let mut all = read(&text).context("the demo's own settings are broken")?;
        lay_over(&mut all, more);
        text = all.to_string();
    }
    make_private(state_dir)?;
    let path = state_dir.join("bulkhead.toml");
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    let (config, _) = Config::load(Some(&path), std::env::vars()).map_err(BadInput::from)?;
    Ok(config)
}

fn lay_over(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => lay_over(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

async fn cast(
    state_dir: &Path,
    store: &Store,
    sim: &mut Sim,
) -> anyhow::Result<BTreeMap<&'static str, AccountId>> {
    let tokens = state_dir.join("tokens");
    make_private(&tokens)?;
    let mut accounts = BTreeMap::new();
    for part in CAST {
        sim.ask(&part.command()).await?;
        let token_file = tokens.join(part.name);
        fs::write(&token_file, part.token())
            .with_context(|| format!("cannot write {}", token_file.display()))?;
        let account = NewAccount {
            name: part.name,
            environment: "simulated",
            marketplace: "EBAY_US",
            token_file: token_file
                .to_str()
                .context("the state directory's path is not UTF-8")?,
            workers: &WORKERS,
        };
        accounts.insert(part.name, store.add_account(&account, Clock.now()).await?);
    }
    Ok(accounts)
}
