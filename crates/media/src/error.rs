//! Owns the errors of this crate: typed codes, no sentences for the user.

use gstreamer as gst;

use crate::input::Fault;

/// What can go wrong in the media engine.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum MediaError {
    /// GStreamer could not be initialised.
    #[error("GStreamer cannot start: {0}")]
    Init(String),
    /// A GStreamer element is not installed.
    #[error("the element {0} is missing")]
    MissingElement(String),
    /// None of the elements that could do a job is installed.
    #[error("no element for {0}")]
    NoElementFor(&'static str),
    /// The device is not there (yet, or any more).
    #[error("the device {0} is not there")]
    DeviceMissing(String),
    /// The file does not exist or cannot be read.
    #[error("the file {path} cannot be read: {reason}")]
    File {
        /// The path as it was given.
        path: String,
        /// What the operating system or the decoder said.
        reason: String,
    },
    /// Elements could not be connected, or a pipeline refused its configuration.
    #[error("the pipeline cannot be built: {0}")]
    Build(String),
    /// A running pipeline reported an error.
    #[error("{element}: {reason}")]
    Pipeline {
        /// Name of the element that reported it.
        element: String,
        /// GStreamer's message.
        reason: String,
    },
    /// A stream ended although it should not.
    #[error("the stream ended")]
    EndOfStream,
    /// What comes from a device is of no use.
    #[error("what comes is of no use: {}", .0.code())]
    Faulty(Fault),
    /// The user or the system refused to share the screen.
    #[error("screen sharing was refused: {0}")]
    PortalRefused(String),
    /// This operating system offers no way to do it.
    #[error("not available on this system: {0}")]
    Unsupported(&'static str),
    /// A parameter is out of its range.
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
    /// Nobody sends.
    #[error("nobody sends")]
    NobodySends(Sender),
    /// An input of this name is not known here.
    #[error("there is no input {0}")]
    UnknownInput(String),
}

/// Whether there was somebody who sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Nobody came yet.
    Awaited,
    /// Somebody came and is gone.
    Gone,
}

impl MediaError {
    /// A stable code for messages and logs, in snake_case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Init(_) => "media_init",
            Self::MissingElement(_) | Self::NoElementFor(_) => "media_element_missing",
            Self::DeviceMissing(_) => "device_missing",
            Self::File { .. } => "file_unreadable",
            Self::Build(_) => "pipeline_build",
            Self::Pipeline { .. } => "pipeline_error",
            Self::EndOfStream => "end_of_stream",
            Self::Faulty(fault) => fault.code(),
            Self::PortalRefused(_) => "portal_refused",
            Self::Unsupported(_) => "unsupported",
            Self::OutOfRange(_) => "out_of_range",
            Self::NobodySends(Sender::Awaited) => "phone_awaited",
            Self::NobodySends(Sender::Gone) => "phone_gone",
            Self::UnknownInput(_) => "unknown_input",
        }
    }

    /// The error inside a bus message.
    #[must_use]
    pub fn from_message(message: &gst::message::Error) -> Self {
        Self::Pipeline {
            element: message
                .src()
                .map(|src| gst::prelude::GstObjectExt::name(src).to_string())
                .unwrap_or_default(),
            reason: message.error().to_string(),
        }
    }
}

impl From<gst::glib::BoolError> for MediaError {
    fn from(error: gst::glib::BoolError) -> Self {
        Self::Build(error.message.to_string())
    }
}

impl From<gst::StateChangeError> for MediaError {
    fn from(error: gst::StateChangeError) -> Self {
        Self::Build(error.to_string())
    }
}

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, MediaError>;
