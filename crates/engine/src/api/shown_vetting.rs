//! What a page was sent of the vetting: the ticks of the products that it shows, of a catalogue of any size.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use stallcast_show::{ProductId, Show, VetTick};
use stallcast_wire::{CATALOGUE_COMES_WHOLE, VettingView};

/// Products that a page looked for and may show; the oldest go first. Our own page keeps as many (`LOOKED_MOST` of
/// `ui/src/state/catalogue.ts`).
const LOOKED_MOST: usize = 300;

/// The products that one page looked for last, beside the rundown's.
#[derive(Clone, Default)]
pub(super) struct LookedFor(Arc<Mutex<VecDeque<ProductId>>>);

impl LookedFor {
    /// Learns of products that the page is told of now.
    pub(super) fn keep(&self, products: impl Iterator<Item = ProductId>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for product in products {
            // Anew at the end.
            kept.retain(|known| *known != product);
            kept.push_back(product);
        }
        let surplus = kept.len().saturating_sub(LOOKED_MOST);
        kept.drain(..surplus);
    }
}

/// What one page has.
#[derive(Default)]
pub(super) struct ShownVetting {
    sent: Option<VettingView>,
    /// What it looked for.
    pub(super) looked: LookedFor,
}

impl ShownVetting {
    /// What the page has to be sent; `None` when nothing of it changed. Costs what the page shows, not the catalogue.
    pub(super) fn changes(&mut self, show: &Show) -> Option<VettingView> {
        let looked = self.looked.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ticks = ticks_of(show, &looked);
        let is_same = |sent: &VettingView| {
            sent.rule == show.vetting
                && sent.overrides == show.vetting_overrides
                && sent
                    .vetted
                    .iter()
                    .eq(ticks.iter().map(|(id, own)| (*id, *own)))
        };
        if self.sent.as_ref().is_some_and(is_same) {
            return None;
        }
        let owned = |(id, own): (&ProductId, &Vec<VetTick>)| (id.clone(), own.clone());
        let view = VettingView {
            rule: show.vetting.clone(),
            vetted: ticks.into_iter().map(owned).collect(),
            overrides: show.vetting_overrides.clone(),
        };
        Some(self.sent.insert(view).clone())
    }
}

/// The ticks of the rundown, what is on air and what was looked for; all, where there are few products.
fn ticks_of<'a>(
    show: &'a Show,
    looked: &'a VecDeque<ProductId>,
) -> BTreeMap<&'a ProductId, &'a Vec<VetTick>> {
    if show.products.len() <= CATALOGUE_COMES_WHOLE {
        return show.vetted.iter().collect();
    }
    let listed = show.rundown.iter().map(|item| &item.product);
    let named = listed.chain(show.on_air.iter().map(|on| &on.product));
    named
        .chain(looked)
        .filter_map(|id| Some((id, show.vetted.get(id)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use stallcast_show::{At, OnAir, RundownItem, VetItem};

    use super::*;
    use crate::sample::product;

    fn tick() -> VetTick {
        VetTick {
            item: VetItem::Sample,
            by: "a".into(),
            at: At(1),
        }
    }

    fn show(products: usize, listed: usize) -> Show {
        let mut show = Show::default();
        for n in 0..products {
            let id: ProductId = format!("p{n:05}").as_str().into();
            let product = product(id.as_str(), "Peaches", 100);
            show.products.insert(id.clone(), product);
            show.vetted.insert(id.clone(), vec![tick()]);
            if n < listed {
                show.rundown.push(RundownItem::open(id));
            }
        }
        show
    }

    fn ids(view: &VettingView) -> Vec<&str> {
        view.vetted.keys().map(ProductId::as_str).collect()
    }

    #[test]
    fn of_a_large_catalogue_a_page_has_the_ticks_of_what_it_shows_and_hears_of_their_changes_alone()
    {
        let mut show = show(50_000, 2);
        let mut page = ShownVetting::default();
        assert_eq!(ids(&page.changes(&show).unwrap()), ["p00000", "p00001"]);
        assert_eq!(page.changes(&show), None);

        // A product that nobody looks at was vetted anew.
        show.vetted.insert("p30000".into(), vec![tick(), tick()]);
        assert_eq!(page.changes(&show), None);
        page.looked.keep(["p30000".into()].into_iter());
        let found = page.changes(&show).unwrap();
        assert_eq!(ids(&found), ["p00000", "p00001", "p30000"]);
        assert_eq!(found.vetted[&"p30000".into()].len(), 2);
        show.vetted.remove(&"p30000".into());
        assert_eq!(ids(&page.changes(&show).unwrap()), ["p00000", "p00001"]);

        let (product, since) = ("p49999".into(), At(1));
        show.on_air = Some(OnAir { product, since });
        show.rundown.remove(0);
        assert_eq!(ids(&page.changes(&show).unwrap()), ["p00001", "p49999"]);
        show.vetting.own.push("Smelled at".into());
        assert!(page.changes(&show).is_some());
    }

    #[test]
    fn what_was_looked_for_long_ago_is_forgotten_and_a_small_catalogue_comes_whole() {
        let show = show(LOOKED_MOST + 1, 0);
        let mut page = ShownVetting::default();
        page.looked.keep(show.products.keys().cloned());
        let view = page.changes(&show).unwrap();
        assert_eq!(view.vetted.len(), LOOKED_MOST);
        assert!(!view.vetted.contains_key(&"p00000".into()));
        let few = super::tests::show(CATALOGUE_COMES_WHOLE, 0);
        let whole = ShownVetting::default().changes(&few).unwrap();
        assert_eq!(whole.vetted.len(), CATALOGUE_COMES_WHOLE);
    }
}
