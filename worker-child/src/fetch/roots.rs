//! TLS: the system's certificate roots and the one cryptography provider.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The system has no certificate roots, or none can be read.
    #[error("no certificate roots found: {0}")]
    None(String),
    /// The provider lacks what the protocol versions need.
    #[error("setting up TLS failed: {0}")]
    Provider(#[source] rustls::Error),
}

/// The system's certificate roots, at least one.
pub fn system() -> Result<RootCertStore, RootsError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (good, _) = roots.add_parsable_certificates(found.certs);
    if good == 0 {
        let why: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(RootsError::None(why.join("; ")));
    }
    Ok(roots)
}

/// A TLS configuration; with `https` it trusts the system's roots, else nobody.
pub fn tls(https: bool) -> Result<ClientConfig, RootsError> {
    let roots = if https {
        system()?
    } else {
        RootCertStore::empty()
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(RootsError::Provider)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
