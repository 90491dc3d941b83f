//! Owns the knowledge whether the service that lists the camera is there: a connection to PipeWire on which nothing is
//! said. GStreamer's sink goes on as if nothing had happened when its service ends.

#[cfg(unix)]
pub(super) use held::Service;
#[cfg(not(unix))]
pub(super) use unknown::Service;

#[cfg(unix)]
mod held {
    use std::io::{self, Read};
    use std::os::unix::net::UnixStream;
    use std::path::PathBuf;

    /// A connection that ends with the service.
    #[derive(Debug)]
    pub(in super::super) struct Service(UnixStream);

    impl Service {
        /// # Errors
        /// Nobody is there.
        pub fn find() -> io::Result<Self> {
            let socket = UnixStream::connect(place().ok_or(io::ErrorKind::NotFound)?)?;
            socket.set_nonblocking(true)?;
            Ok(Self(socket))
        }

        /// Whether it is there still.
        pub fn is_there(&mut self) -> bool {
            match self.0.read(&mut [0; 64]) {
                Ok(read) => read > 0,
                Err(error) => matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ),
            }
        }
    }

    /// Where PipeWire listens, as its clients look for it (pipewire(1), environment).
    fn place() -> Option<PathBuf> {
        let of = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let remote = of("PIPEWIRE_REMOTE").map_or_else(|| "pipewire-0".into(), PathBuf::from);
        if remote.is_absolute() {
            return Some(remote);
        }
        let folder = of("PIPEWIRE_RUNTIME_DIR").or_else(|| of("XDG_RUNTIME_DIR"))?;
        Some(PathBuf::from(folder).join(remote))
    }
}

#[cfg(not(unix))]
mod unknown {
    use std::io;

    /// No system of this kind has a virtual camera yet.
    #[derive(Debug)]
    pub(in super::super) struct Service;

    impl Service {
        pub fn find() -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn is_there(&mut self) -> bool {
            false
        }
    }
}
