//! The products that a page was sent: those it always needs, and what of them is different since.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use stallcast_show::{Product, ProductId, Show};
use stallcast_wire::{CATALOGUE_COMES_WHOLE, CatalogueView};

use crate::desk::Published;

/// What one page has.
#[derive(Default)]
pub(super) struct ShownProducts {
    sent: HashMap<ProductId, Arc<Product>>,
    version: Option<u64>,
}

impl ShownProducts {
    /// What the page has to be sent; `None` when nothing changed. Costs what the rundown is long, not the catalogue.
    pub(super) fn changes(&mut self, state: &Published) -> Option<CatalogueView> {
        let show = &*state.show;
        let mut products = Vec::new();
        let mut kept = HashSet::new();
        for product in shown(show) {
            if !kept.insert(&product.id) {
                continue;
            }
            let is_same = |sent: &Arc<Product>| Arc::ptr_eq(sent, product);
            if !self.sent.get(&product.id).is_some_and(is_same) {
                self.sent.insert(product.id.clone(), Arc::clone(product));
                products.push(Product::clone(product));
            }
        }
        let mut gone = Vec::new();
        if self.sent.len() > kept.len() {
            self.sent.retain(|id, _| {
                let is_kept = kept.contains(id);
                if !is_kept {
                    gone.push(id.clone());
                }
                is_kept
            });
        }
        let whole = self.version.is_none();
        let is_new = self.version.replace(state.catalogue) != Some(state.catalogue);
        (is_new || !products.is_empty() || !gone.is_empty()).then(|| CatalogueView {
            whole,
            products,
            gone,
            total: u32::try_from(show.products.len()).unwrap_or(u32::MAX),
            version: state.catalogue,
        })
    }
}

/// Products of the rundown and on air; all, where there are few.
fn shown(show: &Show) -> impl Iterator<Item = &Arc<Product>> {
    let listed = show.rundown.iter().map(|item| &item.product);
    let named = listed.chain(show.on_air.iter().map(|on| &on.product));
    let named = named.filter_map(|id| show.products.shared(id));
    let is_small = show.products.len() <= CATALOGUE_COMES_WHOLE;
    let all = is_small.then(|| show.products.iter_shared());
    named.chain(all.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use stallcast_show::{At, OnAir, RundownItem};

    use super::*;
    use crate::sample::product;

    fn published(show: &Show, catalogue: u64) -> Published {
        Published {
            show: Arc::new(show.clone()),
            seq: 1,
            catalogue,
        }
    }

    fn show(products: usize, listed: usize) -> Show {
        let mut show = Show::default();
        for n in 0..products {
            let id = format!("p{n:05}");
            show.products
                .insert(id.as_str().into(), product(&id, "Peaches", 100));
            if n < listed {
                show.rundown.push(RundownItem::open(id.as_str().into()));
            }
        }
        show
    }

    fn ids(view: &CatalogueView) -> Vec<&str> {
        view.products.iter().map(|it| it.id.as_str()).collect()
    }

    #[test]
    fn of_a_large_catalogue_a_page_has_the_rundown_and_what_is_on_air_and_hears_of_changes_alone() {
        let mut show = show(50_000, 3);
        let mut page = ShownProducts::default();
        let first = page.changes(&published(&show, 0)).unwrap();
        assert!(first.whole);
        assert_eq!(
            (ids(&first), first.total),
            (vec!["p00000", "p00001", "p00002"], 50_000)
        );
        assert_eq!(page.changes(&published(&show, 0)), None);

        // Found by a search, and put on air.
        let product: ProductId = "p49999".into();
        let since = At(1);
        show.on_air = Some(OnAir { product, since });
        let next = page.changes(&published(&show, 0)).unwrap();
        assert_eq!((next.whole, ids(&next)), (false, vec!["p49999"]));

        show.products.get_mut(&"p00001".into()).unwrap().title.en = "Plums".into();
        show.products.get_mut(&"p00100".into()).unwrap().title.en = "Plums".into();
        show.rundown.pop();
        show.on_air = None;
        let mut next = page.changes(&published(&show, 1)).unwrap();
        next.gone.sort();
        assert_eq!((ids(&next), next.version), (vec!["p00001"], 1));
        assert_eq!(next.gone, ["p00002".into(), "p49999".into()]);

        // What stands elsewhere in the catalogue is told by its number alone.
        let next = page.changes(&published(&show, 2)).unwrap();
        assert!(next.products.is_empty() && next.gone.is_empty());
    }

    #[test]
    fn a_small_catalogue_comes_whole() {
        let mut page = ShownProducts::default();
        let first = page.changes(&published(&show(CATALOGUE_COMES_WHOLE, 1), 0));
        assert_eq!(first.unwrap().products.len(), CATALOGUE_COMES_WHOLE);
        // It grew: what does not stand on the rundown goes.
        let next = page.changes(&published(&show(CATALOGUE_COMES_WHOLE + 1, 1), 1));
        assert_eq!(next.unwrap().gone.len(), CATALOGUE_COMES_WHOLE - 1);
    }
}
