//! The secrets that an export is searched for, as far as they can be read here.

use shared::secret::Secret;

use crate::cli::{Place, secret};
use crate::crash::too_short;
use crate::outcome::{CrashReport, ExchangeKind};
use crate::store::{Account, SecretOf, Store, StoreError, TokenSource};
use crate::tokens::file;
use crate::tokens::vault::Vault;
use crate::tokens::web_app::KEY;

/// What is searched for.
#[derive(Debug, Default)]
pub(super) struct Sought {
    /// The secrets themselves.
    pub secrets: Vec<Secret>,
    /// What they are.
    pub named: Vec<String>,
    /// What could not be read, and so is not searched for, with the reason.
    pub unread: Vec<String>,
    /// Whether the access token in the account's file is among them.
    pub token_known: bool,
}

/// What the child of this report may have had, and what others of the same place have in common.
pub(super) async fn sought(
    place: &Place,
    store: &Store,
    report: &CrashReport,
) -> Result<Sought, StoreError> {
    let (accounts, broken) = store.readable_accounts().await?;
    let account = accounts
        .into_iter()
        .find(|account| Some(account.id) == report.account_id);
    let vault = secret::vault(place, store);
    let mut sought = Sought::default();
    if account.is_none() && report.account_id.is_some() {
        let why = broken.first().map_or_else(
            || "there is no such account".to_owned(),
            ToString::to_string,
        );
        sought.unread.push(format!("the account's token ({why})"));
    }
    if let Some(account) = &account {
        sought.of_account(account, &vault).await;
    }
    sought.of_applications(store, &vault).await?;
    let of_web_app = account
        .as_ref()
        .is_some_and(|account| matches!(account.source, TokenSource::WebApp(_)));
    let asked = report.exchange.as_ref().map(|exchange| exchange.kind);
    let asked_web_app = matches!(
        asked,
        Some(ExchangeKind::WebApp | ExchangeKind::WebAppRefresh)
    );
    sought.of_web_app(of_web_app || asked_web_app);
    Ok(sought)
}

impl Sought {
    fn take(&mut self, what: String, secret: Secret) {
        if too_short(&secret) {
            self.unread.push(format!("{what} (too short)"));
        } else {
            self.named.push(what);
            self.secrets.push(secret);
        }
    }

    async fn of_account(&mut self, account: &Account, vault: &Vault) {
        match &account.source {
            TokenSource::File => match file::read(&account.token_file) {
                Ok(token) => {
                    self.token_known = true;
                    self.take("the account's present access token".to_owned(), token);
                }
                Err(problem) => self
                    .unread
                    .push(format!("the account's present access token ({problem})")),
            },
            TokenSource::OAuth => match vault.open(&SecretOf::Account(account.id)).await {
                Ok(Some((token, _))) => self.take("its refresh token".to_owned(), token),
                Ok(None) => {}
                Err(error) => self.unread.push(format!("its refresh token ({error})")),
            },
            TokenSource::WebApp(_) => {}
        }
    }

    async fn of_applications(&mut self, store: &Store, vault: &Vault) -> Result<(), StoreError> {
        for secret in store.secrets().await? {
            let SecretOf::Application(environment) = secret.of else {
                continue;
            };
            let what = format!("the client secret of {environment}");
            match vault.application(&environment).await {
                Ok(Some((application, _))) => self.take(what, application.client_secret),
                Ok(None) => {}
                Err(error) => self.unread.push(format!("{what} ({error})")),
            }
        }
        Ok(())
    }

    fn of_web_app(&mut self, needed: bool) {
        let key = std::env::var(KEY).ok();
        let key = key.map(|key| key.trim().to_owned());
        match key.filter(|key| !key.is_empty()) {
            Some(key) => self.take(format!("the web app's key ({KEY})"), Secret::new(key)),
            None if needed => self
                .unread
                .push(format!("the web app's key ({KEY} is not set here)")),
            None => {}
        }
    }
}
