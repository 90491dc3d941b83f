//! The products of a show, by id: a map whose copies share what they have in common, so that the state of a show with
//! 50,000 products is handed around and changed at the price of one with 50.

use std::ops::Index;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Product, ProductId};

/// Products by id, in the order of their ids. A clone costs nothing, and changing one product of a clone copies some
/// dozens of pointers.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Catalogue(OrdMap<ProductId, Arc<Product>>);

impl Catalogue {
    /// The most products of one show, and of one import.
    pub const MOST: usize = 50_000;

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A product.
    pub fn get(&self, id: &ProductId) -> Option<&Product> {
        self.0.get(id).map(|product| &**product)
    }

    /// A product, to be kept: as long as two of these are the same pointer, nothing of it changed.
    pub fn shared(&self, id: &ProductId) -> Option<&Arc<Product>> {
        self.0.get(id)
    }

    /// A product, to be changed in place.
    pub fn get_mut(&mut self, id: &ProductId) -> Option<&mut Product> {
        self.0.get_mut(id).map(Arc::make_mut)
    }

    /// Whether it is there.
    pub fn contains_key(&self, id: &ProductId) -> bool {
        self.0.contains_key(id)
    }

    /// Adds or replaces a product; what was there before.
    pub fn insert(&mut self, id: ProductId, product: Product) -> Option<Arc<Product>> {
        self.0.insert(id, Arc::new(product))
    }

    /// Takes a product out.
    pub fn remove(&mut self, id: &ProductId) -> Option<Arc<Product>> {
        self.0.remove(id)
    }

    /// Keeps the products of which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&ProductId, &Product) -> bool) {
        let kept = self.0.iter().filter(|(id, product)| keep(id, product));
        self.0 = kept
            .map(|(id, product)| (id.clone(), Arc::clone(product)))
            .collect();
    }

    /// All, in the order of their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ProductId, &Product)> + Clone {
        self.0.iter().map(|(id, product)| (id, &**product))
    }

    /// All as they can be kept, in the order of their ids.
    pub fn iter_shared(&self) -> impl Iterator<Item = &Arc<Product>> {
        self.0.iter().map(|(_, product)| product)
    }

    /// All ids, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &ProductId> + Clone {
        self.0.iter().map(|(id, _)| id)
    }

    /// All products, in the order of their ids.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Product> + Clone {
        self.0.iter().map(|(_, product)| &**product)
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Index<&ProductId> for Catalogue {
    type Output = Product;

    fn index(&self, id: &ProductId) -> &Product {
        &self.0[id]
    }
}

impl FromIterator<(ProductId, Product)> for Catalogue {
    fn from_iter<I: IntoIterator<Item = (ProductId, Product)>>(products: I) -> Self {
        let shared = products.into_iter();
        Self(shared.map(|(id, it)| (id, Arc::new(it))).collect())
    }
}

impl<const N: usize> From<[(ProductId, Product); N]> for Catalogue {
    fn from(products: [(ProductId, Product); N]) -> Self {
        products.into_iter().collect()
    }
}

// As a map of its products, as every journal has it.
impl Serialize for Catalogue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Catalogue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Products;
        impl<'de> serde::de::Visitor<'de> for Products {
            type Value = Catalogue;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of products")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Catalogue, A::Error> {
                let mut products = Catalogue::default();
                while let Some((id, product)) = map.next_entry::<ProductId, Product>()? {
                    products.insert(id, product);
                }
                Ok(products)
            }
        }
        deserializer.deserialize_map(Products)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Money, Offer, Text};

    fn product(id: &str) -> Product {
        let title = Text {
            zh: id.to_owned(),
            en: String::new(),
        };
        let price = Money {
            minor: 100,
            currency: Currency("CNY".to_owned()),
        };
        Product::new(id.into(), title, Offer::at(price))
    }

    fn many(count: usize) -> Catalogue {
        let each = (0..count).map(|n| format!("p{n:05}"));
        each.map(|id| (id.as_str().into(), product(&id))).collect()
    }

    #[test]
    fn a_copy_shares_its_products_and_a_change_of_one_leaves_the_others_shared() {
        let before = many(5_000);
        let mut after = before.clone();
        after.get_mut(&"p02500".into()).unwrap().title.en = "Pears".to_owned();
        assert_eq!(before[&"p02500".into()].title.en, "");
        let copied = before
            .iter_shared()
            .zip(after.iter_shared())
            .filter(|(old, new)| !Arc::ptr_eq(old, new));
        assert_eq!(copied.count(), 1);
        assert!(before != after);
    }

    #[test]
    fn it_is_read_and_written_as_a_map_and_kept_in_the_order_of_ids() {
        let catalogue: Catalogue = [("b".into(), product("b")), ("a".into(), product("a"))].into();
        let text = serde_json::to_string(&catalogue).unwrap();
        assert!(text.starts_with("{\"a\":{\"id\":\"a\""), "{text}");
        let read: Catalogue = serde_json::from_str(&text).unwrap();
        assert_eq!(read, catalogue);
        let mut fewer = read;
        fewer.retain(|id, _| id.as_str() == "b");
        assert_eq!(fewer.keys().next().unwrap().as_str(), "b");
        assert_eq!(fewer.len(), 1);
    }
}
