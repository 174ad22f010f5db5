//! An account's access token: from memory while it is good for long enough, else from its source.
//!
//! *Invariants:* one exchange for an account at a time; who waited for one that failed does not begin
//! another; nothing that does not look like a token is given to anybody.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use shared::id::AccountId;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::wire::message::{Ask, Exchanged};

use super::access::{Access, believed};
use super::deaths::{Deaths, Whose};
use super::end::Dead;
use super::exchange::Exchanger;
use super::problem::{Kind, TokenProblem};
use super::vault::{Vault, VaultError};
use super::waits::{mark_of, number_of};
use super::web_app::WebApp;
use super::{file, given, look};
use crate::child::spawner::Spawner;
use crate::clock::Clock;
use crate::config::Config;
use crate::outcome::CrashId;
use crate::store::{Account, SecretOf, Store, StoreError, TokenSource};

/// What came of asking the web app to refresh its tokens.
pub type Refreshed = Result<(u64, u64), TokenProblem>;

/// Access tokens of all accounts. Clones share.
#[derive(Debug, Clone)]
pub struct Tokens {
    store: Store,
    vault: Vault,
    exchanger: Exchanger,
    deaths: Deaths,
    config: Arc<Config>,
    clock: Clock,
    web_app: Result<WebApp, String>,
    slots: Arc<Mutex<HashMap<AccountId, Arc<tokio::sync::Mutex<Slot>>>>>,
}

/// What is known of one account.
#[derive(Debug, Default)]
struct Slot {
    access: Option<Access>,
    /// Why the last exchange failed, and when that was.
    failed: Option<(Instant, TokenProblem)>,
}

impl Tokens {
    /// The tokens of this store's accounts; `variables` is the environment.
    pub fn new(
        store: &Store,
        spawner: &Spawner,
        config: &Arc<Config>,
        state_dir: &Path,
        variables: fn(&str) -> Option<OsString>,
    ) -> Self {
        Self {
            store: store.clone(),
            vault: Vault::new(store.clone(), state_dir, variables),
            exchanger: Exchanger::new(spawner.clone(), Arc::clone(config), state_dir),
            deaths: Deaths::new(store, state_dir),
            config: Arc::clone(config),
            clock: Clock,
            web_app: WebApp::find(variables),
            slots: Arc::default(),
        }
    }

    /// The web app, or which variable is missing.
    pub fn web_app(&self) -> Result<&WebApp, &String> {
        self.web_app.as_ref()
    }

    /// An access token that eBay has not refused: another one than `refused`.
    pub async fn get(
        &self,
        account: &Account,
        refused: Option<&Secret>,
    ) -> Result<Secret, TokenProblem> {
        if account.source == TokenSource::File {
            let read = file::read(&account.token_file);
            return read.map_err(|problem| TokenProblem::of_file(&account.name, &problem));
        }
        let asked = Instant::now();
        let slot = self.slot(account.id);
        let mut slot = slot.lock().await;
        if let Some((at, problem)) = &slot.failed
            && *at >= asked
        {
            return Err(problem.clone());
        }
        let number = self.number(account).await?;
        let now = self.clock.now();
        let good = |access: &&Access| access.serves(number, refused, now);
        if let Some(access) = slot.access.as_ref().filter(good) {
            return Ok(access.token.clone());
        }
        slot.access = None;
        match self.fetch(account, number).await {
            Ok(access) => {
                slot.failed = None;
                Ok(slot.access.insert(access).token.clone())
            }
            Err(problem) => {
                slot.failed = Some((Instant::now(), problem.clone()));
                Err(problem)
            }
        }
    }

    /// Both tokens for the code of a consent.
    pub async fn redeem(
        &self,
        environment: &str,
        code: Secret,
        whose: Whose<'_>,
    ) -> Result<(Secret, Secret), TokenProblem> {
        let application = self.application(environment).await?;
        let ask = Ask::Code {
            client_id: application.client_id,
            client_secret: application.client_secret,
            ru_name: application.ru_name,
            code,
        };
        let url = self.identity(environment)?;
        let limit = self.config.timeouts.token.duration();
        let exchanged = self.exchanger.exchange(url, ask, limit).await;
        let exchanged = match exchanged {
            Ok(exchanged) => exchanged,
            // Nobody asks again.
            Err(dead) => return Err(self.died(&dead, whose, self.clock.now()).await),
        };
        let Exchanged::Granted {
            access,
            refresh: Some(refresh),
            ..
        } = exchanged
        else {
            if matches!(exchanged, Exchanged::Granted { .. }) {
                let what = "eBay's answer has no refresh token";
                return Err(TokenProblem::new(Kind::Unavailable, what));
            }
            let name = whose.name.unwrap_or("NAME");
            return Err(TokenProblem::of_exchange(name, &exchanged));
        };
        if refresh.expose().len() > look::MAX_TOKEN || !look::is_plain(refresh.expose()) {
            let what = "what eBay gave as a refresh token is none";
            return Err(TokenProblem::new(Kind::Unavailable, what));
        }
        Ok((access, refresh))
    }

    /// Has the web app refresh the tokens of all its accounts: of how many it did, and of how many not.
    pub async fn refresh_web_app(&self) -> Refreshed {
        let app = self.app()?;
        let ask = Ask::WebAppRefresh {
            key: app.key.clone(),
        };
        let limit = self.config.timeouts.web_app.duration();
        let exchanged = match self.exchanger.exchange(app.refresh(), ask, limit).await {
            Ok(exchanged) => exchanged,
            Err(dead) => {
                let every = self.config.web_app.refresh_every.duration();
                let next = self.clock.now().plus(every);
                return Err(self.died(&dead, Whose::default(), next).await);
            }
        };
        if let Exchanged::Refreshed { refreshed, failed } = exchanged {
            return Ok((refreshed, failed));
        }
        Err(TokenProblem::of_exchange("", &exchanged))
    }

    /// Remembers a trouble, and tells it if it is another one than before.
    /// `mark` is that of the credentials with which it was met.
    pub async fn note(
        &self,
        account: &Account,
        problem: &TokenProblem,
        mark: String,
    ) -> Result<(), StoreError> {
        let before = account.trouble.as_ref();
        let mut rng = fastrand::Rng::new();
        let trouble = problem.remember(before, mark, self.clock.now(), &mut rng);
        let Some(trouble) = trouble else {
            return Ok(());
        };
        let told = before
            .is_some_and(|before| before.state == trouble.state && before.detail == trouble.detail);
        if !told {
            tracing::warn!(
                account.id = %account.id, account.name = account.name,
                state = trouble.state, %problem, "the account has no access token"
            );
        }
        self.store
            .set_token_trouble(account.id, Some(&trouble))
            .await
    }

    /// A mark of what an account's tokens come from now, to see whether that has changed; no secret.
    pub async fn mark(&self, account: &Account) -> Result<String, StoreError> {
        mark_of(&self.store, account).await
    }

    /// The same tokens, got by these settings from now on.
    #[must_use]
    pub fn with_config(&self, config: &Arc<Config>) -> Self {
        Self {
            exchanger: self.exchanger.with_config(config),
            config: Arc::clone(config),
            ..self.clone()
        }
    }

    /// Takes note that eBay refused an attempt's newest token, although a fresher one was asked for;
    /// `begun` is the mark of the credentials with which the attempt began.
    pub async fn refused(
        &self,
        account: &Account,
        token: &Secret,
        (asked, begun): (Option<TokenProblem>, String),
    ) {
        let name = &account.name;
        let (problem, mark) = match (&account.source, asked) {
            // What ended the run is not that the seller took the consent back.
            (TokenSource::OAuth | TokenSource::WebApp(_), Some(problem)) => (problem, begun),
            (TokenSource::File, _) => {
                let what = format!(
                    "eBay refused the token in {}: write a fresh one there, or: bulkhead account set-token {name} --token-file FILE",
                    account.token_file.display()
                );
                (
                    TokenProblem::new(Kind::NeedsToken, what),
                    given::mark(token),
                )
            }
            (TokenSource::OAuth, None) => {
                let what = format!(
                    "eBay refuses a fresh access token: the seller must give consent again: bulkhead account set-token {name} --oauth"
                );
                (TokenProblem::new(Kind::NeedsReconnect, what), begun)
            }
            (TokenSource::WebApp(_), None) => {
                let what = "eBay refuses the token that the web app gives";
                (TokenProblem::new(Kind::Unavailable, what), begun)
            }
        };
        // Not given again, even if it should be good for hours.
        let slot = self.slot(account.id);
        slot.lock()
            .await
            .access
            .take_if(|access| access.token == *token);
        if let Err(error) = self.note(account, &problem, mark).await {
            tracing::error!(account.id = %account.id, account.name = account.name, %error, "that eBay refused the account's token is not stored");
        }
    }

    async fn fetch(&self, account: &Account, number: i64) -> Result<Access, TokenProblem> {
        let limit = self.config.timeouts.token.duration();
        let (url, ask, limit) = match &account.source {
            TokenSource::WebApp(ebay_account) => {
                let app = self.app()?;
                let ask = Ask::WebApp {
                    key: app.key.clone(),
                    ebay_account: ebay_account.clone(),
                };
                let limit = self.config.timeouts.web_app.duration();
                (app.at(&self.config.web_app.token_path), ask, limit)
            }
            TokenSource::OAuth | TokenSource::File => {
                let application = self.application(&account.environment).await?;
                let of = SecretOf::Account(account.id);
                let stored = self.vault.open(&of).await;
                let stored = stored.map_err(|error| TokenProblem::of_vault(&error))?;
                let (refresh_token, _) = stored.ok_or_else(|| unconnected(account))?;
                let ask = Ask::Refresh {
                    client_id: application.client_id,
                    client_secret: application.client_secret,
                    refresh_token,
                };
                (self.identity(&account.environment)?, ask, limit)
            }
        };
        let exchanged = match self.exchanger.exchange(url, ask, limit).await {
            Ok(exchanged) => exchanged,
            Err(dead) => return Err(self.died_for(account, &dead).await),
        };
        if let Exchanged::Granted {
            access, expires_at, ..
        } = exchanged
        {
            return believed(access, expires_at, number, self.clock.now());
        }
        Err(TokenProblem::of_exchange(&account.name, &exchanged))
    }

    /// The child that asked for this account died.
    async fn died_for(&self, account: &Account, dead: &Dead) -> TokenProblem {
        let mut rng = fastrand::Rng::new();
        let now = self.clock.now();
        let problem = TokenProblem::of_death(account.trouble.as_ref(), now, &mut rng);
        let whose = Whose {
            id: Some(account.id),
            name: Some(&account.name),
        };
        let next = problem.retry_at.unwrap_or(now);
        let report = self.tell(dead, whose, next).await;
        problem.told(&dead.verdict, report)
    }

    /// A child died that asked for nobody who is tried again; `next` is when the same is asked again.
    async fn died(&self, dead: &Dead, whose: Whose<'_>, next: Timestamp) -> TokenProblem {
        let report = self.tell(dead, whose, next).await;
        TokenProblem::new(Kind::Unavailable, "").told(&dead.verdict, report)
    }

    async fn tell(&self, dead: &Dead, whose: Whose<'_>, next: Timestamp) -> Option<CrashId> {
        let times = (next, self.clock.now());
        self.deaths
            .tell(dead, whose, times, &self.config.policy)
            .await
    }

    fn app(&self) -> Result<&WebApp, TokenProblem> {
        let app = self.web_app.as_ref();
        app.map_err(|missing| TokenProblem::new(Kind::NeedsSetup, missing.clone()))
    }

    fn identity(&self, environment: &str) -> Result<String, TokenProblem> {
        let endpoints = self.config.endpoints(environment);
        let endpoints = endpoints.ok_or_else(|| TokenProblem::no_environment(environment))?;
        Ok(format!("{}/identity/v1/oauth2/token", endpoints.api))
    }

    async fn application(
        &self,
        environment: &str,
    ) -> Result<super::vault::Application, TokenProblem> {
        let found = self.vault.application(environment).await;
        let found = found.map_err(|error: VaultError| TokenProblem::of_vault(&error))?;
        found.map(|(application, _)| application).ok_or_else(|| {
            let what = format!(
                "no application is stored for {environment}: bulkhead application set --environment {environment}"
            );
            TokenProblem::new(Kind::NeedsSetup, what)
        })
    }

    async fn number(&self, account: &Account) -> Result<i64, TokenProblem> {
        let number = number_of(&self.store, account).await;
        number.map_err(|error| TokenProblem::of_vault(&VaultError::Store(error)))
    }

    fn slot(&self, account: AccountId) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(account).or_default())
    }
}

fn unconnected(account: &Account) -> TokenProblem {
    let what = format!(
        "no refresh token is stored: bulkhead account set-token {} --oauth",
        account.name
    );
    TokenProblem::new(Kind::NeedsReconnect, what)
}
