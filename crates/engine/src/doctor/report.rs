//! The report: one Markdown file, first for people, then the same for machines, and nothing in it says whose computer it
//! is from.

use std::fmt::Write;
use std::path::Path;

use stallcast_overlay::Lang;
use stallcast_wire::DoctorView;

use super::anonymous::Identity;
use super::{json, words};

/// Writes it, readable by this user only.
///
/// # Errors
/// When the file cannot be written.
pub fn write(view: &DoctorView, data: &Path, file: &Path, lang: Lang) -> std::io::Result<()> {
    let text = render(view, &Identity::own(data), lang)?;
    crate::private_file::replace(file, text.as_bytes())
}

/// Its text.
pub fn render(view: &DoctorView, identity: &Identity, lang: Lang) -> std::io::Result<String> {
    let view = identity.without(view);
    let mut text = format!("# {}\n\n", words::about("doctor_report.title", lang));
    text += &words::about("doctor_report.about", lang);
    text += "\n\n```text\n";
    for line in words::text(&view, lang) {
        // A value must not end the block.
        let line = line.replace("```", "'''");
        writeln!(text, "{line}").map_err(std::io::Error::other)?;
    }
    let machine = json(&view)?.replace("```", "'''");
    write!(text, "```\n\n```json\n{machine}\n```\n").map_err(std::io::Error::other)?;
    Ok(text)
}
