//! Owns handing a bitrate to an encoder that runs. A driver may hang in it, so it happens in a thread of its
//! own, one at a time: what is wanted meanwhile replaces what was wanted before.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::encoder::{EncoderBranch, LiveBitrate};

/// An encoder's bitrate.
pub(crate) struct Rate {
    branch: EncoderBranch,
    wanted: AtomicU32,
    busy: AtomicBool,
}

impl Rate {
    pub fn new(branch: EncoderBranch) -> Self {
        Self {
            branch,
            wanted: AtomicU32::new(0),
            busy: AtomicBool::new(false),
        }
    }

    /// Returns at once; says what the change does to the stream.
    pub fn want(self: &Arc<Self>, kbps: u32) -> LiveBitrate {
        self.wanted.store(kbps, Ordering::SeqCst);
        if !self.busy.swap(true, Ordering::SeqCst) {
            let rate = self.clone();
            let spawned = std::thread::Builder::new()
                .name("media-bitrate".to_owned())
                .spawn(move || rate.carry_out());
            if let Err(error) = spawned {
                self.busy.store(false, Ordering::SeqCst);
                tracing::error!(%error, kbps, "no thread to set the bitrate in");
            }
        }
        self.branch.live_bitrate()
    }

    fn carry_out(&self) {
        loop {
            let kbps = self.wanted.load(Ordering::SeqCst);
            self.branch.set_bitrate_kbps(kbps);
            self.busy.store(false, Ordering::SeqCst);
            // Wanted meanwhile, and nobody else sees to it.
            let is_done = self.wanted.load(Ordering::SeqCst) == kbps;
            if is_done || self.busy.swap(true, Ordering::SeqCst) {
                return;
            }
        }
    }
}
