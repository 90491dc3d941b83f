//! Questions that nobody sees to any more: whoever took one on is out, or was away for long. They are given back, so that
//! somebody else finds them.

use std::time::Duration;

use stallcast_show::Command;

use super::{Api, OWNER};
use crate::air::engine;

/// Whoever was away for so long does not see to their questions; a phone that slept for a minute still does.
const AWAY_MS: u64 = 180_000;
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Gives them back until the studio ends.
pub(super) async fn give_back(api: Api) {
    let (studio, team) = (api.studio, api.team);
    let mut members = team.view();
    loop {
        tokio::select! {
            changed = members.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = studio.ended() => return,
        }
        let asked = studio.chat().questions().borrow().clone();
        for question in &asked.questions {
            let Some(claim) = &question.claim else {
                continue;
            };
            let is_here =
                claim.by == OWNER || team.away_ms(&claim.by).is_some_and(|ms| ms < AWAY_MS);
            if is_here {
                continue;
            }
            let question = question.id;
            // Somebody may have decided of it meanwhile; else it is tried again.
            if let Err(error) = studio
                .submit(engine(), Command::FreeQuestion { question })
                .await
            {
                tracing::debug!(code = ?error.code, "a question could not be given back");
            }
        }
    }
}
