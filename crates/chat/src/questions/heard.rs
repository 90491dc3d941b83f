//! What a text asks, apart from who writes it and when: many write the same, and it is worked out once for all of them.

use std::collections::HashSet;
use std::sync::Arc;

use super::pieces::pieces;
use super::wording::{Spelling, spelling};
use crate::answer::{about, place_of};
use crate::catalogue::Catalogue;
use crate::fold::fold;
use crate::topic::Topic;

/// What a text asks, as long as the goods stay as they are.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The product that it names.
    pub(super) product: Option<String>,
    pub(super) topic: Option<Topic>,
    /// The place that makes it another question, by the name that all its names have in common.
    pub(super) place: Option<String>,
    pub(super) pieces: Arc<HashSet<u64>>,
    pub(super) spelling: Spelling,
}

impl Catalogue {
    /// What a text asks of these products.
    pub fn hear(&self, text: &str) -> Heard {
        let folded = fold(text);
        let named = self.find(&folded);
        let product = named.article.and_then(|place| self.articles().get(place));
        let topic = about(&folded, &named.rest);
        let place = topic.and_then(|topic| place_of(topic, &named.rest));
        Heard {
            product: product.map(|article| article.id.clone()),
            topic,
            place: place.map(|place| place.identity().to_owned()),
            pieces: Arc::new(pieces(&named.rest)),
            spelling: spelling(text),
        }
    }
}
