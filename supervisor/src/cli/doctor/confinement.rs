//! What keeps a child in its place: the memory mechanism and the layers of the sandbox; and with the
//! layers in force, whether it still finds the certificate roots.

use std::ffi::OsStr;
use std::time::Duration;

use serde::Deserialize;
use shared::sandbox::{Layer, SandboxMode};

use super::check::Check;
use crate::child::spawner::ask_quietly;
use crate::cli::Place;
use crate::daemon::worker_child;
use crate::os::cgroup::{self, Delegated, NoCgroup};

const MEMORY: &str = "memory_mechanism";
const SANDBOX: &str = "sandbox";
const ROOTS: &str = "certificate_roots";

/// How long the child may take to try its layers.
const LIMIT: Duration = Duration::from_secs(10);

/// What `worker-child probe` prints.
#[derive(Debug, Deserialize)]
struct Probed {
    layers: Vec<ProbedLayer>,
    landlock_abi: Option<i32>,
    certificate_roots: u64,
    certificate_roots_why: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ProbedLayer {
    layer: Layer,
    in_force: bool,
    why: Option<String>,
}

pub(super) async fn checks(place: &Place) -> Vec<Check> {
    let mut checks = vec![memory(&cgroup::probe())];
    let binary = worker_child(&place.config);
    let mode = place.config.sandbox;
    match ask_quietly(&binary, &[OsStr::new("probe")], LIMIT).await {
        Ok(output) if output.status.success() => {
            match serde_json::from_slice::<Probed>(&output.stdout) {
                Ok(probed) => {
                    checks.push(judge_sandbox(mode, &probed));
                    checks.push(judge_roots(&probed));
                }
                Err(error) => checks.push(Check::ill(
                    SANDBOX,
                    format!("worker-child probe answered something else: {error}"),
                    "install bulkhead and worker-child from one build",
                )),
            }
        }
        Ok(_) => checks.push(Check::note(SANDBOX, "not available in this build")),
        // The check of the child says why it cannot be started.
        Err(error) => checks.push(Check::note(SANDBOX, format!("not looked at: {error}"))),
    }
    checks
}

/// The mechanism that a supervisor has where this command runs: a service may have another.
fn memory(cgroup: &Result<Delegated, NoCgroup>) -> Check {
    match cgroup {
        Ok(delegated) => Check::well(
            MEMORY,
            format!(
                "resource limits of each child (RLIMIT_DATA), and a cgroup of its own below {}",
                delegated.base.display()
            ),
        ),
        Err(why) => Check::well(
            MEMORY,
            format!("resource limits of each child (RLIMIT_DATA); no cgroups from here: {why}"),
        ),
    }
}

fn judge_sandbox(mode: SandboxMode, probed: &Probed) -> Check {
    let abi = probed.landlock_abi.map_or_else(
        || "no landlock".to_owned(),
        |abi| format!("landlock ABI {abi}"),
    );
    let missing: Vec<String> = probed
        .layers
        .iter()
        .filter(|layer| !layer.in_force)
        .map(|layer| {
            let why = layer.why.as_deref().unwrap_or("it does not say why");
            format!("{} ({why})", layer.layer.name())
        })
        .collect();
    if mode == SandboxMode::Off {
        return Check::note(SANDBOX, format!("switched off; this machine has {abi}"))
            .with_remedy("set sandbox = \"best-effort\" or \"require\" unless there is a reason");
    }
    let all = Layer::ALL
        .iter()
        .all(|layer| probed.layers.iter().any(|tried| tried.layer == *layer));
    if missing.is_empty() && all {
        return Check::well(SANDBOX, format!("every layer is in force, {abi}"));
    }
    let what = if missing.is_empty() {
        format!("not every layer was tried, {abi}")
    } else {
        format!("not in force: {}; {abi}", missing.join(", "))
    };
    match mode {
        SandboxMode::Require => Check::ill(
            SANDBOX,
            format!("{what}; and sandbox = \"require\": no child will start"),
            "a newer kernel, or sandbox = \"best-effort\"",
        ),
        SandboxMode::BestEffort | SandboxMode::Off => {
            Check::note(SANDBOX, what).with_remedy("a newer kernel, or a filter of system calls that allows landlock_* and seccomp, would put more in force")
        }
    }
}

fn judge_roots(probed: &Probed) -> Check {
    match (&probed.certificate_roots_why, probed.certificate_roots) {
        (None, 0) => no_roots("none were found"),
        (None, count) => Check::well(ROOTS, format!("{count} found by a confined child")),
        (Some(why), _) => no_roots(why),
    }
}

fn no_roots(why: &str) -> Check {
    Check::ill(
        ROOTS,
        format!("a confined child has none: {why}"),
        "install the system's certificates (package ca-certificates), or set SSL_CERT_FILE",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::check::Found;

    /// What a probe prints when landlock cannot restrict the network.
    const OLD_KERNEL: &str = r#"{"landlock_abi":3,"layers":[
        {"layer":"no_new_privs","in_force":true,"why":null},
        {"layer":"not_dumpable","in_force":true,"why":null},
        {"layer":"files_closed","in_force":true,"why":null},
        {"layer":"landlock_files","in_force":true,"why":null},
        {"layer":"landlock_network","in_force":false,"why":"needs landlock ABI 4"},
        {"layer":"landlock_scope","in_force":false,"why":"needs landlock ABI 6"},
        {"layer":"seccomp","in_force":true,"why":null}],
        "certificate_roots":0,"certificate_roots_why":"no such file"}"#;

    #[test]
    fn what_is_missing_counts_by_the_mode() {
        let mut probed: Probed = serde_json::from_str(OLD_KERNEL).unwrap();
        let cases = [
            (SandboxMode::Require, Found::Ill, "no child will start"),
            (
                SandboxMode::BestEffort,
                Found::Note,
                "landlock_scope (needs landlock ABI 6)",
            ),
            (SandboxMode::Off, Found::Note, "switched off"),
        ];
        for (mode, found, words) in cases {
            let check = judge_sandbox(mode, &probed);
            assert_eq!(check.found, found, "{check:?}");
            assert!(check.what.contains(words), "{check:?}");
        }
        for layer in &mut probed.layers {
            layer.in_force = true;
        }
        let check = judge_sandbox(SandboxMode::Require, &probed);
        assert_eq!(check.found, Found::Well);
        probed.layers.pop();
        let check = judge_sandbox(SandboxMode::Require, &probed);
        assert_eq!(check.found, Found::Ill, "a layer that was not tried");
    }

    #[test]
    fn the_mechanism_is_named_with_its_reason() {
        let base = std::path::PathBuf::from("/sys/fs/cgroup/b");
        let with = memory(&Ok(Delegated { base }));
        assert!(with.what.contains("below /sys/fs/cgroup/b"), "{with:?}");
        let without = memory(&Err(NoCgroup::NotMounted));
        assert!(without.what.contains("no cgroup v2"), "{without:?}");
    }

    #[test]
    fn without_roots_nothing_can_be_trusted() {
        let mut probed: Probed = serde_json::from_str(OLD_KERNEL).unwrap();
        assert_eq!(judge_roots(&probed).found, Found::Ill);
        probed.certificate_roots_why = None;
        assert_eq!(judge_roots(&probed).found, Found::Ill);
        probed.certificate_roots = 140;
        assert_eq!(judge_roots(&probed).found, Found::Well);
    }
}
