//! Owns `stallcastoverlay`, the in-place GStreamer element that draws layers on I420 pictures.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gst_video::prelude::*;
use gst_video::subclass::prelude::*;
use gstreamer as gst;
use gstreamer::glib;
use gstreamer_base as gst_base;
use gstreamer_video as gst_video;

use super::convert::Matrix;
use super::layer::Layer;
use super::motion::Step;
use super::stack::{LayerStack, Shown};

glib::wrapper! {
    /// Draws layers of premultiplied RGBA on I420 video in place; passes buffers through untouched
    /// while there are none.
    pub struct StallcastOverlay(ObjectSubclass<imp::StallcastOverlay>)
        @extends gst_video::VideoFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

impl StallcastOverlay {
    /// A new element that is not yet in a pipeline.
    ///
    /// # Errors
    /// When the element's type cannot be registered.
    pub fn make() -> Result<Self, glib::BoolError> {
        register()?;
        Ok(glib::Object::new())
    }

    /// Replaces the list of layers whole, bottom first. The conversion of changed layers happens
    /// in the caller's thread; the streaming thread only ever swaps a pointer.
    pub fn set_layers(&self, layers: &[Layer]) {
        let imp = self.imp();
        let mut source = imp.source();
        let pictures = source.stack.replace(layers);
        source.layers = layers.to_vec();
        imp.show(pictures);
    }

    /// How many layers have been converted since the element was made.
    #[must_use]
    pub fn conversions(&self) -> u64 {
        self.imp().source().stack.conversions()
    }
}

/// Makes `stallcastoverlay` known to this process, so that it can be named in a pipeline
/// description. Calling it again does nothing.
///
/// # Errors
/// When GStreamer refuses the registration.
pub fn register() -> Result<(), glib::BoolError> {
    static DONE: std::sync::OnceLock<Result<(), glib::BoolError>> = std::sync::OnceLock::new();
    DONE.get_or_init(|| {
        gst::Element::register(
            None,
            "stallcastoverlay",
            gst::Rank::NONE,
            StallcastOverlay::static_type(),
        )
    })
    .clone()
}

mod imp {
    use std::sync::LazyLock;

    use super::*;

    /// What the caller set: touched by callers, and by the streaming thread only when the caps
    /// change.
    pub struct Source {
        pub layers: Vec<Layer>,
        pub stack: LayerStack,
    }

    pub struct StallcastOverlay {
        source: Mutex<Source>,
        pictures: Mutex<Arc<[Shown]>>,
    }

    impl StallcastOverlay {
        pub fn source(&self) -> MutexGuard<'_, Source> {
            self.source.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn pictures(&self) -> MutexGuard<'_, Arc<[Shown]>> {
            self.pictures.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub fn show(&self, pictures: Arc<[Shown]>) {
            let nothing = pictures.is_empty();
            *self.pictures() = pictures;
            self.obj().set_passthrough(nothing);
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for StallcastOverlay {
        const NAME: &'static str = "StallcastOverlay";
        type Type = super::StallcastOverlay;
        type ParentType = gst_video::VideoFilter;

        fn new() -> Self {
            Self {
                source: Mutex::new(Source {
                    layers: Vec::new(),
                    stack: LayerStack::new(Matrix::Bt709),
                }),
                pictures: Mutex::new(Arc::new([])),
            }
        }
    }

    impl ObjectImpl for StallcastOverlay {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_passthrough(true);
        }
    }

    impl GstObjectImpl for StallcastOverlay {}

    impl ElementImpl for StallcastOverlay {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Stallcast overlay",
                    "Filter/Effect/Video",
                    "Blends converted layers into I420 in place",
                    "Stallcast",
                )
            });
            Some(&*METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let caps = gst_video::VideoCapsBuilder::new()
                    .format(gst_video::VideoFormat::I420)
                    .build();
                [
                    ("src", gst::PadDirection::Src),
                    ("sink", gst::PadDirection::Sink),
                ]
                .into_iter()
                .filter_map(|(name, direction)| {
                    gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
                })
                .collect()
            });
            &TEMPLATES
        }
    }

    impl BaseTransformImpl for StallcastOverlay {
        const MODE: gst_base::subclass::BaseTransformMode =
            gst_base::subclass::BaseTransformMode::AlwaysInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
    }

    impl VideoFilterImpl for StallcastOverlay {
        fn set_info(
            &self,
            incaps: &gst::Caps,
            in_info: &gst_video::VideoInfo,
            outcaps: &gst::Caps,
            out_info: &gst_video::VideoInfo,
        ) -> Result<(), gst::LoggableError> {
            let matrix = match in_info.colorimetry().matrix() {
                gst_video::VideoColorMatrix::Bt709 => Matrix::Bt709,
                gst_video::VideoColorMatrix::Bt601 => Matrix::Bt601,
                _ => Matrix::for_height(in_info.height()),
            };
            {
                let mut source = self.source();
                if source.stack.matrix() != matrix {
                    source.stack = LayerStack::new(matrix);
                    let layers = std::mem::take(&mut source.layers);
                    let pictures = source.stack.replace(&layers);
                    source.layers = layers;
                    *self.pictures() = pictures;
                }
            }
            self.parent_set_info(incaps, in_info, outcaps, out_info)
        }

        fn transform_frame_ip(
            &self,
            frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
        ) -> Result<gst::FlowSuccess, gst::FlowError> {
            let pictures = self.pictures().clone();
            // The encoder's pipeline has the program's clock and one segment: a frame's time is its running time.
            let time = frame.buffer().pts().map(std::time::Duration::from);
            for Shown { picture, motion } in pictures.iter() {
                let step = match (motion, time) {
                    (Some(motion), Some(time)) => motion.at(time),
                    _ => Step::WHOLE,
                };
                picture.blend_step(frame, step);
            }
            Ok(gst::FlowSuccess::Ok)
        }
    }
}
