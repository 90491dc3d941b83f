//! Owns the process that serves the camera, as the program sees it: started, fed with the newest picture, started anew
//! when it ends.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::serve::{LIVE, NO_SERVICE};
use super::{SERVE, VirtualCameraFault, VirtualCameraState, lock};

/// How often a process that is told nothing is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pause before it is started anew; a PipeWire that restarts takes a second.
const RETRY_AFTER: Duration = Duration::from_secs(3);
/// One that lived this long is started anew at once.
const HEALTHY_AFTER: Duration = Duration::from_secs(5);

/// One switching-on of the camera, until it is switched off.
#[derive(Debug)]
pub(super) struct Line {
    inner: Mutex<Inner>,
    /// A picture came, or the end.
    news: Condvar,
}

#[derive(Debug)]
struct Inner {
    state: VirtualCameraState,
    picture: Option<gst::Buffer>,
    server: Option<Child>,
    ended: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            inner: Mutex::new(Inner {
                state: VirtualCameraState::Starting,
                picture: None,
                server: None,
                ended: false,
            }),
            news: Condvar::new(),
        }
    }
}

/// What a wait for a picture brought.
enum News {
    Picture(gst::Buffer),
    Nothing,
    End,
}

impl Line {
    pub(super) fn state(&self) -> VirtualCameraState {
        lock(&self.inner).state
    }

    pub(super) fn say(&self, state: VirtualCameraState) {
        let mut inner = lock(&self.inner);
        if inner.state != state {
            tracing::info!(?state, "virtual camera");
            inner.state = state;
        }
    }

    /// Takes the place of the picture before.
    pub(super) fn offer(&self, picture: &gst::BufferRef) {
        // Whoever holds the lock holds it for a moment: skip this picture.
        let Ok(mut inner) = self.inner.try_lock() else {
            return;
        };
        if inner.state == VirtualCameraState::Live {
            inner.picture = Some(picture.to_owned());
            self.news.notify_one();
        }
    }

    /// Ends it, whatever its process does.
    pub(super) fn end(&self) {
        let mut inner = lock(&self.inner);
        inner.ended = true;
        inner.picture = None;
        if let Some(server) = &mut inner.server {
            // It may be stuck; the thread that feeds it finds its other end closed.
            let _ = server.kill();
        }
        self.news.notify_one();
    }

    /// Keeps a process at work until the end.
    pub(super) fn keep(&self, server: &Path, info: &gst_video::VideoInfo) {
        loop {
            let began = Instant::now();
            let Err(fault) = self.serve(server, info) else {
                return;
            };
            self.say(VirtualCameraState::Retrying(fault));
            let pause = match fault {
                VirtualCameraFault::Broken if began.elapsed() >= HEALTHY_AFTER => Duration::ZERO,
                _ => RETRY_AFTER,
            };
            if self.is_ended_within(pause) {
                return;
            }
        }
    }

    /// Feeds one process; fine when it is not wanted any more.
    fn serve(&self, server: &Path, info: &gst_video::VideoInfo) -> Result<(), VirtualCameraFault> {
        let fed = self.start(server, info).and_then(|(input, word)| {
            if word.trim_end() == LIVE {
                self.say(VirtualCameraState::Live);
                Err(self.feed(input, info))
            } else if word.trim_end() == NO_SERVICE {
                Err(VirtualCameraFault::NoService)
            } else {
                Err(VirtualCameraFault::Broken)
            }
        });
        let (server, ended) = {
            let mut inner = lock(&self.inner);
            inner.picture = None;
            (inner.server.take(), inner.ended)
        };
        if let Some(mut server) = server {
            let _ = server.kill();
            let _ = server.wait();
        }
        if ended { Ok(()) } else { fed }
    }

    /// Starts a process, and waits for its first word.
    fn start(
        &self,
        server: &Path,
        info: &gst_video::VideoInfo,
    ) -> Result<(ChildStdin, String), VirtualCameraFault> {
        let broken = |error: std::io::Error| {
            tracing::warn!(%error, "the virtual camera's process does not start");
            VirtualCameraFault::Broken
        };
        let caps = info.to_caps().map_err(|_| VirtualCameraFault::Broken)?;
        let mut child = Command::new(server)
            .arg(SERVE)
            .arg(caps.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(broken)?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        {
            let mut inner = lock(&self.inner);
            if inner.ended {
                let _ = child.kill();
            }
            inner.server = Some(child);
        }
        let (Some(input), Some(output)) = (input, output) else {
            return Err(VirtualCameraFault::Broken);
        };
        let mut word = String::new();
        BufReader::new(output)
            .read_line(&mut word)
            .map_err(broken)?;
        Ok((input, word))
    }

    /// Writes pictures until nobody takes them.
    fn feed(&self, mut input: ChildStdin, info: &gst_video::VideoInfo) -> VirtualCameraFault {
        loop {
            match self.next() {
                News::Picture(picture) => {
                    if let Err(error) = write(&mut input, &picture, info) {
                        tracing::warn!(%error, "the virtual camera's process is gone");
                        return VirtualCameraFault::Broken;
                    }
                }
                News::Nothing => {
                    let mut inner = lock(&self.inner);
                    let gone = |server: &mut Child| !matches!(server.try_wait(), Ok(None));
                    if inner.server.as_mut().is_none_or(gone) {
                        return VirtualCameraFault::Broken;
                    }
                }
                News::End => return VirtualCameraFault::Broken,
            }
        }
    }

    fn next(&self) -> News {
        let waiting = self
            .news
            .wait_timeout_while(lock(&self.inner), LOOK_EVERY, |inner| {
                inner.picture.is_none() && !inner.ended
            });
        let (mut inner, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        if inner.ended {
            return News::End;
        }
        inner.picture.take().map_or(News::Nothing, News::Picture)
    }

    fn is_ended_within(&self, pause: Duration) -> bool {
        let waiting = self
            .news
            .wait_timeout_while(lock(&self.inner), pause, |inner| !inner.ended);
        waiting.unwrap_or_else(PoisonError::into_inner).0.ended
    }
}

/// Writes a picture with nothing between its rows but what its caps say.
fn write(
    into: &mut impl Write,
    picture: &gst::Buffer,
    info: &gst_video::VideoInfo,
) -> std::io::Result<()> {
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(picture, info)
        .map_err(std::io::Error::other)?;
    let packed = frame.plane_stride() == info.stride() && frame.plane_offset() == info.offset();
    if packed && let Ok(map) = picture.map_readable() {
        return into.write_all(&map[..info.size().min(map.len())]);
    }
    let mut whole = gst::Buffer::with_size(info.size()).map_err(std::io::Error::other)?;
    if let Some(whole) = whole.get_mut() {
        let mut to = gst_video::VideoFrameRef::from_buffer_ref_writable(whole, info)
            .map_err(std::io::Error::other)?;
        frame.copy(&mut to).map_err(std::io::Error::other)?;
    }
    let map = whole.map_readable().map_err(std::io::Error::other)?;
    into.write_all(&map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_with_gaps_between_its_rows_is_written_without_them() {
        gst::init().unwrap();
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::Gray8, 4, 2)
            .build()
            .unwrap();
        let mut picture = gst::Buffer::from_slice(*b"1234....5678....");
        gst_video::VideoMeta::add_full(
            picture.get_mut().unwrap(),
            gst_video::VideoFrameFlags::empty(),
            gst_video::VideoFormat::Gray8,
            4,
            2,
            &[0],
            &[8],
        )
        .unwrap();
        let mut written = Vec::new();
        write(&mut written, &picture, &info).unwrap();
        assert_eq!(written, b"12345678");
    }
}
