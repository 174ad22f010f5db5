//! The state directory, its free space, the database in it, and the clock against the database.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use shared::time::Timestamp;

use super::check::Check;
use crate::cli::Place;
use crate::cli::output::{mib, span};
use crate::clock::Clock;
use crate::daemon::{DATABASE, open_store};
use crate::os;

/// Less free space than this is too little: 1 GiB.
const LEAST_FREE: u64 = 1 << 30;
/// No build of Bulkhead is older: a clock before it is wrong (2026-01-01).
const OLDEST_NOW: Timestamp = Timestamp(1_767_225_600_000);

pub(super) async fn checks(place: &Place) -> Vec<Check> {
    let dir = &place.state_dir;
    let mut checks = vec![state_directory(dir)];
    checks.extend(free_space(dir));
    let (database, newest) = database(dir).await;
    checks.push(database);
    checks.push(clock(Clock.now(), newest));
    checks
}

fn state_directory(dir: &Path) -> Check {
    match std::fs::metadata(dir) {
        Ok(about) => judge_directory(dir, about.is_dir(), about.uid(), about.mode()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Check::note(
            "state_directory",
            format!("{} is not there yet", dir.display()),
        )
        .with_remedy("add an account: bulkhead account add NAME --token-file FILE"),
        Err(error) => Check::ill(
            "state_directory",
            format!("{}: {error}", dir.display()),
            "mend its rights, or name another with --state-dir",
        ),
    }
}

fn judge_directory(dir: &Path, is_dir: bool, owner: u32, mode: u32) -> Check {
    let name = "state_directory";
    let path = dir.display();
    let own = os::user_id();
    if !is_dir {
        return Check::ill(
            name,
            format!("{path} is not a directory"),
            "name another with --state-dir",
        );
    }
    if owner != own {
        return Check::ill(
            name,
            format!("{path} belongs to user {owner}, and this is user {own}"),
            format!("run bulkhead as user {owner}, or chown -R {own} {path}"),
        );
    }
    if mode & 0o077 != 0 {
        return Check::ill(
            name,
            format!("others may look into {path} (mode {:o})", mode & 0o777),
            format!("chmod 700 {path}"),
        );
    }
    Check::well(
        name,
        format!("{path}, user {owner}, mode {:o}", mode & 0o777),
    )
}

fn free_space(dir: &Path) -> Option<Check> {
    let name = "free_space";
    match os::free_space(dir) {
        Ok(free) if free < LEAST_FREE => Some(Check::ill(
            name,
            format!("{} free in {}", mib(free), dir.display()),
            format!(
                "free at least {}; bulkhead crash prune removes old recordings",
                mib(LEAST_FREE)
            ),
        )),
        Ok(free) => Some(Check::well(name, format!("{} free", mib(free)))),
        // The check of the directory says what is wrong with it.
        Err(_) => None,
    }
}

/// The check, and when the newest attempt began.
async fn database(dir: &Path) -> (Check, Option<Timestamp>) {
    let name = "database";
    let path = dir.join(DATABASE);
    if !path.exists() {
        let what = format!("there is no {} yet", path.display());
        return (Check::note(name, what), None);
    }
    let looked = async {
        let store = open_store(dir, false).await?;
        let found = store.quick_check().await?;
        let newest = store.newest_start().await?;
        Ok::<_, crate::daemon::DaemonError>((found, newest))
    };
    match looked.await {
        Ok((found, newest)) if found.damages.is_empty() => {
            let what = format!(
                "schema {}, {}, quick check passed",
                found.schema,
                mib(found.bytes)
            );
            (Check::well(name, what), newest)
        }
        Ok((found, newest)) => {
            let what = format!("damaged: {}", found.damages.join("; "));
            let to_do = "stop bulkhead, keep a copy of the state directory, restore a backup, then bulkhead audit verify";
            (Check::ill(name, what, to_do), newest)
        }
        Err(error) => (
            Check::ill(name, error.to_string(), "see what the message says"),
            None,
        ),
    }
}

fn clock(now: Timestamp, newest: Option<Timestamp>) -> Check {
    let name = "clock";
    if now < OLDEST_NOW {
        return Check::ill(
            name,
            format!("it shows {now}, which is long past"),
            "set it, and keep it set (chrony or systemd-timesyncd)",
        );
    }
    match newest {
        Some(newest) if newest > now => Check::ill(
            name,
            format!(
                "it shows {now}, {} before the newest attempt began: it was set back",
                span(newest.since(now))
            ),
            "keep it set (chrony or systemd-timesyncd); until it has passed that time, nothing new is asked for",
        ),
        _ => Check::well(name, now.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::check::Found;

    #[test]
    fn only_our_own_and_private() {
        let own = os::user_id();
        let cases = [
            (true, own, 0o40700, Found::Well, "mode 700"),
            (true, own, 0o40755, Found::Ill, "chmod 700 /s"),
            (true, own, 0o40710, Found::Ill, "chmod 700 /s"),
            (true, own + 1, 0o40700, Found::Ill, "chown -R"),
            (false, own, 0o100_600, Found::Ill, "--state-dir"),
        ];
        for (is_dir, owner, mode, found, words) in cases {
            let check = judge_directory(Path::new("/s"), is_dir, owner, mode);
            assert_eq!(check.found, found, "{check:?}");
            assert!(format!("{check:?}").contains(words), "{check:?}");
        }
    }

    #[test]
    fn a_clock_that_went_back_is_seen() {
        let now = Timestamp(OLDEST_NOW.0 + 5_000);
        let cases = [
            (now, None, Found::Well),
            (now, Some(Timestamp(now.0 - 1)), Found::Well),
            (now, Some(now), Found::Well),
            (now, Some(Timestamp(now.0 + 1)), Found::Ill),
            (Timestamp(0), None, Found::Ill),
        ];
        for (now, newest, found) in cases {
            assert_eq!(clock(now, newest).found, found, "{now} {newest:?}");
        }
    }
}
