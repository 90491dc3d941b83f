//! Honest selling through the whole house: what is forbidden needs a reason, and a correction is on the stream.

use std::time::Duration;

use stallcast_show::{At, Command, CorrectionKind, SourceKind, Text};
use stallcast_tests::probe::{first_frame_unix_ms, frame_at};
use stallcast_tests::stage::{
    import_orchard, input_live, nothing_recorded, put_full_screen, put_on_air, record,
    recording_holds, show_of, studio,
};
use stallcast_tests::world::PATIENCE;

use crate::card::{difference, expected};

/// How long after it was shown or taken off the picture is looked at: whatever moves in or out has come to rest.
const AT_REST: Duration = Duration::from_secs(2);

fn zh(text: &str) -> Text {
    Text {
        zh: text.into(),
        en: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn forbidden_words_need_a_reason_and_a_correction_is_on_the_stream_until_it_is_taken_off() {
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "picture", SourceKind::TestPicture).await;
    input_live(&mut session, "picture").await;
    let products = import_orchard(&engine, &mut session).await;

    let mut bold = products[1].clone();
    bold.talking_points.push("国 家 级 好梨".into());
    let products_now = vec![bold.clone()];
    let import = Command::ImportProducts {
        products: products_now,
    };
    session.command(import).await.unwrap();
    let finding = session
        .until(PATIENCE, "the words are found", |s| {
            let found = s.findings.as_ref()?.products.get(&bold.id)?;
            found.iter().find(|finding| finding.blocks()).cloned()
        })
        .await;
    assert_eq!(finding.found, "国 家 级");
    let put = Command::PutOnAir {
        product: bold.id.clone(),
    };
    let refused = session.command(put.clone()).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.forbidden_by_rule");
    let reason = Command::OverrideRule {
        product: bold.id.clone(),
        rule: finding.rule,
        found: finding.found,
        reason: "地理标志证书上的原话".into(),
    };
    session.command(reason).await.unwrap();
    session.command(put).await.unwrap();

    put_on_air(&mut session, &products[0]).await;
    let text = zh("今天现摘，今晚发货");
    session.command(Command::SetTicker { text }).await.unwrap();
    record(&mut session, true).await;
    recording_holds(&mut session, 0).await;
    let press = Command::ShowCorrection {
        product: products[0].id.clone(),
        kind: CorrectionKind::Price,
        text: zh("更正：苹果的价格是 ¥29.9。刚才说错了，以此为准。"),
    };
    session.command(press).await.unwrap();
    let correction = session
        .until(PATIENCE, "the correction stands", |s| {
            s.show.as_ref()?.correction.clone()
        })
        .await;
    session.play(AT_REST * 2).await;
    session.command(Command::EndCorrection).await.unwrap();
    session
        .until(PATIENCE, "it is gone", |s| {
            s.show.as_ref()?.correction.is_none().then_some(())
        })
        .await;
    let ended = At(session.show.as_ref().unwrap().server_now);
    let usual = show_of(&session);
    session.play(AT_REST * 2).await;
    record(&mut session, false).await;
    nothing_recorded(&mut session).await;
    drop(session);
    assert!(engine.stop().success());

    let recording = engine.recordings().remove(0);
    let began_ms = first_frame_unix_ms(&recording).expect("the file says when it began");
    let mut corrected = usual.clone();
    let since = correction.since;
    corrected.correction = Some(correction);
    for (from, shown, other) in [(since, &corrected, &usual), (ended, &usual, &corrected)] {
        let at = Duration::from_secs_f64((from.0 as f64 - began_ms) / 1000.0) + AT_REST;
        let picture = frame_at(&recording, at);
        let apart = |show| {
            let layers = expected(show, from);
            // A correction stands in the ticker's place.
            let mut news = layers.iter();
            let news = news.find(|layer| matches!(layer.id, "ticker" | "correction"));
            difference(&picture, news.unwrap(), &layers)
        };
        let (to_shown, to_other) = (apart(shown), apart(other));
        assert!(to_shown < to_other, "{to_shown:.2} and {to_other:.2}");
    }
}
