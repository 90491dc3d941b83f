//! Webhooks that came over a relay: each goes where it would have gone had it come to this machine, with the same checks, and
//! the relay may forget it once what it said is in the journal. What cannot be taken yet waits aside, and the rest goes on.

mod aside;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::{HeaderName, HeaderValue};
use stallcast_chat::{Delivery, Given, webhook};
use stallcast_hooks::{Hook, Kind, ON_THE_WAY};
use stallcast_orders::headers as names;
use stallcast_show::Shop;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};

use self::aside::{Aside, Came, Passed};
use super::Api;
use super::webhook::bears;
use crate::chat_connections::ChatConnections;
use crate::chat_room::{ChatRoom, Relayed};
use crate::orders::{Orders, Received};

/// How long to wait before something is tried again that cannot be taken now.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// Webhooks of one platform that wait for its connection to open; the oldest gives way, as at the relay. It does so, too, when
/// so many others came since that the relay would soon send no more.
const EARLY_MOST: usize = ON_THE_WAY / 4;

/// Takes what comes until the studio ends.
pub(super) async fn take(api: Api) {
    let Some(Relayed { chat, orders }) = api.studio.chat().relayed() else {
        return;
    };
    let (handled, settling) = mpsc::channel(ON_THE_WAY);
    tokio::select! {
        () = take_chat(api.studio.chats(), &api.webhook_token, chat, handled) => {}
        () = settle(api.studio.chat(), settling) => {}
        () = take_orders(api.studio.orders_of_shops(), orders) => {}
        _ = api.studio.ended() => {}
    }
}

/// When what waits is tried again.
fn every() -> Interval {
    let mut again = tokio::time::interval(AGAIN_AFTER);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    again
}

/// What is to be done with a webhook of chat.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing more.
    Done,
    /// There was no room for it: nor is there for others.
    Full,
    /// A connection that it may be for is set up and not open yet.
    Early,
}

async fn take_chat(
    chats: &ChatConnections,
    token: &str,
    mut coming: mpsc::Receiver<Delivery>,
    handled: mpsc::Sender<Delivery>,
) {
    let mut early: Aside<Kind> = Aside::default();
    let mut passed = Passed::default();
    let mut came = Came::default();
    // The connections that were open when what waits was offered last.
    let mut open = BTreeSet::new();
    let mut again = every();
    loop {
        let delivery = tokio::select! {
            delivery = coming.recv() => match delivery {
                Some(delivery) => delivery,
                None => return,
            },
            _ = again.tick(), if !early.is_empty() => {
                if offer_again(chats, &mut early, &handled).await.is_err() {
                    return;
                }
                continue;
            }
        };
        // The next connection brings it again; lines without an id would stand there twice.
        if delivery.is_left() {
            continue;
        }
        // What waits comes before what follows, should its connection be open now.
        let open_now = chats.room().open_ids();
        if open != open_now && offer_again(chats, &mut early, &handled).await.is_err() {
            return;
        }
        open = open_now;
        let before = came;
        came.count(&delivery.hook);
        // It went past others that the relay hears of first, and was brought again with them.
        let fate = if passed.knows(&delivery.hook) {
            Fate::Done
        } else {
            let fate = taken_in(chats, token, &delivery).await;
            if fate == Fate::Done && !early.is_empty() {
                passed.note(&delivery.hook);
            }
            fate
        };
        match fate {
            Fate::Done => {
                if handled.send(delivery).await.is_err() {
                    return;
                }
            }
            Fate::Early => early.put(delivery.hook.kind, delivery, before),
            // It comes again by the next connection.
            Fate::Full => {}
        }
        while let Some(oldest) = early.pop_over(EARLY_MOST, came) {
            match taken_in(chats, token, &oldest).await {
                Fate::Done => {}
                Fate::Early => tracing::warn!(
                    kind = oldest.hook.kind.name(),
                    "a webhook waited for its connection in vain"
                ),
                Fate::Full => continue,
            }
            if handled.send(oldest).await.is_err() {
                return;
            }
        }
    }
}

/// Offers what waits once more, that of each kind in its order.
async fn offer_again(
    chats: &ChatConnections,
    early: &mut Aside<Kind>,
    handled: &mpsc::Sender<Delivery>,
) -> Result<(), mpsc::error::SendError<Delivery>> {
    for kind in early.whom() {
        let mut has_room = true;
        for waits in early.take(kind) {
            let fate = match has_room {
                true => given(chats, &waits.delivery.hook).await,
                false => Fate::Full,
            };
            match fate {
                Fate::Done => handled.send(waits.delivery).await?,
                Fate::Early => early.put_back(kind, waits),
                Fate::Full => {
                    has_room = false;
                    early.put_back(kind, waits);
                }
            }
        }
    }
    Ok(())
}

/// Takes a webhook of chat; while there is no room for it, again and again for as long as its connection lives.
async fn taken_in(chats: &ChatConnections, token: &str, delivery: &Delivery) -> Fate {
    let hook = &delivery.hook;
    loop {
        let fate = match hook.kind {
            Kind::Generic if generic(chats.room(), token, hook) => Fate::Done,
            Kind::Generic => Fate::Full,
            _ => given(chats, hook).await,
        };
        if fate != Fate::Full || delivery.is_left() {
            return fate;
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// Gives a webhook to the connections of its kind.
async fn given(chats: &ChatConnections, hook: &Hook) -> Fate {
    let was_early = chats.waits_for(hook.kind);
    let given = chats.room().give(hook).await;
    tracing::debug!(
        kind = hook.kind.name(),
        ?given,
        "a webhook came over the relay"
    );
    if given.contains(&Given::Full) {
        return Fate::Full;
    }
    let is_nobodys =
        |given: &Given| matches!(given, Given::Unsigned | Given::Elsewhere | Given::NotHere);
    // One may have been closed to be opened anew between the two looks.
    let is_early = given.iter().all(is_nobodys) && (was_early || chats.waits_for(hook.kind));
    if is_early { Fate::Early } else { Fate::Done }
}

/// Lets the relay forget chat that is written down, without holding up what comes after it.
async fn settle(room: &ChatRoom, mut handled: mpsc::Receiver<Delivery>) {
    let mut some = Vec::with_capacity(ON_THE_WAY);
    while handled.recv_many(&mut some, ON_THE_WAY).await > 0 {
        match room.settled().await {
            Some(true) => some.drain(..).for_each(Delivery::taken),
            // The relay keeps them, and brings them again to the next connection. They are known then, and the room says that
            // they are written down once they are.
            Some(false) => some.clear(),
            None => return,
        }
    }
}

/// Takes lines of the generic JSON; false when the room has no place for them now. What has no right token or cannot be
/// read is dropped: nobody is there any more who could be told.
fn generic(room: &ChatRoom, token: &str, hook: &Hook) -> bool {
    let headers = HeaderValue::try_from(hook.header("authorization"));
    let headers = headers.map(|value| {
        let name = HeaderName::from_static("authorization");
        HeaderMap::from_iter([(name, value)])
    });
    if !headers.is_ok_and(|headers| bears(&headers, token)) {
        tracing::warn!("a webhook over the relay has not the webhook's token");
        return true;
    }
    match webhook::parse(&hook.body, hook.header("content-type")) {
        Ok(drafts) => room.push_drafts(drafts),
        Err(error) => {
            tracing::warn!(%error, "a webhook over the relay cannot be read");
            true
        }
    }
}

/// Takes orders, those of a shop one after the other; a shop whose secret is not at hand holds up no other, until as many
/// are behind its first as may be on their way.
async fn take_orders(orders: &Orders, mut coming: mpsc::Receiver<Delivery>) {
    let mut waiting: Aside<Shop> = Aside::default();
    let mut again = every();
    loop {
        let delivery = tokio::select! {
            delivery = coming.recv() => match delivery {
                Some(delivery) => delivery,
                None => return,
            },
            _ = again.tick(), if !waiting.is_empty() => {
                for shop in waiting.whom() {
                    while let Some(hook) = waiting.first(shop)
                        && is_decided(orders, shop, hook).await
                        && let Some(delivery) = waiting.pop(shop)
                    {
                        delivery.taken();
                    }
                }
                continue;
            }
        };
        let shop = match delivery.hook.kind {
            Kind::Shopify => Shop::Shopify,
            Kind::Woocommerce => Shop::Woocommerce,
            // Stands in the wrong lane: nobody's order.
            Kind::Kick | Kind::Douyin | Kind::Generic => {
                delivery.taken();
                continue;
            }
        };
        if delivery.is_left() {
            continue;
        }
        if waiting.has(shop) || !is_decided(orders, shop, &delivery.hook).await {
            // An order gives way to nothing: with as many behind it as may be on their way, the relay keeps the rest, and the
            // other shop's wait there, too.
            waiting.put(shop, delivery, Came::default());
        } else {
            delivery.taken();
        }
    }
}

/// Whether nothing more is to be done about what a shop told.
async fn is_decided(orders: &Orders, shop: Shop, hook: &Hook) -> bool {
    let Some(_place) = orders.place(shop) else {
        return false;
    };
    let its = names(shop);
    let (topic, signature) = (hook.header(its.topic), hook.header(its.signature));
    let received = orders.receive(shop, topic, signature, &hook.body).await;
    !matches!(received, Received::Locked | Received::Unwritten)
}
