//! Owns cutting a byte stream into lines of bounded length.

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, BufReader};

/// Twitch allows 8 191 bytes of tags (IRCv3 message-tags) before 512 bytes of message; twice that is
/// room for a generous server, and the bound on what one line can make us keep.
pub(super) const LINE_BYTES: usize = 16 * 1024;

/// What the stream gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// A line without its end; invalid UTF-8 replaced.
    Line(String),
    /// A line longer than the bound, skipped whole.
    TooLong,
}

pub(super) struct Lines<R> {
    from: BufReader<R>,
    partial: Vec<u8>,
    overlong: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self {
            from: BufReader::with_capacity(LINE_BYTES, from),
            partial: Vec::new(),
            overlong: false,
        }
    }

    /// The next line; `None` at the end of the stream. Safe to cancel: what was read so far stays in `self`.
    pub(super) async fn next(&mut self) -> std::io::Result<Option<Cut>> {
        loop {
            let available = self.from.fill_buf().await?;
            if available.is_empty() {
                return Ok(None);
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            if self.partial.len() + part.len() > LINE_BYTES {
                self.overlong = true;
                self.partial.clear();
            }
            if !self.overlong {
                self.partial.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            std::pin::Pin::new(&mut self.from).consume(used);
            if end.is_none() {
                continue;
            }
            if std::mem::take(&mut self.overlong) {
                return Ok(Some(Cut::TooLong));
            }
            let line = String::from_utf8_lossy(&self.partial)
                .trim_end_matches('\r')
                .to_owned();
            self.partial.clear();
            return Ok(Some(Cut::Line(line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_endless_line_is_skipped_and_the_next_one_is_read() {
        let mut bytes = vec![b'x'; 10 * LINE_BYTES];
        bytes.extend_from_slice("\r\nPING :é\r\n\nlast".as_bytes());
        let mut lines = Lines::new(bytes.as_slice());
        assert_eq!(lines.next().await.unwrap(), Some(Cut::TooLong));
        assert_eq!(
            lines.next().await.unwrap(),
            Some(Cut::Line("PING :é".into()))
        );
        assert_eq!(lines.next().await.unwrap(), Some(Cut::Line(String::new())));
        assert_eq!(lines.next().await.unwrap(), None);
        assert!(lines.partial.capacity() <= LINE_BYTES);
    }
}
