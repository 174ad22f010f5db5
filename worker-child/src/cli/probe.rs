//! `worker-child probe`: confines itself as a sync would and says what came of it, as one JSON
//! object on standard output.
//!
//! ```json
//! {"landlock_abi":7,
//!  "layers":[{"layer":"no_new_privs","in_force":true,"why":null}, …],
//!  "certificate_roots":142,"certificate_roots_why":null}
//! ```

use std::io::{self, Write as _};

use clap::Args;
use rustls::RootCertStore;
use serde::Serialize;
use shared::exit::ExitCode;
use shared::sandbox::Layer;

use super::complain;
use crate::confine::{self, Doors};
use crate::fetch::roots;

/// Say which layers of the sandbox this machine can put in force, and why others not.
///
/// Nothing is asked of the network. The exit code is 0 whatever is missing.
#[derive(Debug, Args)]
pub(super) struct ProbeArgs {
    /// A TCP port that a sync would connect to; may be given several times.
    #[arg(long = "port", value_name = "PORT", default_values_t = [443])]
    ports: Vec<u16>,
}

#[derive(Debug, Serialize)]
struct Probed {
    /// Version of landlock in this kernel; null if it has none.
    landlock_abi: Option<i32>,
    /// Every layer, in the order in which they were tried.
    layers: Vec<ProbedLayer>,
    /// Certificate roots that were read with the layers in force.
    certificate_roots: usize,
    /// Why there are none.
    certificate_roots_why: Option<String>,
}

#[derive(Debug, Serialize)]
struct ProbedLayer {
    layer: Layer,
    in_force: bool,
    /// Why it is not in force.
    why: Option<String>,
}

pub(super) fn probe(args: &ProbeArgs) -> Result<(), ExitCode> {
    let doors = Doors {
        ports: args.ports.clone(),
        names: true,
        roots: true,
    };
    let layers = confine::try_all(&doors).map(|(layer, tried)| ProbedLayer {
        layer,
        in_force: tried.is_ok(),
        why: tried.err().map(|why| why.to_string()),
    });
    let layers = layers.collect();
    let roots = roots::system();
    let probed = Probed {
        landlock_abi: confine::landlock_abi(),
        layers,
        certificate_roots: roots.as_ref().map_or(0, RootCertStore::len),
        certificate_roots_why: roots.err().map(|why| why.to_string()),
    };
    let cannot = |error: &dyn std::fmt::Display| complain(error, ExitCode::Output);
    let text = serde_json::to_string(&probed).map_err(|error| cannot(&error))?;
    writeln!(io::stdout(), "{text}").map_err(|error| cannot(&error))
}
