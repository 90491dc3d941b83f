//! Encoders, cameras and microphones: listed, and each tried.

use stallcast_media::devices::{self, DeviceKind};
use stallcast_media::diagnosis::{self, Captured};
use stallcast_media::encoder::{self, TrialFailure};
use stallcast_media::platform::CaptureKind;
use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart as Part};

use super::{DeviceSeen, EncodersSeen};

/// A show has so many pictures a second.
const LEAST_FPS: f64 = 30.0;

/// Which encoders are there.
pub fn encoders() -> Result<EncodersSeen, String> {
    let (there, absent) = diagnosis::encoders().map_err(|error| error.to_string())?;
    Ok(EncodersSeen { there, absent })
}

/// One encoder, really tried.
pub fn encoder(name: &str) -> Vec<DoctorLine> {
    let known = encoder::all().find(|kind| kind.element == name);
    let by = match known {
        Some(kind) if !kind.hardware => "by_processor",
        _ => "by_chip",
    };
    let codec = known.map_or("H.264", |kind| kind.codec.name());
    let line = |code| {
        let line = DoctorLine::new(Part::Encoders, code).with("name", name);
        line.with("codec", codec).with("by_word", by)
    };
    let said = match encoder::try_full_hd(name) {
        None => line(Code::EncoderFails).with("cause", "unknown"),
        Some(Ok(fps)) => {
            let code = if fps < LEAST_FPS {
                Code::EncoderSlow
            } else {
                Code::EncoderWorks
            };
            line(code).with("fps", fps.round())
        }
        // The processor is only slow: 30 pictures took longer than 4 s.
        Some(Err(TrialFailure::TimedOut)) if by == "by_processor" => {
            line(Code::EncoderSlow).with("fps", "< 8")
        }
        Some(Err(TrialFailure::TimedOut)) => line(Code::EncoderHangs).with("seconds", 4),
        Some(Err(TrialFailure::Failed { message })) => {
            line(Code::EncoderFails).with("cause", message)
        }
        Some(Err(TrialFailure::NotInstalled | TrialFailure::OtherSystem)) => {
            line(Code::EncoderFails).with("cause", "not installed")
        }
    };
    vec![said]
}

/// The devices of a kind.
pub fn list(kind: CaptureKind) -> Result<Vec<DeviceSeen>, String> {
    // Said before the list, which is only empty when GStreamer cannot start.
    diagnosis::gstreamer_version().map_err(|error| error.to_string())?;
    let wanted = match kind {
        CaptureKind::Camera => DeviceKind::Camera,
        _ => DeviceKind::Microphone,
    };
    let found = devices::list().into_iter();
    let found = found.filter(|device| device.kind == wanted);
    Ok(found
        .map(|device| DeviceSeen {
            id: device.id,
            name: device.name,
        })
        .collect())
}

/// One camera, really opened.
pub fn camera(id: &str) -> Vec<DoctorLine> {
    let line = |code| DoctorLine::new(Part::Cameras, code);
    vec![match diagnosis::try_capture(CaptureKind::Camera, id) {
        Ok(seen) => line(Code::CameraWorks)
            .with("size", size(&seen))
            .with("format", seen.format)
            .with("ms", seen.first_ms),
        Err(error) => line(Code::CameraFails).with("cause", error),
    }]
}

/// One microphone, really opened.
pub fn microphone(id: &str) -> Vec<DoctorLine> {
    let line = |code| DoctorLine::new(Part::Microphones, code);
    vec![match diagnosis::try_capture(CaptureKind::Microphone, id) {
        Ok(seen) if seen.is_silent => line(Code::MicrophoneSilent),
        Ok(seen) => line(Code::MicrophoneWorks).with("ms", seen.first_ms),
        Err(error) => line(Code::MicrophoneFails).with("cause", error),
    }]
}

/// Width and height of what came.
pub fn size(seen: &Captured) -> String {
    seen.size.map_or_else(
        || "?".to_owned(),
        |(width, height)| format!("{width}x{height}"),
    )
}
