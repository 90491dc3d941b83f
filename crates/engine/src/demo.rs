//! The demo: a small orchard show that a newcomer finds on air to the built-in receiver, with no account, no
//! camera and no question asked.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use stallcast_journal::catalogue::{ImportOptions, RundownLine, import, rundown_with};
use stallcast_show::{
    Area, Canvas, Command, Placement, Product, ProductId, Scene, Show, Source, SourceKind, Text,
};

use crate::folders::Folders;

/// What the demo brings, to know it again.
#[derive(Default)]
pub struct Demo {
    script: Script,
    products: Vec<Product>,
    rundown: Vec<RundownLine>,
}

impl Demo {
    /// Reads it from the assets.
    ///
    /// # Errors
    /// When a file of the demo is missing or no such file.
    pub fn read(folders: &Folders) -> std::io::Result<Self> {
        let demo = folders.asset("demo");
        let script = serde_json::from_slice(&std::fs::read(demo.join("show.json"))?)?;
        let options = ImportOptions {
            file_name: "products.csv".into(),
            ..ImportOptions::default()
        };
        let report = import(&std::fs::read(demo.join("products.csv"))?, &options)
            .map_err(std::io::Error::other)?;
        Ok(Self {
            script,
            products: report.products,
            rundown: report.rundown,
        })
    }

    /// Whether a product of the show is the demo's; one that was given another name is somebody's own.
    pub fn is_its(&self, show: &Show, id: &ProductId) -> bool {
        let its = self.products.iter().find(|product| product.id == *id);
        its.is_some_and(|its| show.products.get(id).is_some_and(|p| p.title == its.title))
    }

    /// Whether a line of the ticker is the demo's.
    pub fn has_ticker(&self, show: &Show) -> bool {
        let its = &self.script.ticker;
        let mut lines = show.ticker.zh.lines().chain(show.ticker.en.lines());
        lines.any(|line| {
            !line.trim().is_empty() && its.zh.lines().chain(its.en.lines()).any(|own| own == line)
        })
    }
}

/// What `assets/demo/show.json` says.
#[derive(Default, Deserialize)]
struct Script {
    name: Text,
    #[serde(default)]
    ticker: Text,
}

/// The commands that build the demo show, in order. Copies its photos into the show's folder.
///
/// # Errors
/// When a file of the demo is missing or cannot be copied.
pub fn commands(folders: &Folders, chinese: bool) -> std::io::Result<Vec<Command>> {
    let demo = folders.asset("demo");
    let Demo {
        script,
        products,
        rundown,
    } = Demo::read(folders)?;
    copy_photos(&demo.join("photos"), &folders.photos())?;
    let first = products.first().map(|product| product.id.clone());
    let clip = demo.join("orchard.mp4").canonicalize()?;
    let mut commands = vec![
        Command::Rename {
            name: if chinese {
                script.name.zh
            } else {
                script.name.en
            },
        },
        Command::PutSource {
            source: source(
                "orchard",
                if chinese { "果园" } else { "Orchard" },
                SourceKind::File {
                    path: clip.to_string_lossy().into_owned(),
                },
            ),
        },
        Command::PutSource {
            source: source(
                "test",
                if chinese {
                    "测试画面"
                } else {
                    "Test picture"
                },
                SourceKind::TestPicture,
            ),
        },
        Command::PutScene {
            scene: scene("orchard", "果园", "Orchard", &[("orchard", Area::FULL)]),
        },
        Command::PutScene {
            scene: scene(
                "both",
                "双画面",
                "Two pictures",
                &[("orchard", Area::FULL), ("test", CORNER)],
            ),
        },
        Command::PutScene {
            scene: scene("test", "测试画面", "Test picture", &[("test", Area::FULL)]),
        },
        Command::SwitchScene {
            scene: "orchard".into(),
            transition: stallcast_show::Transition::Cut,
        },
        Command::SetTicker {
            text: script.ticker,
        },
        Command::ImportProducts { products },
        // Whoever made the demo looked at it.
        Command::VetProducts {
            products: None,
            by: String::new(),
        },
        Command::SetRundown {
            items: rundown_with(&[], &rundown),
        },
    ];
    commands.extend(first.map(|product| Command::PutOnAir { product }));
    commands.push(Command::StartRehearsal);
    Ok(commands)
}

/// Upper right corner, where neither the card nor the ticker stands.
const CORNER: Area = Area {
    x: 6600,
    y: 500,
    width: 2900,
    height: 2900,
};

fn source(id: &str, name: &str, kind: SourceKind) -> Source {
    Source {
        id: id.into(),
        name: name.into(),
        kind,
    }
}

fn scene(id: &str, zh: &str, en: &str, placements: &[(&str, Area)]) -> Scene {
    let layout = placements
        .iter()
        .map(|(source, area)| Placement {
            source: (*source).into(),
            area: *area,
            crop: Area::FULL,
        })
        .collect();
    Scene {
        id: id.into(),
        name: Text {
            zh: zh.into(),
            en: en.into(),
        },
        layouts: BTreeMap::from([(Canvas::Landscape.id(), layout)]),
    }
}

fn copy_photos(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use stallcast_journal::catalogue::ImportError;

    fn report() -> Result<stallcast_journal::catalogue::ImportReport, ImportError> {
        let demo = Folders::default_assets().join("demo");
        let options = ImportOptions {
            file_name: "products.csv".into(),
            ..ImportOptions::default()
        };
        import(&std::fs::read(demo.join("products.csv")).unwrap(), &options)
    }

    #[test]
    fn the_demo_has_twelve_products_that_speak_both_languages_and_have_a_photo_each() {
        let report = report().unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert!(report.unmapped.is_empty(), "{:?}", report.unmapped);
        assert_eq!((report.products.len(), report.rundown.len()), (12, 12));
        let photos = Folders::default_assets().join("demo/photos");
        for product in &report.products {
            let both = |text: &Text| !text.zh.is_empty() && !text.en.is_empty();
            let offer = &product.offer;
            assert!(both(&product.title) && both(&product.spec), "{product:?}");
            for text in [&offer.gift, &offer.coupon.clone().unwrap_or_default().text] {
                assert!(*text == Text::default() || both(text), "{product:?}");
            }
            let origin = product.origin.clone().unwrap_or_default();
            for text in [&origin.place, &origin.grower] {
                assert!(*text == Text::default() || both(text), "{product:?}");
            }
            let facts = product.facts.as_ref().expect("answers");
            assert!(both(&facts.shipping) && both(&facts.usage) && both(&facts.after_sales));
            assert_eq!(product.talking_points.len(), 3);
            assert!(product.link.is_some());
            let photo = photos.join(product.photo.as_deref().unwrap());
            assert!(photo.is_file(), "{}", photo.display());
        }
    }

    #[test]
    fn the_demo_has_everything_that_an_offer_may_have() {
        let products = report().unwrap().products;
        let has = |holds: &dyn Fn(&Product) -> bool| products.iter().any(holds);
        assert!(has(&|p| p.offer.steps.len() == 2));
        assert!(has(&|p| p.offer.coupon.is_some()));
        assert!(has(&|p| !p.offer.gift.zh.is_empty()));
        assert!(has(&|p| p.offer.limit_per_person.is_some()));
        assert!(has(&|p| p
            .origin
            .as_ref()
            .is_some_and(|o| !o.harvested.is_empty())));
        assert!(has(&|p| p.offer.quantity.is_some_and(|left| left <= 20)));
    }
}
