//! Names of members, and what a browser says of its device in a few words.

use stallcast_wire::MEMBER_NAME_MAX;

/// Names that the journal has for the studio itself.
const OWN: [&str; 6] = [
    "studio",
    "engine",
    "owner",
    "obs-websocket",
    "chat",
    "stallcast",
];

/// The name as it is kept; `None` for one that cannot be. Nothing in it can turn or hide what stands beside it.
pub(super) fn usable(name: &str) -> Option<String> {
    let is_shown = |letter: &char| !letter.is_control() && !is_invisible(*letter);
    let shown: String = name.chars().filter(is_shown).collect();
    let words: Vec<&str> = shown.split_whitespace().collect();
    let name = words.join(" ");
    let is_own = OWN.contains(&name.to_lowercase().as_str());
    let fits = (1..=MEMBER_NAME_MAX).contains(&name.chars().count());
    (fits && !is_own).then_some(name)
}

/// The name as nobody else has it, where `is_taken` says who does: of two Lis the second is `Li (2)`. The journal, and
/// whoever reads who sees to what, tell them apart by it.
pub(super) fn apart(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(name) {
        return name.to_owned();
    }
    let numbered = (2_u32..).map(|n| {
        let number = format!(" ({n})");
        let room = MEMBER_NAME_MAX - number.chars().count();
        let name: String = name.chars().take(room).collect();
        format!("{}{number}", name.trim_end())
    });
    numbered
        .into_iter()
        .find(|name| !is_taken(name))
        .unwrap_or_default()
}

/// Whether two names look the same to whoever reads them in a hurry.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Marks without a width of their own that reorder or hide letters.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Device and browser of a user agent, in words of ours alone; empty for one that is not known.
pub fn device_of(agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        let found = known.iter().find(|(mark, _)| agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    let device = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("OpenHarmony", "HarmonyOS"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    let browser = first(&[
        ("MicroMessenger", "WeChat"),
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let both: Vec<&str> = device.into_iter().chain(browser).collect();
    both.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_neither_hides_nor_turns_nor_pretends() {
        assert_eq!(usable("  小李\u{202e}  Li "), Some("小李 Li".into()));
        assert_eq!(usable("<b>x</b>"), Some("<b>x</b>".into()));
        let long = "x".repeat(MEMBER_NAME_MAX + 1);
        for bad in ["", "\u{200b}\n", "Studio", "engi\u{ad}ne", &long] {
            assert_eq!(usable(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn two_of_one_name_are_told_apart() {
        let known = ["Li", "li (2)", "王芳"];
        let taken = |name: &str| known.iter().any(|it| same(it, name));
        assert_eq!(apart("li", taken), "li (3)");
        assert_eq!(apart("王芳", taken), "王芳 (2)");
        assert_eq!(apart("Chen", taken), "Chen");
        let long = "长".repeat(MEMBER_NAME_MAX);
        let other = apart(&long, |name| name == long);
        assert_eq!(other.chars().count(), MEMBER_NAME_MAX);
        assert!(other.ends_with(" (2)"));
    }

    #[test]
    fn a_device_is_told_in_known_words_alone() {
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(device_of(iphone), "iPhone · Safari");
        assert_eq!(device_of("<script>alert(1)</script>"), "");
    }
}
