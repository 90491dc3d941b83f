//! Where the engine keeps things: one data folder with the journal, the recordings and the photos.

use std::path::{Path, PathBuf};

/// The folders of one studio.
#[derive(Debug, Clone)]
pub struct Folders {
    data: PathBuf,
    assets: PathBuf,
}

impl Folders {
    /// Uses `data` for everything written and `assets` for what ships with the program; creates what is missing.
    ///
    /// # Errors
    /// When a folder cannot be created.
    pub fn open(data: PathBuf, assets: PathBuf) -> std::io::Result<Self> {
        let folders = Self { data, assets };
        for folder in [folders.data.clone(), folders.recordings(), folders.photos()] {
            std::fs::create_dir_all(folder)?;
        }
        Ok(folders)
    }

    /// The data folder of this user: `STALLCAST_DATA`, else the platform's usual place.
    pub fn default_data() -> PathBuf {
        let under = |variable: &str, rest: &str| {
            std::env::var_os(variable).map(|base| PathBuf::from(base).join(rest))
        };
        under("STALLCAST_DATA", "")
            .or_else(|| under("XDG_DATA_HOME", "stallcast"))
            .or_else(|| under("LOCALAPPDATA", "Stallcast"))
            .or_else(|| under("HOME", ".local/share/stallcast"))
            .unwrap_or_else(|| PathBuf::from("stallcast-data"))
    }

    /// What ships with the program: `STALLCAST_ASSETS`, else beside the program, else the source tree.
    pub fn default_assets() -> PathBuf {
        if let Some(named) = std::env::var_os("STALLCAST_ASSETS") {
            return PathBuf::from(named);
        }
        let beside = std::env::current_exe().ok().and_then(|exe| {
            let folder = exe.parent()?;
            [
                "assets",
                "../lib/stallcast/assets",
                "../share/stallcast/assets",
            ]
            .iter()
            .map(|place| folder.join(place))
            .find(|place| place.is_dir())
        });
        beside.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets"))
    }

    /// The journal file.
    pub fn journal(&self) -> PathBuf {
        self.data.join(stallcast_journal::FILE_NAME)
    }

    /// Recordings.
    pub fn recordings(&self) -> PathBuf {
        self.data.join("recordings")
    }

    /// Product photos.
    pub fn photos(&self) -> PathBuf {
        self.data.join("photos")
    }

    /// Address and token of the running engine, readable by this user only.
    pub fn runtime_file(&self) -> PathBuf {
        self.data.join("engine.json")
    }

    /// Keys, when there is no keychain and the user allowed a file.
    pub fn key_file(&self) -> PathBuf {
        self.data.join("keys.json")
    }

    /// Chat connections to open at start.
    pub fn chat_file(&self) -> PathBuf {
        self.data.join("chat.json")
    }

    /// Touched while the engine runs, so that the next one knows how long ago that was.
    pub fn sign_of_life(&self) -> PathBuf {
        self.data.join("alive")
    }

    /// Something that ships with the program.
    pub fn asset(&self, name: &str) -> PathBuf {
        self.assets.join(name)
    }
}
