//! The table, the trials, and that nobody downstream can make a keyframe.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::*;
use crate::error::MediaError;

#[test]
fn hardware_comes_before_software_and_x264_is_the_first_software() {
    for codec in VideoCodec::ALL {
        let rows = of(codec);
        assert!(rows.iter().all(|kind| kind.codec == codec));
        let first_software = rows.iter().position(|kind| !kind.hardware).unwrap();
        assert!(rows[first_software..].iter().all(|kind| !kind.hardware));
        let expected = match codec {
            VideoCodec::H264 => "x264enc",
            VideoCodec::Hevc => "x265enc",
            VideoCodec::Av1 => "av1enc",
        };
        assert_eq!(rows[first_software].element, expected);
    }
}

#[test]
fn every_setting_of_an_installed_encoder_is_really_taken() {
    gst::init().unwrap();
    for element in ["x264enc", "openh264enc", "x265enc", "av1enc"] {
        let kind = all().find(|kind| kind.element == element).unwrap();
        let Ok(encoder) = gst::ElementFactory::make(element).build() else {
            continue;
        };
        for (name, value) in kind.settings {
            let spec = encoder
                .find_property(name)
                .unwrap_or_else(|| panic!("{element} has no {name}"));
            assert!(
                gst::glib::Value::deserialize_with_pspec(value, &spec).is_ok(),
                "{element} does not understand {name}={value}"
            );
        }
    }
}

#[test]
fn the_probe_tells_what_works_and_the_choice_is_the_best_of_it() {
    let reports = probe();
    assert_eq!(reports.len(), of(VideoCodec::H264).len());
    for report in &reports {
        assert_eq!(report.works, report.reason.is_none(), "{report:?}");
        assert_eq!(report.works, report.speed_fps > 0.0, "{report:?}");
    }
    let best = reports.iter().find(|report| report.works).unwrap();
    let choice = choose(None).unwrap();
    assert_eq!(choice.name, best.name);
    let expected = if best.hardware {
        ChoiceReason::Hardware
    } else {
        ChoiceReason::NoHardwareWorks
    };
    assert_eq!(choice.reason, expected);
    // From the cache: the very same numbers.
    assert_eq!(probe(), reports);
}

#[test]
fn a_requested_encoder_is_used_or_refused_but_never_replaced() {
    assert_eq!(
        choose(Some("x264enc")).unwrap().reason,
        ChoiceReason::Requested
    );
    assert_eq!(
        choose(Some("identity")),
        Err(MediaError::MissingElement("identity".to_owned()))
    );
}

#[test]
fn a_destination_cannot_make_a_keyframe() {
    gst::init().unwrap();
    let kind = all().find(|kind| kind.element == "x264enc").unwrap();
    let branch = EncoderBranch::make(kind, 500, 1000).unwrap();
    let source = gst::parse::bin_from_description(
        "videotestsrc num-buffers=60 \
         ! capsfilter caps=video/x-raw,format=I420,width=160,height=90,framerate=30/1",
        true,
    )
    .unwrap();
    let sink = gst_app::AppSink::builder().sync(false).build();
    let pipeline = gst::Pipeline::new();
    let mut chain = vec![source.upcast::<gst::Element>()];
    chain.extend(branch.elements().iter().cloned());
    chain.push(sink.clone().upcast());
    pipeline.add_many(&chain).unwrap();
    gst::Element::link_many(&chain).unwrap();
    let keyframes = Arc::new(AtomicU32::new(0));
    let counted = keyframes.clone();
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let buffer = sample.buffer().ok_or(gst::FlowError::Error)?;
                if !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
                let pad = sink.static_pad("sink").ok_or(gst::FlowError::Error)?;
                pad.push_event(
                    gst_video::UpstreamForceKeyUnitEvent::builder()
                        .all_headers(true)
                        .build(),
                );
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    pipeline.set_state(gst::State::Playing).unwrap();
    let message = pipeline.bus().unwrap().timed_pop_filtered(
        gst::ClockTime::from_seconds(60),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    assert!(matches!(message.unwrap().view(), gst::MessageView::Eos(_)));
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(keyframes.load(Ordering::Relaxed), 1);
}

#[test]
fn an_encoder_of_another_system_is_not_said_to_be_missing_here() {
    use super::probe::missing;
    for (element, os, is) in [
        ("vtenc_h264_hw", "linux", TrialFailure::OtherSystem),
        ("vtenc_h264_hw", "macos", TrialFailure::NotInstalled),
        ("mfh264enc", "linux", TrialFailure::OtherSystem),
        ("mfh264enc", "windows", TrialFailure::NotInstalled),
        ("vaapih264enc", "windows", TrialFailure::OtherSystem),
        ("nvh264enc", "linux", TrialFailure::NotInstalled),
        ("nvh264enc", "macos", TrialFailure::OtherSystem),
        ("openh264enc", "macos", TrialFailure::NotInstalled),
    ] {
        assert_eq!(missing(element, os), is, "{element} on {os}");
    }
}
