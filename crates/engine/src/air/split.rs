//! When a recording goes on in another file: what the show wants, within what the disk takes.

use std::path::Path;
use std::time::Duration;

use stallcast_media::recorder::{Split, largest_file};
use stallcast_show::RecordingSplit;

/// For recordings into `folder`.
pub fn split(wanted: RecordingSplit, folder: &Path) -> Split {
    within(wanted, largest_file(folder))
}

fn within(wanted: RecordingSplit, largest: Option<u64>) -> Split {
    let (bytes, minutes) = match wanted {
        RecordingSplit::Never => (None, None),
        RecordingSplit::Minutes { minutes } => (None, Some(minutes)),
        RecordingSplit::Gigabytes { gigabytes } => {
            (Some(u64::from(gigabytes) * 1_000_000_000), None)
        }
    };
    Split {
        max_bytes: bytes.into_iter().chain(largest).min(),
        max_duration: minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_larger_than_the_disk_takes_and_none_smaller_than_was_asked_for() {
        let fat = Some(4_000_000_000);
        let bytes = |wanted, largest| within(wanted, largest).max_bytes;
        let ten = RecordingSplit::Gigabytes { gigabytes: 10 };
        assert_eq!(bytes(RecordingSplit::Never, None), None);
        assert_eq!(bytes(RecordingSplit::Never, fat), fat);
        assert_eq!(bytes(ten, None), Some(10_000_000_000));
        assert_eq!(bytes(ten, fat), fat);
        let hourly = within(RecordingSplit::Minutes { minutes: 60 }, fat);
        assert_eq!(hourly.max_duration, Some(Duration::from_secs(3_600)));
        assert_eq!(hourly.max_bytes, fat);
    }
}
