//! What a list that was read changes in the show, for a person to look at before it is taken over.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use stallcast_journal::catalogue::{
    Field, FieldChange, ImportReport, PhotoLink, field_changes, rundown_with,
};
use stallcast_show::{Catalogue, Product, ProductId, RundownItem};
use stallcast_wire::{ImportChange, ImportFieldChange};

use super::list_photos::PhotoWish;
use crate::wire_name::wire_name;

/// Changes told at once: as many as a page shows; it asks for the others.
const TOLD_AT_ONCE: usize = 100;

/// What is different once the list is taken over.
pub(super) struct Changes {
    /// Good rows.
    pub(super) read: usize,
    pub(super) added: usize,
    pub(super) changed: usize,
    /// Some of both.
    pub(super) told: Vec<ImportChange>,
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
/// products whose linked photo is there already. Told are those from `offset` on, what is changed before what is new.
pub(super) fn changes_of<'a>(
    known: &Catalogue,
    rundown: impl Iterator<Item = &'a RundownItem>,
    report: &mut ImportReport,
    kept: &BTreeSet<ProductId>,
    offset: usize,
) -> Changes {
    let read = report.products.len();
    let links: BTreeMap<&ProductId, &str> = report
        .photo_links
        .iter()
        .filter(|link| !kept.contains(&link.product))
        .map(|link| (&link.product, link.url.as_str()))
        .collect();
    let mut rundown: Vec<RundownItem> = rundown.cloned().collect();
    let mut changed = 0;
    let mut new: Vec<&Product> = Vec::new();
    let mut told: Vec<ImportChange> = Vec::new();
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
        if before.is_some() && fields.is_empty() {
            continue;
        }
        digest(&mut hash, &(product, &fields));
        if before.is_none() {
            rundown.push(RundownItem::open(product.id.clone()));
            new.push(product);
            continue;
        }
        if changed >= offset && told.len() < TOLD_AT_ONCE {
            told.push(change(product, fields, false));
        }
        changed += 1;
    }
    let added = new.len();
    let rest = new.into_iter().skip(offset.saturating_sub(changed));
    let rest = rest.take(TOLD_AT_ONCE - told.len());
    told.extend(rest.map(|product| change(product, Vec::new(), true)));
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
        told,
        listed,
        seen,
        photos,
    }
}

fn digest(hash: &mut Sha256, what: &impl serde::Serialize) {
    // Values of the show always have a JSON form.
    hash.update(serde_json::to_vec(what).unwrap_or_default());
}

fn change(product: &Product, fields: Vec<FieldChange>, is_new: bool) -> ImportChange {
    let of_field = |change: FieldChange| ImportFieldChange {
        field: wire_name(&change.field),
        from: change.from,
        to: change.to,
    };
    ImportChange {
        product: product.id.clone(),
        title: product.title.clone(),
        is_new,
        fields: fields.into_iter().map(of_field).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use stallcast_journal::catalogue::import;

    use super::*;
    use crate::sample::product;

    fn told_from(offset: usize) -> Changes {
        let of = |from: u32, to: u32, price: i64| {
            (from..to).map(move |n| product(&format!("p{n:03}"), "Peaches", price))
        };
        let known = of(0, 260, 100).map(|it| (it.id.clone(), it)).collect();
        // Ten as they were, 250 that change, 70 that are new; the new ones come first.
        let rows = of(260, 330, 90)
            .chain(of(0, 250, 90))
            .chain(of(250, 260, 100));
        let mut report = import(b"title,price\nPeaches,1\n", &Default::default()).unwrap();
        report.products = rows.collect();
        changes_of(&known, [].iter(), &mut report, &BTreeSet::new(), offset)
    }

    #[test]
    fn every_change_is_told_once_by_pages_what_changes_before_what_is_new() {
        let pages: Vec<Changes> = [0, 100, 200, 300, 400].map(told_from).into();
        let sizes: Vec<usize> = pages.iter().map(|page| page.told.len()).collect();
        assert_eq!(sizes, [100, 100, 100, 20, 0]);
        assert!(pages.iter().all(|page| {
            let counts = (page.changed, page.added, &page.seen);
            counts == (250, 70, &pages[0].seen)
        }));
        let all: Vec<&ImportChange> = pages.iter().flat_map(|page| &page.told).collect();
        let ids: HashSet<&ProductId> = all.iter().map(|change| &change.product).collect();
        assert_eq!(ids.len(), 320);
        assert!(all.is_sorted_by_key(|change| change.is_new));
        assert!(
            all.iter()
                .all(|change| change.is_new == change.fields.is_empty())
        );
    }
}
