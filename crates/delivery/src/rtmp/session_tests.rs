//! The session against `rml_rtmp`'s server, an independent reading of the protocol.

use std::collections::VecDeque;

use bytes::Bytes;
use proptest::prelude::*;
use rml_rtmp::sessions::{
    ServerSession, ServerSessionConfig, ServerSessionEvent, ServerSessionResult,
};

use super::*;
use crate::packet::{AudioFormat, VideoCodec, VideoFormat};

fn url(key: &str) -> IngestUrl {
    IngestUrl::parse("rtmp://host/live", &Secret::new(key)).unwrap()
}

fn format() -> StreamFormat {
    StreamFormat {
        video: VideoFormat {
            codec: VideoCodec::H264,
            codec_config: Bytes::from_static(b"avcc"),
            width: 1280,
            height: 720,
            fps: 30,
            kbps: 2500,
        },
        audio: AudioFormat {
            codec_config: Bytes::from_static(b"asc"),
            sample_rate: 48_000,
            channels: 2,
            kbps: 128,
        },
    }
}

/// Carries bytes both ways until nothing moves. The server accepts everything.
fn talk(
    session: &mut PublishSession,
    server: &mut ServerSession,
    first: Vec<ServerSessionResult>,
) -> (Vec<SessionEvent>, Vec<ServerSessionEvent>) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut results: VecDeque<ServerSessionResult> = first.into();
    loop {
        while let Some(result) = results.pop_front() {
            match result {
                ServerSessionResult::OutboundResponse(packet) => {
                    ours.extend(session.input(&packet.bytes).unwrap());
                }
                ServerSessionResult::RaisedEvent(event) => {
                    let request = match &event {
                        ServerSessionEvent::ConnectionRequested { request_id, .. }
                        | ServerSessionEvent::ReleaseStreamRequested { request_id, .. }
                        | ServerSessionEvent::PublishStreamRequested { request_id, .. } => {
                            Some(*request_id)
                        }
                        _ => None,
                    };
                    if let Some(id) = request {
                        results.extend(server.accept_request(id).unwrap());
                    }
                    theirs.push(event);
                }
                ServerSessionResult::UnhandleableMessageReceived(_) => {}
            }
        }
        if session.out.is_empty() {
            return (ours, theirs);
        }
        results.extend(server.handle_input(&session.out.split()).unwrap());
    }
}

fn connected() -> (PublishSession, ServerSession) {
    let (mut server, first) = ServerSession::new(ServerSessionConfig::new()).unwrap();
    let mut session = PublishSession::new(&url("key?a=b"), VideoCodec::H264);
    let (ours, theirs) = talk(&mut session, &mut server, first);
    assert_eq!(ours, [SessionEvent::Accepted]);
    assert!(theirs.iter().any(|e| matches!(e,
        ServerSessionEvent::PublishStreamRequested { app_name, stream_key, .. }
            if app_name == "live" && stream_key == "key?a=b")));
    (session, server)
}

#[test]
fn another_implementation_takes_our_stream_and_its_end() {
    let (mut session, mut server) = connected();
    session.send_format(&format(), 0);
    let packet = Packet {
        track: Track::Video,
        pts_us: 0,
        dts_us: 0,
        keyframe: true,
        data: vec![5; 100_000].into(),
    };
    let stamp = Stamp {
        dts: 40,
        composition: 80,
    };
    session.send_packet(&packet, stamp);
    session.farewell();
    let (_, theirs) = talk(&mut session, &mut server, Vec::new());
    let mut frame = vec![0x17, 1, 0, 0, 80];
    frame.extend_from_slice(&packet.data);
    let mut seen = Vec::new();
    for event in theirs {
        match event {
            ServerSessionEvent::StreamMetadataChanged { metadata, .. } => {
                assert_eq!(metadata.video_width, Some(1280));
                assert_eq!(metadata.audio_sample_rate, Some(48_000));
                seen.push("metadata");
            }
            ServerSessionEvent::VideoDataReceived {
                data, timestamp, ..
            } if timestamp.value == 0 => {
                assert_eq!(&data[..], b"\x17\0\0\0\0avcc");
                seen.push("avc");
            }
            ServerSessionEvent::AudioDataReceived { data, .. } => {
                assert_eq!(&data[..], b"\xAF\0asc");
                seen.push("aac");
            }
            ServerSessionEvent::VideoDataReceived {
                data, timestamp, ..
            } => {
                assert_eq!((timestamp.value, &data[..]), (40, &frame[..]));
                seen.push("frame");
            }
            ServerSessionEvent::PublishStreamFinished { .. } => seen.push("end"),
            _ => {}
        }
    }
    assert_eq!(seen, ["metadata", "avc", "aac", "frame", "end"]);
}

/// A message from a server on chunk stream 3, in chunks of the first size, 128 bytes.
fn from_server(kind: u8, body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(body.len()).unwrap().to_be_bytes();
    let mut wire = vec![3, 0, 0, 0, 0, high, low, kind, 0, 0, 0, 0];
    // Every further chunk has a header of one byte: type 3 on chunk stream 3.
    wire.extend(body.chunks(128).collect::<Vec<_>>().join(&0xC3));
    wire
}

fn status(level: &str, code: &str) -> Vec<u8> {
    let info = Value::Object(vec![
        ("level".into(), Value::text(level)),
        ("code".into(), Value::text(code)),
    ]);
    let values = [
        Value::text("onStatus"),
        Value::Number(0.0),
        Value::Null,
        info,
    ];
    from_server(20, &amf0::encode(&values))
}

#[test]
fn a_name_in_use_is_a_rejection_with_its_code() {
    let mut session = PublishSession::new(&url("k1"), VideoCodec::H264);
    let events = session.input(&status("error", "NetStream.Publish.BadName"));
    let code = "NetStream.Publish.BadName".to_owned();
    assert_eq!(events, Ok(vec![SessionEvent::Rejected(code)]));
}

#[test]
fn an_error_after_acceptance_is_the_end_and_a_status_is_not() {
    let (mut session, _) = connected();
    let fine = session.input(&status("status", "NetStream.Publish.Idle"));
    assert_eq!(fine, Ok(vec![]));
    let over = session.input(&status("status", "NetStream.Unpublish.Success"));
    let code = "NetStream.Unpublish.Success".to_owned();
    assert_eq!(over, Ok(vec![SessionEvent::Ended(code)]));
}

#[test]
fn a_code_that_carries_the_key_or_a_novel_is_cut() {
    let mut session = PublishSession::new(&url("abcdef"), VideoCodec::H264);
    let events = session.input(&status("error", "denied: abcdef\n"));
    assert_eq!(events, Ok(vec![SessionEvent::Rejected("hidden".into())]));
    let events = session.input(&status("error", "denied.abc<def>"));
    assert_eq!(events, Ok(vec![SessionEvent::Rejected("hidden".into())]));
    let long = format!("a b\u{1b}[31m{}", "x".repeat(70));
    let events = session.input(&status("error", &long)).unwrap();
    let SessionEvent::Rejected(code) = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!(code.len(), 64);
    assert!(code.starts_with("ab31mxx"), "{code}");
}

#[test]
fn what_a_server_says_to_people_is_kept_and_never_repeats_a_part_of_the_key() {
    let url = IngestUrl::parse(
        "rtmp://host/live?token=tok123",
        &Secret::new("name1?sign=abcd9&auth=q+7~x%2Fz"),
    );
    let mut session = PublishSession::new(&url.unwrap(), VideoCodec::H264);
    let mut reason = |description: &str| {
        let info = Value::Object(vec![
            ("level".into(), Value::text("error")),
            ("code".into(), Value::text("NetStream.Publish.Denied")),
            ("description".into(), Value::text(description)),
        ]);
        let values = [
            Value::text("onStatus"),
            Value::Number(0.0),
            Value::Null,
            info,
        ];
        let events = session.input(&from_server(20, &amf0::encode(&values)));
        match events.unwrap().remove(0) {
            SessionEvent::Rejected(words) => words,
            other => panic!("{other:?}"),
        }
    };
    let said = "NetStream.Publish.Denied: Room closed, 房间已关闭";
    assert_eq!(reason("<Room> closed, 房间已关闭"), said);
    let straddles = format!("{} name1", "x".repeat(116));
    for secret in [
        "no name1",
        "abcd9 is old",
        "tok123",
        "ab<cd9>",
        // Its end would be cut off, its start told.
        &straddles,
        // Characters that are left out stand in the key itself.
        "wrong key q+7~x%2Fz here",
        "wrong key q7x2Fz here",
    ] {
        assert_eq!(reason(secret), "NetStream.Publish.Denied", "{secret}");
    }
}

#[test]
fn pings_and_bandwidth_are_answered_and_unknown_events_ignored() {
    let mut session = PublishSession::new(&url("k"), VideoCodec::H264);
    session.out.clear();
    let mut wire = from_server(4, &[0, 6, 1, 2, 3, 4]);
    wire.extend(from_server(4, &[0, 31, 0]));
    wire.extend(from_server(4, &[0, 99, 0, 0, 0, 0]));
    wire.extend(from_server(6, &[0, 0x26, 0x25, 0xA0, 2]));
    wire.extend(from_server(22, b"aggregate"));
    assert_eq!(session.input(&wire), Ok(vec![]));
    let mut reader = ChunkReader::new();
    reader.feed(&session.out);
    let answers: Vec<Incoming> = std::iter::from_fn(|| reader.next().unwrap()).collect();
    assert_eq!(
        answers,
        [
            Incoming {
                timestamp: 0,
                kind: 4,
                body: vec![0, 7, 1, 2, 3, 4]
            },
            Incoming {
                timestamp: 0,
                kind: 5,
                body: vec![0, 0x26, 0x25, 0xA0]
            },
        ]
    );
}

#[test]
fn bytes_read_are_acknowledged_in_total() {
    let mut session = PublishSession::new(&url("k"), VideoCodec::H264);
    session.out.clear();
    session
        .input(&from_server(5, &100u32.to_be_bytes()))
        .unwrap();
    session.input(&from_server(22, &[0; 100])).unwrap();
    let mut reader = ChunkReader::new();
    reader.feed(&session.out);
    let ack = reader.next().unwrap().unwrap();
    assert_eq!((ack.kind, be_u32(&ack.body)), (3, Some(16 + 112)));
}

#[test]
fn a_server_that_pings_without_reading_does_not_fill_our_memory() {
    let mut session = PublishSession::new(&url("k"), VideoCodec::H264);
    for _ in 0..50_000 {
        session.input(&from_server(4, &[0, 6, 0, 0, 0, 0])).unwrap();
    }
    assert!(session.out.len() < MAX_OUT_FOR_REPLIES + 1024);
}

proptest! {
    #[test]
    fn no_bytes_from_a_server_break_the_session(parts in prop::collection::vec(
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            (0u8..24, prop::collection::vec(any::<u8>(), 0..100)).prop_map(|(k, b)| from_server(k, &b)),
        ], 0..20)) {
        let mut session = PublishSession::new(&url("k"), VideoCodec::H264);
        for part in parts {
            if session.input(&part).is_err() {
                break;
            }
        }
    }
}
