//! A newer program is put in this one's place: asked by the window, step by step, or by a page in one.

use std::time::Instant;

use stallcast_show::Show;
use stallcast_wire::{ErrorCode, ReplacementAsk, ReplacementHold, WireError};
use tokio::sync::oneshot;

use super::Studio;
use crate::air;

impl Studio {
    /// What the window asks while it puts a newer program in place.
    ///
    /// # Errors
    /// [`ErrorCode::NotReplaceable`] with what must not be interrupted; [`ErrorCode::NotFound`] for a hold that is over.
    pub(crate) async fn replacement(
        &self,
        ask: ReplacementAsk,
    ) -> Result<Option<ReplacementHold>, WireError> {
        let replacement = self.inner.desk.replacement();
        match ask {
            ReplacementAsk::Look => self.hold(None).await,
            ReplacementAsk::Hold => self.hold(Some(rand::random())).await,
            ReplacementAsk::Renew { id } => replacement.renew(id, Instant::now()).map(Some),
            ReplacementAsk::Release { id } => {
                replacement.release(id);
                Ok(None)
            }
            ReplacementAsk::End { id } => {
                replacement.end(id, Instant::now())?;
                // A platform that is slow to say goodbye keeps nobody waiting for the answer.
                let studio = self.clone();
                tokio::spawn(async move { studio.end().await });
                Ok(None)
            }
        }
    }

    /// Ends the engine, unless something runs that must not be interrupted.
    ///
    /// # Errors
    /// [`ErrorCode::NotReplaceable`] with what that is.
    pub(super) async fn shut_down(&self) -> Result<(), WireError> {
        let id = rand::random();
        self.hold(Some(id)).await?;
        self.inner.desk.replacement().end(id, Instant::now())?;
        self.end().await;
        Ok(())
    }

    /// At the desk's turn: no command comes between the look at the show and the hold.
    async fn hold(&self, id: Option<u32>) -> Result<Option<ReplacementHold>, WireError> {
        let replacement = self.inner.desk.replacement().clone();
        let after = self.inner.after.clone();
        let (tell, told) = oneshot::channel();
        let look = move |show: &Show| {
            let held = replacement.hold(id, show, || after.works(), Instant::now());
            // Whoever asked may be gone.
            if let Err(Ok(Some(unwanted))) = tell.send(held) {
                replacement.release(unwanted.id);
            }
            None
        };
        self.inner.desk.submit_at_turn(air::engine(), look).await?;
        let ending = |_| WireError::new(ErrorCode::ShuttingDown).retryable();
        told.await.map_err(ending)?
    }
}
