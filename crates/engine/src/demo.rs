//! The demo: a small orchard show that a newcomer finds on air to the built-in receiver, with no account, no
//! camera and no question asked.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use stallcast_journal::catalogue::{ImportOptions, import};
use stallcast_show::{
    Area, Canvas, Command, Placement, Product, ProductId, Scene, Show, Source, SourceKind, Text,
};

use crate::folders::Folders;

/// What the demo brings, to know it again.
#[derive(Default)]
pub struct Demo {
    script: Script,
    products: Vec<Product>,
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
        let products = import(&std::fs::read(demo.join("products.csv"))?, &options)
            .map_err(std::io::Error::other)?
            .products;
        Ok(Self { script, products })
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
    let Demo { script, products } = Demo::read(folders)?;
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
