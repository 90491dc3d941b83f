//! Webhooks that came over a relay: each goes where it would have gone had it come to this machine, with the same checks, and
//! the relay may forget it once what it said is in the journal.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::{HeaderName, HeaderValue};
use stallcast_chat::{Delivery, webhook};
use stallcast_hooks::{Hook, Kind, ON_THE_WAY};
use stallcast_orders::headers as names;
use stallcast_show::Shop;
use tokio::sync::mpsc;

use super::Api;
use crate::chat_room::Relayed;
use crate::orders::Received;

/// How long to wait before something is tried again that cannot be taken now.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Takes what comes until the studio ends.
pub(super) async fn take(api: Api) {
    let Some(Relayed { chat, orders }) = api.studio.chat().relayed() else {
        return;
    };
    let (handled, settling) = mpsc::channel(ON_THE_WAY);
    tokio::select! {
        () = take_chat(&api, chat, handled) => {}
        () = settle(&api, settling) => {}
        () = take_orders(&api, orders) => {}
        _ = api.studio.ended() => {}
    }
}

async fn take_chat(
    api: &Api,
    mut coming: mpsc::Receiver<Delivery>,
    handled: mpsc::Sender<Delivery>,
) {
    while let Some(delivery) = coming.recv().await {
        // The next connection brings it again; lines without an id would stand there twice.
        if delivery.is_left() {
            continue;
        }
        let hook = &delivery.hook;
        match hook.kind {
            Kind::Generic => {
                while !generic(api, hook) && !delivery.is_left() {
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            }
            _ => {
                let given = api.studio.chat().give(hook).await;
                tracing::debug!(
                    kind = hook.kind.name(),
                    ?given,
                    "a webhook came over the relay"
                );
            }
        }
        if handled.send(delivery).await.is_err() {
            return;
        }
    }
}

/// Lets the relay forget chat that is written down, without holding up what comes after it.
async fn settle(api: &Api, mut handled: mpsc::Receiver<Delivery>) {
    let mut some = Vec::with_capacity(ON_THE_WAY);
    while handled.recv_many(&mut some, ON_THE_WAY).await > 0 {
        match api.studio.chat().settled().await {
            Some(true) => some.drain(..).for_each(Delivery::taken),
            // The relay keeps them, and brings them again to the next connection.
            Some(false) => some.clear(),
            None => return,
        }
    }
}

/// Takes lines of the generic JSON; false when the room has no place for them now. What has no right token or cannot be
/// read is dropped: nobody is there any more who could be told.
fn generic(api: &Api, hook: &Hook) -> bool {
    let headers = HeaderValue::try_from(hook.header("authorization"));
    let headers = headers.map(|value| {
        let name = HeaderName::from_static("authorization");
        HeaderMap::from_iter([(name, value)])
    });
    if !headers.is_ok_and(|headers| api.is_webhook(&headers)) {
        tracing::warn!("a webhook over the relay has not the webhook's token");
        return true;
    }
    match webhook::parse(&hook.body, hook.header("content-type")) {
        Ok(drafts) => api.studio.chat().push_drafts(drafts),
        Err(error) => {
            tracing::warn!(%error, "a webhook over the relay cannot be read");
            true
        }
    }
}

async fn take_orders(api: &Api, mut coming: mpsc::Receiver<Delivery>) {
    while let Some(delivery) = coming.recv().await {
        let shop = match delivery.hook.kind {
            Kind::Shopify => Shop::Shopify,
            Kind::Woocommerce => Shop::Woocommerce,
            // Stands in the wrong lane: nobody's order.
            Kind::Kick | Kind::Douyin | Kind::Generic => {
                delivery.taken();
                continue;
            }
        };
        while !is_decided(api, shop, &delivery.hook).await && !delivery.is_left() {
            tokio::time::sleep(AGAIN_AFTER).await;
        }
        if !delivery.is_left() {
            delivery.taken();
        }
    }
}

/// Whether nothing more is to be done about what a shop told.
async fn is_decided(api: &Api, shop: Shop, hook: &Hook) -> bool {
    let orders = api.studio.orders_of_shops();
    let Some(_place) = orders.place(shop) else {
        return false;
    };
    let its = names(shop);
    let (topic, signature) = (hook.header(its.topic), hook.header(its.signature));
    let received = orders.receive(shop, topic, signature, &hook.body).await;
    !matches!(received, Received::Locked | Received::Unwritten)
}
