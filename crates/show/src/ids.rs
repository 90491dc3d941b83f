//! Names of things: string newtypes, so that one kind of id cannot be passed for another.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A product in the catalogue; stable over imports (SKU, handle or the sheet's own id).
    ProductId
);
id!(
    /// One place the show is sent to.
    DestinationId
);
id!(
    /// One picture or sound input.
    SourceId
);
id!(
    /// One arrangement of sources.
    SceneId
);
id!(
    /// One canvas, for example `landscape`.
    CanvasId
);
id!(
    /// One chat message, unique over platforms: `platform:id`.
    MessageId
);

/// Platform of the lines that a simulated audience says: see [`crate::ChatLine::platform`].
pub const INVENTED: &str = "simulated";

impl MessageId {
    /// Whether nobody said it: it is of a rehearsal's simulated audience.
    pub fn is_invented(&self) -> bool {
        let platform = self.0.split_once(':').map(|(platform, _)| platform);
        platform == Some(INVENTED)
    }
}
