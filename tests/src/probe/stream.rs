//! Recorded streams as a player would take them, and clips with known contents to send.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use ffmpeg_next as ff;
use stallcast_clips::{Depth, MediaFacts, probe_with};

use crate::world::run;

/// Decodes a whole recording and panics unless it plays to its end with H.264 pictures. What it
/// holds is given back.
pub fn prove_playable(path: &Path) -> MediaFacts {
    let facts = probe_with(path, Depth::Everything).unwrap();
    assert!(
        facts.plays_to_end,
        "{} does not play: {facts:#?}",
        path.display()
    );
    let video = facts.video.as_ref().expect("pictures");
    assert_eq!(video.codec, "h264");
    facts
}

/// Pictures missing inside a stream of `fps` pictures a second, by their times: whole picture distances between
/// neighbours beyond the first. What is missing before its first and after its last picture is not seen.
pub fn missing_frames(path: &Path, fps: u32) -> u64 {
    ff::init().unwrap();
    let mut input = ff::format::input(path).unwrap();
    let stream = input.streams().best(ff::media::Type::Video);
    let stream = stream.expect("pictures");
    let (index, base) = (stream.index(), f64::from(stream.time_base()));
    let mut last = None;
    let mut missing = 0;
    let mut packet = ff::Packet::empty();
    loop {
        match packet.read(&mut input) {
            Ok(()) => {}
            Err(ff::Error::InvalidData) => continue,
            Err(_) => return missing,
        }
        let Some(at) = packet.dts().filter(|_| packet.stream() == index) else {
            continue;
        };
        let at = at as f64 * base;
        let distance: f64 = last.map_or(1.0, |last: f64| (at - last) * f64::from(fps));
        missing += (distance.round() - 1.0).max(0.0) as u64;
        last = Some(at);
    }
}

/// Unix time in ms of a recording's first picture, from its first `prft` box (ISO/IEC 14496-12, 8.16.5); `None`
/// when it has none.
pub fn first_frame_unix_ms(path: &Path) -> Option<f64> {
    /// Seconds from NTP's beginning (1900) to Unix's.
    const NTP_TO_UNIX: f64 = 2_208_988_800.0;
    let file = std::fs::read(path).unwrap();
    let name = file.windows(4).position(|bytes| bytes == b"prft")?;
    // Version and flags, and the track's number, come before it.
    let stamp = file.get(name + 12..name + 20)?;
    let ntp = u64::from_be_bytes(stamp.try_into().ok()?);
    let seconds = ntp as f64 / 4_294_967_296.0 - NTP_TO_UNIX;
    Some(seconds * 1000.0)
}

/// Makes a clip that is black with a white flash of 100 ms and a beep of 1 kHz at every half
/// second past the full one (0.5 s, 1.5 s …). The beep comes `beep_late` after its flash.
/// 320x180 at 30 pictures a second, H.264 and AAC in what `out`'s extension says.
pub fn flash_clip(out: &Path, length: Duration, beep_late: Duration) {
    // A millisecond early, so that a picture time of 1.4999 s counts as half past.
    let phase = "0.501";
    let pictures = format!(
        "color=black:size=320x180:rate=30,drawbox=color=white:t=fill:\
         enable='lt(mod(t+{phase},1),0.1)'"
    );
    let late = beep_late.as_secs_f64();
    let sound = format!(
        "aevalsrc='0.5*sin(2*PI*1000*t)*gte(t,{late})*lt(mod(t-{late}+0.5,1),0.1)':s=48000"
    );
    let seconds = length.as_secs_f64().to_string();
    let from = ["-f", "lavfi", "-i", &pictures, "-f", "lavfi", "-i", &sound];
    let to = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 60 -c:a aac -ac 2".split(' ');
    let words = from.into_iter().chain(["-t", &seconds]).chain(to);
    ffmpeg(words, out);
}

/// Makes a clip of ten seconds in one colour (a name or `#rrggbb`), without sound, 640x360 at 30 pictures a second.
pub fn colour_clip(out: &Path, colour: &str) {
    let pictures = format!("color={colour}:s=640x360:r=30:d=10");
    let to = "-c:v libx264 -preset ultrafast -g 30 -pix_fmt yuv420p".split(' ');
    ffmpeg(["-f", "lavfi", "-i", &pictures].into_iter().chain(to), out);
}

/// Makes `out` as these words say.
fn ffmpeg<'a>(words: impl Iterator<Item = &'a str>, out: &'a Path) {
    let quiet = "-hide_banner -loglevel error -nostdin -y".split(' ');
    let words = quiet.chain(words).map(OsStr::new);
    run("ffmpeg", words.chain([out.as_os_str()]));
}
