//! Takes out of a text what would say whose computer it is from: names, addresses, paths, serials, keys. What is known to
//! be one is taken out by its word, the rest by its shape; names that people give to devices do not go out at all.

use std::collections::BTreeSet;
use std::path::Path;

use stallcast_media::diagnosis::NEEDS;
use stallcast_media::encoder;
use stallcast_wire::{DoctorLine, DoctorView};

/// Values that are names which somebody may have given.
const GIVEN_NAMES: [&str; 1] = ["name"];
/// Words this long with letters and digits are keys or serials.
const SECRET_LENGTH: usize = 12;
/// So many digits in a row are a serial, a phone's number or the like.
const DIGITS: usize = 6;
/// Shorter names are taken out as whole words only: two letters stand in many.
const SHORT: usize = 4;

/// What is known of whose computer this is.
#[derive(Debug, Default)]
pub struct Identity {
    /// Longest first, so that a path goes before the name in it.
    known: Vec<(String, &'static str)>,
}

impl Identity {
    /// Of the person who runs this.
    pub fn own(data: &Path) -> Self {
        let mut identity = Self::default();
        for name in ["HOME", "USERPROFILE", "XDG_RUNTIME_DIR", "APPDATA"] {
            identity.add(std::env::var(name).ok(), "<home>");
        }
        identity.add(data.to_str().map(str::to_owned), "<data>");
        for name in ["USER", "LOGNAME", "USERNAME"] {
            identity.add(std::env::var(name).ok(), "<user>");
        }
        for name in ["HOSTNAME", "COMPUTERNAME", "USERDOMAIN"] {
            identity.add(std::env::var(name).ok(), "<host>");
        }
        #[cfg(unix)]
        {
            let user = nix::unistd::User::from_uid(nix::unistd::getuid());
            if let Ok(Some(user)) = user {
                identity.add(Some(user.name), "<user>");
                let called = user.gecos.to_string_lossy().into_owned();
                for part in called.split([',', ' ']) {
                    identity.add(Some(part.to_owned()), "<user>");
                }
            }
            let host = std::fs::read_to_string("/proc/sys/kernel/hostname");
            identity.add(host.ok().map(|host| host.trim().to_owned()), "<host>");
        }
        for interface in if_addrs::get_if_addrs().into_iter().flatten() {
            identity.add(Some(interface.ip().to_string()), "<address>");
        }
        identity.in_order()
    }

    /// For tests: what is known, and what stands for it.
    #[cfg(test)]
    pub fn of(known: &[(&str, &'static str)]) -> Self {
        let mut identity = Self::default();
        for (word, stands) in known {
            identity.add(Some((*word).to_owned()), stands);
        }
        identity.in_order()
    }

    fn add(&mut self, word: Option<String>, stands: &'static str) {
        let word = word.unwrap_or_default();
        let word = word.trim().trim_end_matches('/');
        if word.chars().count() > 1 {
            self.known.push((word.to_owned(), stands));
        }
    }

    fn in_order(mut self) -> Self {
        self.known
            .sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        self.known.dedup();
        self
    }

    /// The same without anything that says whose it is.
    pub fn without(&self, view: &DoctorView) -> DoctorView {
        let lines = view.lines.iter().map(|line| self.line(line)).collect();
        DoctorView {
            lines,
            ..view.clone()
        }
    }

    fn line(&self, line: &DoctorLine) -> DoctorLine {
        let mut line = line.clone();
        let own = line.params.get("name").cloned().unwrap_or_default();
        for (name, value) in &mut line.params {
            // Drivers say in their causes whose device it is.
            if name == "cause" && own.chars().count() > 2 && !is_of_the_studio(&own) {
                *value = value.replace(&own, "*");
            }
            let is_ours = is_of_the_studio(value);
            if GIVEN_NAMES.contains(&name.as_str()) && !is_ours {
                "*".clone_into(value);
            } else if !is_ours && !name.ends_with("_word") && name != "install" {
                *value = self.text(value);
            }
        }
        line
    }

    /// A text without it.
    fn text(&self, text: &str) -> String {
        let mut text = quoted(text);
        for (word, stands) in &self.known {
            text = replace(&text, word, stands);
        }
        let pieces = text.split_inclusive(char::is_whitespace);
        pieces.map(piece).collect()
    }
}

/// Names from the studio's own tables, and lists of them.
fn is_of_the_studio(value: &str) -> bool {
    let elements = NEEDS.iter().flat_map(|need| need.any_of.iter().copied());
    let own: BTreeSet<&str> = elements
        .chain(encoder::all().map(|kind| kind.element))
        .collect();
    let mut words = value.split([',', '/']).map(str::trim);
    words.all(|word| own.contains(word))
}

/// What stands in quotes is a name, a path or an address: nothing that is needed to understand the rest.
fn quoted(text: &str) -> String {
    const PAIRS: [(char, char); 6] = [
        ('\'', '\''),
        ('"', '"'),
        ('`', '\''),
        ('“', '”'),
        ('‘', '’'),
        ('「', '」'),
    ];
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c| PAIRS.iter().any(|(open, _)| *open == c)) {
        let (before, from) = rest.split_at(at);
        let mut inside = from.chars();
        let open = inside.next().unwrap_or_default();
        let ends = |c| PAIRS.iter().any(|(own, close)| *own == open && *close == c);
        let inside = inside.as_str();
        match inside.find(ends) {
            // An apostrophe inside a word opens nothing.
            Some(end) if !before.ends_with(char::is_alphanumeric) => {
                out += before;
                out += "<…>";
                let (_, behind) = inside.split_at(end);
                rest = behind
                    .get(behind.chars().next().map_or(0, char::len_utf8)..)
                    .unwrap_or_default();
            }
            _ => {
                out += before;
                out.push(open);
                rest = inside;
            }
        }
    }
    out + rest
}

/// Replaces a word whatever its case; a short one only where it stands alone.
fn replace(text: &str, word: &str, stands: &str) -> String {
    let (chars, wanted): (Vec<char>, Vec<char>) = (text.chars().collect(), word.chars().collect());
    let same = |a: &char, b: &char| a == b || a.to_lowercase().eq(b.to_lowercase());
    let is_short = wanted.len() < SHORT;
    let mut out = String::new();
    let mut at = 0;
    while let Some(&next) = chars.get(at) {
        let found = chars.get(at..at + wanted.len());
        let fits = found.is_some_and(|found| found.iter().zip(&wanted).all(|(a, b)| same(a, b)));
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let behind = chars.get(at + wanted.len());
        let is_alone = [before, behind]
            .into_iter()
            .flatten()
            .all(|c| !c.is_alphanumeric());
        if fits && (!is_short || is_alone) {
            out += stands;
            at += wanted.len();
        } else {
            out.push(next);
            at += 1;
        }
    }
    out
}

/// A piece of a text up to its space, by its shape.
fn piece(piece: &str) -> String {
    let bare = piece.trim_end();
    let space = &piece[bare.len()..];
    format!("{}{space}", shape(bare))
}

fn shape(word: &str) -> String {
    let core = word.trim_matches(|c: char| "()[]{},;!?".contains(c));
    if core.is_empty() || is_of_the_studio(core) {
        return word.to_owned();
    }
    let stands = if core.contains("://") {
        "<address>"
    } else if core
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
    {
        "<mail>"
    } else if is_path(core) {
        "<path>"
    } else if is_address(core) {
        "<address>"
    } else if is_host(core) {
        "<host>"
    } else if is_secret(core) {
        "<secret>"
    } else {
        return word.to_owned();
    };
    word.replacen(core, stands, 1)
}

fn is_path(word: &str) -> bool {
    let has_drive = word
        .get(1..3)
        .is_some_and(|behind| behind == ":\\" || behind == ":/");
    has_drive
        || word.contains('\\')
        || word.starts_with('~')
        // "30/1" and "yes/no" are none.
        || word.matches('/').count() > 1
        || word.starts_with('/')
}

fn is_address(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ':']);
    let host = word.split('%').next().unwrap_or(word);
    let without_port = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let is_ip = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
    let is_mac = |by: char| {
        let parts: Vec<&str> = host.split(by).collect();
        parts.len() >= 6
            && parts
                .iter()
                .all(|part| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit()))
    };
    is_ip(host) || is_ip(without_port) || is_mac(':') || is_mac('-')
}

/// Two names and a dot between them: `studio.local`, not `1.22.0` and not `end.`.
fn is_host(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ':']);
    let parts: Vec<&str> = word.split('.').collect();
    let is_label = |part: &&str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let has_letter = |part: &str| part.chars().any(char::is_alphabetic);
    parts.len() > 1 && parts.iter().all(is_label) && parts.iter().all(|part| has_letter(part))
}

fn is_secret(word: &str) -> bool {
    let mut parts = word.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    parts.any(|part| {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        let letters = part.chars().filter(char::is_ascii_alphabetic).count();
        let row = part
            .split(|c: char| !c.is_ascii_digit())
            .map(str::len)
            .max();
        let is_mixed = digits > 0 && letters > 0 && part.len() >= SECRET_LENGTH;
        row.is_some_and(|row| row >= DIGITS) || is_mixed || letters >= 24
    })
}

#[cfg(test)]
#[path = "anonymous_tests.rs"]
mod tests;
