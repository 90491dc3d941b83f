//! Notices that this machine got a way out: another Wi-Fi, a cable, a phone's tethering. Whoever waits to connect again
//! need not wait then.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::mpsc;

/// How often the system's addresses are looked at. The list takes some 0.1 ms to read, and one second is what a wait may
/// still last after the network is back.
const LOOK: Duration = Duration::from_secs(1);

/// An address of an interface that is up, and the interface's name.
pub type Way = (String, IpAddr);

/// The ways out that were there at the last look.
#[derive(Debug, Default)]
struct Ways(Option<BTreeSet<Way>>);

impl Ways {
    /// Takes the ways of now; true when one is there that was not at the last look. At the first look none is new.
    fn look(&mut self, now: BTreeSet<Way>) -> bool {
        let before = self.0.replace(now.clone());
        before.is_some_and(|before| !now.is_subset(&before))
    }
}

/// The system's ways out: no loopback, and no address that only reaches the same cable.
///
/// # Errors
/// When the system does not tell.
pub fn ways() -> io::Result<BTreeSet<Way>> {
    let found = if_addrs::get_if_addrs()?.into_iter();
    Ok(found
        .filter(|interface| {
            interface.is_oper_up() && !interface.is_loopback() && !interface.is_link_local()
        })
        .map(|interface| (interface.name.clone(), interface.ip()))
        .collect())
}

/// Tells `came` whenever a way out came, until nobody listens. One that is told and not heard yet stands for the next.
pub async fn watch(
    list: impl Fn() -> io::Result<BTreeSet<Way>> + Send + Sync + Clone + 'static,
    came: mpsc::Sender<()>,
) {
    let mut ways = Ways::default();
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            _ = look.tick() => {}
            () = came.closed() => return,
        }
        let list = list.clone();
        match tokio::task::spawn_blocking(list).await {
            Ok(Ok(now)) => {
                failing = false;
                if ways.look(now) && came.try_send(()).is_err() {
                    tracing::debug!("a change of the network is waiting to be heard already");
                }
            }
            Ok(Err(error)) => {
                // Once, not every second.
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "the system does not tell its addresses");
                }
            }
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn set(ways: &[(&str, &str)]) -> BTreeSet<Way> {
        ways.iter()
            .map(|(name, ip)| ((*name).to_owned(), ip.parse().unwrap()))
            .collect()
    }

    #[test]
    fn an_interface_or_an_address_that_comes_is_news_and_one_that_goes_is_not() {
        let mut ways = Ways::default();
        let wifi = ("wlan0", "192.168.1.7");
        assert!(!ways.look(set(&[wifi])), "what was there before is no news");
        assert!(!ways.look(set(&[wifi])));
        assert!(ways.look(set(&[wifi, ("usb0", "172.20.10.2")])));
        assert!(!ways.look(set(&[wifi])));
        assert!(ways.look(set(&[("wlan0", "10.0.0.3")])), "another address");
        assert!(!ways.look(set(&[])));
        assert!(ways.look(set(&[("wlan0", "10.0.0.3")])), "back again");
    }

    #[test]
    fn the_system_s_list_holds_no_loopback() {
        assert!(ways().unwrap().iter().all(|(_, ip)| !ip.is_loopback()));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_listens_is_told_once_for_each_change() {
        let now = Arc::new(Mutex::new(set(&[])));
        let (came, mut told) = mpsc::channel(1);
        let list = {
            let now = Arc::clone(&now);
            move || Ok(now.lock().unwrap().clone())
        };
        let watching = tokio::spawn(watch(list, came));
        for _ in 0..5 {
            tokio::time::sleep(LOOK).await;
        }
        assert!(told.try_recv().is_err());
        *now.lock().unwrap() = set(&[("eth0", "10.0.0.2")]);
        assert_eq!(told.recv().await, Some(()));
        for _ in 0..5 {
            tokio::time::sleep(LOOK).await;
        }
        assert!(told.try_recv().is_err());
        drop(told);
        watching.await.unwrap();
    }
}
