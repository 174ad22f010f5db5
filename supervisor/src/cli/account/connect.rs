//! Where an account's tokens come from, as the command line says it; the seller's consent.

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use shared::secret::Secret;

use super::super::args::{BadInput, TokenFrom};
use super::super::{Place, secret};
use super::code::{code_in, consent_url};
use crate::child::spawner::Spawner;
use crate::daemon;
use crate::store::{NewToken, Store};
use crate::tokens::web_app::WebApp;
use crate::tokens::{Tokens, Whose, file};

/// The token source that was named; walks through the consent if that is what it takes.
pub(super) async fn token(
    place: &Place,
    store: &Store,
    from: &TokenFrom,
    (environment, whose): (&str, Whose<'_>),
) -> anyhow::Result<NewToken> {
    if let Some(path) = &from.token_file {
        return Ok(NewToken::File(token_file(path)?));
    }
    if let Some(ebay_account) = &from.web_app {
        check_web_app(ebay_account)?;
        return Ok(NewToken::WebApp(ebay_account.clone()));
    }
    if let Some(path) = &from.refresh_token_file {
        let refresh_token = secret::secret_in(path, "--refresh-token-file")?;
        return Ok(NewToken::OAuth(refresh_token));
    }
    consent(place, store, environment, whose)
        .await
        .map(NewToken::OAuth)
}

/// A file with a token in it, as an absolute path.
pub(super) fn token_file(path: &Path) -> anyhow::Result<String> {
    let path = std::path::absolute(path)?;
    file::read(&path).map_err(|problem| {
        BadInput(format!(
            "{problem}; write the account's access token there first. Nothing was stored"
        ))
    })?;
    let text = path.to_str().ok_or_else(|| {
        BadInput(format!(
            "--token-file {}: the path is not UTF-8",
            path.display()
        ))
    })?;
    Ok(text.to_owned())
}

/// Whether the web app can be asked for this account.
pub(super) fn check_web_app(ebay_account: &str) -> Result<(), BadInput> {
    let legal = |c: char| c.is_ascii_graphic();
    if ebay_account.is_empty() || !ebay_account.chars().all(legal) {
        return Err(BadInput(
            "--web-app: give the id by which the web app knows the account; nothing was stored"
                .to_owned(),
        ));
    }
    WebApp::find(|name| std::env::var_os(name))
        .map(|_| ())
        .map_err(|missing| BadInput(format!("{missing}; nothing was stored")))
}

/// Shows where to consent, takes the code, and exchanges it in a token child.
async fn consent(
    place: &Place,
    store: &Store,
    environment: &str,
    whose: Whose<'_>,
) -> anyhow::Result<Secret> {
    let application = secret::vault(place, store).application(environment).await?;
    let Some((application, _)) = application else {
        return Err(BadInput(format!(
            "no application is stored for {environment}: bulkhead application set --environment {environment} first. Nothing was stored"
        ))
        .into());
    };
    let host = place.config.consent_host(environment).ok_or_else(|| {
        BadInput(format!(
            "there is no environment {environment}; nothing was stored"
        ))
    })?;
    let state = fastrand::Rng::new().u128(..).to_string();
    let url = consent_url(&host, &application.client_id, &application.ru_name, &state);
    ask(&format!(
        "Open this page, sign in as the seller, and agree:\n\n  {url}\n\n\
         Then paste the address of the page that you come to, or its code alone: "
    ))?;
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the code")?;
    let code =
        code_in(&line, &state).map_err(|why| BadInput(format!("{why}; nothing was stored")))?;
    let spawner = Spawner::start(&daemon::worker_child(&place.config))?;
    let config = Arc::new(place.config.clone());
    let variables = |name: &str| std::env::var_os(name);
    let tokens = Tokens::new(store, &spawner, &config, &place.state_dir, variables);
    let redeemed = tokens.redeem(environment, code, whose).await;
    let (_, refresh_token) =
        redeemed.map_err(|problem| anyhow::anyhow!("{problem}; nothing was stored"))?;
    Ok(refresh_token)
}

/// Speaks to the person at the terminal; standard output is for the answer.
fn ask(words: &str) -> anyhow::Result<()> {
    let mut terminal = std::io::stderr().lock();
    terminal
        .write_all(words.as_bytes())
        .and_then(|()| terminal.flush())
        .context("cannot ask for the code")
}
