//! What is known of many products: a map whose copies share what they have in common, as the catalogue's.

use std::collections::BTreeMap;
use std::ops::Index;

use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use serde::{Deserialize, Serialize};

use crate::ProductId;

/// Something that is known of products, by their ids and in their order. A clone costs nothing, and a change of one
/// entry of a clone copies some dozens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    transparent,
    bound(
        serialize = "V: Serialize",
        deserialize = "V: Deserialize<'de> + Clone"
    )
)]
pub struct ByProduct<V>(OrdMap<ProductId, V>);

impl<V> ByProduct<V> {
    /// Of how many products.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is of none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is known of a product.
    pub fn get(&self, id: &ProductId) -> Option<&V> {
        self.0.get(id)
    }

    /// Whether anything is known of a product.
    pub fn contains_key(&self, id: &ProductId) -> bool {
        self.0.contains_key(id)
    }

    /// All, in the order of the ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ProductId, &V)> {
        self.0.iter()
    }

    /// The products, in the order of their ids.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &ProductId> {
        self.0.keys()
    }
}

impl<V: Clone> ByProduct<V> {
    /// What is known of a product, to be changed in place.
    pub fn get_mut(&mut self, id: &ProductId) -> Option<&mut V> {
        self.0.get_mut(id)
    }

    /// Notes something of a product; what was noted before.
    pub fn insert(&mut self, id: ProductId, value: V) -> Option<V> {
        self.0.insert(id, value)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Forgets what is known of a product.
    pub fn remove(&mut self, id: &ProductId) -> Option<V> {
        self.0.remove(id)
    }
}

impl<V: PartialEq> ByProduct<V> {
    /// What `after` has new or otherwise, in the order of the ids. Costs what differs, not what there is.
    pub fn changes_to<'a>(
        &'a self,
        after: &'a Self,
    ) -> impl Iterator<Item = (&'a ProductId, &'a V)> {
        self.0.diff(&after.0).filter_map(|change| match change {
            DiffItem::Add(id, value) => Some((id, value)),
            DiffItem::Update { new, .. } => Some(new),
            DiffItem::Remove(..) => None,
        })
    }
}

impl<V> Default for ByProduct<V> {
    fn default() -> Self {
        Self(OrdMap::new())
    }
}

impl<V> Index<&ProductId> for ByProduct<V> {
    type Output = V;

    fn index(&self, id: &ProductId) -> &V {
        &self.0[id]
    }
}

impl<V: Clone> Extend<(ProductId, V)> for ByProduct<V> {
    fn extend<I: IntoIterator<Item = (ProductId, V)>>(&mut self, entries: I) {
        self.0.extend(entries);
    }
}

impl<V: Clone> FromIterator<(ProductId, V)> for ByProduct<V> {
    fn from_iter<I: IntoIterator<Item = (ProductId, V)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<V: Clone> From<BTreeMap<ProductId, V>> for ByProduct<V> {
    fn from(entries: BTreeMap<ProductId, V>) -> Self {
        entries.into_iter().collect()
    }
}

impl<V: Clone, const N: usize> From<[(ProductId, V); N]> for ByProduct<V> {
    fn from(entries: [(ProductId, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_and_it_is_read_and_written_as_a_map() {
        let before: ByProduct<u32> = (0..5_000)
            .map(|n| (format!("p{n:04}").as_str().into(), n))
            .collect();
        let mut after = before.clone();
        assert_eq!(before.changes_to(&after).count(), 0);
        after.insert("p2500".into(), 7);
        after.insert("q".into(), 8);
        after.remove(&"p0001".into());
        let changes: Vec<(&str, u32)> = before
            .changes_to(&after)
            .map(|(id, n)| (id.as_str(), *n))
            .collect();
        assert_eq!(changes, [("p2500", 7), ("q", 8)]);
        assert_eq!(before[&"p2500".into()], 2_500);

        let few: ByProduct<u32> = [("b".into(), 2), ("a".into(), 1)].into();
        let text = serde_json::to_string(&few).unwrap();
        assert_eq!(text, r#"{"a":1,"b":2}"#);
        assert_eq!(serde_json::from_str::<ByProduct<u32>>(&text).unwrap(), few);
    }
}
