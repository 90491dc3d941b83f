//! Owns who sends webhooks, and what of their headers is kept.

use serde::{Deserialize, Serialize};

/// Who sends a webhook; the last part of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Kick: chat.
    Kick,
    /// Douyin: comments.
    Douyin,
    /// Shopify: orders.
    Shopify,
    /// WooCommerce: orders.
    Woocommerce,
    /// Anything that sends the generic JSON of chat.
    Generic,
}

/// Webhooks that wait for each other. A flood of chat does not hold up orders, nor push them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Chat: of use for as long as the show is about it.
    Chat,
    /// Orders: of use until they have been counted.
    Orders,
}

impl Lane {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Chat, Self::Orders];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Orders => "orders",
        }
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Kick,
        Self::Douyin,
        Self::Shopify,
        Self::Woocommerce,
        Self::Generic,
    ];

    /// Its name in an address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kick => "kick",
            Self::Douyin => "douyin",
            Self::Shopify => "shopify",
            Self::Woocommerce => "woocommerce",
            Self::Generic => "generic",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Which webhooks it waits for.
    pub fn lane(self) -> Lane {
        match self {
            Self::Kick | Self::Douyin | Self::Generic => Lane::Chat,
            Self::Shopify | Self::Woocommerce => Lane::Orders,
        }
    }

    /// Whether a header is kept (its name in small letters): what a signature covers or says, and no more.
    pub fn keeps(self, header: &str) -> bool {
        if header == "content-type" {
            return true;
        }
        match self {
            Self::Kick => header.starts_with("kick-event-"),
            Self::Douyin => matches!(
                header,
                "x-nonce-str" | "x-timestamp" | "x-signature" | "x-roomid" | "x-msg-type"
            ),
            Self::Shopify => header.starts_with("x-shopify-"),
            Self::Woocommerce => header.starts_with("x-wc-webhook-"),
            Self::Generic => header == "authorization",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_kinds_and_only_these() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_name(kind.name()), Some(kind));
            let wire = serde_json::to_value(kind).unwrap();
            assert_eq!(wire, kind.name());
        }
        assert_eq!(Kind::of_name("Kick"), None);
        assert_eq!(Kind::of_name(""), None);
    }

    #[test]
    fn of_headers_only_what_a_signature_needs_is_kept() {
        assert!(Kind::Kick.keeps("kick-event-signature"));
        assert!(!Kind::Kick.keeps("authorization") && !Kind::Kick.keeps("cookie"));
        assert!(Kind::Generic.keeps("authorization"));
        assert!(!Kind::Shopify.keeps("x-forwarded-for"));
    }
}
