//! The one place where the engine reads the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use stallcast_show::At;

/// Now, in milliseconds since 1970 UTC.
pub fn now() -> At {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    At(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
