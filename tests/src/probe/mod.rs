//! Measuring what came out: files and streams, pictures, and the match of sound and pictures.

pub mod card;
mod enhanced;
mod flv_tail;
mod look;
mod luma;
mod players;
mod press;
mod stream;
mod sync;

pub use enhanced::{Decoded, decode_av1, decode_hevc};
pub use flv_tail::FlvTail;
pub use look::{Region, frame_at, mean_colour};
pub use luma::{Luma, each_luma, stream_ahead_s};
pub use players::{kept_and_lost_ms, plays_in_gstreamer};
pub use press::{Clock, FRAME_MS, Late, Press, Stream};
pub use stream::{colour_clip, first_frame_unix_ms, flash_clip, missing_frames, prove_playable};
pub use sync::{Onsets, av_offset_ms, onsets};
