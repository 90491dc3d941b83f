//! Which distribution this is, and how something is installed on it.

use stallcast_media::diagnosis::PluginSet;

use super::tool;

/// How packages are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packager {
    Apt,
    Dnf,
    Pacman,
}

impl Packager {
    const ALL: [Self; 3] = [Self::Apt, Self::Dnf, Self::Pacman];

    fn command(self, package: &str) -> String {
        match self {
            Self::Apt => format!("sudo apt install {package}"),
            Self::Dnf => format!("sudo dnf install {package}"),
            Self::Pacman => format!("sudo pacman -S {package}"),
        }
    }
}

/// A value of `/etc/os-release`.
pub fn release(name: &str) -> Option<String> {
    value(&tool::file("/etc/os-release")?, name)
}

fn value(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    let (_, value) = lines.find(|(own, _)| *own == name)?;
    Some(value.trim_matches('"').to_owned())
}

fn packager() -> Option<Packager> {
    let text = tool::file("/etc/os-release")?;
    packager_of(&text)
}

fn packager_of(text: &str) -> Option<Packager> {
    let own = value(text, "ID").unwrap_or_default();
    let like = value(text, "ID_LIKE").unwrap_or_default();
    let mut ids = like.split(' ').chain([own.as_str()]);
    ids.find_map(|id| match id {
        "debian" | "ubuntu" => Some(Packager::Apt),
        "fedora" | "rhel" => Some(Packager::Dnf),
        "arch" => Some(Packager::Pacman),
        _ => None,
    })
}

/// How a set of plugins is installed here: one command, or all three where the distribution is none of them.
pub fn install(set: PluginSet) -> String {
    install_any(set.packages())
}

/// As [`install`], for packages of Debian, Fedora and Arch.
pub fn install_any(packages: [&str; 3]) -> String {
    if std::env::consts::OS != "linux" {
        return "GStreamer, https://gstreamer.freedesktop.org/download/".to_owned();
    }
    match packager() {
        Some(packager) => packager.command(packages[packager as usize]),
        None => {
            let each = Packager::ALL.iter().zip(packages);
            let each: Vec<_> = each.map(|(own, package)| own.command(package)).collect();
            each.join(" / ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_told_by_their_own_words() {
        let of = |text: &str| packager_of(text);
        assert_eq!(of("ID=debian\nVERSION_ID=\"12\""), Some(Packager::Apt));
        assert_eq!(
            of("ID=linuxmint\nID_LIKE=\"ubuntu debian\""),
            Some(Packager::Apt)
        );
        assert_eq!(
            of("ID=rocky\nID_LIKE=\"rhel centos fedora\""),
            Some(Packager::Dnf)
        );
        assert_eq!(of("ID=manjaro\nID_LIKE=arch"), Some(Packager::Pacman));
        assert_eq!(of("ID=nixos"), None);
        assert_eq!(
            Packager::Pacman.command(PluginSet::Nice.packages()[Packager::Pacman as usize]),
            "sudo pacman -S libnice"
        );
    }
}
