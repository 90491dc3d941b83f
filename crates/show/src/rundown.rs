//! What comes next on the rundown.

use std::collections::BTreeSet;

use crate::{At, Product, ProductId, RundownItem, Show};

impl Show {
    /// The product that comes next on the rundown after this one, or as the first of all, as viewers may be told of it:
    /// there is some left, its offer holds, no rule keeps it off, and live only what may go on air.
    pub fn next_after(
        &self,
        product: Option<&ProductId>,
        kept_off: &BTreeSet<ProductId>,
        now: At,
    ) -> Option<&Product> {
        let is_it = |item: &RundownItem| Some(&item.product) == product;
        let place = self.rundown.iter().position(is_it);
        let following = self.rundown.iter().skip(place.map_or(0, |place| place + 1));
        let mut known = following.filter_map(|item| self.products.get(&item.product));
        known.find(|next| !kept_off.contains(&next.id) && self.may_follow(next, now))
    }

    fn may_follow(&self, product: &Product, now: At) -> bool {
        let is_fit = if self.is_live() {
            self.fit_for_viewers(&product.id, now).is_ok()
        } else {
            product.offer.holds(&product.id, now).is_ok()
        };
        is_fit && self.stock.get(&product.id) != Some(&0)
    }
}
