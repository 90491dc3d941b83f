//! Journals that earlier programs wrote, as they wrote them. `data/first.sqlite` is of the program of 2026-11-22, 03:50 UTC: every
//! kind of event that there was, in tables of the first step, with snapshots of its own. Such files are never made anew.

use stallcast_journal::{Kinds, Reader};
use stallcast_show::{At, Canvas, DestinationId, Phase, ProductId, SourceId, SourceKind};

use super::*;

/// A copy of a file that came with the tests.
fn copied(folder: &Path, name: &str) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let path = folder.join(FILE_NAME);
    std::fs::copy(data.join(name), &path).unwrap();
    path
}

#[test]
fn a_journal_of_the_first_program_opens_whole_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = copied(folder.path(), "first.sqlite");
    let (mut journal, resumed) = Journal::open(&path).unwrap();
    assert_eq!(resumed.origin, Origin::Resumed);
    assert_eq!(resumed.last_seq, Seq(40));
    let show = resumed.show;
    assert_eq!(show.name, "果园第一场 First orchard");
    let apple = &show.products[&ProductId::from("apple")];
    assert_eq!(
        (apple.title.zh.as_str(), apple.offer.live_price.minor),
        ("烟台红富士苹果", 2990)
    );
    assert_eq!(apple.talking_points, ["脆", "Sweet"]);
    assert_eq!(
        (apple.offer.quantity, show.stock[&ProductId::from("apple")]),
        (Some(120), 88)
    );
    assert!(!show.products.contains_key(&ProductId::from("honey")));
    assert_eq!(show.rundown.len(), 2);
    assert_eq!(show.on_air.as_ref().unwrap().product, "pear".into());
    let countdown = show.countdown.as_ref().unwrap();
    assert_eq!(countdown.deadline, At(1_763_740_911_000));
    assert_eq!(
        show.phase,
        Phase::Live {
            since: At(1_763_740_010_000)
        }
    );
    assert!(show.recording);
    assert_eq!(show.recording_parts, ["2026-11-22T00-00-00.mp4"]);
    assert_eq!(show.sources.len(), 8);
    let camera = SourceKind::Camera {
        device: Some("v4l2:/dev/video0".into()),
    };
    assert_eq!(show.sources[&SourceId::from("cam")].kind, camera);
    assert_eq!(show.strips[&SourceId::from("mic")].gain_cdb, -600);
    assert_eq!((show.scenes.len(), &show.scene), (2, &Some("near".into())));
    assert_eq!(show.ticker.en, "Free shipping today");
    assert_eq!(show.pinned.as_ref().unwrap().text, "多少钱？");
    assert_eq!(show.chat_lines, 2);
    // What came later has its beginning: all that there was stands on the one canvas of then.
    assert!(show.canvases.has(Canvas::Landscape) && !show.canvases.has(Canvas::Portrait));
    let destination = &show.destinations[&DestinationId::from("one")];
    assert_eq!(
        (show.destinations.len(), destination.canvas),
        (1, Canvas::Landscape)
    );

    // From the entries alone it is the same, and each of them can be read.
    assert_eq!(journal.resume().unwrap(), (show.clone(), Seq(40)));
    journal.verify().unwrap();
    let mut read = 0;
    let reader = Reader::open(&path).unwrap();
    let each = reader.each(Seq(0), Seq(u64::MAX), Kinds::All, |_| read += 1);
    each.unwrap();
    assert_eq!(read, 40);
    drop(reader);
    journal
        .append(&actor(), At(1_763_741_000_000), &[ticker(1)])
        .unwrap();
    let mut after = show;
    after.apply(&ticker(1));
    drop(journal);
    let (_, resumed) = Journal::open(&path).unwrap();
    assert_eq!((resumed.last_seq, resumed.show), (Seq(41), after));
    assert_eq!(verify_file(&path).unwrap().0, Seq(41));
    let connection = Connection::open(&path).unwrap();
    let steps: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(steps, 2);
}
