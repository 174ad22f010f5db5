//! The accounts of each source of tokens, and what becomes of their tokens.

use std::fs;
use std::path::PathBuf;

use fastrand::Rng;
use integration_tests::harness::search::holders;
use integration_tests::mirrored::stage::{KEY, Stage, all, complaints, spec};
use integration_tests::sim::{AccountSpec, Application, DeskFault, Sim};

/// Where an account's tokens come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    File,
    OAuth,
    WebApp,
}

/// Who is synced.
pub(crate) const ACCOUNTS: [(&str, Source); 5] = [
    ("anna", Source::File),
    ("boris", Source::File),
    ("carla", Source::OAuth),
    ("dora", Source::WebApp),
    ("empty", Source::File),
];

/// One whose token never ends, so that something always runs.
const STEADY: &str = "empty";
const CLIENT_SECRET: &str = "PRD-canary-client-secret-74";
/// A part of every secret, and how a form writes the beginning of every token.
const NEEDLES: [&str; 6] = [
    CLIENT_SECRET,
    KEY,
    "#sim#",
    "#soak#",
    "#mirror#",
    "v%5E1.1%23i",
];

/// What is done to the tokens of the accounts.
#[derive(Debug, Default)]
pub(crate) struct Crew {
    /// Tokens made so far.
    made: u32,
    /// What the token files should hold, by account.
    files: Vec<(&'static str, String)>,
}

impl Crew {
    /// Adds every account to both sides.
    pub(crate) fn sign_on(stage: &Stage, sim: &Sim, rng: &mut Rng) -> Self {
        let application = Application {
            client_id: "App-1".to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            ru_name: "Ru-1".to_owned(),
        };
        sim.desk(application, KEY);
        let set = "application set --environment simulated --client-id App-1 --ru-name Ru-1";
        with_file(stage, set, "--secret-file", CLIENT_SECRET);
        for (name, source) in ACCOUNTS {
            let seller = seller(name, rng);
            if source == Source::File {
                stage.join_all(sim, seller);
                continue;
            }
            sim.account(seller).unwrap();
            if source == Source::WebApp {
                stage.account_from(name, &all(), &["--web-app", name]);
                continue;
            }
            let add = format!(
                "account add {name} --environment simulated --workers {}",
                all()
            );
            let token = sim.refresh_token(name).unwrap();
            with_file(stage, &add, "--refresh-token-file", &token);
        }
        // They were connected long ago: no clock here is behind that.
        let db = stage.db();
        db.execute("UPDATE accounts SET created_at = '2020-01-01T00:00:00.000Z'");
        Self::default()
    }

    /// The access tokens of one account end.
    pub(crate) fn expire(&mut self, sim: &Sim, rng: &mut Rng) {
        let (name, source) = rng.choice(ACCOUNTS).unwrap();
        match source {
            Source::OAuth | Source::WebApp => sim.expire_tokens(name).unwrap(),
            Source::File if name == STEADY => {}
            Source::File => {
                self.made += 1;
                let token = format!("v^1.1#i^1#soak#{name}#{}", self.made);
                sim.replace_token(name, &token).unwrap();
                self.files.retain(|(of, _)| *of != name);
                self.files.push((name, token));
            }
        }
    }

    /// Sellers take their consents back, and their tokens end.
    pub(crate) fn revoke(sim: &Sim) {
        for (name, _) in ACCOUNTS.iter().filter(|(_, of)| *of == Source::OAuth) {
            sim.revoke(name);
            sim.expire_tokens(name).unwrap();
        }
    }

    /// What the product asks persons for is given: another token in a file, consent. Who gives tokens
    /// does it well.
    pub(crate) fn renew(&mut self, stage: &Stage, sim: &Sim) {
        sim.desk_fault(None);
        for (name, token) in self.files.drain(..) {
            stage.set_token(name, &token);
        }
        let wanting = "SELECT name FROM accounts WHERE token_state = 'needs_reconnect' AND token_source = 'oauth'";
        for row in stage.db().rows(wanting) {
            let name = row["name"].as_str().unwrap();
            let token = sim.refresh_token(name).unwrap();
            let set = format!("account set-token {name}");
            with_file(stage, &set, "--refresh-token-file", &token);
        }
    }
}

/// What can be wrong with who gives tokens.
pub(crate) fn desk_fault(rng: &mut Rng) -> DeskFault {
    let faults = [
        DeskFault::Status(401),
        DeskFault::Status(429),
        DeskFault::Status(502),
        DeskFault::Status(503),
        DeskFault::Malformed,
        DeskFault::Strange,
        DeskFault::Silence,
        DeskFault::Encrypted,
        DeskFault::Past,
        DeskFault::AllFailed,
        DeskFault::Useless(2),
        DeskFault::UselessThenDown,
    ];
    rng.choice(faults).unwrap()
}

/// Who waits until a token is tried again has waited long enough.
pub(crate) fn have_waited(stage: &Stage) {
    stage.db().execute(
        "UPDATE accounts SET token_retry_at = '2000-01-01T00:00:00.000Z' WHERE token_retry_at > '2001'",
    );
}

/// No secret is anywhere in clear but where the person who gave it put it.
pub(crate) fn assert_no_secret_left(stage: &Stage) {
    let mut found = holders(&stage.state().path(""), &NEEDLES);
    let given = ACCOUNTS.map(|(name, _)| stage.state().token_file(name));
    found.retain(|path| !given.contains(path));
    assert_eq!(found, Vec::<PathBuf>::new());
}

/// Runs a command that reads this secret from a file.
fn with_file(stage: &Stage, command: &str, option: &str, secret: &str) {
    let path = stage.state().path("given");
    fs::write(&path, secret).unwrap();
    let mut args: Vec<&str> = command.split(' ').collect();
    args.extend([option, path.to_str().unwrap()]);
    let ended = stage.bulkhead(&args);
    fs::remove_file(&path).unwrap();
    assert_eq!(ended.code, Some(0), "{}", complaints(&ended));
}

/// A seller of some size.
fn seller(name: &str, rng: &mut Rng) -> AccountSpec {
    let mut up_to = |most: u32| if name == "empty" { 0 } else { rng.u32(1..most) };
    AccountSpec {
        orders: up_to(120),
        listings: up_to(200),
        skus: up_to(30),
        transactions: up_to(100),
        returns: up_to(15),
        inquiries: up_to(15),
        cases: up_to(15),
        messages: up_to(60),
        purchases: up_to(30),
        finances_total: rng.bool(),
        ..spec(name, 0, 0)
    }
}
