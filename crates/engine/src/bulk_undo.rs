//! The last import or removal of products, kept until the next one, so that one press takes it back. In memory only:
//! after a restart there is nothing to take back, which costs a second import at most.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use stallcast_show::{Actor, Command, Former, ProductId, Show};
use stallcast_wire::{BulkKind, ErrorCode, UndoView, WireError};

use crate::clock::now;
use crate::desk::Desk;

/// What the desk keeps of it.
#[derive(Clone, Default)]
pub struct LastBulk {
    kept: Arc<Mutex<Option<Kept>>>,
}

struct Kept {
    former: Former,
    view: UndoView,
}

/// Whether a change of many products is one with the one before it, as an import that takes the demo's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// It is taken back alone.
    No,
    /// What was removed just before comes back with it.
    WithRemoval,
}

impl Kept {
    /// This import with the removal before it, so that both are taken back at once.
    fn after(mut self, removal: Kept) -> Self {
        let gone = removal.former.products.iter().map(|product| &product.id);
        let gone: BTreeSet<ProductId> = gone.cloned().collect();
        let former = &mut self.former;
        former.added.retain(|id| !gone.contains(id));
        former.products.extend(removal.former.products);
        former.rundown = removal.former.rundown;
        former.stock.extend(removal.former.stock);
        former.vetted.extend(removal.former.vetted);
        self
    }
}

impl LastBulk {
    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// As [`Desk::submit`] for an import or a removal of products, which can be taken back after it. Gives the products
    /// that were not there before, too.
    ///
    /// # Errors
    /// Those of [`Desk::submit`]; what was kept before stays then.
    pub async fn submit_kept(
        &self,
        actor: Actor,
        command: Command,
    ) -> Result<(u64, Vec<ProductId>), WireError> {
        let wish = |_: &Show| Some(command);
        self.submit_kept_at_turn(actor, Joined::No, wish).await
    }

    /// As [`Desk::submit_kept`], with a command that is made when the desk comes to it: see [`Desk::submit_at_turn`].
    /// Taken back alone, or with what was removed before it.
    ///
    /// # Errors
    /// Those of [`Desk::submit_kept`].
    pub async fn submit_kept_at_turn(
        &self,
        actor: Actor,
        joined: Joined,
        wish: impl FnOnce(&Show) -> Option<Command> + Send + 'static,
    ) -> Result<(u64, Vec<ProductId>), WireError> {
        let before = Arc::new(OnceLock::new());
        let found = Arc::clone(&before);
        let seq = self
            .submit_at_turn(actor, move |show| {
                let command = wish(show)?;
                if let Some(former) = Former::before(show, &command) {
                    let (kind, count) = kind_of(&command);
                    let view = UndoView {
                        kind,
                        count: u32::try_from(count).unwrap_or(u32::MAX),
                        at: now().0,
                    };
                    // Set once, right here.
                    let _ = found.set(Kept { former, view });
                }
                Some(command)
            })
            .await?;
        // The desk let go of its own when it had looked.
        let Some(kept) = Arc::into_inner(before).and_then(OnceLock::into_inner) else {
            return Ok((seq, vec![]));
        };
        let added = kept.former.added.clone();
        let mut last = self.last_bulk().kept();
        let before = last
            .take()
            .filter(|it| joined == Joined::WithRemoval && it.view.kind == BulkKind::Removal);
        *last = Some(match before {
            Some(removal) => kept.after(removal),
            None => kept,
        });
        drop(last);
        Ok((seq, added))
    }

    /// Removes every product, which can be taken back after it.
    ///
    /// # Errors
    /// Those of [`Desk::submit_kept`]: one that is on air is not taken away.
    pub async fn remove_all_products(&self, actor: Actor) -> Result<u64, WireError> {
        let all = |show: &Show| Command::RemoveProducts {
            products: show.products.keys().cloned().collect(),
        };
        let done = self.submit_kept_at_turn(actor, Joined::No, move |show| Some(all(show)));
        Ok(done.await?.0)
    }

    /// What can be taken back now.
    pub fn undo_view(&self) -> Option<UndoView> {
        self.last_bulk().kept().as_ref().map(|kept| kept.view)
    }

    /// Takes back what [`Desk::submit_kept`] did last. What others changed since stays.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] when nothing is kept; those of [`Desk::submit`], and it is kept on.
    pub async fn take_back(&self, actor: Actor) -> Result<u64, WireError> {
        let taken = self.last_bulk().kept().take();
        let Some(kept) = taken else {
            return Err(WireError::new(ErrorCode::NotFound));
        };
        let former = kept.former.clone();
        let done = self
            .submit(actor, Command::TakeBackProducts { former })
            .await;
        if done.is_err() {
            self.last_bulk().kept().get_or_insert(kept);
        }
        done
    }

    /// How many of these products stand beside the rundown.
    pub fn aside(&self, products: &[ProductId]) -> usize {
        let show = self.show();
        let listed: BTreeSet<&ProductId> = show.rundown.iter().map(|item| &item.product).collect();
        let aside = |id: &&ProductId| !listed.contains(id);
        products.iter().filter(aside).count()
    }
}

fn kind_of(command: &Command) -> (BulkKind, usize) {
    match command {
        Command::RemoveProducts { products } => (BulkKind::Removal, products.len()),
        Command::ImportProducts { products } => (BulkKind::Import, products.len()),
        // Nothing else has a former state.
        _ => (BulkKind::Import, 0),
    }
}

#[cfg(test)]
mod tests {
    use stallcast_journal::Journal;

    use super::*;
    use crate::air::engine;
    use crate::sample::product;
    use crate::threads::Threads;

    fn import(count: usize) -> Command {
        let product = |n| product(&format!("p{n:05}"), &format!("Product {n}"), 100);
        Command::ImportProducts {
            products: (0..count).map(product).collect(),
        }
    }

    #[tokio::test]
    async fn a_long_list_and_a_removal_are_taken_back_with_one_press_each() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        assert_eq!(desk.undo_view(), None);
        let (_, added) = desk.submit_kept(engine(), import(500)).await.unwrap();
        assert_eq!((added.len(), desk.aside(&added)), (500, 400));
        let view = desk.undo_view().unwrap();
        assert_eq!((view.kind, view.count), (BulkKind::Import, 500));

        let all = desk.show();
        let remove = Command::RemoveProducts { products: added };
        desk.submit_kept(engine(), remove.clone()).await.unwrap();
        assert!(desk.show().products.is_empty());
        // Refused: what is kept stays.
        desk.submit_kept(engine(), remove).await.unwrap_err();
        assert_eq!(desk.undo_view().unwrap().kind, BulkKind::Removal);
        desk.take_back(engine()).await.unwrap();
        assert_eq!(desk.show(), all);
        assert_eq!(desk.undo_view(), None);
        let nothing = desk.take_back(engine()).await.unwrap_err();
        assert_eq!(nothing.code, ErrorCode::NotFound);
    }

    #[tokio::test]
    async fn an_import_that_takes_the_place_of_others_is_taken_back_with_their_removal() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        let (_, demo) = desk.submit_kept(engine(), import(3)).await.unwrap();
        let all = desk.show();
        let products = demo;
        let remove = Command::RemoveProducts { products };
        desk.submit_kept(engine(), remove).await.unwrap();
        // One of them is among the new ones again, with another price.
        let products = vec![product("p00001", "Own", 500), product("own", "Own", 700)];
        let own = Command::ImportProducts { products };
        let taken = desk.submit_kept_at_turn(engine(), Joined::WithRemoval, |_| Some(own));
        taken.await.unwrap();
        assert_eq!(desk.undo_view().unwrap().count, 2);
        desk.take_back(engine()).await.unwrap();
        let (now, before) = (desk.show(), all);
        assert_eq!(now.products, before.products);
        assert_eq!(now.rundown, before.rundown);
    }
}
