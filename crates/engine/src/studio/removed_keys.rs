//! The key of a removed destination goes with it, or the next destination of this id would stream with it.

use stallcast_show::DestinationId;
use stallcast_wire::NoticeLevel;
use tokio::task::JoinHandle;

use crate::keys::Keys;
use crate::notices::Notices;

/// Takes the key from whoever asks at once. The keychain may ask a person first, so nobody has to wait for it; when it
/// keeps the key, whoever looks is told.
pub(super) fn forget(keys: &Keys, id: DestinationId, notices: &Notices) -> JoinHandle<()> {
    keys.let_go(&id);
    let (keys, notices) = (keys.clone(), notices.clone());
    tokio::spawn(async move {
        let owner = id.clone();
        let erased = tokio::task::spawn_blocking(move || keys.erase(&owner)).await;
        if !matches!(erased, Ok(Ok(()))) {
            tracing::error!(%id, "the key of a removed destination could not be erased");
            let params = [("destination", id.to_string())];
            notices.tell(NoticeLevel::Error, "notice.key_left", &params);
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::keys::Keychain;

    struct Keeping;

    impl Keychain for Keeping {
        fn read(&self, _service: &str, _id: &str) -> Option<String> {
            Some("live_1".into())
        }

        fn write(&self, _service: &str, _id: &str, key: &str) -> bool {
            !key.is_empty()
        }
    }

    #[tokio::test]
    async fn a_removed_destinations_key_is_gone_at_once_and_a_keychain_that_keeps_it_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        let keys: Keys = Keys::with(file, "test", Some(Arc::new(Keeping))).0;
        let notices = Notices::new();
        let (_, mut told) = notices.follow();
        let id: DestinationId = "a".into();
        keys.set(&id, "live_1".into(), false).unwrap();
        let forgotten = forget(&keys, id.clone(), &notices);
        assert!(keys.get(&id).is_none());
        forgotten.await.unwrap();
        let notice = told.try_recv().unwrap();
        assert_eq!(notice.key, "notice.key_left");
        assert_eq!(notice.params["destination"], "a");
        assert!(keys.get(&id).is_none());
    }
}
