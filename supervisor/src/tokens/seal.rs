//! Encryption at rest: XChaCha20-Poly1305 under a key, bound to the owner and to the key's id.
//!
//! *Invariant:* decrypting gives the secret or an error, never anything else.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use shared::secret::Secret;

use super::key::Key;
use crate::store::{Sealed, SecretOf, StoredSecret};

/// The first byte of every ciphertext; another layout has another one.
const LAYOUT: u8 = 1;
/// Bytes of the nonce, which stands behind the layout.
const NONCE: usize = 24;

/// Why a secret could not be encrypted or decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is encrypted with a key that is not there.
    #[error(
        "the secret of {of} is encrypted with key {key_id}, which is not among the keys given ({given}): bring that key back; if it is lost: bulkhead secret forget"
    )]
    OtherKey {
        /// Whose.
        of: String,
        /// The key that is wanted.
        key_id: String,
        /// The ids of the keys that are there.
        given: String,
    },
    /// The key is there, and yet it does not decrypt.
    #[error(
        "the secret of {of} cannot be decrypted with key {key_id}: the database was damaged or changed by hand; store the secret again, or: bulkhead secret forget"
    )]
    Foreign {
        /// Whose.
        of: String,
        /// The key.
        key_id: String,
    },
    /// No secret of ours is so long.
    #[error("the secret of {of} cannot be encrypted")]
    Encrypt {
        /// Whose.
        of: String,
    },
}

/// Encrypts a secret for its owner. The nonce must be random.
pub(super) fn seal(
    key: &Key,
    of: &SecretOf,
    secret: &Secret,
    nonce: [u8; NONCE],
) -> Result<Sealed, SealError> {
    let bound = bound(of, key.id());
    let payload = Payload {
        msg: secret.expose().as_bytes(),
        aad: bound.as_bytes(),
    };
    let ciphertext = XChaCha20Poly1305::new(key.bytes().into())
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| SealError::Encrypt { of: of.to_string() })?;
    let mut bytes = Vec::with_capacity(1 + NONCE + ciphertext.len());
    bytes.push(LAYOUT);
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&ciphertext);
    Ok(Sealed {
        key_id: key.id().to_owned(),
        bytes,
    })
}

/// Decrypts a secret with the key of its id.
pub(super) fn unseal(keys: &[Key], stored: &StoredSecret) -> Result<Secret, SealError> {
    let key_id = &stored.sealed.key_id;
    let Some(key) = keys.iter().find(|key| key.id() == key_id) else {
        let given: Vec<&str> = keys.iter().map(Key::id).collect();
        return Err(SealError::OtherKey {
            of: stored.of.to_string(),
            key_id: key_id.clone(),
            given: given.join(", "),
        });
    };
    decrypt(key, &stored.of, &stored.sealed.bytes).ok_or_else(|| SealError::Foreign {
        of: stored.of.to_string(),
        key_id: key_id.clone(),
    })
}

fn decrypt(key: &Key, of: &SecretOf, bytes: &[u8]) -> Option<Secret> {
    let (layout, rest) = bytes.split_first()?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>()?;
    if *layout != LAYOUT {
        return None;
    }
    let bound = bound(of, key.id());
    let payload = Payload {
        msg: ciphertext,
        aad: bound.as_bytes(),
    };
    let plain = XChaCha20Poly1305::new(key.bytes().into())
        .decrypt(&XNonce::from(*nonce), payload)
        .ok()?;
    String::from_utf8(plain).ok().map(Secret::new)
}

/// What a ciphertext is bound to: moved to another owner it does not decrypt.
fn bound(of: &SecretOf, key_id: &str) -> String {
    format!("bulkhead {LAYOUT}\n{of}\n{key_id}")
}

#[cfg(test)]
mod tests {
    use shared::id::AccountId;
    use shared::time::Timestamp;

    use super::*;

    fn stored(of: SecretOf, sealed: Sealed) -> StoredSecret {
        StoredSecret {
            of,
            number: 1,
            sealed,
            stored_at: Timestamp(0),
        }
    }

    #[test]
    fn a_secret_or_an_error_and_nothing_else() {
        let (key, other) = (Key::from_bytes([7; 32]), Key::from_bytes([8; 32]));
        let of = SecretOf::Account(AccountId(3));
        let secret = Secret::new("v^1.1#refresh".to_owned());
        let sealed = seal(&key, &of, &secret, [9; NONCE]).unwrap();
        let text = format!("{sealed:?}");
        assert!(!text.contains("refresh"), "{text}");
        let good = stored(of.clone(), sealed.clone());
        assert_eq!(unseal(&[other.clone(), key.clone()], &good), Ok(secret));
        assert!(matches!(
            unseal(std::slice::from_ref(&other), &good),
            Err(SealError::OtherKey { .. })
        ));

        let mut cases = vec![
            (SecretOf::Account(AccountId(4)), sealed.clone(), "moved"),
            (
                SecretOf::Application("3".to_owned()),
                sealed.clone(),
                "moved",
            ),
        ];
        for place in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[place] ^= 1;
            cases.push((of.clone(), changed, "one bit"));
            let mut cut = sealed.clone();
            cut.bytes.truncate(place);
            cases.push((of.clone(), cut, "cut"));
        }
        for (of, sealed, why) in cases {
            let found = unseal(std::slice::from_ref(&key), &stored(of, sealed));
            assert!(matches!(found, Err(SealError::Foreign { .. })), "{why}");
        }
        let claimed = Sealed {
            key_id: other.id().to_owned(),
            ..sealed
        };
        let found = unseal(&[key, other], &stored(of, claimed));
        assert!(matches!(found, Err(SealError::Foreign { .. })), "{found:?}");
    }
}
