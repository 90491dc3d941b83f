//! Owns Kick's signatures: RSA (PKCS#1 v1.5, SHA-256) over `id.timestamp.body` with the public key that Kick shows everybody
//! (docs.kick.com/events/webhook-security).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use stallcast_hooks::Hook;

/// Kick's key as its documents print it; the source asks for the present one.
const PRINTED: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAq/+l1WnlRrGSolDMA+A8\
6rAhMbQGmQ2SapVcGM3zq8ANXjnhDWocMqfWcTd95btDydITa10kDvHzw9WQOqp2\
MZI7ZyrfzJuz5nhTPCiJwTwnEtWft7nV14BYRDHvlfqPUaZ+1KR4OCaO/wWIk/rQ\
L/TjY0M70gse8rlBkbo2a8rKhu69RQTRsoaf4DVhDPEeSeI5jVrRDGAMGL3cGuyY\
6CLKGdjVEM78g3JfYOvDU/RvfqD7L89TZ3iN94jrmWdGz34JNlEI5hqK8dd7C5EF\
BEbZ5jgB8s8ReQV8H+MkuffjdAj3ajDDX3DOJMIut1lBrUVD1AaSrGCKHooWoL2e\
twIDAQAB";

/// Longest key in bytes of PEM: 8192 bits have some 1500.
const PEM_BYTES: usize = 4096;

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PublicKey(Vec<u8>);

impl PublicKey {
    /// The key in Kick's documents.
    pub(super) fn printed() -> Option<Self> {
        Self::of_base64(PRINTED)
    }

    /// Reads a `PUBLIC KEY` block; `None` when it holds no RSA key.
    pub(super) fn of_pem(pem: &str) -> Option<Self> {
        if pem.len() > PEM_BYTES {
            return None;
        }
        let inner = pem.split_once("-----BEGIN PUBLIC KEY-----")?.1;
        let inner = inner.split_once("-----END PUBLIC KEY-----")?.0;
        let base64: String = inner.split_whitespace().collect();
        Self::of_base64(&base64)
    }

    fn of_base64(base64: &str) -> Option<Self> {
        let der = STANDARD.decode(base64).ok()?;
        Some(Self(rsa_of_info(&der)?.to_vec()))
    }

    /// Whether this key signed the webhook.
    pub(super) fn signed(&self, hook: &Hook) -> bool {
        let Ok(signature) = STANDARD.decode(hook.header("kick-event-signature")) else {
            return false;
        };
        let id = hook.header("kick-event-message-id");
        let timestamp = hook.header("kick-event-message-timestamp");
        let mut message = Vec::with_capacity(id.len() + timestamp.len() + hook.body.len() + 2);
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", &hook.body] {
            message.extend_from_slice(part);
        }
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0);
        key.verify(&message, &signature).is_ok()
    }
}

/// The RSA key inside a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), as ring wants it.
fn rsa_of_info(der: &[u8]) -> Option<&[u8]> {
    /// `rsaEncryption` with its empty parameters (RFC 8017, A.1).
    const RSA: &[u8] = &[
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let (info, rest) = element(der, 0x30)?;
    let (algorithm, bits) = element(info, 0x30)?;
    let (bits, end) = element(bits, 0x03)?;
    // A string of bits begins with how many of its last byte do not count.
    let (unused, key) = bits.split_first()?;
    (rest.is_empty() && end.is_empty() && algorithm == RSA && *unused == 0).then_some(key)
}

/// The inside of a DER element of this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = der.split_first_chunk::<2>()?;
    if head[0] != tag {
        return None;
    }
    let (length, rest) = match head[1] {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => {
            let (long, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*long)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_printed_key_is_one_and_pieces_of_it_are_none() {
        let printed = PublicKey::printed().unwrap();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{PRINTED}\n-----END PUBLIC KEY-----\n");
        assert!(PublicKey::of_pem(&pem) == Some(printed));
        assert!(PublicKey::of_pem("").is_none());
        assert!(PublicKey::of_pem(&pem.replace("BEGIN", "BEGUN")).is_none());
        let der = STANDARD.decode(PRINTED).unwrap();
        for cut in 0..der.len() {
            assert!(rsa_of_info(&der[..cut]).is_none(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_key_or_none(
            at in any::<prop::sample::Index>(),
            new in any::<u8>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut der = STANDARD.decode(PRINTED).unwrap();
            let at = at.index(der.len());
            der[at] = new;
            der.truncate(cut.index(der.len()) + 1);
            if let Some(key) = rsa_of_info(&der) {
                prop_assert!(key.len() < der.len());
            }
        }
    }
}
