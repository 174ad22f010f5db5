//! Secrets at rest and where tokens come from, as the store keeps them: it never sees one in clear.

use shared::id::AccountId;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::worker::Worker;
use supervisor::store::{
    NewAccount, NewToken, Sealed, SecretOf, StoreError, TokenSource, TokenTrouble,
};

use crate::harness::{NOW, World};

fn sealed(key: &str, text: &str) -> Sealed {
    Sealed {
        key_id: key.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as the store wants it")]
/// For tests the ciphertext is the text backwards.
fn seal(_: &SecretOf, secret: &Secret) -> Result<Sealed, StoreError> {
    let backwards: String = secret.expose().chars().rev().collect();
    Ok(sealed("k", &backwards))
}

#[tokio::test]
async fn a_new_value_has_a_new_number_and_one_key_holds_all() {
    let world = World::new().await;
    let store = &world.store;
    let of = SecretOf::Account(world.account);
    assert_eq!(store.secret(&of).await.unwrap(), None);
    store
        .put_secret(&of, &sealed("k", "one"), NOW)
        .await
        .unwrap();
    let first = store.secret(&of).await.unwrap().unwrap();
    assert_eq!((&first.of, &first.sealed), (&of, &sealed("k", "one")));
    store
        .put_secret(&of, &sealed("k", "two"), NOW)
        .await
        .unwrap();
    let second = store.secret(&of).await.unwrap().unwrap();
    assert!(second.number > first.number, "{second:?}");
    assert_eq!(second.sealed.bytes, b"two");

    let app = SecretOf::Application("production".to_owned());
    let refused = store
        .put_secret(&app, &sealed("other", "x"), NOW)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("key k"), "{refused}");
    assert_eq!(store.secrets().await.unwrap().len(), 1);
}

#[tokio::test]
async fn all_are_sealed_anew_or_none() {
    let world = World::new().await;
    let store = &world.store;
    let owners = [
        SecretOf::Account(world.account),
        SecretOf::Application("production".to_owned()),
    ];
    for of in &owners {
        store.put_secret(of, &sealed("k", "x"), NOW).await.unwrap();
    }
    let mut seen = 0;
    let failed = store
        .reseal(|stored| {
            seen += 1;
            match seen {
                1 => Ok(sealed("new", "y")),
                _ => Err(StoreError::NotFound {
                    what: stored.of.to_string(),
                }),
            }
        })
        .await;
    assert!(failed.is_err());
    let keys = |secrets: Vec<supervisor::store::StoredSecret>| -> Vec<String> {
        secrets
            .into_iter()
            .map(|secret| secret.sealed.key_id)
            .collect()
    };
    assert_eq!(keys(store.secrets().await.unwrap()), ["k", "k"]);

    let numbers: Vec<i64> = store
        .secrets()
        .await
        .unwrap()
        .iter()
        .map(|s| s.number)
        .collect();
    let done = store
        .reseal(|_| Ok::<_, StoreError>(sealed("new", "y")))
        .await;
    assert_eq!(done.unwrap(), 2);
    let after = store.secrets().await.unwrap();
    let kept: Vec<i64> = after.iter().map(|s| s.number).collect();
    assert_eq!(kept, numbers, "the values are the same");
    assert_eq!(keys(after), ["new", "new"]);
    assert!(store.settle().await.unwrap());
}

#[tokio::test]
async fn accounts_come_with_their_tokens_all_or_none() {
    let world = World::new().await;
    let store = &world.store;
    let new = |name| NewAccount {
        name,
        environment: "sandbox",
        marketplace: "EBAY_US",
        token_file: "",
        workers: &[Worker::Orders],
    };
    let token = NewToken::OAuth(Secret::new("abc".to_owned()));
    let twice = [(new("beta"), token.clone()), (new("alpha"), token.clone())];
    let error = store.add_accounts(&twice, seal, NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
    assert_eq!(store.accounts().await.unwrap().len(), 1);
    assert_eq!(store.secrets().await.unwrap(), []);

    let three = [
        (new("beta"), token),
        (new("gamma"), NewToken::WebApp("7".to_owned())),
        (new("delta"), NewToken::File("/t".to_owned())),
    ];
    let ids = store.add_accounts(&three, seal, NOW).await.unwrap();
    let accounts = store.accounts().await.unwrap();
    let sources: Vec<&TokenSource> = accounts.iter().map(|account| &account.source).collect();
    let web_app = TokenSource::WebApp("7".to_owned());
    let expected = [
        &TokenSource::File,
        &TokenSource::OAuth,
        &web_app,
        &TokenSource::File,
    ];
    assert_eq!(sources, expected);
    let stored = store
        .secret(&SecretOf::Account(ids[0]))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.sealed.bytes, b"cba");
}

#[tokio::test]
async fn another_token_ends_the_trouble_and_takes_the_old_secret_along() {
    let world = World::new().await;
    let store = &world.store;
    let token = NewToken::OAuth(Secret::new("abc".to_owned()));
    store
        .set_token(world.account, &token, seal, NOW)
        .await
        .unwrap();
    let trouble = TokenTrouble {
        state: "needs_reconnect".to_owned(),
        detail: Some("what".to_owned()),
        mark: Some("m".to_owned()),
        retry_at: Some(Timestamp(7)),
        failures: 3,
    };
    store
        .set_token_trouble(world.account, Some(&trouble))
        .await
        .unwrap();
    assert_eq!(store.accounts().await.unwrap()[0].trouble, Some(trouble));
    let web_app = NewToken::WebApp("7".to_owned());
    store
        .set_token(world.account, &web_app, seal, NOW)
        .await
        .unwrap();
    let account = store.accounts().await.unwrap().remove(0);
    assert_eq!(
        (account.source, account.trouble),
        (TokenSource::WebApp("7".to_owned()), None)
    );
    assert_eq!(store.secrets().await.unwrap(), []);
    let nobody = store
        .set_token(AccountId(9), &web_app, seal, NOW)
        .await
        .unwrap_err();
    assert!(matches!(nobody, StoreError::NotFound { .. }), "{nobody}");
}
