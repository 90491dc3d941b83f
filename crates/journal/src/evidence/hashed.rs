//! Hashing files of any size, stopping when asked.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Bytes read at once: large enough for a disk, small enough that a stop is heard at once.
const BLOCK: usize = 1 << 20;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in small hexadecimal digits.
    pub sha256: String,
}

/// Hashes a file. `go_on` is called with the bytes of each block (1 MB at most); `false` ends it, and then there is no
/// result.
///
/// # Errors
/// When the file cannot be read.
pub fn hash_file(
    path: &Path,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> std::io::Result<Option<Hashed>> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut bytes = 0_u64;
    loop {
        let read = match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&block[..read]);
        bytes += read as u64;
        if !go_on(read as u64) {
            return Ok(None);
        }
    }
    Ok(Some(Hashed {
        bytes,
        sha256: hex(&hash.finalize()),
    }))
}

/// The hash of something short.
pub(super) fn hash_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
