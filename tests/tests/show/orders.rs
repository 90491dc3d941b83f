//! A shop tells a running studio of its orders over a real socket, signed by another implementation: stock falls, and what
//! is sold out says so, and a goal moves on the picture. A list of stock is read when it changes.

use std::io::Write;
use std::process::{Command as Process, Stdio};

use serde_json::{Value, json};
use std::time::Duration;

use image::RgbImage;
use stallcast_show::{
    At, Command, Currency, Goal, GoalCount, GoalPlan, GoalUnit, Product, ProductId, Shop, Show,
    SourceKind,
};
use stallcast_tests::probe::{first_frame_unix_ms, frame_at};
use stallcast_tests::stage::{
    import_orchard, input_live, nothing_recorded, put_full_screen, record, recording_holds,
    show_of, studio,
};
use stallcast_tests::world::{Engine, PATIENCE, Session, as_seen};
use stallcast_wire::Request;

use crate::card::{difference, drawn_at, overlay_of};

const SECRET: &str = "shpss_of_this_test_only";

/// The signature as OpenSSL makes it.
fn signature(body: &[u8]) -> String {
    let sign = format!("openssl dgst -sha256 -hmac {SECRET} -binary | openssl base64 -A");
    let mut signing = Process::new("sh")
        .args(["-c", &sign])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    signing.stdin.take().unwrap().write_all(body).unwrap();
    let signed = signing.wait_with_output().unwrap();
    assert!(signed.status.success());
    String::from_utf8(signed.stdout).unwrap().trim().to_owned()
}

/// What the studio answers to a telling that is signed like this.
fn tell(engine: &Engine, topic: &str, body: &Value, signature: &str) -> u16 {
    let headers = [
        ("x-shopify-topic", topic),
        ("x-shopify-hmac-sha256", signature),
        ("content-type", "application/json"),
    ];
    let body = body.to_string();
    engine
        .http_as_stranger("POST", "/api/orders/shopify", &headers, body.as_bytes())
        .status
}

fn told(engine: &Engine, topic: &str, body: &Value) -> u16 {
    tell(engine, topic, body, &signature(body.to_string().as_bytes()))
}

/// An order placed in a far year, so that it is later than this test began.
fn order(id: u64, product: &Product, units: u32, state: &str, second: u32) -> Value {
    json!({
        "id": id, "created_at": "2090-01-01T00:00:00Z", "updated_at": format!("2090-01-01T00:00:{second:02}Z"),
        "financial_status": state, "cancelled_at": null, "email": "jon@example.com", "currency": "USD",
        "line_items": [
            {"id": 1, "sku": product.id.as_str(), "quantity": units, "title": "x", "price": "19.99"}
        ],
        "refunds": []
    })
}

async fn connect_shop(session: &mut Session) {
    let secret = Request::SetShopSecret {
        shop: Shop::Shopify,
        secret: SECRET.to_owned(),
        allow_file: true,
    };
    session.request(secret).await.unwrap();
}

fn left(session: &Session, product: &ProductId) -> Option<u32> {
    session.show.as_ref()?.stock.get(product).copied()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_signed_order_takes_its_goods_off_the_stock_and_what_is_sold_out_says_so() {
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    let products = import_orchard(&engine, &mut session).await;
    let pear = &products[1];
    let count = |left| Command::SetStock {
        product: pear.id.clone(),
        left: Some(left),
    };
    session.command(count(5)).await.unwrap();

    let first = order(1, pear, 3, "pending", 1);
    assert_eq!(
        told(&engine, "orders/create", &first),
        404,
        "off until a secret is entered"
    );
    connect_shop(&mut session).await;
    let wrong = signature(b"another body");
    assert_eq!(tell(&engine, "orders/create", &first, &wrong), 401);
    assert_eq!(tell(&engine, "orders/create", &first, ""), 401);
    assert_eq!(told(&engine, "orders/create", &first), 200);
    session
        .until(PATIENCE, "three are taken", |s| {
            let open = s.show.as_ref()?.sales.get(&pear.id)?.open;
            ((left(s, &pear.id), open) == (Some(2), 3)).then_some(())
        })
        .await;

    // Paid, told twice, and once more as it was.
    let paid = order(1, pear, 3, "paid", 2);
    for body in [&paid, &paid, &first] {
        assert_eq!(told(&engine, "orders/paid", body), 200);
    }
    assert_eq!(
        told(&engine, "orders/create", &order(2, pear, 4, "paid", 3)),
        200
    );
    session
        .until(
            PATIENCE,
            "it is sold out, and two too many were ordered",
            |s| {
                let show = s.show.as_ref()?;
                let sales = show.sales.get(&pear.id)?;
                let is_so = (left(s, &pear.id), show.oversold.get(&pear.id)) == (Some(0), Some(&2));
                (is_so && (sales.open, sales.paid) == (0, 7)).then_some(())
            },
        )
        .await;

    let mut cancelled = order(2, pear, 4, "voided", 4);
    cancelled["cancelled_at"] = json!("2090-01-01T00:00:04Z");
    assert_eq!(told(&engine, "orders/cancelled", &cancelled), 200);
    session
        .until(PATIENCE, "the cancelled ones are back", |s| {
            let sales = s.show.as_ref()?.sales.get(&pear.id)?;
            ((left(s, &pear.id), sales.paid, sales.cancelled) == (Some(2), 3, 4)).then_some(())
        })
        .await;

    let broken = json!({"id": 3, "line_items": "none"});
    assert_eq!(told(&engine, "orders/create", &broken), 422);
    let view = session.request(Request::Orders).await.unwrap();
    let shop = &view["shops"][0];
    assert_eq!(
        (&shop["taken"], &shop["repeated"], &shop["unsigned"]),
        (&4.into(), &2.into(), &2.into())
    );
    assert_eq!(shop["error"], "not_an_order");
    assert!(!view.to_string().contains(SECRET));
    let log = engine.log();
    for private in [SECRET, "jon@example.com"] {
        assert!(!log.contains(private), "{private} is in the log");
        let journal = std::fs::read(engine.data().join("journal.sqlite")).unwrap_or_default();
        let found = journal
            .windows(private.len())
            .any(|part| part == private.as_bytes());
        assert!(!found, "{private} is in the journal");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_list_of_stock_is_read_when_it_changes_and_a_bad_one_changes_nothing() {
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    let products = import_orchard(&engine, &mut session).await;
    let (first, second) = (&products[0].id, &products[1].id);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("库存.csv");
    let write = |one: &str, two: &str| {
        let list = format!("货号,库存\n{first},{one}\n{second},{two}\nnobody,1\n");
        std::fs::write(&path, list).unwrap();
    };
    write("40", "7");
    let watch = Request::WatchStock {
        path: as_seen(&path).to_string_lossy().into_owned(),
    };
    session.request(watch).await.unwrap();
    let lefts = |s: &Session| Some((left(s, first)?, left(s, second)?));
    let is = |wanted| move |s: &Session| (lefts(s) == Some(wanted)).then_some(());
    session
        .until(PATIENCE, "the list is taken over", is((40, 7)))
        .await;

    // Two are sold meanwhile; the list changes elsewhere only.
    let sold = Command::AdjustStock {
        product: first.clone(),
        by: -2,
    };
    session.command(sold).await.unwrap();
    write("40", "0");
    session
        .until(PATIENCE, "only what changed is taken over", is((38, 0)))
        .await;

    std::fs::write(&path, "nothing of use").unwrap();
    session
        .until(PATIENCE, "people hear of it", |s| {
            let mut notices = s.notices.iter();
            notices
                .any(|notice| notice.key == "notice.stock_list")
                .then_some(())
        })
        .await;
    assert_eq!(lefts(&session), Some((38, 0)));
    let view = session.request(Request::Orders).await.unwrap();
    assert_eq!(
        (&view["list"]["error"], &view["list"]["rows"]),
        (&"no_header".into(), &3.into())
    );
    write("12", "0");
    session
        .until(PATIENCE, "a good one counts again", is((12, 0)))
        .await;
}

/// Waits until so much counts, and gives the moment at which the page was told and the goal as it is.
async fn counted(session: &mut Session, done: u64) -> (f64, Goal) {
    let is_so = |s: &Session| {
        let goal = s.show.as_ref()?.goal.clone()?;
        (goal.done == done).then_some(goal)
    };
    let goal = session.until(PATIENCE, "the goal follows", is_so).await;
    (session.show.as_ref().unwrap().server_now as f64, goal)
}

/// How far a frame is from what the picture says of a goal.
fn off(frame: &RgbImage, show: &Show, goal: &Goal) -> f64 {
    let show = Show {
        goal: Some(goal.clone()),
        ..show.clone()
    };
    let layers = drawn_at(&mut overlay_of("orchard", 1280, 720), &show, At(0));
    let bar = layers.iter().find(|layer| layer.id == "goal").unwrap();
    difference(frame, bar, &layers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_paid_order_moves_the_goal_on_the_picture_at_once_and_a_refund_takes_it_back() {
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "picture", SourceKind::TestPicture).await;
    input_live(&mut session, "picture").await;
    let pear = import_orchard(&engine, &mut session).await.remove(1);
    connect_shop(&mut session).await;
    let plan = GoalPlan {
        title: String::new(),
        of: GoalUnit::Money {
            currency: Currency("USD".to_owned()),
        },
        target: 10_000,
        count: GoalCount::Shops,
    };
    let plan = Command::SetGoal { plan: Some(plan) };
    session.command(plan).await.unwrap();
    let on = Command::ShowGoal { on: true };
    session.command(on).await.unwrap();
    record(&mut session, true).await;
    recording_holds(&mut session, 0).await;
    let (_, none) = counted(&mut session, 0).await;

    assert_eq!(
        told(&engine, "orders/paid", &order(1, &pear, 3, "paid", 1)),
        200
    );
    let (paid_at, paid) = counted(&mut session, 5_997).await;
    session.play(Duration::from_secs(2)).await;
    let refund = json!({
        "id": 9, "order_id": 1, "transactions": [],
        "refund_line_items": [{"line_item_id": 1, "quantity": 1, "restock_type": "return"}]
    });
    assert_eq!(told(&engine, "refunds/create", &refund), 200);
    let (refunded_at, refunded) = counted(&mut session, 3_998).await;
    session.play(Duration::from_secs(2)).await;
    record(&mut session, false).await;
    nothing_recorded(&mut session).await;
    let show = show_of(&session);
    drop(session);
    assert!(engine.stop().success());

    let recording = engine.recordings().remove(0);
    let began = first_frame_unix_ms(&recording).expect("the file says when it began");
    let goals = [none, paid, refunded];
    // Which of the three a frame shows.
    let shown = |moment: f64| {
        let place = Duration::from_secs_f64((moment - began).max(0.0) / 1000.0);
        let frame = frame_at(&recording, place);
        let offs = goals.each_ref().map(|goal| off(&frame, &show, goal));
        (0..3).min_by(|a, b| offs[*a].total_cmp(&offs[*b])).unwrap()
    };
    for (told_at, goal) in [(paid_at, 1), (refunded_at, 2)] {
        let late = (0..30).find(|frame| shown(told_at + f64::from(*frame) * 1000.0 / 30.0) == goal);
        println!("frames from the page to the picture: {late:?}");
        // Two on a machine that has time; the suite runs on one that has not.
        assert!(late.is_some_and(|late| late <= 6), "{goal}: {late:?}");
    }
    assert_eq!(shown(paid_at + 1_500.0), 1, "and it stays");
}
