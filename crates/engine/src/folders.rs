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
        for folder in [
            folders.data.clone(),
            folders.recordings(),
            folders.photos(),
            folders.themes(),
        ] {
            stallcast_wire::create_private_folder(&folder)?;
        }
        #[cfg(unix)]
        folders.close_to_others();
        Ok(folders)
    }

    /// The folders below `data` by name; nothing is made or opened.
    pub(crate) fn named(data: PathBuf) -> Self {
        let assets = Self::default_assets();
        Self { data, assets }
    }

    /// Takes from other users what an older version, or a folder made by hand, left open to them: names of
    /// customers stand in the journal. Only in a folder that holds a show and nothing or a fresh one: somebody may
    /// have named a folder of other things by mistake.
    #[cfg(unix)]
    fn close_to_others(&self) {
        use std::os::unix::fs::PermissionsExt;
        let Ok(entries) = std::fs::read_dir(&self.data) else {
            return;
        };
        let known = [
            "engine",
            "address",
            "keys",
            "chat",
            "phones",
            "orders",
            "team",
            "keeping",
            "alive",
            "recordings",
            "photos",
            "themes",
        ];
        let entries: Vec<_> = entries.flatten().collect();
        let is_ours = |entry: &std::fs::DirEntry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let stem = name.split('.').next().unwrap_or_default();
            known.contains(&stem) || name.starts_with(stallcast_journal::FILE_NAME)
        };
        if !self.journal().exists() && !entries.iter().all(is_ours) {
            tracing::warn!("the data folder holds other things; who may read it is left as it is");
            return;
        }
        let files = entries
            .iter()
            .filter(|entry| is_ours(entry) && entry.file_type().is_ok_and(|kind| kind.is_file()));
        let folders =
            [self.data.clone(), self.recordings(), self.photos()].map(|path| (path, 0o700));
        for (path, mode) in files.map(|entry| (entry.path(), 0o600)).chain(folders) {
            let open = std::fs::metadata(&path)
                .is_ok_and(|meta| meta.permissions().mode() & 0o777 & !mode != 0);
            if open
                && let Err(error) =
                    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
            {
                tracing::warn!(%error, path = %path.display(), "it stays open to other users");
            }
        }
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
                "../Resources/assets",
                "../lib/stallcast/assets",
                "../share/stallcast/assets",
            ]
            .iter()
            .map(|place| folder.join(place))
            .find(|place| place.is_dir())
        });
        beside.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets"))
    }

    /// The folder that everything of this user is in.
    pub fn data(&self) -> &Path {
        &self.data
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

    /// Card themes of one's own, a folder each.
    pub fn themes(&self) -> PathBuf {
        self.data.join("themes")
    }

    /// Address and token of the running engine, readable by this user only.
    pub fn runtime_file(&self) -> PathBuf {
        self.data.join(stallcast_wire::RUNTIME_FILE)
    }

    /// Port and token, kept for the next engine; readable by this user only.
    pub fn address_file(&self) -> PathBuf {
        self.data.join("address.json")
    }

    /// Keys, when there is no keychain and the user allowed a file.
    pub fn key_file(&self) -> PathBuf {
        self.data.join("keys.json")
    }

    /// Chat addresses that may hold a token, when there is no keychain and the user allowed a file.
    pub fn chat_key_file(&self) -> PathBuf {
        self.data.join("keys.chat.json")
    }

    /// Chat connections to open at start.
    pub fn chat_file(&self) -> PathBuf {
        self.data.join("chat.json")
    }

    /// What the audience asked and what is held of it, as it was a few seconds ago.
    pub fn questions_file(&self) -> PathBuf {
        self.data.join("questions.json")
    }

    /// Shops that may tell of orders, and the watched list of stock.
    pub fn orders_file(&self) -> PathBuf {
        self.data.join("orders.json")
    }

    /// Shops' secrets, when there is no keychain and the user allowed a file.
    pub fn shop_key_file(&self) -> PathBuf {
        self.data.join("keys.shops.json")
    }

    /// Where a model is asked to phrase answers.
    pub fn phrasing_file(&self) -> PathBuf {
        self.data.join("phrasing.json")
    }

    /// Its key, when there is no keychain and the user allowed a file.
    pub fn phrasing_key_file(&self) -> PathBuf {
        self.data.join("keys.phrasing.json")
    }

    /// How the team comes in, and the devices that joined, with hashes of their tokens.
    pub fn team_file(&self) -> PathBuf {
        self.data.join("team.json")
    }

    /// Whether programs made for OBS Studio may come in, and their password.
    pub fn obs_file(&self) -> PathBuf {
        self.data.join("obs.json")
    }

    /// Ports and secrets of phones that send to the studio; readable by this user only.
    pub fn phones_file(&self) -> PathBuf {
        self.data.join("phones.json")
    }

    /// How long recordings and evidence are kept.
    pub fn keeping_file(&self) -> PathBuf {
        self.data.join("keeping.json")
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn open_to_all(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_show_s_folder_is_for_this_user_only_even_when_an_older_version_left_it_open() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Folders::open(data.clone(), PathBuf::new()).unwrap();
        assert_eq!((mode(&data), mode(&data.join("photos"))), (0o700, 0o700));
        let journal = data.join(stallcast_journal::FILE_NAME);
        // The phones' secrets stand in theirs.
        let files = ["chat.json", "phones.json"].map(|name| data.join(name));
        for file in files.iter().chain([&journal]) {
            std::fs::write(file, b"").unwrap();
            open_to_all(file, 0o644);
        }
        open_to_all(&data, 0o755);
        Folders::open(data.clone(), PathBuf::new()).unwrap();
        assert_eq!(mode(&data), 0o700);
        for file in files.iter().chain([&journal]) {
            assert_eq!(mode(file), 0o600, "{}", file.display());
        }
    }

    #[test]
    fn a_folder_of_other_things_keeps_its_readers() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        std::fs::write(data.join("letter.txt"), b"").unwrap();
        open_to_all(data, 0o755);
        Folders::open(data.to_owned(), PathBuf::new()).unwrap();
        assert_eq!(mode(data), 0o755);
    }
}
