//! What the doctor says, in the page's own sentences.

use stallcast_overlay::Lang;
use stallcast_wire::{DoctorLevel, DoctorLine, DoctorPart, DoctorView};

use crate::sentences;
use crate::wire_name::wire_name;

/// A sentence, or its key where there is none.
fn sentence(key: &str, lang: Lang) -> String {
    sentences::sentence(key, lang).unwrap_or(key).to_owned()
}

/// The sentence of a line: what was seen.
pub fn seen(line: &DoctorLine, lang: Lang) -> String {
    filled("doctor_seen", line, lang)
}

/// The next step, where there is one.
pub fn next(line: &DoctorLine, lang: Lang) -> Option<String> {
    let is_red = matches!(line.level, DoctorLevel::Warn | DoctorLevel::Fault);
    is_red.then(|| filled("doctor_next", line, lang))
}

/// The name of a part.
pub fn part(part: DoctorPart, lang: Lang) -> String {
    sentence(&format!("doctor_part.{}", wire_name(&part)), lang)
}

/// The name of a level.
pub fn level(level: DoctorLevel, lang: Lang) -> String {
    sentence(&format!("doctor_level.{}", wire_name(&level)), lang)
}

/// A sentence about the whole.
pub fn about(key: &str, lang: Lang) -> String {
    sentence(key, lang)
}

fn filled(group: &str, line: &DoctorLine, lang: Lang) -> String {
    let mut text = String::new();
    let template = sentence(&format!("{group}.{}", wire_name(&line.code)), lang);
    let mut rest = template.as_str();
    // Once from left to right: a value that looks like a place stays as it is.
    while let Some((before, after)) = rest.split_once('{') {
        text += before;
        let Some((name, behind)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        match line.params.get(name) {
            Some(value) if name.ends_with("_word") => {
                text += &sentence(&format!("doctor_word.{value}"), lang);
            }
            Some(value) => text += value,
            None => text += &format!("{{{name}}}"),
        }
        rest = behind;
    }
    text + rest
}

/// All of it, as a person reads it in a terminal or in the report.
pub fn text(view: &DoctorView, lang: Lang) -> Vec<String> {
    let mut lines = vec![format!(
        "Stallcast {} · {} {}",
        view.version, view.os, view.arch
    )];
    if view.light {
        lines.push(about("doctor.light", lang));
    }
    for own in DoctorPart::ALL {
        lines.push(String::new());
        lines.push(part(own, lang));
        for line in view.lines.iter().filter(|line| line.part == own) {
            let level = level(line.level, lang);
            lines.push(format!("  [{level}] {}", seen(line, lang)));
            lines.extend(next(line, lang).map(|next| format!("      → {next}")));
        }
    }
    lines.push(String::new());
    let count = |wanted| {
        view.lines
            .iter()
            .filter(|line| line.level == wanted)
            .count()
    };
    let counted = [DoctorLevel::Fault, DoctorLevel::Warn].map(|wanted| {
        let name = level(wanted, lang);
        format!("{name}: {}", count(wanted))
    });
    lines.push(counted.join(" · "));
    lines
}
