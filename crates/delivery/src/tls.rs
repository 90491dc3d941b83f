//! tls owns which certificates are trusted, and the TLS set-up of RTMPS.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{DeliveryErrorCode, TlsProblem};

/// Whose signatures on an ingest's certificate are believed. There is no way to skip the check.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum TlsRoots {
    /// The operating system's roots.
    #[default]
    System,
    /// The operating system's roots and the certificates of this PEM text: a company's own
    /// authority, or a test's.
    SystemAnd(Vec<u8>),
}

impl fmt::Debug for TlsRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::SystemAnd(pem) => write!(f, "SystemAnd({} bytes)", pem.len()),
        }
    }
}

/// Read once: it takes tens of milliseconds and files, and every reconnect needs it.
fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "a part of the system's certificates could not be read");
        }
        let mut store = RootCertStore::empty();
        let (added, ignored) = store.add_parsable_certificates(found.certs);
        tracing::debug!(added, ignored, "system roots loaded");
        store
    })
}

/// The client set-up for these roots. Blocks on files the first time.
pub(crate) fn client_config(roots: &TlsRoots) -> Result<Arc<ClientConfig>, DeliveryErrorCode> {
    let no_roots = DeliveryErrorCode::TlsFailed(TlsProblem::NoRoots);
    let mut store = system_roots().clone();
    if let TlsRoots::SystemAnd(pem) = roots {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| no_roots.clone())?;
            store.add(certificate).map_err(|_| no_roots.clone())?;
        }
    }
    if store.is_empty() {
        return Err(no_roots);
    }
    // The provider is named here so that nobody else's process-wide choice matters.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| DeliveryErrorCode::TlsFailed(TlsProblem::Protocol))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
