//! A simulated eBay: its own world, served over HTTP on loopback, with scripted faults and the truth.
//!
//! It knows nothing of the program under test: a test asks it what the database must hold.

pub mod bulk;
pub mod control;

mod account;
mod body;
mod change;
mod clock;
mod exchanges;
mod faults;
mod feed;
mod feed_query;
mod filler;
mod finances;
mod fulfillment;
mod identity;
mod inventory;
mod inventory_json;
mod inventory_world;
mod lexicon;
mod listing;
mod messages;
mod observe;
mod order;
mod order_json;
mod order_query;
mod page;
mod plant;
mod post_order;
mod purchases;
mod refusal;
mod report;
mod selling;
mod selling_item;
mod serve;
mod tables;
mod trading;
mod truth;
mod world;
mod xml;
mod zip;

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

pub use account::{AccountSpec, Listings, Packing};
pub use exchanges::Exchange;
pub use faults::{Fault, FaultKind};
pub use identity::{Application, DeskFault};
pub use observe::{Event, Kind, Pass};
pub use post_order::ErrorShape;
pub use truth::Payloads;
pub use world::Advanced;

use faults::Armed;
use world::World;

/// Why the simulator refused a command.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The port could not be bound.
    #[error("binding a port on loopback")]
    Bind(#[source] io::Error),
    /// No account has this name.
    #[error("finding account {name}")]
    NoAccount {
        /// The name asked for.
        name: String,
    },
    /// An account with this name or token exists.
    #[error("adding account {name}: its name or token is taken")]
    AccountExists {
        /// The name asked for.
        name: String,
    },
    /// A command was not understood.
    #[error("reading a command: {0}")]
    Command(#[from] serde_json::Error),
    /// A command's name is unknown.
    #[error("reading a command: unknown name {name:?}")]
    UnknownCommand {
        /// The name given.
        name: String,
    },
}

/// What the HTTP side shares with the commands.
#[derive(Debug)]
struct Hub {
    world: Mutex<World>,
    base: String,
    kept: exchanges::Kept,
    stop: watch::Receiver<()>,
}

impl Hub {
    /// The world; a panic elsewhere does not take it away from other tests' requests.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running simulator; it stops when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Sim {
    hub: Arc<Hub>,
    port: u16,
    _alive: Arc<watch::Sender<()>>,
}

impl Sim {
    /// Starts serving on a free port of 127.0.0.1; `seed` decides everything but the time stamps.
    pub async fn start(seed: u64) -> Result<Self, SimError> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(SimError::Bind)?;
        let port = listener.local_addr().map_err(SimError::Bind)?.port();
        let (alive, stop) = watch::channel(());
        let base = format!("http://127.0.0.1:{port}");
        let hub = Arc::new(Hub {
            world: Mutex::new(World::new(seed)),
            base,
            kept: exchanges::Kept::default(),
            stop,
        });
        tokio::spawn(serve::serve(listener, hub.clone()));
        Ok(Self {
            hub,
            port,
            _alive: Arc::new(alive),
        })
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.hub.base
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Adds an account.
    pub fn account(&self, spec: AccountSpec) -> Result<(), SimError> {
        self.hub.world().add(spec, clock::now_ms())
    }

    /// Moves every account one step on; between steps nothing changes.
    pub fn advance(&self) -> Advanced {
        let mut world = self.hub.world();
        world.advance(clock::now_ms())
    }

    /// The rows that the database must hold for the account, by table.
    ///
    /// An account with a `report_file` has no listings of its own here.
    pub fn truth(&self, account: &str, payloads: Payloads) -> Result<Value, SimError> {
        Ok(truth::truth(self.hub.world().account(account)?, payloads))
    }

    /// Says that a worker has just completed a pass; returns how many events that must have made.
    pub fn observe(&self, account: &str, pass: Pass) -> Result<usize, SimError> {
        Ok(observe::observe(
            self.hub.world().account_mut(account)?,
            pass,
        ))
    }

    /// The events that must be in the account's history, in the order of the observations.
    pub fn events(&self, account: &str) -> Result<Vec<Event>, SimError> {
        Ok(self.hub.world().account(account)?.observed.events.clone())
    }

    /// Says from which API the account's listings are read from now on.
    pub fn listings_from(&self, account: &str, from: Listings) -> Result<(), SimError> {
        self.hub.world().account_mut(account)?.spec.listings_from = from;
        Ok(())
    }

    /// Gives the account a further access token.
    pub fn renew(&self, account: &str, token: &str) -> Result<(), SimError> {
        let mut world = self.hub.world();
        let renewed = &mut world.account_mut(account)?.renewed;
        renewed.insert(token.to_owned());
        Ok(())
    }

    /// From now on the account has this access token and no other.
    pub fn replace_token(&self, account: &str, token: &str) -> Result<(), SimError> {
        let mut world = self.hub.world();
        let account = world.account_mut(account)?;
        account.renewed.clear();
        token.clone_into(&mut account.spec.token);
        Ok(())
    }

    /// Arms a fault, beside those already in force.
    pub fn fault(&self, account: &str, fault: Fault) -> Result<(), SimError> {
        self.hub
            .world()
            .account_mut(account)?
            .faults
            .push(Armed::new(fault));
        Ok(())
    }

    /// Keeps every exchange from now on, whole: not for large reports, or for answers that stall.
    pub fn keep_exchanges(&self) {
        self.hub.kept.begin();
    }

    /// The exchanges kept since the last call.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.hub.kept.take()
    }

    /// Removes all faults, a stalled download too.
    pub fn clear_faults(&self, account: &str) -> Result<(), SimError> {
        self.hub.world().account_mut(account)?.faults.clear();
        Ok(())
    }

    /// Requests so far: `orders, task_create, task_get, task_list, report, other`, absent if none.
    pub fn requests(&self, account: &str) -> Result<BTreeMap<&'static str, u64>, SimError> {
        Ok(self.hub.world().account(account)?.requests.clone())
    }

    /// Sizes and counts: orders, listings, ended listings, report tasks, requests, faults acted on.
    pub fn stats(&self, account: &str) -> Result<Value, SimError> {
        let world = self.hub.world();
        let account = world.account(account)?;
        Ok(json!({
            "orders": account.orders.len(),
            "listings": account.slots.len(),
            "ended": account.ended.len(),
            "skus": account.stock.items.len(),
            "tasks": account.tasks.len(),
            "requests": account.requests.values().sum::<u64>(),
            "faults_fired": account.faults_fired,
        }))
    }
}
