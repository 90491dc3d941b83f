//! What a list that was read changes in the show, for a person to look at before it is taken over.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use stallcast_journal::catalogue::{
    Field, FieldChange, ImportReport, PhotoLink, field_changes, rundown_with,
};
use stallcast_show::{Catalogue, ProductId, RundownItem};
use stallcast_wire::{ImportChange, ImportFieldChange};

use super::list_photos::PhotoWish;
use crate::wire_name::wire_name;

/// Changes told one by one: more than a person reads, and little enough for a page.
const TOLD_MAX: usize = 300;

/// What is different once the list is taken over.
pub(super) struct Changes {
    /// Good rows.
    pub(super) read: usize,
    pub(super) added: usize,
    pub(super) changed: usize,
    /// The first of both.
    pub(super) first: Vec<ImportChange>,
    /// Lines put at the beginning of the rundown; 0 = it stays as it is.
    pub(super) listed: usize,
    /// The same for the same changes.
    pub(super) seen: String,
    /// The photos that products with a link will have until theirs is fetched.
    photos: BTreeMap<ProductId, Option<String>>,
}

impl Changes {
    pub(super) fn with_photos(&self, links: Vec<PhotoLink>) -> Vec<PhotoWish> {
        let was = |link: &PhotoLink| self.photos.get(&link.product).cloned().flatten();
        links
            .into_iter()
            .map(|link| PhotoWish {
                was: was(&link),
                link,
            })
            .collect()
    }
}

/// Compares the report with the show, and leaves in it only the products that are new or change. `kept` are the
/// products whose linked photo is there already.
pub(super) fn changes_of<'a>(
    known: &Catalogue,
    rundown: impl Iterator<Item = &'a RundownItem>,
    report: &mut ImportReport,
    kept: &BTreeSet<ProductId>,
) -> Changes {
    let read = report.products.len();
    let links: BTreeMap<&ProductId, &str> = report
        .photo_links
        .iter()
        .filter(|link| !kept.contains(&link.product))
        .map(|link| (&link.product, link.url.as_str()))
        .collect();
    let mut rundown: Vec<RundownItem> = rundown.cloned().collect();
    let (mut added, mut changed) = (0, 0);
    let mut first: Vec<ImportChange> = Vec::new();
    let mut hash = Sha256::new();
    let mut photos = BTreeMap::new();
    for product in &report.products {
        let before = known.get(&product.id);
        let mut fields = before.map_or_else(Vec::new, |known| field_changes(known, product));
        let photo = links.get(&product.id).map(|url| FieldChange {
            field: Field::Photo,
            from: product.photo.clone().unwrap_or_default(),
            to: (*url).to_owned(),
        });
        if before.is_some() {
            fields.extend(photo);
        }
        if links.contains_key(&product.id) || kept.contains(&product.id) {
            photos.insert(product.id.clone(), product.photo.clone());
        }
        match before {
            None => {
                added += 1;
                rundown.push(RundownItem::open(product.id.clone()));
            }
            Some(_) if fields.is_empty() => continue,
            Some(_) => changed += 1,
        }
        digest(&mut hash, &(product, &fields));
        if first.len() < TOLD_MAX {
            first.push(ImportChange {
                product: product.id.clone(),
                title: product.title.clone(),
                is_new: before.is_none(),
                fields: fields.into_iter().map(told).collect(),
            });
        }
    }
    report
        .products
        .retain(|product| known.get(&product.id) != Some(product));
    let becomes = rundown_with(&rundown, &report.rundown);
    let listed = match becomes == rundown {
        true => 0,
        false => report.rundown.len(),
    };
    if listed > 0 {
        digest(&mut hash, &becomes);
    }
    let seen: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Changes {
        read,
        added,
        changed,
        first,
        listed,
        seen,
        photos,
    }
}

fn digest(hash: &mut Sha256, what: &impl serde::Serialize) {
    // Values of the show always have a JSON form.
    hash.update(serde_json::to_vec(what).unwrap_or_default());
}

fn told(change: FieldChange) -> ImportFieldChange {
    ImportFieldChange {
        field: wire_name(&change.field),
        from: change.from,
        to: change.to,
    }
}
