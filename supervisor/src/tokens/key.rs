//! Keys of the secrets at rest: where they come from, and the file that is made when there is none.
//!
//! A key is 64 hexadecimal digits. Where several are given, the first one encrypts and every one
//! decrypts: that is how a key is replaced.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::rand::{GetRandomFlags, getrandom};

/// The file of our own key, in the state directory.
pub const FILE: &str = "secret.key";
/// The name of the systemd credential.
pub const CREDENTIAL: &str = "bulkhead-secret-key";
/// The variable that names a file.
pub const FILE_VARIABLE: &str = "BULKHEAD_SECRET_KEY_FILE";
/// The variable that holds the key itself.
pub const VARIABLE: &str = "BULKHEAD_SECRET_KEY";
/// The longest file of keys, in bytes.
const MAX_FILE: u64 = 4 * 1024;
/// Rights of the group and of others.
const OTHERS: u32 = 0o077;

/// One key. `Debug` shows its id only.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    bytes: [u8; 32],
    id: String,
}

impl Key {
    /// The key of these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        // One way: the id tells nothing of the key.
        let hash = blake3::derive_key("bulkhead 2026 id of a secret key", &bytes);
        let id = blake3::Hash::from_bytes(hash).to_hex();
        Self {
            bytes,
            id: id.chars().take(12).collect(),
        }
    }

    /// A new one, by the kernel's randomness.
    pub fn generate() -> io::Result<Self> {
        Ok(Self::from_bytes(random()?))
    }

    /// What tells it from others; no secret.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Itself.
    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    fn text(&self) -> String {
        blake3::Hash::from_bytes(self.bytes).to_hex().to_string()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        filled += getrandom(rest, GetRandomFlags::empty())?;
    }
    Ok(bytes)
}

/// Where keys come from, the first of these that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The file that `BULKHEAD_SECRET_KEY_FILE` names.
    File(PathBuf),
    /// The systemd credential `bulkhead-secret-key`.
    Credential(PathBuf),
    /// `BULKHEAD_SECRET_KEY`.
    Variable,
    /// `secret.key` in the state directory, which Bulkhead makes.
    Own(PathBuf),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{FILE_VARIABLE} ({})", path.display()),
            Self::Credential(path) => write!(f, "the credential {}", path.display()),
            Self::Variable => f.write_str(VARIABLE),
            Self::Own(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("the secret key in {path} cannot be {what}: {source}{}", way_on(what))]
    File {
        /// Which file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// The system's word.
        source: io::Error,
    },
    /// What stands there is no key.
    #[error(
        "{0} holds no secret key: a key is 64 hexadecimal digits, and nothing else may stand there; if it is lost: bulkhead secret forget"
    )]
    Malformed(KeySource),
    /// Others may read it.
    #[error("others may read the secret key in {0}: chmod 600 it")]
    Open(PathBuf),
    /// The kernel has no randomness.
    #[error("no randomness for a new key: {0}")]
    Random(#[source] io::Error),
}

/// How to go on without a key that cannot be read.
fn way_on(what: &str) -> &'static str {
    if what == "read" {
        "; if it is lost: bulkhead secret forget"
    } else {
        ""
    }
}

/// The keys that are in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    keys: Vec<Key>,
    source: KeySource,
}

impl Keyring {
    /// The keys, if there are any. `variables` is the environment.
    pub fn find(
        state_dir: &Path,
        variables: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, KeyError> {
        let credential = |dir| Path::new(&dir).join(CREDENTIAL);
        let set = |name| variables(name).filter(|value| !value.is_empty());
        if let Some(path) = set(FILE_VARIABLE) {
            let path = PathBuf::from(path);
            return Self::read(&path, KeySource::File(path.clone())).map(Some);
        }
        if let Some(path) = set("CREDENTIALS_DIRECTORY").map(credential)
            && path.exists()
        {
            return Self::read(&path, KeySource::Credential(path.clone())).map(Some);
        }
        if let Some(text) = set(VARIABLE) {
            let text = text.to_string_lossy();
            return Self::parse(&text, KeySource::Variable).map(Some);
        }
        let path = state_dir.join(FILE);
        match fs::metadata(&path) {
            Ok(found) if found.mode() & OTHERS != 0 => Err(KeyError::Open(path)),
            Ok(_) => Self::read(&path, KeySource::Own(path.clone())).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeyError::File {
                path,
                what: "read",
                source,
            }),
        }
    }

    /// Makes `secret.key` in the state directory. One that another process has just made is used.
    pub fn create(state_dir: &Path) -> Result<Self, KeyError> {
        let path = state_dir.join(FILE);
        let key = Key::generate().map_err(KeyError::Random)?;
        let fresh = write_fresh(&path, std::slice::from_ref(&key))?;
        let linked = fs::hard_link(&fresh, &path);
        drop(fs::remove_file(&fresh));
        match linked {
            Ok(()) => sync_directory(&path)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => {
                return Err(KeyError::File {
                    path,
                    what: "made",
                    source,
                });
            }
        }
        Self::read(&path, KeySource::Own(path.clone()))
    }

    /// Puts these keys into our own file, all or none of them.
    pub(super) fn replace(path: &Path, keys: Vec<Key>) -> Result<Self, KeyError> {
        let fresh = write_fresh(path, &keys)?;
        fs::rename(&fresh, path).map_err(|source| KeyError::File {
            path: path.to_path_buf(),
            what: "replaced",
            source,
        })?;
        sync_directory(path)?;
        Ok(Self {
            keys,
            source: KeySource::Own(path.to_path_buf()),
        })
    }

    /// Every key, the one that encrypts first; never empty.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The one that encrypts.
    pub fn first(&self) -> Option<&Key> {
        self.keys.first()
    }

    /// Where they come from.
    pub const fn source(&self) -> &KeySource {
        &self.source
    }

    fn read(path: &Path, source: KeySource) -> Result<Self, KeyError> {
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
            .map_err(|source| KeyError::File {
                path: path.to_path_buf(),
                what: "read",
                source,
            })?;
        Self::parse(&text, source)
    }

    fn parse(text: &str, source: KeySource) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for word in text.split_whitespace() {
            match blake3::Hash::from_hex(word) {
                Ok(bytes) => keys.push(Key::from_bytes(*bytes.as_bytes())),
                Err(_) => return Err(KeyError::Malformed(source)),
            }
        }
        if keys.is_empty() {
            return Err(KeyError::Malformed(source));
        }
        Ok(Self { keys, source })
    }
}

/// Writes keys to a file beside `path`, on disk when it returns.
fn write_fresh(path: &Path, keys: &[Key]) -> Result<PathBuf, KeyError> {
    let fresh = path.with_extension(format!("key.{}", std::process::id()));
    let text: String = keys.iter().map(|key| key.text() + "\n").collect();
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        });
    match written {
        Ok(()) => Ok(fresh),
        Err(source) => Err(KeyError::File {
            path: fresh,
            what: "written",
            source,
        }),
    }
}

fn sync_directory(path: &Path) -> Result<(), KeyError> {
    let directory = path.parent().unwrap_or(path);
    File::open(directory)
        .and_then(|file| file.sync_all())
        .map_err(|source| KeyError::File {
            path: path.to_path_buf(),
            what: "synced",
            source,
        })
}

#[cfg(test)]
mod tests;
