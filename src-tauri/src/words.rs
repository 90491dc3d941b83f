//! The few words outside the page, in both languages.

/// Texts of the tray.
pub struct Words {
    /// Brings the window back.
    pub show: &'static str,
    /// Ends the window, not the show.
    pub close: &'static str,
}

/// Chinese where the system speaks it, English otherwise.
pub fn words() -> Words {
    let chinese = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .is_some_and(|value| value.starts_with("zh"));
    if chinese {
        Words {
            show: "打开直播间",
            close: "关闭窗口（直播继续）",
        }
    } else {
        Words {
            show: "Open the studio",
            close: "Close the window (the show goes on)",
        }
    }
}
