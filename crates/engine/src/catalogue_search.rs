//! Looks through the catalogue for a page: what is typed is looked for in titles, ids, barcodes, photo names and places on
//! the rundown, and the answer is the part of it that the page shows.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use stallcast_show::{Product, ProductId, Show};
use stallcast_wire::{PRODUCTS_AT_ONCE, ProductScope, ProductSort, ProductsView};

use crate::desk::Published;

/// Signs of a query that are looked for; a title has no more.
const QUERY_MOST: usize = 200;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    /// Words that each must be found; empty = everything.
    pub query: String,
    /// Where.
    pub scope: ProductScope,
    /// In which order.
    pub sort: ProductSort,
    /// How many are passed over.
    pub offset: u32,
    /// How many are wanted.
    pub count: u32,
}

/// A product with its words as they are looked through.
#[derive(Clone)]
struct Entry {
    product: Arc<Product>,
    /// One a line: id, barcode, titles, short titles, photos.
    words: Arc<str>,
}

/// The catalogue, ready to be looked through. It learns what changed when somebody looks next.
#[derive(Default)]
pub struct CatalogueSearch {
    known: Mutex<(u64, Arc<Vec<Entry>>)>,
}

impl CatalogueSearch {
    /// What is found in the show as published. Walks the catalogue: for a thread that may take some milliseconds.
    pub fn look(&self, published: &Published, sought: &Sought) -> ProductsView {
        let entries = self.entries(published);
        let show = &*published.show;
        let found = found_in(&entries, show, sought);
        let window = found
            .iter()
            .skip(sought.offset as usize)
            .take(sought.count.min(PRODUCTS_AT_ONCE) as usize);
        let products: Vec<Product> = window.map(|entry| Product::clone(&entry.product)).collect();
        let stock = products
            .iter()
            .filter_map(|it| Some((it.id.clone(), *show.stock.get(&it.id)?)));
        ProductsView {
            found: u32::try_from(found.len()).unwrap_or(u32::MAX),
            stock: stock.collect(),
            version: published.catalogue,
            products,
        }
    }

    fn entries(&self, published: &Published) -> Arc<Vec<Entry>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (version, entries) = &mut *known;
        if entries.is_empty() || *version != published.catalogue {
            *entries = Arc::new(renewed(entries, &published.show));
            *version = published.catalogue;
        }
        Arc::clone(entries)
    }
}

/// The entries of the show: those of before where the product is still the same one.
fn renewed(before: &[Entry], show: &Show) -> Vec<Entry> {
    let mut before = before.iter().peekable();
    let entry = |product: &Arc<Product>| {
        // Both stand in the order of their ids.
        while before.next_if(|old| old.product.id < product.id).is_some() {}
        match before.peek() {
            Some(old) if Arc::ptr_eq(&old.product, product) => Entry::clone(old),
            _ => Entry {
                product: Arc::clone(product),
                words: words_of(product).into(),
            },
        }
    };
    show.products.iter_shared().map(entry).collect()
}

fn words_of(product: &Product) -> String {
    let mut words = String::new();
    let texts = [&product.title, &product.short_title];
    let texts = texts.into_iter().flat_map(|text| [&text.zh, &text.en]);
    let lines = [&product.id.0].into_iter().chain(&product.gtin);
    let photos = product.photo.iter().chain(&product.more_photos);
    for line in lines.chain(texts).chain(photos) {
        if !line.is_empty() {
            words.extend(folded(line));
            words.push('\n');
        }
    }
    words
}

/// Small letters, and those of full width as the usual ones: an input method gives either.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    let narrow = |sign: char| match sign {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(sign as u32 - 0xFEE0).unwrap_or(sign),
        '\u{3000}' => ' ',
        _ => sign,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase)
}

/// How surely a product is meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hit {
    /// Its id, barcode or place was typed whole.
    Named,
    /// A line of it begins so.
    Begins,
    /// All words stand in it.
    Has,
}

fn found_in<'a>(entries: &'a [Entry], show: &Show, sought: &Sought) -> Vec<&'a Entry> {
    let query: String = folded(sought.query.trim()).take(QUERY_MOST).collect();
    let words: Vec<&str> = query.split_whitespace().collect();
    let place_typed: Option<usize> = query.parse().ok();
    let places: HashMap<&ProductId, usize> = show
        .rundown
        .iter()
        .enumerate()
        .map(|(i, item)| (&item.product, i + 1))
        .collect();
    let mut found: Vec<(Hit, usize, &Entry)> = entries
        .iter()
        .filter_map(|entry| {
            let place = places.get(&entry.product.id).copied();
            if sought.scope == ProductScope::Aside && place.is_some() {
                return None;
            }
            let is_place = place.is_some() && place == place_typed;
            let hit = if is_place {
                Some(Hit::Named)
            } else {
                hit(&entry.words, &query, &words)
            };
            Some((hit?, place.unwrap_or(usize::MAX), entry))
        })
        .collect();
    // The entries come in the order of their ids, which sorting keeps where all else is the same.
    match sought.sort {
        ProductSort::Rundown => found.sort_by_key(|(hit, place, _)| (*hit, *place)),
        ProductSort::Title => {
            let title = |it: &Entry| {
                let title = &it.product.title;
                let first = if title.zh.is_empty() {
                    &title.en
                } else {
                    &title.zh
                };
                folded(first).collect::<String>()
            };
            found.sort_by_cached_key(|(hit, _, it)| (*hit, title(it)));
        }
        ProductSort::PriceUp => found.sort_by_key(|(hit, _, it)| (*hit, price(it))),
        ProductSort::PriceDown => found.sort_by_key(|(hit, _, it)| (*hit, Reverse(price(it)))),
    }
    found.into_iter().map(|(_, _, entry)| entry).collect()
}

fn price(entry: &Entry) -> i64 {
    entry.product.offer.live_price.minor
}

fn hit(lines: &str, query: &str, words: &[&str]) -> Option<Hit> {
    if words.is_empty() || !words.iter().all(|word| lines.contains(word)) {
        return words.is_empty().then_some(Hit::Has);
    }
    // Id and barcode stand first; a title that is exactly this is as sure.
    let mut begins = false;
    for line in lines.lines() {
        if line == query {
            return Some(Hit::Named);
        }
        begins |= line.starts_with(query);
    }
    Some(if begins { Hit::Begins } else { Hit::Has })
}

#[cfg(test)]
mod tests {
    use stallcast_show::RundownItem;

    use super::*;
    use crate::sample::product;

    fn published(show: Show, catalogue: u64) -> Published {
        Published {
            show: Arc::new(show),
            seq: 1,
            catalogue,
        }
    }

    fn show(products: &[(&str, &str)]) -> Show {
        let mut show = Show::default();
        for (n, (id, title)) in (1..).zip(products) {
            show.products
                .insert((*id).into(), product(id, title, n * 100));
        }
        show
    }

    fn ids(search: &CatalogueSearch, at: &Published, sought: Sought) -> Vec<String> {
        let view = search.look(
            at,
            &Sought {
                count: 100,
                ..sought
            },
        );
        view.products.into_iter().map(|it| it.id.0).collect()
    }

    fn of(query: &str) -> Sought {
        Sought {
            query: query.to_owned(),
            ..Sought::default()
        }
    }

    #[test]
    fn products_are_found_by_words_id_barcode_and_place_and_the_surest_comes_first() {
        let mut show = show(&[
            ("a-12", "Peach juice"),
            ("b-3", "Yellow Peach"),
            ("c-4", "水蜜桃 Peach"),
            ("d-5", "Pears"),
        ]);
        show.products.get_mut(&"d-5".into()).unwrap().gtin = Some("6901234567892".into());
        show.products.get_mut(&"d-5".into()).unwrap().short_title.zh = "梨".into();
        show.rundown = vec![
            RundownItem::open("c-4".into()),
            RundownItem::open("d-5".into()),
        ];
        let at = published(show, 1);
        let search = CatalogueSearch::default();
        assert_eq!(ids(&search, &at, of("peach")), ["a-12", "c-4", "b-3"]);
        assert_eq!(ids(&search, &at, of("peach yellow")), ["b-3"]);
        assert_eq!(ids(&search, &at, of("ＰＥＡＣＨ　ｙｅｌｌｏｗ")), ["b-3"]);
        assert_eq!(ids(&search, &at, of("梨")), ["d-5"]);
        assert_eq!(ids(&search, &at, of("6901234567892")), ["d-5"]);
        // Its place on the rundown, and ids that have the digit somewhere after it.
        assert_eq!(ids(&search, &at, of("2")), ["d-5", "a-12"]);
        assert_eq!(ids(&search, &at, of("plums")), [""; 0]);
        let aside = Sought {
            scope: ProductScope::Aside,
            sort: ProductSort::PriceDown,
            ..of("")
        };
        assert_eq!(ids(&search, &at, aside), ["b-3", "a-12"]);
        assert_eq!(ids(&search, &at, of("")), ["c-4", "d-5", "a-12", "b-3"]);
    }

    #[test]
    fn a_window_is_cut_out_of_what_is_found_and_what_changed_is_learned() {
        let many: Vec<(String, String)> = (0..250)
            .map(|n| (format!("p{n:03}"), format!("Peaches {n}")))
            .collect();
        let named: Vec<(&str, &str)> = many.iter().map(|(id, it)| (&**id, &**it)).collect();
        let mut show = show(&named);
        let search = CatalogueSearch::default();
        let window = Sought {
            offset: 240,
            count: 1_000,
            ..of("peaches")
        };
        let view = search.look(&published(show.clone(), 1), &window);
        assert_eq!((view.found, view.products.len()), (250, 10));
        let view = search.look(
            &published(show.clone(), 1),
            &Sought {
                offset: 0,
                ..window
            },
        );
        assert_eq!(view.products.len(), 100, "never more at once");

        show.products.remove(&"p000".into());
        show.products.get_mut(&"p001".into()).unwrap().title.en = "Plums".into();
        show.products
            .get_mut(&"p001".into())
            .unwrap()
            .title
            .zh
            .clear();
        show.products
            .insert("p0005".into(), product("p0005", "Plums too", 1));
        let at = published(show, 2);
        assert_eq!(ids(&search, &at, of("plums")), ["p001", "p0005"]);
        assert_eq!(search.look(&at, &of("peaches")).found, 248);
    }
}
