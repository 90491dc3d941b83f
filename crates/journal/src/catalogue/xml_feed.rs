//! Google Merchant's feed as XML: RSS items or Atom entries as rows.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::Stop;
use super::table::{Cell, Row};

/// What is read of an item, by the names of Google's product data specification; they stand as the header's cells.
const NAMES: [&str; 10] = [
    "id",
    "title",
    "link",
    "image_link",
    "price",
    "sale_price",
    "sale_price_effective_date",
    "gtin",
    "size",
    "availability",
];

/// Most bytes gathered of one element; more than any of these values has.
const VALUE_MAX_BYTES: usize = 16 * 1024;

/// Whether a text is XML.
pub(super) fn is_xml(text: &str) -> bool {
    text.trim_start().starts_with("<?xml") || text.trim_start().starts_with("<rss")
}

/// A header with [`NAMES`], then the items in turn.
pub(super) struct XmlRows<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    stop: &'a Stop,
    began: bool,
    /// Bytes in which lines were counted, and the line there.
    counted: usize,
    line: u32,
    /// Line where the feed cannot be read any further.
    pub(super) damaged: Option<u32>,
}

/// The item that is being read.
struct Item {
    line: u32,
    cells: Vec<Cell>,
    /// Elements open below it.
    depth: u32,
    /// The value that is being read.
    value: Option<(usize, String)>,
}

impl<'a> XmlRows<'a> {
    pub(super) fn new(text: &'a str, stop: &'a Stop) -> Self {
        XmlRows {
            text,
            reader: Reader::from_str(text),
            stop,
            began: false,
            counted: 0,
            line: 1,
            damaged: None,
        }
    }

    /// The line that is read now.
    fn line(&mut self) -> u32 {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let at = at.min(self.text.len());
        let passed = self
            .text
            .as_bytes()
            .get(self.counted..at)
            .unwrap_or_default();
        let lines = passed.iter().filter(|b| **b == b'\n').count();
        self.line = self
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.counted = at;
        self.stop.read_row(at as u64, self.text.len() as u64);
        self.line
    }

    fn item(&mut self) -> Option<Row> {
        let mut item: Option<Item> = None;
        while !self.stop.asked() {
            let event = match self.reader.read_event() {
                Ok(Event::Eof) => {
                    // An item that never ends is one that was cut off.
                    if item.is_some() {
                        self.damaged = Some(self.line());
                    }
                    return None;
                }
                Ok(event) => event,
                Err(_) => {
                    self.damaged = Some(self.line());
                    return None;
                }
            };
            match (&mut item, event) {
                (None, Event::Start(start)) if is_item(&start) => {
                    item = Some(Item {
                        line: self.line(),
                        cells: vec![Cell::EMPTY; NAMES.len()],
                        depth: 0,
                        value: None,
                    });
                }
                (None, _) => {}
                (Some(open), Event::End(_)) if open.depth == 0 => {
                    let item = item.take()?;
                    return Some(Row {
                        line: item.line,
                        cells: item.cells,
                    });
                }
                (Some(open), event) => open.read(event),
            }
        }
        None
    }
}

impl Iterator for XmlRows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if !self.began {
            self.began = true;
            return Some(Row {
                line: 1,
                cells: NAMES.iter().map(|name| Cell::words(name)).collect(),
            });
        }
        if self.damaged.is_some() {
            return None;
        }
        self.item()
    }
}

impl Item {
    fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(start) => {
                if self.depth == 0 {
                    self.value = place(&start).map(|place| (place, String::new()));
                }
                self.depth += 1;
            }
            Event::Empty(start) if self.depth == 0 => self.address(&start),
            Event::Text(text) => self.add(&text.xml10_content()),
            Event::CData(text) => self.add(&text.xml10_content()),
            Event::GeneralRef(name) => self.add(&meant(&name)),
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0
                    && let Some((place, words)) = self.value.take()
                {
                    self.put(place, &words);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, words: &str) {
        if let Some((_, value)) = &mut self.value
            && self.depth == 1
            && value.len() + words.len() <= VALUE_MAX_BYTES
        {
            value.push_str(words);
        }
    }

    /// Atom has the address of a product as `<link href="…"/>`.
    fn address(&mut self, start: &BytesStart<'_>) {
        if let Some(place) = place(start)
            && let Ok(Some(address)) = start.try_get_attribute("href")
        {
            self.put(place, &address.value);
        }
    }

    fn put(&mut self, place: usize, words: &str) {
        if let Some(cell) = self
            .cells
            .get_mut(place)
            .filter(|cell| cell.text.is_empty())
        {
            *cell = Cell::words(words);
        }
    }
}

fn is_item(start: &BytesStart<'_>) -> bool {
    matches!(start.local_name().as_ref(), "item" | "entry")
}

fn place(start: &BytesStart<'_>) -> Option<usize> {
    let local = start.local_name();
    NAMES.iter().position(|name| *name == local.as_ref())
}

/// What `&amp;` and `&#38;` stand for; nothing for entities that the feed defines itself.
fn meant(name: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return character.to_string();
    }
    let known = quick_xml::escape::resolve_predefined_entity(&name.xml10_content());
    known.unwrap_or_default().to_owned()
}
