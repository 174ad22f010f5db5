//! One exchange for an account at a time, however many ask; accounts do not wait for each other, and no
//! more token children live at once than are allowed.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use integration_tests::harness::build::binaries;
use integration_tests::harness::crash::reports;
use integration_tests::harness::wait::LONG;
use integration_tests::sim::DeskFault;
use supervisor::child::spawner::Spawner;
use supervisor::config::Config;
use supervisor::store::{Account, Store};
use supervisor::tokens::Tokens;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

use crate::dying::Dying;
use crate::stage::Stage;

/// So many ask at once.
const MANY: usize = 20;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

async fn tokens(stage: &Stage, child: &Path) -> (Tokens, Store) {
    let store = Store::open(&stage.state.dir().join("bulkhead.db"), false).await;
    let store = store.unwrap();
    let (config, _) = Config::load(Some(&stage.state.config()), std::iter::empty()).unwrap();
    let spawner = Spawner::start(child).unwrap();
    let dir = stage.state.dir();
    let tokens = Tokens::new(&store, &spawner, &Arc::new(config), &dir, |_| None);
    (tokens, store)
}

async fn named(store: &Store, name: &str) -> Account {
    let mut accounts = store.accounts().await.unwrap().into_iter();
    accounts.find(|account| account.name == name).unwrap()
}

/// What each of many gets that ask for the account at the same moment: a token, or why there is none.
async fn ask(tokens: &Tokens, account: &Account) -> Vec<Result<String, String>> {
    let together = Arc::new(Barrier::new(MANY));
    let asking: Vec<_> = (0..MANY)
        .map(|_| {
            let (tokens, account) = (tokens.clone(), account.clone());
            let together = Arc::clone(&together);
            tokio::spawn(async move {
                together.wait().await;
                let token = tokens.get(&account, None).await;
                token
                    .map(|token| token.expose().to_owned())
                    .map_err(|problem| problem.to_string())
            })
        })
        .collect();
    let mut got = Vec::new();
    for one in asking {
        got.push(one.await.unwrap());
    }
    got
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(LOOK).await;
        }
    };
    let waited = tokio::time::timeout(LONG, wait).await;
    assert!(waited.is_ok(), "waited {LONG:?} for: {what}");
}

#[test]
fn many_that_ask_at_once_get_the_token_of_one_exchange() {
    let stage = Stage::new();
    stage.connected("shop");
    Runtime::new().unwrap().block_on(async {
        let (tokens, store) = tokens(&stage, &binaries().worker_child).await;
        let got = ask(&tokens, &named(&store, "shop").await).await;
        assert!(got[0].as_ref().unwrap().starts_with("v^1.1#"));
        assert!(got.iter().all(|one| *one == got[0]), "all the same");
        assert_eq!(stage.asked("refresh"), 1);
    });
}

#[test]
fn many_that_wait_for_a_failure_do_not_begin_another() {
    let stage = Stage::with(&[]);
    stage.connected("shop");
    let file = stage.state.config();
    let text = fs::read_to_string(&file).unwrap();
    stage
        .state
        .write_config(&text.replace("token = \"10s\"", "token = \"2s\""));
    stage.sim.desk_fault(Some(DeskFault::Silence));
    Runtime::new().unwrap().block_on(async {
        let (tokens, store) = tokens(&stage, &binaries().worker_child).await;
        let shop = named(&store, "shop").await;
        let got = ask(&tokens, &shop).await;
        let why = got[0].as_ref().unwrap_err();
        assert!(why.contains("no answer within 2000 ms"), "{why}");
        assert!(got.iter().all(|one| *one == got[0]), "all the same");
        assert_eq!(stage.asked("refresh"), 1);
        // Whoever asks afterwards asks anew.
        stage.sim.desk_fault(None);
        assert!(tokens.get(&shop, None).await.is_ok());
        assert_eq!(stage.asked("refresh"), 2);
    });
}

#[test]
fn a_child_that_hangs_is_waited_for_by_its_own_account_only() {
    let dying = Dying::new();
    dying.account("hangs", "hung");
    let text = fs::read_to_string(dying.stage.state.config()).unwrap();
    let quick = text.replacen("[timeouts]", "[timeouts]\ntoken = \"1s\"", 1);
    dying.stage.state.write_config(&quick);
    Runtime::new().unwrap().block_on(async {
        let (tokens, store) = tokens(&dying.stage, &binaries().faulty_child).await;
        let (hangs, sound) = (named(&store, "hangs").await, named(&store, "sound").await);
        let many = tokio::spawn({
            let tokens = tokens.clone();
            async move { ask(&tokens, &hangs).await }
        });
        until("the child that hangs", || dying.mark("hangs").exists()).await;
        assert!(tokens.get(&sound, None).await.is_ok());
        assert!(!many.is_finished(), "another account was held up");
        let got = many.await.unwrap();
        assert!(
            got[0].as_ref().unwrap_err().contains("hung (proven)"),
            "{got:?}"
        );
        assert!(got.iter().all(|one| *one == got[0]), "all the same");
    });
    assert_eq!(reports(&dying.stage.state, "hangs").len(), 1);
}

#[test]
fn no_more_token_children_live_at_once_than_are_allowed() {
    let dying = Dying::new();
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        dying.account(name, "hung");
    }
    let text = fs::read_to_string(dying.stage.state.config()).unwrap();
    let few = text.replacen("accounts_at_once = 32", "accounts_at_once = 1", 1);
    dying.stage.state.write_config(&few);
    Runtime::new().unwrap().block_on(async {
        let (tokens, store) = tokens(&dying.stage, &binaries().faulty_child).await;
        let mut asking = tokio::task::JoinSet::new();
        for name in names {
            let (tokens, account) = (tokens.clone(), named(&store, name).await);
            asking.spawn(async move { tokens.get(&account, None).await });
        }
        let marked = || {
            names
                .iter()
                .filter(|name| dying.mark(name).exists())
                .count()
        };
        until("two children that hang", || marked() == 2).await;
        let living = fs::read_dir(dying.stage.state.dir().join("attempts"));
        assert_eq!(living.unwrap().count(), 2, "one account and one more");
        asking.shutdown().await;
    });
}

#[test]
fn runs_that_are_refused_together_share_one_exchange() {
    let stage = Stage::new();
    stage.connected("shop");
    let added = stage
        .state
        .bulkhead(&["worker", "enable", "shop", "transactions"]);
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    stage.sim.desk_fault(Some(DeskFault::Useless(1)));
    stage.once_well();
    assert_eq!(
        stage.asked("refresh"),
        2,
        "one at the start, one for both runs"
    );
    let completed = "SELECT count(*) FROM runs WHERE outcome = 'completed'";
    assert_eq!(stage.state.database().number(completed), 2);
}
