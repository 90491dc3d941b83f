//! Which names of files a request may ask for: those below a folder, on every system.

/// Names that Windows has for devices, with whatever ending: opening one may wait for ever.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Whether `name` stays below the folder that it is looked for in and names a plain file there: parts between slashes, none of
/// them hidden, a way upwards, a drive, a stream or a device.
pub(super) fn is_plain(name: &str) -> bool {
    name.split('/').all(is_plain_part)
}

fn is_plain_part(part: &str) -> bool {
    let is_odd = |letter: char| letter.is_control() || matches!(letter, '\\' | ':');
    let begins = part.split('.').next().unwrap_or_default().trim_end();
    let begins = begins.to_ascii_lowercase();
    let port = begins.strip_prefix("com").or(begins.strip_prefix("lpt"));
    let is_port = port.is_some_and(|number| {
        let mut letters = number.chars();
        let is_one = letters
            .next()
            .is_some_and(|it| it.is_ascii_digit() || "¹²³".contains(it));
        is_one && letters.next().is_none()
    });
    !part.is_empty()
        && !part.starts_with('.')
        && !part.ends_with(['.', ' '])
        && !part.contains(is_odd)
        && !is_port
        && !DEVICES.contains(&begins.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_a_plain_file_below_or_nowhere() {
        for good in [
            "a.png",
            "peach/红富士 2.webp",
            "assets/index-AbC_1.js",
            "compote.png",
            "com10.png",
            "null.svg",
        ] {
            assert!(is_plain(good), "{good}");
        }
        for bad in [
            "",
            "/a",
            "a//b",
            "..",
            "../a",
            "a/../b",
            ".a",
            "a/.b",
            "a\\b",
            "C:a.png",
            "a.png:s",
            "a\0.png",
            "a\n",
            "CON",
            "con.png",
            "aux .txt",
            "Nul.tar.gz",
            "a/LPT1.png",
            "com¹",
            "CONIN$",
            "a.",
            "a.png ",
            "a./b",
        ] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }
}
