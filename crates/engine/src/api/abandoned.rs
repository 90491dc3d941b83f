//! Questions that nobody sees to any more: whoever took one on is out, or was away for long. They are given back, so that
//! somebody else finds them.

use std::time::Duration;

use stallcast_wire::WireError;

use super::{Api, OWNER};
use crate::chat_room::ChatRoom;

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
        let is_here = |by: &str| by == OWNER || team.away_ms(by).is_some_and(|away| away < AWAY_MS);
        if free(studio.chat(), is_here).await.is_err() {
            return;
        }
    }
}

/// Frees every question, told to pages or not, that somebody has who is not here.
async fn free(room: &ChatRoom, is_here: impl Fn(&str) -> bool) -> Result<(), WireError> {
    for (question, by) in room.claimed().await? {
        if is_here(&by) {
            continue;
        }
        // Somebody may have decided of it meanwhile; else it is tried again.
        if let Err(error) = room.free_of(question, by).await {
            tracing::debug!(code = ?error.code, "a question could not be given back");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use stallcast_show::{Actor, Role};

    use super::*;
    use crate::chat_room::tests::{empty_room, say};

    #[tokio::test]
    async fn a_question_is_freed_when_its_holder_is_gone_and_only_then() {
        let folder = tempfile::tempdir().unwrap();
        let room = empty_room(folder.path());
        let mut told = room.questions();
        for (id, text) in [
            ("1", "How sweet are the apples?"),
            ("2", "Which kettle is the fastest?"),
        ] {
            say(&room, id, text);
        }
        let asked = told.wait_for(|view| view.questions.len() == 2).await;
        let ids: Vec<u64> = asked.unwrap().questions.iter().map(|it| it.id).collect();
        for (question, name) in ids.into_iter().zip(["Li", "Wang"]) {
            let name = name.to_owned();
            let role = Role::Moderator;
            let claim = serde_json::json!({ "do": "claim_question", "question": question });
            let claim = serde_json::from_value(claim).unwrap();
            room.decide(Actor { name, role }, claim, None)
                .await
                .unwrap();
        }
        assert_eq!(room.claimed().await.unwrap().len(), 2);
        free(&room, |by| by == "Wang").await.unwrap();
        let left = room.claimed().await.unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].1, "Wang");
        // Whoever took it on since keeps it.
        room.free_of(left[0].0, "Li".into()).await.unwrap();
        assert_eq!(room.claimed().await.unwrap(), left);
        room.free_of(left[0].0, "Wang".into()).await.unwrap();
        assert!(room.claimed().await.unwrap().is_empty());
    }
}
