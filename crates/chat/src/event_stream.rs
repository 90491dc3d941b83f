//! Owns cutting a stream of server-sent events (the WHATWG's `text/event-stream`) into the data of its events.

/// Longest data of an event; a longer one is given up and counted.
const EVENT_BYTES: usize = 256 * 1024;

/// What was cut off.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The data of an event; its lines are joined by line feeds.
    Data(String),
    /// An event that was too long or no text.
    Spoilt,
}

/// The stream so far.
#[derive(Debug, Default)]
pub(crate) struct EventStream {
    /// The line that is under way.
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    spoilt: bool,
    /// The last byte ended a line as a carriage return; a line feed after it belongs to it.
    returned: bool,
}

impl EventStream {
    /// Takes the next bytes; gives what they complete.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Cut> {
        let mut cuts = Vec::new();
        for &byte in bytes {
            let after_return = std::mem::take(&mut self.returned);
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => {
                    self.returned = byte == b'\r';
                    cuts.extend(self.end_line());
                }
                _ if self.line.len() < EVENT_BYTES => self.line.push(byte),
                _ => self.spoilt = true,
            }
        }
        cuts
    }

    fn end_line(&mut self) -> Option<Cut> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.end_event();
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = line.split_at(colon.unwrap_or(line.len()));
        // A comment, which is how a server says that it lives, has an empty name. Ids, kinds and waits are not used.
        if field != b"data" {
            return None;
        }
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        if self.data.len() + value.len() >= EVENT_BYTES {
            self.spoilt = true;
            return None;
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
        None
    }

    fn end_event(&mut self) -> Option<Cut> {
        let data = std::mem::take(&mut self.data);
        let had_data = std::mem::take(&mut self.has_data);
        if std::mem::take(&mut self.spoilt) {
            return Some(Cut::Spoilt);
        }
        let text = || String::from_utf8(data).map_or(Cut::Spoilt, Cut::Data);
        had_data.then(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Cut {
        Cut::Data(text.to_owned())
    }

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut_and_lines_end() {
        let stream = "\u{feff}: hello\n\nevent: x\ndata: {\"a\":\ndata: 1}\nid: 7\n\ndata\n\ndata:b\r\n\r\ndata:  c\r\rretry: 5\n\ndata: lost";
        let expected = [data("{\"a\":\n1}"), data(""), data("b"), data(" c")];
        for size in 1..=stream.len() {
            let mut events = EventStream::default();
            let pieces = stream.as_bytes().chunks(size);
            let cuts: Vec<Cut> = pieces.flat_map(|piece| events.take(piece)).collect();
            assert_eq!(cuts, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_too_long_or_no_text_costs_one_event_and_no_memory() {
        let mut events = EventStream::default();
        let line = vec![b'x'; 1_000_000];
        assert_eq!(events.take(b"data: "), []);
        for _ in 0..20 {
            assert_eq!(events.take(&line), []);
        }
        assert!(events.line.capacity() <= 2 * EVENT_BYTES);
        assert_eq!(events.take(b"\n\n"), [Cut::Spoilt]);
        for _ in 0..3 {
            let mut long = b"data: ".to_vec();
            long.extend_from_slice(&line[..EVENT_BYTES / 2]);
            long.push(b'\n');
            assert_eq!(events.take(&long), []);
        }
        assert_eq!(
            events.take(b"\ndata: \xff\n\ndata: ok\n\n"),
            [Cut::Spoilt, Cut::Spoilt, data("ok")]
        );
    }
}
