//! A client's session: greeted, identified, asking. What does not belong where it is closes the connection with the
//! protocol's code.

use serde_json::{Map, Value, json};

use crate::auth::{proof, same};
use crate::batch::Batch;
use crate::{Close, RPC_VERSION, Request, STUDIO_VERSION, WEBSOCKET_VERSION, mask};

/// Longest request id, letters.
const ID_MAX: usize = 256;

/// What a session is opened with.
#[derive(Clone)]
pub struct Credits {
    /// The password.
    pub password: String,
    /// Random, base64.
    pub salt: String,
    /// Random, base64, another for every session.
    pub challenge: String,
}

impl std::fmt::Debug for Credits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credits").finish_non_exhaustive()
    }
}

/// A session.
#[derive(Debug)]
pub struct Session {
    credits: Credits,
    identified: bool,
    subscriptions: u32,
    /// Messages so far; whoever sends counts what goes.
    pub counts: Counts,
}

/// Messages of a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// That came.
    pub incoming: u64,
    /// That went.
    pub outgoing: u64,
}

/// What a message asks for.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Send this.
    Send(Value),
    /// Answer this.
    Request(Request),
    /// Run this.
    Batch(Batch),
}

impl Session {
    /// A session that was not greeted yet.
    pub fn new(credits: Credits) -> Self {
        Self {
            credits,
            identified: false,
            subscriptions: mask::ALL,
            counts: Counts::default(),
        }
    }

    /// The first message.
    pub fn hello(&self) -> Value {
        json!({"op": 0, "d": {
            "obsStudioVersion": STUDIO_VERSION,
            "obsWebSocketVersion": WEBSOCKET_VERSION,
            "rpcVersion": RPC_VERSION,
            "authentication": {
                "challenge": self.credits.challenge,
                "salt": self.credits.salt,
            },
        }})
    }

    /// Whether it proved that it knows the password.
    pub fn is_identified(&self) -> bool {
        self.identified
    }

    /// Whether it is told of events with this bit.
    pub fn wants(&self, mask: u32) -> bool {
        self.identified && self.subscriptions & mask != 0
    }

    /// Takes a message.
    ///
    /// # Errors
    /// With what the connection is to be closed.
    pub fn take(&mut self, message: &Value) -> Result<Step, Close> {
        self.counts.incoming += 1;
        let message = message.as_object().ok_or(Close::NOT_AN_OBJECT)?;
        let op = message.get("op").and_then(Value::as_u64);
        let op = op.ok_or(Close::UNKNOWN_OP)?;
        let data = match message.get("d") {
            None | Some(Value::Null) => return Err(Close::NO_DATA),
            Some(data) => data.as_object().ok_or(Close::DATA_TYPE)?,
        };
        match op {
            1 => self.identify(data),
            _ if !self.identified => Err(Close::NOT_IDENTIFIED),
            3 => {
                self.subscribe(data)?;
                Ok(identified())
            }
            6 => {
                id(data)?;
                Ok(Step::Request(Request::of(data)))
            }
            8 => {
                id(data)?;
                Batch::of(data).map(Step::Batch)
            }
            _ => Err(Close::UNKNOWN_OP),
        }
    }

    fn identify(&mut self, data: &Map<String, Value>) -> Result<Step, Close> {
        if self.identified {
            return Err(Close::ALREADY_IDENTIFIED);
        }
        let Credits {
            password,
            salt,
            challenge,
        } = &self.credits;
        let said = data.get("authentication").and_then(Value::as_str);
        let said = said.ok_or(Close::NO_PASSWORD)?;
        if !same(said, &proof(password, salt, challenge)) {
            return Err(Close::WRONG_PASSWORD);
        }
        let version = data.get("rpcVersion").ok_or(Close::NO_RPC_VERSION)?;
        if version.as_u64().ok_or(Close::NUMBER)? != RPC_VERSION {
            return Err(Close::RPC_VERSION);
        }
        self.subscribe(data)?;
        self.identified = true;
        Ok(identified())
    }

    fn subscribe(&mut self, data: &Map<String, Value>) -> Result<(), Close> {
        if let Some(wanted) = data.get("eventSubscriptions").filter(|it| !it.is_null()) {
            // More than there are would be cut off: bits that mean nothing.
            self.subscriptions = wanted.as_u64().ok_or(Close::NUMBER)? as u32;
        }
        Ok(())
    }
}

fn identified() -> Step {
    Step::Send(json!({"op": 2, "d": {"negotiatedRpcVersion": RPC_VERSION}}))
}

/// Some clients number their requests, others name them; both get back what they sent.
fn id(data: &Map<String, Value>) -> Result<(), Close> {
    match data.get("requestId") {
        None | Some(Value::Null) => Err(Close::NO_REQUEST_ID),
        Some(Value::String(id)) if id.len() <= ID_MAX => Ok(()),
        Some(Value::Number(_)) => Ok(()),
        Some(_) => Err(Close::REQUEST_ID),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session::new(Credits {
            password: "secret".into(),
            salt: "c2FsdA==".into(),
            challenge: "Y2hhbGxlbmdl".into(),
        })
    }

    fn identify(session: &Session) -> Value {
        let hello = session.hello();
        let own = &hello["d"]["authentication"];
        let text = |name: &str| own[name].as_str().unwrap().to_owned();
        let proof = proof("secret", &text("salt"), &text("challenge"));
        json!({"op": 1, "d": {"rpcVersion": 1, "authentication": proof}})
    }

    fn identified_session() -> Session {
        let mut session = session();
        let message = identify(&session);
        assert_eq!(session.take(&message), Ok(super::identified()));
        session
    }

    #[test]
    fn who_knows_the_password_comes_in_once() {
        let mut session = session();
        assert!(!session.is_identified());
        let message = identify(&session);
        session.take(&message).unwrap();
        assert!(session.is_identified());
        assert_eq!(session.take(&message), Err(Close::ALREADY_IDENTIFIED));
    }

    #[test]
    fn whoever_does_not_is_turned_away_with_the_protocols_codes() {
        let good = identify(&session());
        let with = |name: &str, value: Value| {
            let mut message = good.clone();
            message["d"][name] = value;
            message
        };
        let ask = json!({"op": 6, "d": {"requestType": "GetVersion", "requestId": "a"}});
        for (message, code) in [
            (with("authentication", json!("wrong")), 4009),
            (with("authentication", Value::Null), 4009),
            (with("authentication", json!(1)), 4009),
            (with("rpcVersion", json!(2)), 4010),
            (with("rpcVersion", json!("1")), 4004),
            (with("eventSubscriptions", json!(-1)), 4004),
            (ask, 4007),
            (json!({"op": 8, "d": {}}), 4007),
            (json!({"op": 99, "d": {}}), 4007),
            (json!({"op": 1}), 4003),
            (json!({"op": 1, "d": []}), 4004),
            (json!({"d": {}}), 4006),
            (json!([]), 4004),
        ] {
            let mut session = session();
            assert_eq!(session.take(&message).unwrap_err().code, code, "{message}");
            assert!(!session.is_identified(), "{message}");
        }
    }

    #[test]
    fn ids_come_back_as_they_are_and_wrong_ops_close() {
        let mut session = identified_session();
        for id in [json!("a"), json!(7)] {
            let ask = json!({"op": 6, "d": {"requestType": "X", "requestId": id}});
            let Ok(Step::Request(request)) = session.take(&ask) else {
                panic!("a request");
            };
            let response = request.response(&Ok(None));
            assert_eq!(response["d"]["requestId"], id);
            assert_eq!(response["d"]["requestStatus"]["code"], 100);
        }
        for (message, code) in [
            (json!({"op": 6, "d": {"requestType": "X"}}), 4003),
            (
                json!({"op": 6, "d": {"requestType": "X", "requestId": {}}}),
                4004,
            ),
            (json!({"op": 5, "d": {}}), 4006),
            (json!({"op": "6", "d": {}}), 4006),
            (json!({"op": 8, "d": {"requestId": 1}}), 4003),
            (
                json!({"op": 8, "d": {"requestId": 1, "requests": [1]}}),
                4004,
            ),
            (
                json!({"op": 8, "d": {"requestId": 1, "requests": [], "executionType": 7}}),
                4005,
            ),
        ] {
            assert_eq!(session.take(&message).unwrap_err().code, code, "{message}");
        }
    }

    #[test]
    fn events_come_as_subscribed_until_that_is_changed() {
        let mut session = identified_session();
        assert!(session.wants(mask::SCENES) && !session.wants(mask::VOLUME_METERS));
        let only = json!({"op": 3, "d": {"eventSubscriptions": mask::VOLUME_METERS}});
        session.take(&only).unwrap();
        assert!(!session.wants(mask::SCENES) && session.wants(mask::VOLUME_METERS));
    }
}
