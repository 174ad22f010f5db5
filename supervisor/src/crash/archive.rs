//! One file to pass on: report, orders, recording, and how to replay them.
//!
//! *Invariant:* every byte that goes into it was searched for access tokens and known secrets before it is written.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use shared::time::Timestamp;

use super::reproduce::RECORDING;
use super::tokens_in::Needles;
use crate::outcome::CrashId;

/// What goes into the archive, if it is there.
pub const ARCHIVED: [&str; 3] = [REPORT, "attempt.json", RECORDING];
/// Name of the report.
const REPORT: &str = "report.json";
/// Name of the text that says how to go on.
const README: &str = "README.txt";

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is something that looks like a token.
    #[error(
        "{} holds what looks like an access token or another secret, at byte {byte}: nothing was written; that file must not leave this machine", path.display()
    )]
    Token {
        /// In which file.
        path: PathBuf,
        /// Where it begins.
        byte: u64,
    },
    /// The file to write is there already.
    #[error("{} exists: name another file with --to", .0.display())]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{action} {} failed: {source}", path.display())]
    Files {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

fn files(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    let path = path.to_owned();
    move |source| ArchiveError::Files {
        action,
        path,
        source,
    }
}

/// Packs what there is of a crash directory, and `readme`, into the new file `to`, mode 0600;
/// returns the names of what is in it.
pub fn pack(
    dir: &Path,
    (id, at): (CrashId, Timestamp),
    readme: &str,
    needles: &Needles,
    to: &Path,
) -> Result<Vec<&'static str>, ArchiveError> {
    let sources = searched(dir, id, needles)?;
    if let Some(byte) = needles.find_in(readme.as_bytes()).unwrap_or(Some(0)) {
        let path = PathBuf::from(README);
        return Err(ArchiveError::Token { path, byte });
    }
    let home = match to.parent() {
        Some(home) if !home.as_os_str().is_empty() => home,
        _ => Path::new("."),
    };
    let file = tempfile::NamedTempFile::new_in(home).map_err(files("writing in", home))?;
    let mut archive = tar::Builder::new(file);
    let seconds = u64::try_from(at.0 / 1_000).unwrap_or(0);
    let mut add = |name: &str, size: u64, content: &mut dyn Read| {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(seconds);
        archive
            .append_data(&mut header, format!("{id}/{name}"), content)
            .map_err(files("packing", &dir.join(name)))
    };
    add(README, readme.len() as u64, &mut readme.as_bytes())?;
    let mut names = vec![README];
    for (name, mut source, size) in sources {
        add(name, size, &mut source)?;
        names.push(name);
    }
    let done = archive.into_inner().map_err(files("writing", to))?;
    done.as_file().sync_all().map_err(files("writing", to))?;
    done.persist_noclobber(to).map_err(|failed| {
        if failed.error.kind() == io::ErrorKind::AlreadyExists {
            ArchiveError::Exists(to.to_owned())
        } else {
            files("naming", to)(failed.error)
        }
    })?;
    Ok(names)
}

/// A file to pack: its name, its content, its size in bytes.
type Source = (&'static str, io::Take<File>, u64);

/// Opens what there is, searches it, and stands at its beginning again: what is packed is what was
/// searched, whatever happens to the names meanwhile.
fn searched(dir: &Path, id: CrashId, needles: &Needles) -> Result<Vec<Source>, ArchiveError> {
    // A token child has neither orders nor a recording.
    let must_be = |name: &str| name != RECORDING && (id.attempt().is_some() || name == REPORT);
    let mut sources = Vec::new();
    for name in ARCHIVED {
        let path = dir.join(name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !must_be(name) => continue,
            Err(error) => return Err(files("opening", &path)(error)),
        };
        let size = file.metadata().map_err(files("reading", &path))?.len();
        let found = needles
            .find_in((&file).take(size))
            .map_err(files("reading", &path))?;
        if let Some(byte) = found {
            return Err(ArchiveError::Token { path, byte });
        }
        file.rewind().map_err(files("reading", &path))?;
        sources.push((name, file.take(size), size));
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const AT: Timestamp = Timestamp(1_700_000_000_000);

    fn id() -> CrashId {
        "17-orders".parse().unwrap()
    }

    #[test]
    fn what_is_packed_comes_out() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        let to = dir.join("out.tar");
        std::fs::write(dir.join("report.json"), "{\"a\": 1}").unwrap();
        std::fs::write(dir.join("attempt.json"), "{}").unwrap();
        let needles = Needles::new(&[]);
        let pack = |to: &Path| pack(dir, (id(), AT), "read me", &needles, to);
        assert_eq!(
            pack(&to).unwrap(),
            ["README.txt", "report.json", "attempt.json"],
            "without a recording"
        );
        std::fs::write(dir.join(RECORDING), vec![0xff; 70_000]).unwrap();
        assert!(matches!(pack(&to), Err(ArchiveError::Exists(_))));
        let second = dir.join("second.tar");
        pack(&second).unwrap();
        let mode = std::fs::metadata(&second).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        tar::Archive::new(File::open(&second).unwrap())
            .unpack(dir.join("unpacked"))
            .unwrap();
        for name in ARCHIVED {
            assert_eq!(
                std::fs::read(dir.join("unpacked/17-orders").join(name)).unwrap(),
                std::fs::read(dir.join(name)).unwrap(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_report_is_all_that_there_is_of_a_token_child() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        std::fs::write(dir.join(REPORT), "{}").unwrap();
        let to = dir.join("out.tar");
        let needles = Needles::new(&[]);
        let run = pack(dir, (id(), AT), "", &needles, &to);
        assert!(
            matches!(run, Err(ArchiveError::Files { .. })),
            "a run has orders"
        );
        let packed = pack(dir, (CrashId::Token(3), AT), "", &needles, &to);
        assert_eq!(packed.unwrap(), [README, REPORT]);
    }

    #[test]
    fn a_token_is_refused_with_its_place() {
        for name in ARCHIVED {
            let root = tempfile::tempdir().unwrap();
            let dir = root.path();
            for each in ARCHIVED {
                std::fs::write(dir.join(each), "fine").unwrap();
            }
            std::fs::write(dir.join(name), "fine v%5E1.1%23").unwrap();
            let to = dir.join("out.tar");
            let error = pack(dir, (id(), AT), "", &Needles::new(&[]), &to).unwrap_err();
            let ArchiveError::Token { path, byte } = &error else {
                panic!("{error}");
            };
            assert_eq!((path, *byte), (&dir.join(name), 5));
            let left: Vec<_> = std::fs::read_dir(dir).unwrap().collect();
            assert_eq!(left.len(), ARCHIVED.len(), "nothing was written");
        }
    }
}
