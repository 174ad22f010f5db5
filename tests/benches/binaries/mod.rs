//! The shipped binaries for benchmarks that run them.

use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    process::Command,
};

/// Builds them as the README does, and returns the directory that they are in.
pub(crate) fn build() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    // <target>/release/deps/<this benchmark>
    let target = program
        .ancestors()
        .nth(3)
        .ok_or("this benchmark is not in a target directory")?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--quiet", "--target-dir"])
        .arg(target)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .status()?;
    if !status.success() {
        return Err(format!("cargo build --release: {status}").into());
    }
    Ok(target.join("release"))
}
