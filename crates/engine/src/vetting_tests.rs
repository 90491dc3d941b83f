use std::time::Duration;

use stallcast_journal::Journal;
use stallcast_show::{Phase, Product, VetItem};

use super::*;
use crate::sample::product;
use crate::threads::Threads;

const PATIENCE: Duration = Duration::from_secs(60);

fn desk(folder: &std::path::Path) -> Desk {
    let (journal, resumed) = Journal::open(folder.join("journal")).unwrap();
    let (threads, _fallen) = Threads::watched();
    Desk::start(journal, resumed, now, &threads).unwrap()
}

async fn ask(desk: &Desk, command: Command) -> Result<u64, stallcast_wire::WireError> {
    desk.submit(engine(), command).await
}

async fn import(desk: &Desk, products: Vec<Product>) {
    ask(desk, Command::ImportProducts { products })
        .await
        .unwrap();
}

async fn go_live(desk: &Desk) -> Result<u64, stallcast_wire::WireError> {
    let destination = stallcast_show::Destination {
        id: "d".into(),
        platform: "custom".into(),
        name: "Stall".into(),
        url: "rtmp://127.0.0.1/live".into(),
        enabled: true,
        priority: Default::default(),
        canvas: Default::default(),
        codec: Default::default(),
    };
    ask(desk, Command::PutDestination { destination })
        .await
        .unwrap();
    ask(desk, Command::GoLive).await
}

fn put(id: &str) -> Command {
    Command::PutOnAir { product: id.into() }
}

/// A product `a` that somebody looked at, before viewers.
async fn put_live(desk: &Desk, product: Product) {
    import(desk, vec![product]).await;
    let vetted = Command::VetProducts {
        products: None,
        by: String::new(),
    };
    ask(desk, vetted).await.unwrap();
    go_live(desk).await.unwrap();
    ask(desk, put("a")).await.unwrap();
}

#[tokio::test]
async fn viewers_see_a_product_only_when_somebody_looked_at_it_or_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    let goods = ["a", "b"].map(|id| product(id, id, 2990));
    import(&desk, goods.to_vec()).await;
    // Nobody watches: nothing is refused.
    ask(&desk, put("a")).await.unwrap();
    assert_eq!(checks(&desk.show(), now())[0].level, CheckLevel::Stop);
    let refused = go_live(&desk).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.not_vetted");
    assert_eq!(refused.params["open"], "5");
    ask(&desk, Command::TakeOffAir).await.unwrap();
    assert_eq!(checks(&desk.show(), now())[0].level, CheckLevel::Warn);
    ask(&desk, Command::GoLive).await.unwrap();
    ask(&desk, put("a")).await.unwrap_err();

    let by = String::from("somebody else");
    let all = Command::VetProducts {
        products: Some(vec!["a".into()]),
        by: by.clone(),
    };
    ask(&desk, all).await.unwrap();
    ask(&desk, put("a")).await.unwrap();
    // Who signs is who sent it, whatever the command says.
    let ticks = desk.show().vetted[&"a".into()].clone();
    assert_eq!(ticks.len(), VetItem::USUAL.len());
    assert!(ticks.iter().all(|tick| tick.by == engine().name));

    ask(&desk, put("b")).await.unwrap_err();
    let reason = "样品在路上，标签已看".to_owned();
    let product = "b".into();
    let through = Command::OverrideVetting {
        product,
        reason,
        by,
    };
    ask(&desk, through).await.unwrap();
    ask(&desk, put("b")).await.unwrap();
    let shown = desk.show();
    let given = &shown.vetting_overrides[&"b".into()];
    assert_eq!(given.by, engine().name);
    assert!(given.reason.contains("样品"));
    // The reason was for this show.
    ask(&desk, Command::EndShow).await.unwrap();
    assert!(desk.show().vetting_overrides.is_empty());
}

#[tokio::test]
async fn what_ends_while_viewers_see_it_is_taken_off_and_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    let mut short = product("a", "Apples", 2990);
    short.offer.ends = Some(At(now().0 + 1_500));
    put_live(&desk, short).await;
    let watching = tokio::spawn(take_off_what_ends(desk.clone(), Notices::new()));
    let mut published = desk.published();
    let off = published.wait_for(|now| now.show.on_air.is_none());
    tokio::time::timeout(PATIENCE, off).await.unwrap().unwrap();
    let refused = ask(&desk, put("a")).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.offer_over");
    assert!(matches!(desk.show().phase, Phase::Live { .. }));
    watching.abort();
}

#[tokio::test]
async fn a_product_that_is_changed_while_viewers_see_it_stays_and_people_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    let apples = product("a", "Apples", 2990);
    put_live(&desk, apples.clone()).await;
    let notices = Notices::new();
    let (_, mut told) = notices.follow();
    let watching = tokio::spawn(tell_what_opens(desk.clone(), notices));
    let mut dearer = apples;
    dearer.offer.live_price.minor = 8800;
    // Seen as it was first: a change before anybody looks is none on air.
    tokio::task::yield_now().await;
    import(&desk, vec![dearer]).await;
    let notice = tokio::time::timeout(PATIENCE, told.recv())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(notice.key, "notice.changed_on_air");
    assert!(desk.show().on_air.is_some(), "nothing takes the show down");
    watching.abort();
}
