//! Owns what outlives a copy of the relay: NATS JetStream, one stream for each lane of each room, so that no room and no
//! lane can push out what is another's.
//!
//! | lane | kept at most | older than | when it is full |
//! | --- | --- | --- | --- |
//! | chat | [`CHAT_BYTES`] | [`CHAT_AGE`] | the oldest gives way: nobody answers what was asked an hour ago |
//! | orders | [`ORDERS_BYTES`] | [`ORDERS_AGE`] | the newest is refused (503), and its shop tells it again later |
//!
//! What a studio has taken is removed at once; a lane's first webhook is the first that was not taken yet, and that is all
//! that has to be remembered of a studio.

use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::consumer::pull::{Ordered, OrderedConfig};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Event, Subscriber};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use stallcast_hooks::{Hook, Lane};
use tokio::sync::watch;
use tokio::time::timeout;

/// Most bytes of chat that wait for a studio.
pub const CHAT_BYTES: i64 = 8 * 1024 * 1024;
/// How long chat waits for a studio.
pub const CHAT_AGE: Duration = Duration::from_secs(60 * 60);
/// Most bytes of orders that wait for a studio.
pub const ORDERS_BYTES: i64 = 16 * 1024 * 1024;
/// How long orders wait for a studio.
pub const ORDERS_AGE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// The same webhook that comes again within this time is put down once.
const FOLDED_WITHIN: Duration = Duration::from_secs(10 * 60);
/// How long a webhook may take to be on the disk: Douyin wants its answer within two seconds.
const PUT_WITHIN: Duration = Duration::from_millis(1_500);
/// How long other questions to the store may take.
const ASK_WITHIN: Duration = Duration::from_secs(3);
/// How long connecting to it may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Pause between tries to come back to it.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
/// Webhooks that the store hands over at a time.
const BATCH: i64 = 16;
/// How long it waits for one before it is asked again; a consumer that is gone is noticed by then.
const PULL: Duration = Duration::from_secs(10);

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or did not answer in time.
    #[error("the store (NATS) does not answer: {0}")]
    Away(String),
    /// The lane is full.
    #[error("the lane is full")]
    Full,
    /// There is no such room.
    #[error("there is no such room")]
    NoRoom,
}

/// How to reach NATS.
#[derive(Clone, Default)]
pub struct StoreAddress {
    /// `nats://` or `tls://` addresses, separated by commas; may hold a user and a password.
    pub servers: String,
    /// A credentials file, where there is one.
    pub credentials: Option<std::path::PathBuf>,
    /// Copies that a cluster keeps of everything: 1, 3 or 5.
    pub replicas: usize,
}

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) jetstream: Context,
    pub(crate) replicas: usize,
    /// Counts how often the connection was lost.
    lost: watch::Receiver<u64>,
}

fn away(error: impl std::fmt::Display) -> StoreError {
    StoreError::Away(error.to_string())
}

impl Store {
    /// Connects.
    ///
    /// # Errors
    /// When NATS cannot be reached or the credentials cannot be read.
    pub async fn open(address: &StoreAddress) -> Result<Self, StoreError> {
        let (losing, lost) = watch::channel(0_u64);
        let mut options = ConnectOptions::new();
        if let Some(file) = &address.credentials {
            let options_with = ConnectOptions::with_credentials_file(file).await;
            options = options_with.map_err(away)?;
        }
        let options = options
            .name("stallcast-relay")
            .connection_timeout(CONNECT_WITHIN)
            .ping_interval(Duration::from_secs(10))
            .reconnect_delay_callback(|_| AGAIN_AFTER)
            .event_callback(move |event| {
                let losing = losing.clone();
                async move {
                    tracing::info!(%event, "nats");
                    if matches!(event, Event::Disconnected) {
                        losing.send_modify(|times| *times += 1);
                    }
                }
            });
        let servers: Vec<&str> = address.servers.split(',').map(str::trim).collect();
        let client = options.connect(servers).await.map_err(away)?;
        let jetstream = jetstream::context::ContextBuilder::new()
            .timeout(ASK_WITHIN)
            .ack_timeout(PUT_WITHIN)
            .build(client.clone());
        let replicas = address.replicas.max(1);
        Ok(Self {
            client,
            jetstream,
            replicas,
            lost,
        })
    }

    /// Whether it is there now.
    pub fn is_there(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Waits until the connection is lost, counted from now.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        lost.mark_unchanged();
        if lost.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Makes the streams of a room, or gives those that are there today's bounds.
    ///
    /// # Errors
    /// When NATS does not do it.
    pub async fn make(&self, room: &str) -> Result<(), StoreError> {
        for lane in Lane::ALL {
            let config = self.config(room, lane);
            let made = self.jetstream.get_or_create_stream(config.clone()).await;
            made.map_err(away)?;
            self.jetstream.update_stream(config).await.map_err(away)?;
        }
        Ok(())
    }

    /// Removes the streams of a room with what is in them.
    ///
    /// # Errors
    /// When NATS does not do it.
    pub async fn unmake(&self, room: &str) -> Result<(), StoreError> {
        for lane in Lane::ALL {
            let gone = self.jetstream.delete_stream(stream(room, lane)).await;
            gone.map_err(away)?;
        }
        Ok(())
    }

    fn config(&self, room: &str, lane: Lane) -> Config {
        let (max_bytes, max_age, discard) = match lane {
            Lane::Chat => (CHAT_BYTES, CHAT_AGE, DiscardPolicy::Old),
            Lane::Orders => (ORDERS_BYTES, ORDERS_AGE, DiscardPolicy::New),
        };
        Config {
            name: stream(room, lane),
            subjects: vec![subject(room, lane)],
            max_bytes,
            max_age,
            discard,
            storage: StorageType::File,
            num_replicas: self.replicas,
            duplicate_window: FOLDED_WITHIN,
            ..Config::default()
        }
    }

    /// Puts a webhook down; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the lane is full, [`StoreError::NoRoom`] when it is gone.
    pub async fn put(&self, room: &str, hook: &Hook) -> Result<(), StoreError> {
        if !self.is_there() {
            return Err(away("not connected"));
        }
        let message = PublishMessage::build()
            .payload(hook.to_bytes())
            .message_id(fingerprint(hook));
        let putting = async {
            let sent = self
                .jetstream
                .send_publish(subject(room, hook.kind.lane()), message);
            sent.await?.await
        };
        let put = timeout(PUT_WITHIN, putting).await.map_err(away)?;
        put.map(|_| ()).map_err(|error| match error.kind() {
            PublishErrorKind::StreamNotFound => StoreError::NoRoom,
            PublishErrorKind::Other if says_full(&error) => StoreError::Full,
            _ => away(error),
        })
    }

    /// Everything of a lane that was not taken yet, from the first on, and what comes after that.
    ///
    /// # Errors
    /// When NATS does not do it.
    pub async fn follow(&self, room: &str, lane: Lane) -> Result<Ordered, StoreError> {
        let stream = self.jetstream.get_stream(stream(room, lane)).await;
        let config = OrderedConfig {
            max_batch: BATCH,
            max_expires: PULL,
            ..OrderedConfig::default()
        };
        let consumer = stream.map_err(away)?.create_consumer(config).await;
        consumer.map_err(away)?.messages().await.map_err(away)
    }

    /// Removes everything of a lane up to this place.
    ///
    /// # Errors
    /// When NATS does not do it.
    pub async fn forget(&self, room: &str, lane: Lane, upto: u64) -> Result<(), StoreError> {
        let stream = self.jetstream.get_stream_no_info(stream(room, lane)).await;
        let stream = stream.map_err(away)?;
        let first_kept = upto.saturating_add(1);
        let purged = stream.purge().sequence(first_kept).await;
        purged.map(|_| ()).map_err(away)
    }

    /// Tells every copy that this session has the room now.
    ///
    /// # Errors
    /// When NATS does not do it.
    pub async fn take_over(&self, room: &str, session: &str) -> Result<(), StoreError> {
        let said = Bytes::copy_from_slice(session.as_bytes());
        let published = self.client.publish(held(room), said).await;
        published.map_err(away)?;
        self.client.flush().await.map_err(away)
    }

    /// Hears of every session that has the room from now on.
    ///
    /// # Errors
    /// When NATS does not do it.
    pub async fn watch_over(&self, room: &str) -> Result<Subscriber, StoreError> {
        let heard = self.client.subscribe(held(room)).await;
        let heard = heard.map_err(away)?;
        // What is published after this is heard.
        self.client.flush().await.map_err(away)?;
        Ok(heard)
    }
}

/// NATS names no kind for it: `maximum bytes exceeded` and `maximum messages exceeded` are codes 10077 and kin.
fn says_full(error: &async_nats::jetstream::context::PublishError) -> bool {
    error.to_string().contains("maximum")
}

fn stream(room: &str, lane: Lane) -> String {
    format!("stallcast_{room}_{}", lane.name())
}

fn subject(room: &str, lane: Lane) -> String {
    format!("stallcast.hook.{room}.{}", lane.name())
}

fn held(room: &str) -> String {
    format!("stallcast.held.{room}")
}

/// What makes two webhooks the same: everything of them but the moment they came. An id that a header names would let
/// whoever knows the address keep a real webhook out by sending another under its id before.
fn fingerprint(hook: &Hook) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    };
    add(hook.kind.name().as_bytes());
    for (name, value) in &hook.headers {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    add(&hook.body);
    format!("{:x}", hash.finalize())
}

#[cfg(test)]
mod tests {
    use stallcast_hooks::Kind;

    use super::*;

    #[test]
    fn the_same_webhook_at_another_moment_is_the_same_and_any_other_is_not() {
        let hook = |value: &str, body: &'static str, at| Hook {
            kind: Kind::Kick,
            at,
            headers: vec![("kick-event-message-id".into(), value.into())],
            body: Bytes::from_static(body.as_bytes()),
        };
        let one = fingerprint(&hook("1", "a", 1));
        assert_eq!(one, fingerprint(&hook("1", "a", 2)));
        for other in [hook("1", "b", 1), hook("2", "a", 1), hook("1a", "", 1)] {
            assert_ne!(one, fingerprint(&other));
        }
    }
}
