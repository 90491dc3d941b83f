//! Which clips a show has, and where they lie in its recordings: decided from the recap alone.

use std::time::Duration;

use stallcast_overlay::Lang;
use stallcast_show::{At, Canvas, ProductId, Recap, RecapProduct, RecapSegment, Text};
use stallcast_wire::ClipEdges;

/// A product that was on the picture for less was put on by mistake; the least that platforms take is three seconds.
const SHORTEST: Duration = Duration::from_secs(3);
/// A stretch of a part shorter than this is no more than the joint of two.
const SLIVER: Duration = Duration::from_millis(200);
/// Longest name of a file, in characters, without number and ending.
const NAME_MAX: usize = 40;

/// A file of the recording that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub file: String,
    pub canvas: Canvas,
    /// When its first frame was taken.
    pub at: At,
    pub length: Duration,
}

/// A stretch of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub file: String,
    pub from: Duration,
    pub to: Duration,
}

/// What becomes of a segment on a canvas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// These stretches, one behind the other.
    Cut(Vec<Stretch>),
    /// Nothing of it was recorded.
    NotRecorded,
    /// So little of it was recorded, or there was, that nobody wants it.
    TooShort,
}

/// A clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The segment's place in the recap.
    pub segment: usize,
    pub product: ProductId,
    pub canvas: Canvas,
    pub wanted: Wanted,
    pub length: Duration,
    /// What the recording lacks of it.
    pub missing: Duration,
    /// The name of its files, without ending.
    pub stem: String,
    /// The name of its text's file, which all canvases share.
    pub text_file: String,
    /// What stands in it: title and links.
    pub text: String,
}

/// The clips of a show: every segment on every canvas that was recorded.
pub fn plan(recap: &Recap, recorded: &[Recorded], edges: ClipEdges, lang: Lang) -> Vec<Planned> {
    let canvases = Canvas::ALL
        .into_iter()
        .filter(|canvas| recap.parts.iter().any(|part| part.canvas == *canvas));
    let canvases: Vec<Canvas> = canvases.collect();
    let mut planned = Vec::new();
    for (place, segment) in recap.segments.iter().enumerate() {
        let product = recap
            .products
            .iter()
            .find(|product| product.product == segment.product);
        let title = product.map_or_else(|| segment.product.to_string(), |p| title(p, lang));
        let exact = match edges {
            ClipEdges::Keyframe => "",
            ClipEdges::Exact => "-exact",
        };
        let name = format!("{:02}-{}{exact}", place + 1, file_name(&title));
        for canvas in &canvases {
            let parts = recorded.iter().filter(|part| part.canvas == *canvas);
            planned.push(one(place, segment, product, *canvas, parts, &name));
        }
    }
    planned
}

fn one<'a>(
    place: usize,
    segment: &RecapSegment,
    product: Option<&RecapProduct>,
    canvas: Canvas,
    parts: impl Iterator<Item = &'a Recorded>,
    name: &str,
) -> Planned {
    let whole = between(segment.from, segment.to);
    let stretches: Vec<Stretch> = parts.filter_map(|part| stretch(segment, part)).collect();
    let length: Duration = stretches.iter().map(|part| part.to - part.from).sum();
    let wanted = if whole >= SHORTEST && stretches.is_empty() {
        Wanted::NotRecorded
    } else if length < SHORTEST {
        Wanted::TooShort
    } else {
        Wanted::Cut(stretches)
    };
    let end = match canvas {
        Canvas::Landscape => "",
        Canvas::Portrait => "-portrait",
    };
    Planned {
        segment: place,
        product: segment.product.clone(),
        canvas,
        wanted,
        length,
        missing: whole.saturating_sub(length),
        stem: format!("{name}{end}"),
        text_file: format!("{name}.txt"),
        text: product.map(text).unwrap_or_default(),
    }
}

/// What a part holds of a segment.
fn stretch(segment: &RecapSegment, part: &Recorded) -> Option<Stretch> {
    let from = between(part.at, segment.from);
    let to = between(part.at, segment.to).min(part.length);
    (to.saturating_sub(from) >= SLIVER).then(|| Stretch {
        file: part.file.clone(),
        from,
        to,
    })
}

/// Nothing where `to` is before `from`.
fn between(from: At, to: At) -> Duration {
    let ms = to.0.saturating_sub(from.0);
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

fn title(product: &RecapProduct, lang: Lang) -> String {
    let (first, second) = match lang {
        Lang::Zh => (&product.title.zh, &product.title.en),
        Lang::En => (&product.title.en, &product.title.zh),
    };
    let words = if first.is_empty() { second } else { first };
    if words.is_empty() {
        product.product.to_string()
    } else {
        words.clone()
    }
}

/// A title that every system takes as the name of a file.
fn file_name(title: &str) -> String {
    let plain = title.chars().map(|c| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        c if c.is_control() || c.is_whitespace() => ' ',
        c => c,
    });
    let plain: String = plain.take(NAME_MAX).collect();
    let plain = plain.trim_matches(|c: char| c == ' ' || c == '.' || c == '-');
    if plain.is_empty() {
        "clip".to_owned()
    } else {
        plain.to_owned()
    }
}

/// Title and link in each language that there is, then the links of platforms.
fn text(product: &RecapProduct) -> String {
    let words = |of: fn(&Text) -> &String| {
        let title = of(&product.title);
        let spec = of(&product.spec);
        let gap = if title.is_empty() || spec.is_empty() {
            ""
        } else {
            " "
        };
        format!("{title}{gap}{spec}")
    };
    let mut blocks = Vec::new();
    for title in [words(|text| &text.zh), words(|text| &text.en)] {
        if !title.is_empty() {
            let link = product.link.as_deref().unwrap_or_default();
            blocks.push(format!("{title}\n{link}").trim_end().to_owned());
        }
    }
    let links = product.links.iter();
    let links: Vec<String> = links.map(|(at, link)| format!("{at}: {link}")).collect();
    if !links.is_empty() {
        blocks.push(links.join("\n"));
    }
    format!("{}\n", blocks.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use stallcast_show::{OnAir, RecapFold, RecapPart, Show, ShowKind};

    use super::*;
    use crate::sample::product;

    /// A show of a minute in which apples are on from 10 to 40 s, pears from 41 to 42 s.
    fn recap(parts: Vec<RecapPart>) -> Recap {
        use stallcast_show::Event;
        let mut show = Show::new("show");
        let mut apples = product("a", "Apples: red/sweet", 100);
        apples.link = Some("https://shop.example/a".into());
        apples.title.zh = "红富士".into();
        apples
            .links
            .insert("taobao".into(), "https://t.example/a".into());
        show.products.insert("a".into(), apples);
        show.products.insert("p".into(), product("p", "Pears", 100));
        let mut fold = RecapFold::begin(show, ShowKind::Live, At(0), parts);
        for (id, since, to) in [("a", 10_000, 40_000), ("p", 41_000, 42_000)] {
            let on_air = OnAir {
                product: id.into(),
                since: At(since),
            };
            fold.take(At(since), &Event::WentOnAir { on_air });
            fold.take(At(to), &Event::WentOffAir { at: At(to) });
        }
        fold.finish(At(60_000))
    }

    fn part(file: &str, at: i64, canvas: Canvas) -> RecapPart {
        RecapPart {
            file: file.into(),
            at: At(at),
            canvas,
        }
    }

    fn recorded(part: &RecapPart, seconds: u64) -> Recorded {
        Recorded {
            file: part.file.clone(),
            canvas: part.canvas,
            at: part.at,
            length: Duration::from_secs(seconds),
        }
    }

    fn stretch(file: &str, from_ms: u64, to_ms: u64) -> Stretch {
        Stretch {
            file: file.into(),
            from: Duration::from_millis(from_ms),
            to: Duration::from_millis(to_ms),
        }
    }

    #[test]
    fn a_segment_is_found_in_every_part_of_every_canvas_that_holds_some_of_it() {
        let parts = vec![
            part("one.mp4", -2_000, Canvas::Landscape),
            part("two.mp4", 28_000, Canvas::Landscape),
            part("tall.mp4", 25_000, Canvas::Portrait),
        ];
        let lengths = [30, 40, 40];
        let files: Vec<Recorded> = parts
            .iter()
            .zip(lengths)
            .map(|(part, seconds)| recorded(part, seconds))
            .collect();
        let found = plan(&recap(parts), &files, ClipEdges::Keyframe, Lang::En);
        assert_eq!(found.len(), 4);
        let wide = Wanted::Cut(vec![
            stretch("one.mp4", 12_000, 30_000),
            stretch("two.mp4", 0, 12_000),
        ]);
        assert_eq!(
            (&found[0].wanted, found[0].missing),
            (&wide, Duration::ZERO)
        );
        // The portrait canvas was switched on in the middle of it.
        let tall = Wanted::Cut(vec![stretch("tall.mp4", 0, 15_000)]);
        assert_eq!(found[1].wanted, tall);
        assert_eq!(found[1].missing, Duration::from_secs(15));
        assert_eq!(found[2].wanted, Wanted::TooShort);
        let names: Vec<&str> = found[..2].iter().map(|clip| clip.stem.as_str()).collect();
        assert_eq!(
            names,
            ["01-Apples- red-sweet", "01-Apples- red-sweet-portrait"]
        );
        assert_eq!(
            found[0].text,
            "红富士\nhttps://shop.example/a\n\nApples: red/sweet\nhttps://shop.example/a\n\n\
             taobao: https://t.example/a\n"
        );
    }

    #[test]
    fn what_was_not_recorded_or_is_gone_is_said_and_nothing_is_planned_without_a_recording() {
        let late = vec![part("late.mp4", 45_000, Canvas::Landscape)];
        let files = vec![recorded(&late[0], 10)];
        let found = plan(&recap(late.clone()), &files, ClipEdges::Keyframe, Lang::Zh);
        assert_eq!(found[0].wanted, Wanted::NotRecorded);
        assert_eq!(found[0].missing, Duration::from_secs(30));
        assert_eq!(found[0].stem, "01-红富士");
        // The file was removed.
        assert_eq!(
            plan(&recap(late), &[], ClipEdges::Keyframe, Lang::Zh)[0].wanted,
            Wanted::NotRecorded
        );
        assert!(plan(&recap(vec![]), &[], ClipEdges::Keyframe, Lang::Zh).is_empty());
    }

    #[test]
    fn names_of_files_are_such_that_every_system_takes_them() {
        assert_eq!(file_name("a/b\\c:d?\n\"e\"..."), "a-b-c-d- -e");
        assert_eq!(file_name(" ../.. "), "clip");
        assert_eq!(file_name(&"长".repeat(100)).chars().count(), NAME_MAX);
    }
}
