//! The signature of both shops: base64 of HMAC-SHA256 over the raw body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Whether `signature` is that of `body` under `secret`, compared in constant time. An empty secret signs nothing.
pub fn is_signed(secret: &str, body: &[u8], signature: &str) -> bool {
    // 32 bytes are 44 characters; what is longer is none and is not decoded.
    if secret.is_empty() || signature.len() > 64 {
        return false;
    }
    let (Ok(said), Ok(mut mac)) = (
        STANDARD.decode(signature.trim()),
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()),
    ) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&said).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2: key `Jefe`.
    const BODY: &[u8] = b"what do ya want for nothing?";
    const SIGNATURE: &str = "W9zBRr+gdU5qBCQIlcdaxz8lAIlqdSfHWjgUtpZLZOw=";

    fn of_hex(hex: &str) -> String {
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        STANDARD.encode(bytes)
    }

    #[test]
    fn the_signature_is_that_of_the_standard_s_example() {
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(is_signed("Jefe", BODY, &of_hex(hex)));
    }

    #[test]
    fn another_body_another_secret_and_no_signature_are_refused() {
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let good = of_hex(hex);
        assert!(!is_signed("Jefe", b"what do ya want for nothing!", &good));
        assert!(!is_signed("jefe", BODY, &good));
        assert!(!is_signed("", BODY, &good));
        for none in ["", "=", SIGNATURE, &good[..40], hex, &"A".repeat(100_000)] {
            assert!(!is_signed("Jefe", BODY, none), "{none:.80}");
        }
    }
}
