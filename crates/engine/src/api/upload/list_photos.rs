//! The photos of a list: those that are there already, and those that are fetched once its products are.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use stallcast_journal::catalogue::PhotoLink;
use stallcast_show::{Actor, Command, Product, ProductId, Show};
use stallcast_wire::{ImportProblem, WireError};
use tokio::time::Instant;

use super::web_photos::WebPhotos;
use crate::api::Api;
use crate::wire_name::wire_name;

/// How long the photos of one list may take to fetch; what is left is named, and importing again goes on with it.
const PHOTOS_WITHIN: Duration = Duration::from_secs(30);

/// Photos named one by one that were not fetched.
const PHOTO_PROBLEMS_MAX: usize = 1_000;

/// Photos that an earlier import fetched are there at once, so a card on air does not lose its own for a moment. Gives
/// the products whose photo that is.
pub(super) async fn with_kept_photos(
    products: &mut [Product],
    links: &[PhotoLink],
    photos: &WebPhotos,
) -> BTreeSet<ProductId> {
    let mut kept: HashMap<&ProductId, String> = HashMap::new();
    for link in links {
        if let Some(name) = photos.kept(&link.url).await {
            kept.insert(&link.product, name);
        }
    }
    let found = kept.keys().map(|id| (*id).clone()).collect();
    for product in products {
        product.photo = kept.remove(&product.id).or(product.photo.take());
    }
    found
}

/// A photo to fetch, and the one that its product had when the list was taken over.
pub(super) struct PhotoWish {
    pub(super) link: PhotoLink,
    pub(super) was: Option<String>,
}

/// A photo that is there.
pub(super) struct NewPhoto {
    pub(super) product: ProductId,
    pub(super) was: Option<String>,
    pub(super) name: String,
}

/// Fetches photos and sets them where the product is still there; the rows whose photo could not be had.
pub(super) async fn add_photos(
    api: &Api,
    actor: &Actor,
    wishes: Vec<PhotoWish>,
    photos: &WebPhotos,
) -> Result<Vec<ImportProblem>, WireError> {
    let (links, before): (Vec<PhotoLink>, Vec<_>) = wishes
        .into_iter()
        .map(|wish| {
            let before = (wish.link.product.clone(), wish.was);
            (wish.link, before)
        })
        .unzip();
    let mut before: HashMap<ProductId, Option<String>> = before.into_iter().collect();
    let answers = photos.fetch(links, Instant::now() + PHOTOS_WITHIN).await;
    let mut missing = Vec::new();
    let mut found = Vec::new();
    for (link, answer) in answers {
        match answer {
            Ok(name) => found.push(NewPhoto {
                was: before.remove(&link.product).flatten(),
                product: link.product,
                name,
            }),
            Err(fault) => missing.push(ImportProblem {
                line: link.line,
                column: link.column,
                code: format!("photo_{}", wire_name(&fault)),
                value: link.url.chars().take(80).collect(),
                taken: true,
            }),
        }
    }
    let wish = |show: &Show| set_photos(show, found);
    let desk = api.studio.desk();
    desk.submit_at_turn(actor.clone(), wish).await?;
    Ok(first_of(missing))
}

/// Gives photos to those products that are still there and have the photo they had. Products are written whole, so
/// `show` must be the one that the command meets, or a price set meanwhile would be undone.
pub(super) fn set_photos(show: &Show, found: Vec<NewPhoto>) -> Option<Command> {
    let products: Vec<Product> = found
        .into_iter()
        .filter_map(|found| {
            let is_due =
                |p: &&Product| p.photo == found.was && p.photo.as_ref() != Some(&found.name);
            let known = show.products.get(&found.product).filter(is_due)?;
            let photo = Some(found.name.clone());
            Some(Product {
                photo,
                ..known.clone()
            })
        })
        .collect();
    (!products.is_empty()).then_some(Command::ImportProducts { products })
}

/// The first problems by line, and one that counts the others.
pub(super) fn first_of(mut problems: Vec<ImportProblem>) -> Vec<ImportProblem> {
    problems.sort_by_key(|problem| problem.line);
    let others = problems.split_off(problems.len().min(PHOTO_PROBLEMS_MAX));
    problems.extend(others.first().map(|first| ImportProblem {
        line: first.line,
        column: first.column.clone(),
        code: "more_problems".to_owned(),
        value: others.len().to_string(),
        taken: true,
    }));
    problems
}
