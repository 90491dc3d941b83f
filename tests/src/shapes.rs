//! What may be said to the engine, read from the page's own types (`ui/src/generated`): every command and request that there
//! is, as JSON of the right shape. One that is new is there by itself.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

/// The shape of a value.
#[derive(Debug, Clone)]
enum Shape {
    Text,
    Number,
    Switch,
    Nothing,
    /// This very word.
    Word(String),
    List(Box<Shape>),
    Row(Vec<Shape>),
    /// Values by keys that are text.
    Table(Box<Shape>),
    /// Fields, and whether each may be left out.
    Fields(Vec<(String, Shape, bool)>),
    OneOf(Vec<Shape>),
    AllOf(Vec<Shape>),
    Named(String),
}

/// Numbers that look random and are the same in every run.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The row of numbers that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (SplitMix64).
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    /// One of them.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Where the values of a shape come from.
pub trait Source {
    /// Which of so many ways.
    fn way(&mut self, of: usize) -> usize;
    /// How many of a list.
    fn length(&mut self) -> usize;
    /// A text; `of` names the type, where it has a name of its own.
    fn text(&mut self, of: Option<&str>) -> String;
    /// A number.
    fn number(&mut self) -> Value;
}

/// The least that fits: the first way, one of each list, short texts, ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Least;

impl Source for Least {
    fn way(&mut self, _: usize) -> usize {
        0
    }

    fn length(&mut self) -> usize {
        1
    }

    fn text(&mut self, of: Option<&str>) -> String {
        match of {
            Some("Rgb") => "#336699".into(),
            Some("Currency") => "CNY".into(),
            _ => "x".into(),
        }
    }

    fn number(&mut self) -> Value {
        json!(1)
    }
}

/// The types of the page.
#[derive(Debug)]
pub struct Shapes(BTreeMap<String, Shape>);

impl Shapes {
    /// Reads them.
    pub fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/generated");
        let mut all = BTreeMap::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|kind| kind != "ts") {
                continue;
            }
            let text = without_comments(&std::fs::read_to_string(&path).unwrap());
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let Some((_, body)) = text.split_once(&format!("export type {name} =")) else {
                panic!("{} declares something else", path.display());
            };
            let mut reader = Reader { rest: body };
            all.insert(name, reader.shape());
            reader.takes(";");
        }
        Self(all)
    }

    /// The ways of a type that `tag` tells apart, by name.
    pub fn ways(&self, of: &str, tag: &str) -> Vec<(String, Value)> {
        self.each(of, tag, &mut Least)
    }

    /// As [`Shapes::ways`], with values from somewhere else.
    pub fn each(&self, of: &str, tag: &str, from: &mut impl Source) -> Vec<(String, Value)> {
        let Shape::OneOf(ways) = &self.0[of] else {
            panic!("{of} has one way only");
        };
        let mut made = Vec::new();
        for way in ways {
            let value = self.make(way, None, from);
            made.push((value[tag].as_str().unwrap().to_owned(), value));
        }
        made
    }

    /// A value of the type `of`, any way.
    pub fn any(&self, of: &str, from: &mut impl Source) -> Value {
        self.make(&self.0[of], Some(of), from)
    }

    fn make(&self, shape: &Shape, name: Option<&str>, from: &mut impl Source) -> Value {
        match shape {
            Shape::Text => json!(from.text(name)),
            Shape::Number => from.number(),
            Shape::Switch => json!(from.way(2) == 1),
            Shape::Nothing => Value::Null,
            Shape::Word(word) => json!(word),
            Shape::List(of) => {
                let length = from.length();
                (0..length).map(|_| self.make(of, None, from)).collect()
            }
            Shape::Row(of) => of.iter().map(|it| self.make(it, None, from)).collect(),
            Shape::Table(of) => {
                let length = from.length();
                let entries = (0..length).map(|_| (from.text(None), self.make(of, None, from)));
                Value::Object(entries.collect())
            }
            Shape::Fields(fields) => {
                let mut made = Map::new();
                for (field, shape, may_miss) in fields {
                    if !may_miss || from.way(2) == 1 {
                        made.insert(field.clone(), self.make(shape, None, from));
                    }
                }
                Value::Object(made)
            }
            Shape::OneOf(ways) => {
                let way = from.way(ways.len());
                self.make(&ways[way], name, from)
            }
            Shape::AllOf(parts) => {
                let mut made = Map::new();
                for part in parts {
                    match self.make(part, None, from) {
                        Value::Object(more) => made.extend(more),
                        other => panic!("{other} is no part of an object"),
                    }
                }
                Value::Object(made)
            }
            Shape::Named(of) => match self.0.get(of) {
                Some(known) => self.make(known, Some(of), from),
                None => panic!("no type {of}"),
            },
        }
    }
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").expect("a comment ends").1;
    }
    kept.push_str(rest);
    kept
}

/// What is left of a declaration.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn takes(&mut self, mark: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn needs(&mut self, mark: &str) {
        assert!(
            self.takes(mark),
            "{mark} is missing before {:.80}",
            self.rest
        );
    }

    fn word(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        let is_end = |letter: char| !letter.is_alphanumeric() && letter != '_';
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        assert!(!word.is_empty(), "no word before {:.80}", self.rest);
        self.rest = rest;
        word
    }

    fn quoted(&mut self) -> String {
        let (word, rest) = self.rest.split_once('"').expect("a quote ends");
        self.rest = rest;
        word.to_owned()
    }

    fn shape(&mut self) -> Shape {
        self.takes("|");
        let mut ways = vec![self.parts()];
        while self.takes("|") {
            ways.push(self.parts());
        }
        one_or(ways, Shape::OneOf)
    }

    fn parts(&mut self) -> Shape {
        let mut parts = vec![self.single()];
        while self.takes("&") {
            parts.push(self.single());
        }
        one_or(parts, Shape::AllOf)
    }

    fn single(&mut self) -> Shape {
        if self.takes("(") {
            let inner = self.shape();
            self.needs(")");
            return inner;
        }
        if self.takes("\"") {
            return Shape::Word(self.quoted());
        }
        if self.takes("[") {
            let mut row = Vec::new();
            while !self.takes("]") {
                row.push(self.shape());
                self.takes(",");
            }
            return Shape::Row(row);
        }
        if self.takes("{") {
            return self.fields();
        }
        match self.word() {
            "string" => Shape::Text,
            "number" | "bigint" => Shape::Number,
            "boolean" => Shape::Switch,
            "null" => Shape::Nothing,
            "Array" => {
                self.needs("<");
                let of = self.shape();
                self.needs(">");
                Shape::List(Box::new(of))
            }
            "Record" => {
                self.needs("<");
                self.shape();
                self.needs(",");
                let of = self.shape();
                self.needs(">");
                Shape::Table(Box::new(of))
            }
            name => Shape::Named(name.to_owned()),
        }
    }

    fn fields(&mut self) -> Shape {
        if self.takes("[") {
            self.word();
            self.needs("in");
            self.shape();
            self.needs("]");
            self.takes("?");
            self.needs(":");
            let of = self.shape();
            self.takes(";");
            self.takes(",");
            self.needs("}");
            return Shape::Table(Box::new(of));
        }
        let mut fields = Vec::new();
        while !self.takes("}") {
            let name = if self.takes("\"") {
                self.quoted()
            } else {
                self.word().to_owned()
            };
            let may_miss = self.takes("?");
            self.needs(":");
            fields.push((name, self.shape(), may_miss));
            let _ = self.takes(",") || self.takes(";");
        }
        Shape::Fields(fields)
    }
}

fn one_or(mut found: Vec<Shape>, several: impl Fn(Vec<Shape>) -> Shape) -> Shape {
    if found.len() == 1 {
        found.remove(0)
    } else {
        several(found)
    }
}

#[cfg(test)]
mod tests {
    use stallcast_show::Command;
    use stallcast_wire::Request;

    use super::*;

    #[test]
    fn every_command_and_request_is_made_and_understood() {
        let shapes = Shapes::read();
        let commands = shapes.ways("Command", "do");
        assert!(commands.len() > 80, "{}", commands.len());
        for (name, command) in commands {
            let read: Result<Command, _> = serde_json::from_value(command.clone());
            assert!(read.is_ok(), "{name}: {:?} {command}", read.err());
        }
        for (name, request) in shapes.ways("Request", "ask") {
            let read: Result<Request, _> = serde_json::from_value(request.clone());
            assert!(read.is_ok(), "{name}: {:?} {request}", read.err());
        }
    }

    #[test]
    fn the_same_seed_rolls_the_same() {
        let row = |seed| {
            let mut dice = Dice::new(seed);
            [dice.roll(), dice.roll(), dice.roll()]
        };
        assert_eq!(row(7), row(7));
        assert_ne!(row(7), row(8));
    }
}
