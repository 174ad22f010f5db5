//! Builds the programs under test once, into the directory that the test itself runs from.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The programs under test.
#[derive(Debug)]
pub struct Binaries {
    /// The supervisor.
    pub bulkhead: PathBuf,
    /// The child that dies as it is told.
    pub faulty_child: PathBuf,
    /// The real child.
    pub worker_child: PathBuf,
    /// The simulated eBay.
    pub ebay_sim: PathBuf,
}

/// The programs under test; the first call builds them.
pub fn binaries() -> &'static Binaries {
    static BINARIES: OnceLock<Binaries> = OnceLock::new();
    BINARIES.get_or_init(|| {
        let profile_dir = profile_dir();
        build(&profile_dir);
        let binary = |name| profile_dir.join(name);
        Binaries {
            bulkhead: binary("bulkhead"),
            faulty_child: binary("faulty-child"),
            worker_child: binary("worker-child"),
            ebay_sim: binary("ebay-sim"),
        }
    })
}

/// `target/debug` or `target/release`: the test itself is in `deps` below it.
fn profile_dir() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let deps = exe.parent().unwrap();
    assert!(deps.ends_with("deps"), "{} is not in deps", exe.display());
    deps.parent().unwrap().to_owned()
}

// Cargo has let go of its lock on the directory when it runs tests.
fn build(profile_dir: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["build", "--quiet", "--bins"])
        .args(["-p", "supervisor", "-p", "worker-child"])
        .args(["-p", "integration-tests", "--target-dir"])
        .arg(profile_dir.parent().unwrap());
    if profile_dir.ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().expect("cargo can be run");
    assert!(status.success(), "the programs under test do not build");
}
