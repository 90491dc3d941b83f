//! A row over the product that the show has: what the row says changes, the rest stays as a person left it.

use stallcast_show::{Facts, Offer, Origin, Product, Text};

use super::Field;
use super::columns::Columns;

/// `known` with what `row` says. An empty cell says nothing, but for the usual price and the units: a list that has
/// the column keeps those whole, and a struck price that nobody stands by any more must not stay. Neither does a cell
/// that could not be read (`spared`) say anything.
pub(super) fn over(known: &Product, row: Product, columns: &Columns, spared: &[Field]) -> Product {
    let mut product = known.clone();
    said(&mut product.title, row.title);
    said(&mut product.short_title, row.short_title);
    said(&mut product.spec, row.spec);
    product.offer = offer_over(&known.offer, row.offer, columns, spared);
    product.photo = row.photo.or(product.photo);
    product.gtin = row.gtin.or(product.gtin);
    product.link = row.link.or(product.link);
    if !row.talking_points.is_empty() {
        product.talking_points = row.talking_points;
    }
    if !row.more_photos.is_empty() {
        product.more_photos = row.more_photos;
    }
    product.cost = row.cost.or(product.cost);
    if let Some(origin) = row.origin {
        origin_over(product.origin.get_or_insert_default(), origin);
    }
    if let Some(facts) = row.facts {
        facts_over(product.facts.get_or_insert_default(), facts);
    }
    product
}

fn offer_over(known: &Offer, row: Offer, columns: &Columns, spared: &[Field]) -> Offer {
    let mut offer = known.clone();
    offer.live_price = row.live_price;
    let has_usual = columns.has(Field::ListPrice)
        || (columns.has(Field::LivePrice) && columns.has(Field::Price));
    let unread = |fields: &[Field]| spared.iter().any(|field| fields.contains(field));
    let usual_unread = unread(&[Field::ListPrice, Field::Price]);
    if (has_usual && !usual_unread) || row.list_price.is_some() {
        offer.list_price = row.list_price;
    }
    if columns.has(Field::Quantity) && !unread(&[Field::Quantity]) {
        offer.quantity = row.quantity;
    }
    offer.countdown_s = row.countdown_s.or(offer.countdown_s);
    offer.coupon = row.coupon.or(offer.coupon);
    offer.limit_per_person = row.limit_per_person.or(offer.limit_per_person);
    said(&mut offer.gift, row.gift);
    words(&mut offer.list_price_evidence, row.list_price_evidence);
    if !row.steps.is_empty() {
        offer.steps = row.steps;
    }
    offer.starts = row.starts.or(offer.starts);
    offer.ends = row.ends.or(offer.ends);
    offer.bundle = row.bundle.or(offer.bundle);
    offer
}

fn origin_over(known: &mut Origin, row: Origin) {
    said(&mut known.place, row.place);
    said(&mut known.grower, row.grower);
    words(&mut known.harvested, row.harvested);
    words(&mut known.evidence, row.evidence);
}

fn facts_over(known: &mut Facts, row: Facts) {
    said(&mut known.shipping, row.shipping);
    said(&mut known.shelf_life, row.shelf_life);
    said(&mut known.size, row.size);
    said(&mut known.usage, row.usage);
    said(&mut known.after_sales, row.after_sales);
}

fn said(known: &mut Text, row: Text) {
    words(&mut known.zh, row.zh);
    words(&mut known.en, row.en);
}

fn words(known: &mut String, row: String) {
    if !row.is_empty() {
        *known = row;
    }
}
