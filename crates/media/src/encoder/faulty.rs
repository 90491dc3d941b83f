//! Owns encoders that fail on purpose, to see what becomes of the show. Only in debug builds, never chosen by the
//! probe, only by name: `faultyerrorenc` reports an error, `faultyhangenc` gives nothing more and does not stop,
//! `faultynoiseenc` gives noise, `faultystuckenc` hangs in whoever sets its bitrate the second time, `faultycrashenc`
//! takes the process with it.
//!
//! Each works for 3 s first, or for as many frames as `STALLCAST_FAULTY_AFTER` says.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use gst::prelude::*;
use gst::subclass::prelude::*;
use gstreamer as gst;
use gstreamer::glib;

use super::codec::VideoCodec;
use super::table::{BitrateUnit, Controls, EncoderKind, LiveBitrate};

/// Frames that come out before the fault: more than a trial has.
const WORKS_FOR_FRAMES: u32 = 90;

/// Ends every hang of this process.
static RELEASED: AtomicBool = AtomicBool::new(false);

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Error,
    Hang,
    Noise,
    Stuck,
    Crash,
}

/// Hardware, so that what is true of chips is true of them.
const fn row(element: &'static str) -> EncoderKind {
    EncoderKind {
        element,
        codec: VideoCodec::H264,
        hardware: true,
        controls: Controls::Properties {
            bitrate: ("bitrate", BitrateUnit::Kilobit),
            keyframe_distance: "key-int-max",
        },
        live_bitrate: LiveBitrate::InPlace,
        settings: &[],
    }
}

const ROWS: &[EncoderKind] = &[
    row("faultyerrorenc"),
    row("faultyhangenc"),
    row("faultynoiseenc"),
    row("faultystuckenc"),
    row("faultycrashenc"),
];

/// The row of a faulty encoder; makes its element known.
pub(super) fn find(element: &str) -> Option<&'static EncoderKind> {
    let kind = ROWS.iter().find(|kind| kind.element == element)?;
    static REGISTERED: OnceLock<Result<(), glib::BoolError>> = OnceLock::new();
    let registered = REGISTERED.get_or_init(|| {
        gst::init().map_err(|error| glib::bool_error!("{}", error))?;
        let types = [
            error::Encoder::static_type(),
            hang::Encoder::static_type(),
            noise::Encoder::static_type(),
            stuck::Encoder::static_type(),
            crash::Encoder::static_type(),
        ];
        for (kind, type_) in ROWS.iter().zip(types) {
            gst::Element::register(None, kind.element, gst::Rank::NONE, type_)?;
        }
        Ok(())
    });
    if let Err(error) = registered {
        tracing::error!(%error, "a faulty encoder");
        return None;
    }
    Some(kind)
}

/// Lets all go on that hang.
#[cfg(test)]
pub(crate) fn release_stuck() {
    RELEASED.store(true, Ordering::SeqCst);
}

fn hang() {
    while !RELEASED.load(Ordering::SeqCst) {
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn works_for_frames() -> u32 {
    let named = std::env::var("STALLCAST_FAULTY_AFTER").ok();
    let named = named.and_then(|frames| frames.parse().ok());
    named.unwrap_or(WORKS_FOR_FRAMES)
}

/// Puts a real encoder into the bin, and the fault behind it.
fn fill(bin: &gst::Bin, fault: Fault) -> Result<(), glib::BoolError> {
    let encoder = gst::ElementFactory::make("x264enc")
        .name("real")
        .property_from_str("speed-preset", "ultrafast")
        .property_from_str("tune", "zerolatency")
        .property("key-int-max", 1000_u32)
        .property_from_str("option-string", "scenecut=0")
        .build()?;
    bin.add(&encoder)?;
    for name in ["sink", "src"] {
        let pad = encoder.static_pad(name);
        let pad = pad.ok_or_else(|| glib::bool_error!("x264enc has no {} pad", name))?;
        if name == "src" {
            break_after(&pad, &encoder, fault);
        }
        bin.add_pad(&gst::GhostPad::with_target(&pad)?)?;
    }
    Ok(())
}

fn break_after(pad: &gst::Pad, encoder: &gst::Element, fault: Fault) {
    let (works_for, frames) = (works_for_frames(), AtomicU32::new(0));
    let encoder = encoder.downgrade();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let frame = frames.fetch_add(1, Ordering::Relaxed);
        if frame < works_for {
            return gst::PadProbeReturn::Ok;
        }
        match fault {
            Fault::Error => {
                if let Some(encoder) = encoder.upgrade() {
                    gst::element_error!(encoder, gst::LibraryError::Encode, ["on purpose"]);
                }
                gst::PadProbeReturn::Drop
            }
            Fault::Hang => {
                hang();
                gst::PadProbeReturn::Drop
            }
            Fault::Noise => {
                if let Some(buffer) = info.buffer_mut()
                    && let Ok(mut bytes) = buffer.make_mut().map_writable()
                {
                    let mut state = frame.wrapping_mul(2_654_435_761);
                    for byte in bytes.iter_mut() {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        *byte = (state >> 24) as u8;
                    }
                }
                gst::PadProbeReturn::Ok
            }
            Fault::Stuck => gst::PadProbeReturn::Ok,
            Fault::Crash => std::process::abort(),
        }
    });
}

macro_rules! faulty_encoder {
    ($module:ident, $class:literal, $fault:expr) => {
        mod $module {
            use std::sync::LazyLock;

            use super::*;

            glib::wrapper! {
                pub struct Encoder(ObjectSubclass<Inner>)
                    @extends gst::Bin, gst::Element, gst::Object,
                    @implements gst::ChildProxy;
            }

            #[derive(Default)]
            pub struct Inner {
                sets: AtomicU32,
            }

            #[glib::object_subclass]
            impl ObjectSubclass for Inner {
                const NAME: &'static str = $class;
                type Type = Encoder;
                type ParentType = gst::Bin;
            }

            impl ObjectImpl for Inner {
                fn properties() -> &'static [glib::ParamSpec] {
                    static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
                        vec![glib::ParamSpecUInt::builder("bitrate").write_only().build()]
                    });
                    &PROPERTIES
                }

                fn set_property(&self, _id: usize, value: &glib::Value, _: &glib::ParamSpec) {
                    let sets = self.sets.fetch_add(1, Ordering::SeqCst);
                    if $fault == Fault::Stuck && sets > 0 {
                        hang();
                    }
                    let kbps = value.get::<u32>().ok();
                    if let Some((real, kbps)) = self.obj().by_name("real").zip(kbps) {
                        real.set_property("bitrate", kbps.max(1));
                    }
                }

                fn constructed(&self) {
                    self.parent_constructed();
                    if let Err(error) = fill(self.obj().upcast_ref(), $fault) {
                        tracing::error!(%error, "a faulty encoder");
                    }
                }
            }

            impl GstObjectImpl for Inner {}

            impl ElementImpl for Inner {
                fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
                    static METADATA: LazyLock<gst::subclass::ElementMetadata> =
                        LazyLock::new(|| {
                            gst::subclass::ElementMetadata::new(
                                "Faulty encoder",
                                "Codec/Encoder/Video",
                                "Fails on purpose",
                                "Stallcast",
                            )
                        });
                    Some(&METADATA)
                }
            }

            impl BinImpl for Inner {}
        }
    };
}

faulty_encoder!(error, "StallcastFaultyErrorEnc", Fault::Error);
faulty_encoder!(hang, "StallcastFaultyHangEnc", Fault::Hang);
faulty_encoder!(noise, "StallcastFaultyNoiseEnc", Fault::Noise);
faulty_encoder!(stuck, "StallcastFaultyStuckEnc", Fault::Stuck);
faulty_encoder!(crash, "StallcastFaultyCrashEnc", Fault::Crash);
