//! What shops tell of orders: which of them may, with which secret, and what came of it. A shop is off until its secret
//! is entered; orders placed before that are left out, because the stock was counted with them.

mod list;
mod told;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use stallcast_delivery::Secret;
use stallcast_orders::{BODY_MAX_BYTES, Heard, is_ping, is_signed, read};
use stallcast_show::{Actor, At, Command, OrderNews, Refusal, Role, Shop};
use stallcast_wire::{ErrorCode, OrdersView, ShopView, WireError};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::clock::now;
use crate::desk::Desk;
use crate::keys::Keys;
use crate::notices::Notices;
use list::{KeptList, ListState};
pub use told::Received;
use told::Told;

/// Bodies taken at once; a shop that finds no place tells again later. With the largest bodies that is 8 MB.
const AT_ONCE: usize = 8;

/// Longest secret, characters; shops make some dozens.
const SECRET_MAX: usize = 300;

/// What stands in the file: no secret.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// Shops that may tell, and since when their orders count.
    shops: BTreeMap<Shop, At>,
    /// The watched list.
    list: Option<KeptList>,
}

/// The orders of shops. Cheap to clone.
#[derive(Clone)]
pub struct Orders {
    inner: Arc<Inner>,
}

struct Inner {
    desk: Desk,
    notices: Notices,
    secrets: Keys<String>,
    file: PathBuf,
    kept: Mutex<Kept>,
    /// Whose turn it is to change what is kept, until that is on the disk.
    turn: Arc<tokio::sync::Mutex<()>>,
    told: Mutex<BTreeMap<Shop, Told>>,
    list: Mutex<ListState>,
    /// Wakes whoever follows the list.
    chosen: Arc<Notify>,
    places: Semaphore,
}

impl Orders {
    /// Opens what `file` names and follows its list. Gives the new name of a damaged file that was set aside, too.
    pub fn open(
        desk: Desk,
        file: PathBuf,
        secrets: Keys<String>,
        notices: Notices,
    ) -> (Self, Option<String>) {
        let (kept, aside): (Kept, _) = crate::private_file::read_or_set_aside(&file, now());
        let inner = Arc::new(Inner {
            desk,
            notices,
            secrets,
            file,
            list: Mutex::new(ListState::default()),
            kept: Mutex::new(kept),
            turn: Arc::default(),
            told: Mutex::default(),
            chosen: Arc::default(),
            places: Semaphore::new(AT_ONCE),
        });
        // The desk lives as long as somebody holds it: not this task.
        tokio::spawn(list::follow(
            Arc::downgrade(&inner),
            Arc::clone(&inner.chosen),
        ));
        (Self { inner }, aside)
    }

    /// Reads the secrets off the keychain, which may ask a person first.
    pub async fn read_secrets(&self) {
        let ids: Vec<String> = self
            .inner
            .kept()
            .shops
            .keys()
            .map(|shop| id(*shop))
            .collect();
        let secrets = self.inner.secrets.clone();
        let read = tokio::task::spawn_blocking(move || secrets.read(ids.iter()));
        if read.await.is_err() {
            tracing::error!("the secrets of shops could not be read");
        }
    }

    /// Whether anything of this shop is taken.
    pub fn is_on(&self, shop: Shop) -> bool {
        self.inner.kept().shops.contains_key(&shop)
    }

    /// A place for a body, given back when dropped; `None` = all are taken, and the shop is to tell again.
    pub fn place(&self, shop: Shop) -> Option<SemaphorePermit<'_>> {
        let place = self.inner.places.try_acquire().ok();
        if place.is_none() {
            self.inner.note(shop, |told| told.failed("busy"));
        }
        place
    }

    /// Notes a body that was larger than any order.
    pub fn too_large(&self, shop: Shop) {
        self.inner.note(shop, |told| told.failed("too_large"));
    }

    /// Takes what a shop told: nothing of `body` is read before its signature is found good.
    pub async fn receive(&self, shop: Shop, topic: &str, signature: &str, body: &[u8]) -> Received {
        let topic: String = topic
            .chars()
            .filter(|c| c.is_ascii_graphic())
            .take(60)
            .collect();
        let received = self.judged(shop, &topic, signature, body).await;
        self.inner
            .note(shop, |told| told.take(&topic, &received, now()));
        received
    }

    async fn judged(&self, shop: Shop, topic: &str, signature: &str, body: &[u8]) -> Received {
        let Some(since) = self.inner.kept().shops.get(&shop).copied() else {
            return Received::Off;
        };
        if body.len() > BODY_MAX_BYTES {
            return Received::TooLarge;
        }
        if is_ping(shop, body) {
            return Received::Ping;
        }
        let Some(secret) = self.inner.secrets.get(&id(shop)) else {
            return Received::Locked;
        };
        if !is_signed(secret.reveal(), body, signature) {
            return Received::Unsigned;
        }
        match read(shop, topic, body) {
            Ok(Heard::Order(news)) => self.note_order(*news, since).await,
            Ok(Heard::Other) => Received::Other,
            Err(fault) => Received::Unreadable(fault.code()),
        }
    }

    async fn note_order(&self, news: OrderNews, since: At) -> Received {
        let placed = news.said.as_ref().map(|said| said.placed);
        if placed.is_some_and(|placed| placed < since) {
            return Received::Older;
        }
        let actor = Actor {
            name: news.shop.name().to_owned(),
            role: Role::Producer,
        };
        let before = self.inner.desk.published().borrow().seq;
        match self
            .inner
            .desk
            .submit(actor, Command::NoteOrder { news })
            .await
        {
            Ok(seq) if seq > before => Received::Taken,
            Ok(_) => Received::Repeated,
            Err(error) if error.code == ErrorCode::Refused => Received::Unreadable("order_lines"),
            Err(_) => Received::Unwritten,
        }
    }

    /// Keeps a shop's secret and takes its orders from now on; an empty one turns the shop off and is forgotten.
    ///
    /// # Errors
    /// [`ErrorCode::NoKeychain`] when no keychain takes it and `allow_file` is false; when it is too long, or cannot be
    /// written down.
    pub async fn set_secret(
        &self,
        shop: Shop,
        secret: String,
        allow_file: bool,
    ) -> Result<(), WireError> {
        let secret = Secret::new(secret.trim().to_owned());
        let length = secret.reveal().chars().count();
        if length > SECRET_MAX {
            let refusal = Refusal::TextTooLong {
                field: "secret",
                length,
                max: SECRET_MAX,
            };
            return Err(WireError::refused(refusal.code(), refusal.params()));
        }
        let turns_off = length == 0;
        if turns_off {
            self.change(|kept| {
                kept.shops.remove(&shop);
            })
            .await?;
            self.inner.told().remove(&shop);
        }
        let secrets = self.inner.secrets.clone();
        let set = move || secrets.set(&id(shop), secret.reveal().to_owned(), allow_file);
        tokio::task::spawn_blocking(set)
            .await
            .map_err(|_| WireError::new(ErrorCode::Internal))??;
        if !turns_off {
            let since = now();
            self.change(|kept| {
                kept.shops.entry(shop).or_insert(since);
            })
            .await?;
            self.inner.note(shop, |told| told.error.clear());
        }
        Ok(())
    }

    /// Follows another list of stock; an empty path follows none.
    ///
    /// # Errors
    /// When it is not the path of a file from the root, or cannot be written down.
    pub async fn watch(&self, path: String) -> Result<(), WireError> {
        let path = path.trim().to_owned();
        if !path.is_empty() && !PathBuf::from(&path).is_absolute() {
            return Err(WireError::new(ErrorCode::NotFound));
        }
        let list = (!path.is_empty()).then(|| KeptList::of(path));
        self.change(|kept| kept.list = list).await?;
        *self.inner.list() = ListState::default();
        self.inner.chosen.notify_one();
        Ok(())
    }

    /// What the settings show; `address` is where this engine listens.
    pub fn view(&self, address: &str) -> OrdersView {
        let show = self.inner.desk.show();
        let kept = self.inner.kept().clone();
        let shops = Shop::ALL.map(|shop| {
            let told = self.inner.told().get(&shop).cloned().unwrap_or_default();
            ShopView {
                shop,
                address: format!("{address}{}", shop.name()),
                since: kept.shops.get(&shop).map(|since| since.0),
                has_secret: self.inner.secrets.get(&id(shop)).is_some(),
                heard_at: told.heard_at.map(|at| at.0),
                topic: told.topic,
                taken: told.taken,
                repeated: told.repeated,
                older: told.older,
                unsigned: told.unsigned,
                error: told.error,
            }
        });
        let (unknown, unnamed_refunds) = told::left_over(&show);
        OrdersView {
            shops: shops.into(),
            list: kept.list.map(|list| self.inner.list().view(&list)),
            unknown,
            unnamed_refunds,
        }
    }

    async fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<(), WireError> {
        self.inner.change(change).await
    }
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> MutexGuard<'_, BTreeMap<Shop, Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list(&self) -> MutexGuard<'_, ListState> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, shop: Shop, note: impl FnOnce(&mut Told)) {
        note(self.told().entry(shop).or_default());
    }

    /// Changes what is kept once that is written down. The disk may take its time: nobody who only looks waits for it.
    async fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<(), WireError> {
        let _turn = self.turn.lock().await;
        let mut next = self.kept().clone();
        change(&mut next);
        crate::private_file::write_down(self.file.clone(), &next).await?;
        *self.kept() = next;
        Ok(())
    }
}

/// By which name a shop's secret is kept.
fn id(shop: Shop) -> String {
    shop.name().to_owned()
}
