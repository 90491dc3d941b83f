//! Card themes: which there are, which one is in use, and what each would look like with a product of the show.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use stallcast_overlay::{CanvasSize, Fonts, Lang, Theme, ThemeError, Unreadable, sample};
use stallcast_show::{
    At, CardLang, CardLook, Countdown, Currency, Money, Offer, OnAir, Product, ProductId, Rgb,
    RundownItem, Show, Text,
};
use stallcast_wire::{ErrorCode, ThemeFaultView, ThemeView, ThemesView, WireError};
use tokio::sync::Semaphore;

use crate::StartError;
use crate::folders::Folders;

/// Most themes of one's own that are listed: a folder dropped by mistake must not keep the page waiting.
const OWN_MOST: usize = 60;
/// Clock of a sample whose offer has none, seconds.
const SAMPLE_CLOCK_S: u32 = 180;

/// The themes of one engine. Cheap to clone.
#[derive(Clone)]
pub struct Looks {
    inner: Arc<Inner>,
}

struct Inner {
    shipped: PathBuf,
    own: PathBuf,
    usual: String,
    lang: Lang,
    fonts: Fonts,
    photos: PathBuf,
    /// One sample is drawn at a time: the show needs the processor.
    drawing: Arc<Semaphore>,
}

impl Looks {
    /// Themes of `folders`, with what is used where nothing was chosen.
    ///
    /// # Errors
    /// When that theme cannot be used.
    pub fn open(
        folders: &Folders,
        usual: String,
        lang: Lang,
        fonts: Fonts,
    ) -> Result<Self, StartError> {
        let shipped = folders.asset("themes");
        Theme::load(&shipped.join(&usual))?;
        let inner = Inner {
            shipped,
            own: folders.themes(),
            usual,
            lang,
            fonts,
            photos: folders.photos(),
            drawing: Arc::new(Semaphore::new(1)),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// What words are set in.
    pub fn fonts(&self) -> &Fonts {
        &self.inner.fonts
    }

    /// Folder of the products' photos.
    pub fn photos(&self) -> &Path {
        &self.inner.photos
    }

    /// Language of the cards.
    pub fn lang(&self, look: &CardLook) -> Lang {
        match look.lang {
            Some(CardLang::Zh) => Lang::Zh,
            Some(CardLang::En) => Lang::En,
            None => self.inner.lang,
        }
    }

    /// The theme that is used where none was chosen. Reads files.
    ///
    /// # Errors
    /// When its files changed since the start.
    pub fn usual(&self) -> Result<Theme, ThemeError> {
        let theme = Theme::load(&self.inner.shipped.join(&self.inner.usual))?;
        Ok(theme.in_zone(ahead_of_utc))
    }

    /// The theme of a look. Reads files.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn theme(&self, look: &CardLook) -> Result<Theme, ThemeFaultView> {
        let id = look.theme.as_deref().unwrap_or(&self.inner.usual);
        let not_there = || fault("not_there", id);
        let folder = self.folder(id).ok_or_else(not_there)?;
        let theme = Theme::load(&folder).map_err(|error| fault_of(&error))?;
        let own = look.colours.get(id).copied().unwrap_or_default();
        Ok(theme.coloured(&own).in_zone(ahead_of_utc))
    }

    /// Says no to a look whose theme cannot be used or whose words could not be read, before anything is written down.
    ///
    /// # Errors
    /// [`ErrorCode::ThemeRefused`] with file, element and what is wrong; [`ErrorCode::ColourUnreadable`].
    pub async fn check(&self, look: &CardLook) -> Result<(), WireError> {
        let (looks, look) = (self.clone(), look.clone());
        let checked = tokio::task::spawn_blocking(move || looks.readable(&look))
            .await
            .map_err(|_| WireError::new(ErrorCode::Internal))?;
        let readable = checked.map_err(|fault| {
            WireError::new(ErrorCode::ThemeRefused)
                .with("file", fault.file)
                .with("element", fault.element)
                .with("fault", fault.code)
        })?;
        readable.map_err(|unreadable| {
            WireError::new(ErrorCode::ColourUnreadable)
                .with("contrast", format!("{:.1}", unreadable.contrast))
                .with("least", Rgb::READABLE.to_string())
        })
    }

    /// Whether words can be read in the colours of the theme in use.
    fn readable(&self, look: &CardLook) -> Result<Result<(), Unreadable>, ThemeFaultView> {
        let id = look.theme.as_deref().unwrap_or(&self.inner.usual);
        let theme = self.theme(&CardLook {
            theme: look.theme.clone(),
            ..CardLook::default()
        })?;
        let own = look.colours.get(id).copied().unwrap_or_default();
        Ok(theme.check_colours(&own))
    }

    /// All themes, also those that cannot be used. Reads files.
    pub fn list(&self) -> ThemesView {
        let shipped = folders_in(&self.inner.shipped);
        let mut own = folders_in(&self.inner.own);
        own.truncate(OWN_MOST);
        let of_program = shipped.iter().map(|id| {
            let theme = Theme::load(&self.inner.shipped.join(id));
            view(id, false, theme.map_err(|error| fault_of(&error)))
        });
        let of_user = own.iter().map(|id| {
            let theme = if shipped.contains(id) {
                Err(fault("name_taken", id))
            } else {
                Theme::load(&self.inner.own.join(id)).map_err(|error| fault_of(&error))
            };
            view(id, true, theme)
        });
        ThemesView {
            themes: of_program.chain(of_user).collect(),
            folder: self.inner.own.display().to_string(),
            usual: self.inner.usual.clone(),
            usual_lang: match self.inner.lang {
                Lang::Zh => CardLang::Zh,
                Lang::En => CardLang::En,
            },
        }
    }

    /// The product as the look would show it, as a PNG file.
    ///
    /// # Errors
    /// What is wrong with the theme.
    pub async fn preview(
        &self,
        show: &Show,
        product: Option<&ProductId>,
        look: CardLook,
        canvas: CanvasSize,
        now: At,
    ) -> Result<Vec<u8>, ThemeFaultView> {
        let looks = self.clone();
        let show = sample_show(show, product, &look, now);
        let nothing = || fault("not_there", "");
        let drawing = Arc::clone(&self.inner.drawing);
        // Never closed. It goes along, so that those whom nobody waits for any more do not draw at the same time.
        let turn = drawing.acquire_owned().await.map_err(|_| nothing())?;
        let drawn = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let theme = looks.theme(&look)?;
            let (lang, inner) = (looks.lang(&look), &looks.inner);
            let picture = sample(theme, &inner.fonts, &show, now, lang, &inner.photos, canvas);
            picture.png().ok_or_else(nothing)
        });
        drawn.await.map_err(|_| nothing())?
    }

    /// The folder of a theme: a plain name below one of the two, those of the program first.
    fn folder(&self, id: &str) -> Option<PathBuf> {
        let mut parts = Path::new(id).components();
        let plain = matches!(
            (parts.next(), parts.next()),
            (Some(Component::Normal(_)), None)
        );
        let folders = [self.inner.shipped.join(id), self.inner.own.join(id)];
        folders.into_iter().find(|folder| plain && folder.is_dir())
    }
}

fn folders_in(place: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(place) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// What this computer's clock on the wall is ahead of UTC at a moment, milliseconds.
fn ahead_of_utc(at: At) -> i64 {
    let moment = Timestamp::from_millisecond(at.0);
    moment.map_or(0, |moment| {
        i64::from(TimeZone::system().to_offset(moment).seconds()) * 1000
    })
}

fn view(id: &str, own: bool, theme: Result<Theme, ThemeFaultView>) -> ThemeView {
    let colours = theme.as_ref().map(Theme::colours).unwrap_or_default();
    let (name, fault) = match theme {
        Ok(theme) => (theme.name().clone(), None),
        Err(fault) => {
            let name = Text {
                zh: id.to_owned(),
                en: id.to_owned(),
            };
            (name, Some(fault))
        }
    };
    ThemeView {
        id: id.to_owned(),
        name,
        own,
        colours,
        fault,
    }
}

fn fault(code: &str, file: &str) -> ThemeFaultView {
    ThemeFaultView {
        code: code.to_owned(),
        file: file.to_owned(),
        element: String::new(),
        detail: String::new(),
    }
}

fn fault_of(error: &ThemeError) -> ThemeFaultView {
    let (file, element) = error.place();
    ThemeFaultView {
        code: error.code().to_owned(),
        file: file.to_owned(),
        element: element.to_owned(),
        detail: error.detail(),
    }
}

/// The show with nothing but this product (else the one on air, else the first of the rundown), just put on air.
fn sample_show(show: &Show, wanted: Option<&ProductId>, look: &CardLook, now: At) -> Show {
    let on_air = show.on_air.as_ref().map(|on| &on.product);
    let first = show.rundown.first().map(|item| &item.product);
    let product = [wanted, on_air, first]
        .into_iter()
        .flatten()
        .find_map(|id| show.products.get(id))
        .cloned()
        .unwrap_or_else(stand_in);
    let place = show.rundown.iter().position(|i| i.product == product.id);
    let next = place
        .and_then(|place| show.rundown.get(place + 1))
        .and_then(|item| show.products.get(&item.product));
    let mut sample = Show {
        rundown: show.rundown.clone(),
        ticker: show.ticker.clone(),
        card_look: look.clone(),
        on_air: Some(OnAir {
            product: product.id.clone(),
            since: now,
        }),
        ..Show::default()
    };
    if place.is_none() {
        sample.rundown = vec![RundownItem::open(product.id.clone())];
    }
    if let Some(left) = show.stock_left(&product.id).or(product.offer.quantity) {
        sample.stock.insert(product.id.clone(), left);
    }
    let seconds = product.offer.countdown_s.unwrap_or(SAMPLE_CLOCK_S);
    sample.countdown = Some(Countdown {
        product: product.id.clone(),
        started: now,
        deadline: At(now.0 + i64::from(seconds) * 1000),
    });
    for known in next.cloned().into_iter().chain([product]) {
        sample.products.insert(known.id.clone(), known);
    }
    sample
}

/// What is shown while the catalogue is empty.
fn stand_in() -> Product {
    let yuan = |minor| Money {
        minor,
        currency: Currency("CNY".to_owned()),
    };
    let title = Text {
        zh: "示例商品".to_owned(),
        en: "Sample product".to_owned(),
    };
    let offer = Offer {
        list_price: Some(yuan(4990)),
        quantity: Some(86),
        ..Offer::at(yuan(2990))
    };
    Product::new(ProductId::from("sample"), title, offer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(data: &Path) -> Looks {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
        let folders = Folders::open(data.to_owned(), assets).unwrap();
        Looks::open(&folders, "orchard".into(), Lang::Zh, Fonts::system()).unwrap()
    }

    fn wearing(theme: &str) -> CardLook {
        CardLook {
            theme: Some(theme.into()),
            ..CardLook::default()
        }
    }

    /// Copies a theme of the program into the data folder under another name.
    fn drop_in(data: &Path, from: &str, name: &str) -> PathBuf {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes");
        let folder = data.join("themes").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for file in std::fs::read_dir(source.join(from)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_dropped_into_the_data_folder_is_a_theme_and_a_broken_one_names_its_element() {
        let data = tempfile::tempdir().unwrap();
        let looks = looks(data.path());
        drop_in(data.path(), "clean", "我的主题");
        let broken = drop_in(data.path(), "clean", "broken").join("card.svg");
        let card = std::fs::read_to_string(&broken).unwrap();
        std::fs::write(&broken, card.replace("slot-title", "slot-tittle")).unwrap();
        drop_in(data.path(), "clean", "clean");
        let list = looks.list();
        assert!(list.folder.ends_with("themes"));
        let found = |id: &str| {
            let mut own = list.themes.iter().filter(|theme| theme.own);
            own.find(|theme| theme.id == id).cloned().unwrap()
        };
        assert_eq!(found("我的主题").fault, None);
        let fault = found("broken").fault.unwrap();
        let said = [&*fault.file, &*fault.element, &*fault.code];
        assert_eq!(said, ["card.svg", "slot-tittle", "unknown"]);
        assert_eq!(found("clean").fault.unwrap().code, "name_taken");
        let shipped = list.themes.iter().filter(|theme| !theme.own);
        assert!(shipped.clone().count() >= 2 && shipped.into_iter().all(|t| t.fault.is_none()));

        assert!(looks.theme(&wearing("我的主题")).is_ok());
        assert_eq!(looks.theme(&wearing("broken")).unwrap_err(), fault);
    }

    #[test]
    fn a_theme_s_name_leads_nowhere_else() {
        let data = tempfile::tempdir().unwrap();
        let looks = looks(data.path());
        drop_in(data.path(), "clean", "inside");
        std::fs::rename(data.path().join("themes/inside"), data.path().join("out")).unwrap();
        for name in ["../out", "..", "/etc", "a/b", "", "nobody"] {
            assert_eq!(looks.theme(&wearing(name)).unwrap_err().code, "not_there");
        }
    }

    #[tokio::test]
    async fn every_theme_is_previewed_with_the_merchant_s_own_product() {
        let data = tempfile::tempdir().unwrap();
        let looks = looks(data.path());
        let mut show = Show::default();
        let canvas = CanvasSize {
            width: 360,
            height: 640,
        };
        let empty = looks
            .preview(&show, None, wearing("clean"), canvas, At(0))
            .await
            .unwrap();
        assert!(empty.starts_with(b"\x89PNG"));
        let mut product = stand_in();
        product.title.zh = "阳山水蜜桃".into();
        show.rundown.push(RundownItem::open(product.id.clone()));
        show.products.insert(product.id.clone(), product);
        for theme in ["clean", "orchard"] {
            let own = looks
                .preview(&show, None, wearing(theme), canvas, At(0))
                .await
                .unwrap();
            assert!(own.starts_with(b"\x89PNG") && own != empty, "{theme}");
        }
    }
}
