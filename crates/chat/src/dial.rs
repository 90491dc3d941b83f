//! Owns making a connection: name look-up, TCP with a deadline, and the TLS client's trust.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;

use crate::connector::{ChatErrorCode, End, Tls};

/// Look-up, TCP and TLS together: the same bound as the longest wait between attempts.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// Connects to the first address of `host` that answers.
pub(crate) async fn tcp(host: &str, port: u16) -> Result<TcpStream, End> {
    let addresses = tokio::net::lookup_host((host, port))
        .await
        .map_err(|_| End::Lost(ChatErrorCode::NameUnknown))?;
    for address in addresses {
        if let Ok(stream) = TcpStream::connect(address).await {
            // Chat is small and the keep-alive should not wait; failing to set it changes nothing.
            let _ = stream.set_nodelay(true);
            return Ok(stream);
        }
    }
    Err(End::Lost(ChatErrorCode::Unreachable))
}

/// The TLS client for `tls`; `None` for [`Tls::Off`].
pub(crate) fn tls_client(tls: &Tls) -> Result<Option<Arc<ClientConfig>>, End> {
    let invalid = || End::Hopeless(ChatErrorCode::InvalidCertificate);
    let mut roots = RootCertStore::empty();
    match tls {
        Tls::Off => return Ok(None),
        Tls::System => {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::debug!(%error, "a root certificate of the system was skipped");
            }
            roots.add_parsable_certificates(found.certs);
        }
        Tls::ExtraRoot { pem } => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|_| invalid())?;
                roots.add(certificate).map_err(|_| invalid())?;
            }
        }
    }
    if roots.is_empty() {
        return Err(invalid());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| invalid())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(Arc::new(config)))
}
