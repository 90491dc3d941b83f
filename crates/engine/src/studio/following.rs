//! What the studio follows by itself while it runs: keys that a person lets it read, offers that end, ways out to the
//! network, and what is said of the goods.

use std::sync::Arc;

use stallcast_wire::FindingsView;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::Studio;
use crate::air::Order;
use crate::desk::Desk;
use crate::threads::Threads;
use crate::{StartError, network, selling};

impl Studio {
    /// Reads the destinations' keys off the keychain, which may ask a person first, and then lets the
    /// destinations that waited for them begin.
    pub(super) async fn read_keys(self) {
        let (keys, show) = (self.inner.keys.clone(), self.inner.desk.show());
        let read = move || keys.read(show.destinations.keys());
        if tokio::task::spawn_blocking(read).await.is_ok()
            && self.order(Order::KeysRead).await.is_err()
        {
            tracing::debug!("the engine ended before the keys were read");
        }
        self.inner.orders_of_shops.read_secrets().await;
        self.inner.phrasing.read_key().await;
        self.inner.chat.open_with_keychain().await;
    }

    /// Takes off the picture what ends while viewers see it, and tells of what nobody checked since it was changed.
    pub(super) async fn follow_offers(self) {
        let inner = &self.inner;
        let ends = crate::vetting::take_off_what_ends(inner.desk.clone(), inner.notices.clone());
        let opens = crate::vetting::tell_what_opens(inner.desk.clone(), inner.notices.clone());
        tokio::select! {
            () = ends => {}
            () = opens => {}
            _ = self.ended() => {}
        }
    }

    /// Has whoever waits to connect again try when the machine got a way out.
    pub(super) async fn follow_network(self) {
        let (came, mut told) = mpsc::channel(1);
        tokio::spawn(network::watch(network::ways, came));
        loop {
            tokio::select! {
                Some(()) = told.recv() => {}
                _ = self.ended() => return,
            }
            if self.order(Order::NetworkCame).await.is_err() {
                return;
            }
        }
    }
}

/// Starts the thread that looks at what is said of the goods.
pub(super) fn look_at_selling(
    desk: &Desk,
    threads: &Threads,
) -> Result<watch::Receiver<Arc<FindingsView>>, StartError> {
    let book = selling::book().map_err(StartError::Rules)?;
    let (tell, findings) = watch::channel(Arc::default());
    let (published, runtime) = (desk.published(), Handle::current());
    threads.start("selling", move || {
        selling::follow(book, published, &tell, &runtime);
    })?;
    Ok(findings)
}
