//! Commands that are sent again because their answer was lost: carried out once, answered every time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use stallcast_wire::{ErrorCode, WireError};
use tokio::sync::watch;

/// Commands remembered, of all pages together: at ten a second those of the last minute and a half, which is longer
/// than a page waits before it gives a command up.
const REMEMBERED: usize = 1024;
/// Letters of what names a command at most.
const NAME_MAX: usize = 64;

type Outcome = Result<u64, WireError>;

/// A command's name, with its sender's before it, and how it came out once it has.
type Known = (String, watch::Receiver<Option<Outcome>>);

/// The last commands and how they came out.
#[derive(Clone, Default)]
pub(super) struct Once(Arc<Mutex<VecDeque<Known>>>);

impl Once {
    /// Carries `deed` out unless `who` sent one of that name before; gives how it came out, also to whoever comes while
    /// it is under way. It goes on when the asker is gone.
    ///
    /// # Errors
    /// Those of the deed; [`ErrorCode::Malformed`] for a name that is none.
    pub(super) async fn carry_out(
        &self,
        who: &str,
        name: &str,
        deed: impl Future<Output = Outcome> + Send + 'static,
    ) -> Outcome {
        if name.is_empty() || name.len() > NAME_MAX {
            return Err(WireError::new(ErrorCode::Malformed).with("cause", "once"));
        }
        let full = format!("{who} {name}");
        let mut outcome = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, before)) = known.iter().find(|(it, _)| *it == full) {
                before.clone()
            } else {
                let (tell, outcome) = watch::channel(None);
                if known.len() >= REMEMBERED {
                    known.pop_front();
                }
                known.push_back((full, outcome.clone()));
                tokio::spawn(async move {
                    let _ = tell.send(Some(deed.await));
                });
                outcome
            }
        };
        let told = outcome.wait_for(Option::is_some).await;
        let ending = || WireError::new(ErrorCode::ShuttingDown).retryable();
        told.ok()
            .and_then(|told| told.clone())
            .unwrap_or_else(|| Err(ending()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_command_that_comes_again_is_done_once_and_answered_as_it_was() {
        let once = Once::default();
        let count = Arc::new(AtomicU64::new(0));
        let deed = || {
            let count = Arc::clone(&count);
            async move { Ok(count.fetch_add(1, Ordering::SeqCst) + 1) }
        };
        let both = tokio::join!(
            once.carry_out("a", "x", deed()),
            once.carry_out("a", "x", deed())
        );
        assert_eq!(both, (Ok(1), Ok(1)));
        assert_eq!(once.carry_out("a", "x", deed()).await, Ok(1));
        assert_eq!(once.carry_out("b", "x", deed()).await, Ok(2), "another's");
        let long = "x".repeat(NAME_MAX + 1);
        assert!(once.carry_out("a", &long, deed()).await.is_err());
        assert!(once.carry_out("a", "", deed()).await.is_err());
        for n in 0..2 * REMEMBERED {
            let _ = once.carry_out("a", &n.to_string(), deed()).await;
        }
        assert_eq!(once.0.lock().unwrap().len(), REMEMBERED);
    }
}
