//! The state directory: who may look into it, whose it is, and its database.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{DATABASE, DaemonError};
use crate::os;
use crate::store::{Store, StoreError};

/// How long a start waits for the lock: so long a child may outlive its supervisor.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// Between two tries for the lock.
const LOCK_LOOK: Duration = Duration::from_millis(50);

/// The database of a state directory, for reading and for small changes beside a running service.
/// An older one is migrated only if no service runs on it.
pub async fn open_store(state_dir: &Path, create: bool) -> Result<Store, DaemonError> {
    if create {
        make_private(state_dir)?;
    }
    let path = state_dir.join(DATABASE);
    let _lock = if Store::is_behind(&path).await? {
        if let Some(owner) = another_owner(state_dir)? {
            let source = io::Error::other(format!(
                "it belongs to user {owner}, and its database is to be migrated: run this as that user, or start the service"
            ));
            let path = state_dir.to_path_buf();
            return Err(DaemonError::StateDir { path, source });
        }
        match lock_soon(state_dir).await {
            // Who has it may just have migrated it.
            Err(DaemonError::Locked(dir)) if Store::is_behind(&path).await? => {
                return Err(DaemonError::OlderService(dir));
            }
            Err(DaemonError::Locked(_)) => None,
            ours => Some(ours?),
        }
    } else {
        None
    };
    Ok(Store::open(&path, create).await?)
}

/// The user whom the state directory belongs to, if that is another one than we are: files that we make
/// there would be closed to the service.
pub fn another_owner(state_dir: &Path) -> Result<Option<u32>, DaemonError> {
    let looked = fs::metadata(state_dir).map_err(|source| DaemonError::StateDir {
        path: state_dir.to_path_buf(),
        source,
    });
    Ok(Some(looked?.uid()).filter(|owner| *owner != os::user_id()))
}

/// The database of a state directory whose [`lock`] the caller has.
pub async fn open_store_locked(state_dir: &Path, _lock: &File) -> Result<Store, StoreError> {
    Store::open(&state_dir.join(DATABASE), false).await
}

/// Makes a directory that only its owner may look into.
pub fn make_private(path: &Path) -> Result<(), DaemonError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| DaemonError::StateDir {
            path: path.to_path_buf(),
            source,
        })
}

/// The lock, for which it waits a moment: a child that was being started when its supervisor was
/// killed holds it until its exec.
pub(super) async fn lock_soon(state_dir: &Path) -> Result<File, DaemonError> {
    let began = Instant::now();
    loop {
        match lock(state_dir) {
            Err(DaemonError::Locked(_)) if began.elapsed() < LOCK_WAIT => {
                tokio::time::sleep(LOCK_LOOK).await;
            }
            done => return done,
        }
    }
}

/// Takes the lock of a state directory: whoever has it is the only one that starts children or acts
/// in a service's stead. It goes with the file.
pub fn lock(state_dir: &Path) -> Result<File, DaemonError> {
    let path = state_dir.join("lock");
    let failed = |source| DaemonError::StateDir {
        path: path.clone(),
        source,
    };
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DaemonError::Locked(state_dir.to_path_buf())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
