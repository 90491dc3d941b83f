//! What a client wants done. The studio's own rules say whether it may be.

use serde_json::Value;

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// Show a scene.
    Scene {
        /// Its id.
        scene: String,
    },
    /// Move a mixer strip; what is `None` stays as it is.
    Strip {
        /// The input's id.
        input: String,
        /// Hundredths of a decibel.
        gain_cdb: Option<i32>,
        /// Muted or not.
        muted: Option<bool>,
    },
    /// Delay an input's sound.
    Delay {
        /// The input's id.
        input: String,
        /// Milliseconds.
        ms: u32,
    },
    /// Go live.
    GoLive,
    /// End the live show.
    EndShow,
    /// Record, or stop.
    Record {
        /// Wanted state.
        on: bool,
    },
    /// Write the last half minute into a file.
    SaveReplay,
    /// Offer the program as a camera, or stop.
    VirtualCamera {
        /// Wanted state.
        on: bool,
    },
    /// Send the show to a destination, or stop.
    Destination {
        /// Its id.
        destination: String,
        /// Wanted state.
        on: bool,
    },
    /// A picture of the program as `data:image/…;base64,…`, answered in `imageData`.
    Screenshot(Picture),
    /// Tell every client.
    Tell(Value),
    /// Put a product on air.
    PutOnAir {
        /// Its id.
        product: String,
    },
    /// Take it off the picture.
    TakeOffAir,
    /// Start the price clock of the product on air.
    StartCountdown {
        /// Its length.
        seconds: u32,
    },
    /// Stop it.
    StopCountdown,
    /// Set what is left of a product.
    SetStock {
        /// Its id.
        product: String,
        /// Units; `None` = not counted.
        left: Option<u32>,
    },
    /// List what viewers ask, answered in `questions`.
    Questions {
        /// At most so many.
        count: u32,
    },
    /// Put a question on the picture; `None` = the newest.
    Pin {
        /// Its message.
        message: Option<String>,
    },
    /// Take the question off the picture.
    Unpin,
    /// Put the break's notice over the picture.
    StartBreak {
        /// Until the show goes on.
        minutes: u32,
    },
    /// Take it off.
    EndBreak,
}

/// How a picture is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// PNG instead of JPEG.
    pub png: bool,
    /// Pixels; `None` = follows the height, or as it comes.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Of a JPEG, 1 to 100.
    pub quality: u8,
}
