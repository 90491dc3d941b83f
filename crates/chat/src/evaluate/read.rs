//! Owns reading the labelled sets of a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::catalogue::Article;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The folder or a file cannot be read.
    #[error("{0}: {1}")]
    Read(PathBuf, std::io::Error),
    /// A table is not what it should be.
    #[error("{0}: {1}")]
    Table(PathBuf, csv::Error),
    /// The facts are not what they should be.
    #[error("{0}: {1}")]
    Facts(PathBuf, serde_json::Error),
    /// No file of the folder is one of the sets.
    #[error("{0}: no livechat*.csv, shop*.csv or mod*.csv")]
    Nothing(PathBuf),
}

#[derive(Debug, Deserialize)]
pub(super) struct Live {
    pub(super) text: String,
    #[serde(deserialize_with = "flag")]
    pub(super) ask: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Shop {
    pub(super) id: String,
    pub(super) lang: String,
    pub(super) text: String,
    #[serde(deserialize_with = "flag")]
    pub(super) ask: bool,
    pub(super) intent: String,
    pub(super) product: String,
    pub(super) answer_fact: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Held {
    pub(super) text: String,
    #[serde(rename = "verdict", deserialize_with = "flag")]
    pub(super) hold: bool,
}

fn flag<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    let text = String::deserialize(from)?;
    Ok(matches!(text.trim(), "1" | "hold" | "true"))
}

#[derive(Debug, Default)]
pub(super) struct Sets {
    pub(super) live: Vec<Live>,
    pub(super) shop: Vec<Shop>,
    pub(super) articles: Vec<Article>,
    pub(super) held: Vec<Held>,
}

impl Sets {
    /// Every file whose name begins like a set; lists of ids (`livechat_dev_unsure.csv`) and of pairs
    /// (`near_miss*.csv`, which only explain the labels) are not rows.
    pub(super) fn read(folder: &Path) -> Result<Self, EvaluateError> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .map_err(|error| EvaluateError::Read(folder.to_owned(), error))?;
        files.sort();
        let mut sets = Self::default();
        for file in &files {
            let name = file
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let table = name.ends_with(".csv") && !name.contains("unsure");
            if table && name.starts_with("livechat") {
                sets.live.extend(rows(file)?);
            } else if table && name.starts_with("shop") {
                sets.shop.extend(rows(file)?);
            } else if table && name.starts_with("mod") {
                sets.held.extend(rows(file)?);
            } else if name.starts_with("facts") && name.ends_with(".json") {
                sets.articles.extend(facts(file)?);
            }
        }
        if sets.texts().next().is_none() {
            return Err(EvaluateError::Nothing(folder.to_owned()));
        }
        Ok(sets)
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let live = self.live.iter().map(|row| row.text.as_str());
        let shop = self.shop.iter().map(|row| row.text.as_str());
        let held = self.held.iter().map(|row| row.text.as_str());
        live.chain(shop).chain(held)
    }
}

fn rows<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Vec<T>, EvaluateError> {
    csv::Reader::from_path(file)
        .and_then(|mut table| table.deserialize().collect())
        .map_err(|error| EvaluateError::Table(file.to_owned(), error))
}

#[derive(Deserialize)]
struct Facts {
    products: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    id: String,
    link: Option<u32>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

fn facts(file: &Path) -> Result<Vec<Article>, EvaluateError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| EvaluateError::Read(file.to_owned(), error))?;
    let facts: Facts = serde_json::from_str(&text)
        .map_err(|error| EvaluateError::Facts(file.to_owned(), error))?;
    Ok(facts.products.into_iter().map(article).collect())
}

/// Texts are facts; an object holds the same keys in another language.
fn article(product: Product) -> Article {
    let mut facts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in product.rest {
        match value {
            serde_json::Value::Object(others) => {
                for (key, value) in others {
                    if let Some(text) = value.as_str() {
                        facts.entry(key).or_default().push(text.to_owned());
                    }
                }
            }
            serde_json::Value::String(text) => facts.entry(key).or_default().push(text),
            serde_json::Value::Number(number) => {
                facts.entry(key).or_default().push(number.to_string())
            }
            _ => {}
        }
    }
    Article {
        id: product.id,
        link: product.link,
        names: product.aliases,
        facts,
    }
}
