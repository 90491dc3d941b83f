//! Whatever comes over the socket or out of the store: nothing panics, and what is read is within its bounds.

use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use proptest::prelude::*;

use crate::{BODY_BYTES, Hook, Kind, Lane, ToRelay, ToStudio};

const CASES: u32 = 4_000;
static SEEN: AtomicU32 = AtomicU32::new(0);
static READ: AtomicU32 = AtomicU32::new(0);

fn good() -> Vec<Bytes> {
    let hook = Hook {
        kind: Kind::Douyin,
        at: 1,
        headers: vec![("x-signature".into(), "a==".into())],
        body: Bytes::from_static(b"[{}]"),
    };
    let said = ToStudio::Hook {
        lane: Lane::Chat,
        seq: 3,
        hook: hook.clone(),
    };
    let taken = ToRelay::Taken {
        lane: Lane::Chat,
        seq: 3,
    };
    vec![
        hook.to_bytes(),
        said.to_bytes(),
        taken.to_bytes(),
        ToStudio::Welcome.to_bytes(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]
    #[test]
    fn any_frame_is_read_or_refused(
        which in 0..4_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        more in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut bytes = good()[which].to_vec();
        for (at, new) in changes {
            let at = at.index(bytes.len());
            bytes[at] = new;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes.extend(more);
        let bytes = Bytes::from(bytes);
        let mut read = ToRelay::from_bytes(&bytes).is_some();
        for hook in [
            Hook::from_bytes(&bytes),
            match ToStudio::from_bytes(&bytes) {
                Some(ToStudio::Hook { hook, .. }) => Some(hook),
                _ => None,
            },
        ].into_iter().flatten() {
            read = true;
            prop_assert!(hook.fits() && hook.body.len() <= BODY_BYTES);
            prop_assert_eq!(Hook::from_bytes(&hook.to_bytes()), Some(hook));
        }
        READ.fetch_add(u32::from(read), Ordering::Relaxed);
        if SEEN.fetch_add(1, Ordering::Relaxed) + 1 == CASES {
            println!("{CASES} frames, {} of them read", READ.load(Ordering::Relaxed));
        }
    }
}
