//! Why a connection is closed, as the protocol numbers it.

/// A close code with its words. Clients look for parts of the words, so they stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The code, 4000 to 4012.
    pub code: u16,
    /// What is told to the client.
    pub reason: &'static str,
}

macro_rules! closes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $reason:literal;)*) => {
        impl Close {
            $($(#[$doc])* pub const $name: Close = Close { code: $code, reason: $reason };)*
        }
    };
}

closes! {
    /// It reads too slowly, or was silent for too long.
    TOO_SLOW = 4000, "The client does not take its messages in time.";
    /// So many are connected that there is no place.
    FULL = 4000, "Too many clients are connected.";
    /// The owner does not want it any more.
    OFF = 4011, "The server was switched off.";
    /// The engine ends.
    ENDING = 4011, "The studio ends.";
    /// The password is another by now.
    INVALIDATED = 4011, "The password was changed.";
    /// Other computers may reach it from now on, or may not any more.
    MOVED = 4011, "The server listens on other addresses now.";
    /// A frame that the chosen encoding cannot have.
    UNREADABLE = 4002, "The message cannot be decoded.";
    /// Text where msgpack was agreed on, or the other way round.
    WRONG_FRAME = 4002, "The message does not come in the encoding that was agreed on.";
    /// Not an object.
    NOT_AN_OBJECT = 4004, "A message is an object.";
    /// No `d`.
    NO_DATA = 4003, "The message lacks its data (`d`).";
    /// `d` is no object.
    DATA_TYPE = 4004, "The data of a message (`d`) is an object.";
    /// No `op`, or one that clients do not send.
    UNKNOWN_OP = 4006, "No such `op`.";
    /// Something else before `Identify`.
    NOT_IDENTIFIED = 4007, "Identify comes first.";
    /// Nothing came after `Hello`.
    NO_IDENTIFY = 4007, "Identify did not come in time.";
    /// A second `Identify`.
    ALREADY_IDENTIFIED = 4008, "This session is identified already.";
    /// No `authentication`.
    NO_PASSWORD = 4009, "Identify is missing an `authentication` string; a password is needed.";
    /// The wrong one.
    WRONG_PASSWORD = 4009, "Authentication failed.";
    /// Too many wrong ones lately; none is looked at for a while.
    TOO_MANY_TRIES = 4009, "Authentication failed too often; try again in a minute.";
    /// Another version than 1.
    RPC_VERSION = 4010, "Only version 1 of the remote procedures is spoken.";
    /// No `rpcVersion`.
    NO_RPC_VERSION = 4003, "Identify lacks its `rpcVersion`.";
    /// A number was to stand there.
    NUMBER = 4004, "`rpcVersion`, `eventSubscriptions` and `executionType` are whole numbers.";
    /// No `requestId`.
    NO_REQUEST_ID = 4003, "A request lacks its `requestId`.";
    /// An id that is nothing simple.
    REQUEST_ID = 4004, "A `requestId` is a string or a number of at most 256 letters.";
    /// No `requests`.
    NO_REQUESTS = 4003, "A batch lacks its `requests`.";
    /// Not a list.
    REQUESTS_TYPE = 4004, "The `requests` of a batch are a list of objects.";
    /// More than are taken at once.
    REQUESTS_MANY = 4005, "A batch has at most 500 requests.";
    /// No such way to run a batch.
    EXECUTION = 4005, "No such `executionType`.";
}
