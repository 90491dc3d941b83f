//! Webhooks as Kick signs them, by OpenSSL with a key of the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;
use stallcast_hooks::{Hook, Kind};
use tempfile::TempDir;

/// An RSA key pair that OpenSSL made.
pub struct Signer {
    folder: TempDir,
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut running = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    running.stdin.take().unwrap().write_all(input).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}

impl Signer {
    pub fn new() -> Self {
        let signer = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let key = signer.key();
        openssl(
            &[
                "genpkey",
                "-algorithm",
                "RSA",
                "-pkeyopt",
                "rsa_keygen_bits:2048",
                "-out",
                &key,
            ],
            b"",
        );
        signer
    }

    fn key(&self) -> String {
        let key: &Path = &self.folder.path().join("key.pem");
        key.display().to_string()
    }

    /// What Kick's interface says of its key.
    pub fn told(&self) -> String {
        let pem = openssl(&["pkey", "-in", &self.key(), "-pubout"], b"");
        let pem = String::from_utf8(pem).unwrap();
        json!({ "data": { "public_key": pem }, "message": "OK" }).to_string()
    }

    pub fn hook(&self, id: &str, timestamp: &str, body: &str) -> Hook {
        let message = format!("{id}.{timestamp}.{body}");
        let signed = openssl(
            &["dgst", "-sha256", "-sign", &self.key()],
            message.as_bytes(),
        );
        hook(
            Kind::Kick,
            &[
                ("kick-event-message-id", id),
                ("kick-event-message-timestamp", timestamp),
                ("kick-event-signature", &STANDARD.encode(signed)),
                ("kick-event-type", "chat.message.sent"),
            ],
            body,
        )
    }
}

pub fn hook(kind: Kind, headers: &[(&str, &str)], body: &str) -> Hook {
    let header = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Hook {
        kind,
        at: 0,
        headers: headers.iter().map(header).collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

pub fn at(minutes: i64) -> String {
    let moment = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
    moment.to_string()
}

/// As docs.kick.com/events/event-types has it.
pub fn said(id: &str, slug: &str, user: u64, text: &str) -> String {
    json!({
        "message_id": id,
        "replies_to": null,
        "broadcaster": {
            "is_anonymous": false, "user_id": 123_456_789, "username": "broadcaster_name", "is_verified": true,
            "profile_picture": "https://example.com/b.jpg", "channel_slug": slug, "identity": null
        },
        "sender": {
            "is_anonymous": false, "user_id": user, "username": "sender_name", "is_verified": false,
            "profile_picture": "https://example.com/s.jpg", "channel_slug": "sender_channel",
            "identity": { "username_color": "#FF5733", "badges": [{ "text": "Moderator", "type": "moderator" }] }
        },
        "content": text,
        "emotes": [{ "emote_id": "37226", "positions": [{ "s": 0, "e": 18 }] }],
        "created_at": at(0)
    })
    .to_string()
}
