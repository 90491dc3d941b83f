//! What the page is told of a destination and of the rehearsal's receiver.

use stallcast_clips::{ReceiverReport, ReceiverState};
use stallcast_delivery::{DeliveryErrorCode, DestinationStatus, State, TlsProblem};
use stallcast_show::DestinationId;
use stallcast_wire::{DestinationHealth, ReceiverView, RunState};

use super::codecs::in_show;

/// Health of a destination, running or not.
pub(super) fn health(
    id: &DestinationId,
    status: Option<DestinationStatus>,
    has_key: bool,
) -> DestinationHealth {
    let mut health = DestinationHealth {
        id: id.clone(),
        run: RunState::Stopped,
        kbps: 0.0,
        frames_sent: 0,
        frames_dropped: 0,
        backlog_ms: 0,
        target_kbps: 0,
        reconnects: 0,
        error: String::new(),
        server_words: None,
        room_closes_in_ms: None,
        has_key,
        codec: None,
        codec_note: String::new(),
    };
    if let Some(status) = status {
        health.run = match status.state {
            State::Starting => RunState::Starting,
            State::Live => RunState::Live,
            State::Stalled => RunState::Stalled,
            State::Retrying {
                attempt,
                next_in_ms,
            } => RunState::Retrying {
                attempt,
                next_in_ms,
            },
            State::Stopped => RunState::Stopped,
        };
        health.kbps = status.kbps;
        health.frames_sent = status.frames_sent;
        health.frames_dropped = status.frames_dropped;
        health.backlog_ms = status.backlog_ms;
        health.reconnects = status.reconnects;
        health.error = status
            .last_error
            .as_ref()
            .map(error_code)
            .unwrap_or_default()
            .to_owned();
        health.server_words = status
            .last_error
            .as_ref()
            .and_then(DeliveryErrorCode::server_words)
            .map(str::to_owned);
        health.room_closes_in_ms = status.room_closes_in_ms;
        health.codec = status.codec.map(in_show);
    }
    health
}

/// The page's name for a reason; the sentence is the page's.
pub fn error_code(error: &DeliveryErrorCode) -> &'static str {
    match error {
        DeliveryErrorCode::BadUrl => "bad_url",
        DeliveryErrorCode::DnsFailed => "dns_failed",
        DeliveryErrorCode::Refused => "refused",
        DeliveryErrorCode::Unreachable => "unreachable",
        DeliveryErrorCode::TlsFailed(problem) => match problem {
            TlsProblem::UnknownIssuer => "tls_unknown_issuer",
            TlsProblem::Expired => "tls_expired",
            TlsProblem::WrongName => "tls_wrong_name",
            TlsProblem::BadCertificate => "tls_bad_certificate",
            TlsProblem::Protocol => "tls_protocol",
            TlsProblem::NoRoots => "tls_no_roots",
        },
        DeliveryErrorCode::HandshakeFailed => "handshake_failed",
        DeliveryErrorCode::PublishRejected(_) => "publish_rejected",
        DeliveryErrorCode::ProtocolViolated => "protocol_violated",
        DeliveryErrorCode::Stalled => "stalled",
        DeliveryErrorCode::ClosedByServer => "closed_by_server",
        DeliveryErrorCode::EndedByServer(_) => "ended_by_server",
        DeliveryErrorCode::CodecChanged => "codec_changed",
        DeliveryErrorCode::WaitingForCaller => "waiting_for_caller",
        DeliveryErrorCode::PortInUse => "port_in_use",
        DeliveryErrorCode::WrongPassphrase => "wrong_passphrase",
        DeliveryErrorCode::BadPassphrase => "bad_passphrase",
        DeliveryErrorCode::NotAuthorized => "not_authorized",
        DeliveryErrorCode::NotFound => "not_found",
        DeliveryErrorCode::NotSecure => "not_secure",
        DeliveryErrorCode::NoAnswer => "no_answer",
        DeliveryErrorCode::FormatRefused => "format_refused",
        DeliveryErrorCode::NoMediaPath => "no_media_path",
        DeliveryErrorCode::NotInstalled(_) => "not_installed",
        DeliveryErrorCode::SenderFailed(_) => "sender_failed",
    }
}

/// What viewers would get.
pub(super) fn view(report: &ReceiverReport) -> ReceiverView {
    let video = report.video.as_ref();
    let audio = report.audio.as_ref();
    ReceiverView {
        state: match report.state {
            ReceiverState::Waiting => "waiting",
            ReceiverState::Receiving => "receiving",
            ReceiverState::Lost => "lost",
        }
        .into(),
        width: video.map_or(0, |v| v.width),
        height: video.map_or(0, |v| v.height),
        fps: video.map_or(0.0, |v| v.fps),
        video_kbps: video.map_or(0.0, |v| f64::from(v.kbps)),
        audio_kbps: audio.map_or(0.0, |a| f64::from(a.kbps)),
        keyframe_s: video
            .and_then(|v| v.keyframe_interval)
            .map_or(0.0, |interval| interval.as_secs_f64()),
        audio_codec: audio.map(|a| a.codec.clone()).unwrap_or_default(),
        sample_rate: audio.map_or(0, |a| a.sample_rate),
        channels: audio.map_or(0, |a| u32::from(a.channels)),
        peak_db: audio.map_or(-100.0, |a| f64::from(a.peak_dbfs)),
        delay_ms: report.delay_ms.map(|ms| ms as f64),
        freezes: report.freezes.count,
        longest_freeze_ms: u64::try_from(report.freezes.longest.as_millis()).unwrap_or(u64::MAX),
        av_offset_ms: report.a_v_offset_ms.map(|ms| ms as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_apart() {
        let code = |problem| error_code(&DeliveryErrorCode::TlsFailed(problem));
        assert_eq!(code(TlsProblem::UnknownIssuer), "tls_unknown_issuer");
        assert_eq!(code(TlsProblem::Expired), "tls_expired");
        assert_eq!(code(TlsProblem::WrongName), "tls_wrong_name");
        assert_eq!(code(TlsProblem::BadCertificate), "tls_bad_certificate");
        assert_eq!(code(TlsProblem::Protocol), "tls_protocol");
        assert_eq!(code(TlsProblem::NoRoots), "tls_no_roots");
    }
}
