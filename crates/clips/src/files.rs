//! Files as FFmpeg gets them: opened by this program, read and written through it. FFmpeg's own ways to files and
//! addresses are not used, as its builds differ in them: GStreamer's for Windows has none.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ff::format::context::{Input, Output, StreamIo};
use ffmpeg_next as ff;

use crate::ClipError;
use crate::decode::init;

/// Read and written at once, bytes: a call for every 32 KB, as FFmpeg would, costs more than the copying.
const AT_ONCE: usize = 256 * 1024;

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> Result<Input, ClipError> {
    let failed = |cause: String| ClipError::Open {
        path: path.to_owned(),
        cause,
    };
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    input(file, path).map_err(|error| failed(error.to_string()))
}

/// `path` helps to know the format.
fn input(file: impl Read + Seek + Send + 'static, path: &Path) -> Result<Input, ff::Error> {
    init();
    let io = StreamIo::from_read_seek_with_capacity(file, AT_ONCE)?;
    ff::format::input_from_stream(io, Some(&path.to_string_lossy()), None)
}

/// Creates an MP4, or empties the file that is there.
pub(crate) fn create(path: &Path) -> Result<(Output, Fault), ClipError> {
    let failed = |cause: String| ClipError::Write {
        path: path.to_owned(),
        cause,
    };
    let file = File::create(path).map_err(|error| failed(error.to_string()))?;
    output(file).map_err(|error| failed(error.to_string()))
}

fn output(file: impl Write + Seek + Send + 'static) -> Result<(Output, Fault), ff::Error> {
    init();
    let fault = Fault::default();
    let written = Written {
        file,
        fault: fault.clone(),
    };
    let io = StreamIo::from_write_seek_with_capacity(written, AT_ONCE)?;
    let output = ff::format::output_to_stream(io, None, Some("mp4"))?;
    Ok((output, fault))
}

/// Why the system last refused to write: FFmpeg's numbers say it on some systems only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fault(Arc<Mutex<Option<String>>>);

impl Fault {
    fn keep(&self, error: io::Error) -> io::Error {
        if error.kind() != ErrorKind::Interrupted {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        }
        error
    }

    /// The system's words, else FFmpeg's.
    pub(crate) fn or(&self, error: ff::Error) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone().unwrap_or_else(|| error.to_string())
    }
}

/// A file being written.
struct Written<F> {
    file: F,
    fault: Fault,
}

impl<F: Write> Write for Written<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        written.map_err(|error| self.fault.keep(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        flushed.map_err(|error| self.fault.keep(error))
    }
}

impl<F: Seek> Seek for Written<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let stands = self.file.seek(to);
        stands.map_err(|error| self.fault.keep(error))
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
