//! Keys with a keychain that refuses or takes its time, and without one.

use std::sync::mpsc;

use super::*;

/// A keychain of one key that everybody has, and that nobody may change.
struct Refusing;

impl Keychain for Refusing {
    fn read(&self, _service: &str, _id: &str) -> Option<String> {
        Some("live_old".into())
    }

    fn write(&self, _service: &str, _id: &str, _key: &str) -> bool {
        false
    }
}

/// A keychain that takes every key and gives the one of before, after it was told to.
struct Slow {
    asked: mpsc::SyncSender<()>,
    answer: Mutex<mpsc::Receiver<()>>,
}

impl Keychain for Slow {
    fn read(&self, _service: &str, _id: &str) -> Option<String> {
        self.asked.send(()).unwrap();
        self.answer.lock().unwrap().recv().unwrap();
        Some("live_old".into())
    }

    fn write(&self, _service: &str, _id: &str, _key: &str) -> bool {
        true
    }
}

fn with(folder: &tempfile::TempDir, keychain: Option<Arc<dyn Keychain>>) -> Keys {
    Keys::with(folder.path().join("keys.json"), STREAM_KEYS, keychain).0
}

fn at_hand(keys: &Keys, id: &str) -> Option<String> {
    keys.get(&id.into()).map(|key| key.reveal().to_owned())
}

#[test]
fn without_a_keychain_no_file_is_written_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let keys = with(&folder, None);
    let refused = keys.set(&"a".into(), "live_1".into(), false).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NoKeychain);
    assert!(!folder.path().join("keys.json").exists());
    assert!(keys.get(&"a".into()).is_none());
}

#[cfg(unix)]
#[test]
fn an_allowed_file_is_for_this_user_only_and_is_read_again() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    with(&folder, None)
        .set(&"a".into(), "live_1".into(), true)
        .unwrap();
    let file = folder.path().join("keys.json");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let stored: BTreeMap<String, String> =
        serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(stored["a"], "live_1");
}

#[test]
fn a_forgotten_key_is_gone_from_here_even_when_the_keychain_keeps_it_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let keys = with(&folder, Some(Arc::new(Refusing)));
    let (read, filed): (DestinationId, DestinationId) = ("read".into(), "filed".into());
    keys.read([&read].into_iter());
    keys.set(&filed, "live_1".into(), true).unwrap();
    for id in [&read, &filed] {
        let left = keys.set(id, String::new(), false).unwrap_err();
        assert_eq!(left.code, ErrorCode::Internal);
        assert!(keys.get(id).is_none(), "{id}");
        keys.read([id].into_iter());
        assert!(keys.get(id).is_none(), "{id} came back");
    }
    let file = std::fs::read_to_string(folder.path().join("keys.json")).unwrap();
    assert_eq!(file, "{}");
}

/// A keychain in memory that deletes nothing while it is locked.
#[derive(Default)]
struct Locking {
    entries: Mutex<BTreeMap<String, String>>,
    locked: std::sync::atomic::AtomicBool,
}

impl Keychain for Locking {
    fn read(&self, _service: &str, id: &str) -> Option<String> {
        self.entries.lock().unwrap().get(id).cloned()
    }

    fn write(&self, _service: &str, id: &str, key: &str) -> bool {
        if self.locked.load(std::sync::atomic::Ordering::SeqCst) {
            return false;
        }
        let mut entries = self.entries.lock().unwrap();
        if key.is_empty() {
            entries.remove(id);
        } else {
            entries.insert(id.into(), key.into());
        }
        true
    }
}

impl Locking {
    fn lock(&self, locked: bool) {
        self.locked
            .store(locked, std::sync::atomic::Ordering::SeqCst);
    }
}

#[test]
fn a_forgotten_key_that_the_keychain_kept_is_not_used_after_a_restart_and_goes_when_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = Arc::new(Locking::default());
    let start = || {
        let keys = with(&folder, Some(keychain.clone()));
        keys.read([&"a".into()].into_iter());
        keys
    };
    let id: DestinationId = "a".into();
    start().set(&id, "live_1".into(), false).unwrap();
    assert_eq!(at_hand(&start(), "a").as_deref(), Some("live_1"));

    keychain.lock(true);
    start().forget(&id).unwrap_err();
    assert_eq!(at_hand(&start(), "a"), None, "read again after a restart");
    // Nobody says whether a keychain that is not there holds it.
    assert_eq!(at_hand(&with(&folder, None), "a"), None);
    keychain.lock(false);
    assert_eq!(at_hand(&start(), "a"), None);
    assert!(keychain.entries.lock().unwrap().is_empty(), "tried again");

    start().set(&id, "live_2".into(), false).unwrap();
    assert_eq!(at_hand(&start(), "a").as_deref(), Some("live_2"));
}

#[test]
fn a_key_forgotten_while_there_is_no_keychain_is_not_read_from_one_that_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = Arc::new(Locking::default());
    let id: DestinationId = "a".into();
    with(&folder, Some(keychain.clone()))
        .set(&id, "live_1".into(), false)
        .unwrap();
    with(&folder, None).forget(&id).unwrap();
    let keys = with(&folder, Some(keychain));
    keys.read([&id].into_iter());
    assert_eq!(at_hand(&keys, "a"), None);
}

#[test]
fn what_the_keychain_says_late_changes_no_key_that_was_set_or_forgotten_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let (asked, was_asked) = mpsc::sync_channel(1);
    let (answer, answered) = mpsc::sync_channel(1);
    let slow = Slow {
        asked,
        answer: Mutex::new(answered),
    };
    let keys = with(&folder, Some(Arc::new(slow)));
    let ids: Vec<DestinationId> = ["set", "forgotten", "left"].map(Into::into).to_vec();
    std::thread::scope(|scope| {
        scope.spawn(|| keys.read(ids.iter()));
        was_asked.recv().unwrap();
        keys.set(&ids[0], "live_new".into(), false).unwrap();
        answer.send(()).unwrap();
        was_asked.recv().unwrap();
        keys.forget(&ids[1]).unwrap();
        answer.send(()).unwrap();
        was_asked.recv().unwrap();
        answer.send(()).unwrap();
    });
    assert_eq!(at_hand(&keys, "set").as_deref(), Some("live_new"));
    assert_eq!(at_hand(&keys, "forgotten"), None);
    assert_eq!(at_hand(&keys, "left").as_deref(), Some("live_old"));
}

#[test]
fn a_key_set_after_the_old_one_was_let_go_is_not_erased_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let keys = with(&folder, None);
    let id: DestinationId = "a".into();
    keys.set(&id, "live_1".into(), true).unwrap();
    keys.let_go(&id);
    keys.set(&id, "live_2".into(), true).unwrap();
    keys.erase(&id).unwrap();
    assert_eq!(at_hand(&keys, "a").as_deref(), Some("live_2"));
}

#[test]
fn a_key_that_cannot_be_written_down_is_not_at_hand_either() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").join("keys.json");
    let keys: Keys = Keys::with(missing, STREAM_KEYS, None).0;
    let failed = keys.set(&"a".into(), "live_1".into(), true).unwrap_err();
    assert_eq!(failed.code, ErrorCode::Internal);
    assert!(keys.get(&"a".into()).is_none());
}

#[test]
fn a_key_is_replaced_where_it_is_kept_and_one_that_went_meanwhile_stays_gone() {
    let folder = tempfile::tempdir().unwrap();
    let keys = with(&folder, None);
    let (a, b): (DestinationId, DestinationId) = ("a".into(), "b".into());
    keys.replace(&a, |_| Some("live_2".into())).unwrap();
    assert_eq!(at_hand(&keys, "a"), None, "nothing to replace");
    for id in [&a, &b] {
        keys.set(id, "live_1".into(), true).unwrap();
    }
    keys.replace(&a, |_| None).unwrap();
    assert_eq!(at_hand(&keys, "a").as_deref(), Some("live_1"));
    keys.replace(&a, |old| Some(format!("{old}2"))).unwrap();
    assert_eq!(
        at_hand(&with(&folder, None), "a").as_deref(),
        Some("live_12")
    );
    keys.replace(&b, |_| {
        keys.let_go(&b);
        Some("live_3".into())
    })
    .unwrap();
    keys.erase(&b).unwrap();
    assert_eq!(at_hand(&keys, "b"), None);
    assert_eq!(at_hand(&with(&folder, None), "b"), None);
    assert_eq!(
        at_hand(&with(&folder, None), "a").as_deref(),
        Some("live_12")
    );
}

#[test]
fn a_key_that_the_keychain_does_not_take_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let keys = with(&folder, Some(Arc::new(Refusing)));
    let id: DestinationId = "a".into();
    keys.read([&id].into_iter());
    let refused = keys.replace(&id, |_| Some("live_2".into())).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NoKeychain);
    assert_eq!(at_hand(&keys, "a").as_deref(), Some("live_old"));
}
