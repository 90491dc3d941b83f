//! Requests against a board, events between boards, and whatever bytes a stranger may send.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stallcast_obsws::{
    Board, Canvas, Credits, Destination, Encoding, Frame, Input, Next, Product, Reply, Scene,
    Sending, Session, Step, Wish, answer, auth, changes, mask, requests, uuid,
};

fn credits() -> Credits {
    Credits {
        password: "secret".into(),
        salt: "c2FsdA==".into(),
        challenge: "Y2hhbGxlbmdl".into(),
    }
}

fn identified() -> Session {
    let mut session = Session::new(credits());
    let proof = auth::proof("secret", "c2FsdA==", "Y2hhbGxlbmdl");
    let identify = json!({"op": 1, "d": {"rpcVersion": 1, "authentication": proof}});
    session.take(&identify).unwrap();
    session
}

fn input(id: &str, kind: &'static str, has_sound: bool) -> Input {
    Input {
        id: id.into(),
        name: id.into(),
        uuid: uuid("input", id),
        kind,
        has_picture: kind != "pulse_input_capture",
        has_sound,
        ..Input::default()
    }
}

fn board() -> Board {
    let inputs = vec![
        input("clip", "ffmpeg_source", true),
        input("mic", "pulse_input_capture", true),
        input("still", "image_source", false),
    ];
    let scene = |id: &str, sources: &[usize]| {
        let mut scene = Scene {
            id: id.into(),
            name: format!("Scene {id}"),
            uuid: uuid("scene", id),
            items: vec![],
        };
        for source in sources {
            scene.push(*source, &inputs[*source].id);
        }
        scene
    };
    let scenes = vec![scene("a", &[0, 2]), scene("b", &[2, 2])];
    let product = |id: &str, left| Product {
        id: id.into(),
        title: format!("Product {id}"),
        left,
    };
    Board {
        scenes,
        inputs,
        scene: Some(0),
        phase: "rehearsing",
        canvas: Canvas {
            width: 1280,
            height: 720,
            fps: 30,
        },
        destinations: vec![Destination {
            id: "d1".into(),
            name: "Bilibili".into(),
            ..Destination::default()
        }],
        products: Arc::new([product("p1", Some(3)), product("p2", None)]),
        voice: Some("mic".into()),
        ..Board::default()
    }
}

/// A request as it comes, and what it comes to.
fn ask(board: &Board, kind: &str, data: Value) -> Reply {
    let mut session = identified();
    let message =
        json!({"op": 6, "d": {"requestType": kind, "requestId": "1", "requestData": data}});
    match session.take(&message).unwrap() {
        Step::Request(request) => answer(board, &request, session.counts),
        other => panic!("{other:?}"),
    }
}

fn told(board: &Board, kind: &str, data: Value) -> Value {
    match ask(board, kind, data) {
        Reply::Now(Ok(Some(data))) => data,
        other => panic!("{kind}: {other:?}"),
    }
}

fn status(board: &Board, kind: &str, data: Value) -> u16 {
    match ask(board, kind, data) {
        Reply::Now(Err(status)) => status.code,
        other => panic!("{kind}: {other:?}"),
    }
}

fn wished(board: &Board, kind: &str, data: Value) -> (Wish, Option<Value>) {
    match ask(board, kind, data) {
        Reply::Do(wish, answer) => (wish, answer),
        other => panic!("{kind}: {other:?}"),
    }
}

#[test]
fn every_name_that_is_told_is_answered_and_no_other() {
    let version = told(&board(), "GetVersion", json!({}));
    assert_eq!(version["availableRequests"], json!(requests()));
    for kind in requests() {
        if let Reply::Now(Err(status)) = ask(&board(), kind, json!({})) {
            assert_ne!(status.code, 204, "{kind}");
        }
    }
    assert_eq!(status(&board(), "RemoveScene", json!({})), 204);
    assert_eq!(status(&board(), "Sleep", json!({})), 206);
}

#[test]
fn scenes_come_bottom_first_and_are_chosen_by_name_or_uuid() {
    let board = board();
    let list = told(&board, "GetSceneList", json!({}));
    assert_eq!(list["currentProgramSceneName"], "Scene a");
    assert_eq!(list["scenes"][0]["sceneName"], "Scene b");
    assert_eq!(list["scenes"][1]["sceneIndex"], 1);
    for named in [
        json!({"sceneName": "Scene b"}),
        json!({"sceneUuid": uuid("scene", "b")}),
    ] {
        let (wish, answer) = wished(&board, "SetCurrentProgramScene", named);
        assert_eq!(wish, Wish::Scene { scene: "b".into() });
        assert_eq!(answer, None);
    }
    for (data, code) in [
        (json!({}), 300),
        (json!({"sceneName": 1}), 401),
        (json!({"sceneName": ""}), 403),
        (json!({"sceneName": "x".repeat(2_000)}), 402),
        (json!({"sceneName": "nothing"}), 600),
        (json!({"sceneName": "clip"}), 602),
    ] {
        assert_eq!(status(&board, "SetCurrentProgramScene", data), code);
    }
}

#[test]
fn a_source_that_stands_twice_in_a_scene_has_two_numbers_that_stay() {
    let mut board = board();
    let of = |board: &Board| {
        let list = told(board, "GetSceneItemList", json!({"sceneName": "Scene b"}));
        let items = list["sceneItems"].as_array().unwrap().clone();
        items
            .iter()
            .map(|it| it["sceneItemId"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let before = of(&board);
    assert_ne!(before[0], before[1]);
    let top = json!({"sceneName": "Scene b", "sourceName": "still", "searchOffset": -1});
    assert_eq!(
        told(&board, "GetSceneItemId", top)["sceneItemId"],
        before[1]
    );
    let mut scene = Scene::default();
    scene.push(0, "clip");
    scene.push(2, "still");
    scene.push(2, "still");
    board.scenes[1].items = scene.items;
    assert_eq!(&of(&board)[1..], &before[..]);
}

#[test]
fn sound_is_moved_where_there_is_some() {
    let mut board = board();
    let mic = |own: Value| {
        let mut data = json!({"inputName": "mic"});
        data.as_object_mut()
            .unwrap()
            .extend(own.as_object().unwrap().clone());
        data
    };
    let strip = |gain_cdb, muted| Wish::Strip {
        input: "mic".into(),
        gain_cdb,
        muted,
    };
    let set = |data| wished(&board, "SetInputVolume", mic(data)).0;
    assert_eq!(
        set(json!({"inputVolumeDb": -12.5})),
        strip(Some(-1_250), None)
    );
    assert_eq!(
        set(json!({"inputVolumeMul": 0.0})),
        strip(Some(-6_000), None)
    );
    let toggled = wished(&board, "ToggleInputMute", mic(json!({})));
    assert_eq!(
        toggled,
        (strip(None, Some(true)), Some(json!({"inputMuted": true})))
    );
    for (data, code) in [
        (json!({}), 300),
        (json!({"inputVolumeDb": 27}), 402),
        (json!({"inputVolumeDb": "loud"}), 401),
        (json!({"inputVolumeDb": 0, "inputVolumeMul": 1}), 404),
    ] {
        assert_eq!(status(&board, "SetInputVolume", mic(data)), code);
    }
    let still = json!({"inputName": "still"});
    assert_eq!(status(&board, "GetInputMute", still), 604);
    let before = board.clone();
    board.inputs[1].gain_cdb = -600;
    board.inputs[1].muted = true;
    let told: Vec<_> = changes(&before, &board)
        .iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(told, ["InputMuteStateChanged", "InputVolumeChanged"]);
}

#[test]
fn outputs_start_and_stop_as_they_are() {
    let mut board = board();
    assert_eq!(wished(&board, "StartStream", json!({})).0, Wish::GoLive);
    assert_eq!(status(&board, "StopStream", json!({})), 501);
    let toggle = |name: &str| json!({"outputName": name});
    let (wish, answer) = wished(&board, "ToggleOutput", toggle("Bilibili"));
    let destination = "d1".to_owned();
    assert_eq!(
        wish,
        Wish::Destination {
            destination,
            on: true
        }
    );
    assert_eq!(answer, Some(json!({"outputActive": true})));
    assert_eq!(status(&board, "ToggleOutput", toggle("nowhere")), 600);
    assert_eq!(status(&board, "SaveReplayBuffer", json!({})), 501);
    let before = board.clone();
    board.stream = Sending {
        active: true,
        ms: 3_723_004,
        ..Sending::default()
    };
    assert_eq!(status(&board, "StartStream", json!({})), 500);
    let stream = told(&board, "GetStreamStatus", json!({}));
    assert_eq!(stream["outputTimecode"], "01:02:03.004");
    let events = changes(&before, &board);
    let states: Vec<_> = events
        .iter()
        .map(|it| it.data["outputState"].clone())
        .collect();
    assert_eq!(
        states,
        [
            "OBS_WEBSOCKET_OUTPUT_STARTING",
            "OBS_WEBSOCKET_OUTPUT_STARTED"
        ]
    );
}

#[test]
fn products_clock_stock_and_questions_go_through_the_vendor() {
    let mut board = board();
    let vendor = |kind: &str, data: Value| json!({"vendorName": "stallcast", "requestType": kind, "requestData": data});
    let call = |kind: &str, data: Value| wished(&board, "CallVendorRequest", vendor(kind, data)).0;
    let second = Wish::PutOnAir {
        product: "p2".into(),
    };
    assert_eq!(call("put_on_air", json!({"number": 2})), second);
    assert_eq!(call("put_on_air", json!({"product": "p2"})), second);
    let stock = |left| Wish::SetStock {
        product: "p1".into(),
        left,
    };
    assert_eq!(
        call("set_stock", json!({"number": 1, "left": 7})),
        stock(Some(7))
    );
    assert_eq!(
        call("set_stock", json!({"number": 1, "left": null})),
        stock(None)
    );
    for (kind, data, code) in [
        ("put_on_air", json!({}), 300),
        ("put_on_air", json!({"number": 3}), 600),
        ("put_on_air", json!({"number": 1.5}), 401),
        ("set_stock", json!({"number": 1}), 300),
        ("start_countdown", json!({"seconds": 0}), 402),
        ("make_coffee", json!({}), 600),
    ] {
        assert_eq!(
            status(&board, "CallVendorRequest", vendor(kind, data)),
            code,
            "{kind}"
        );
    }
    let other = json!({"vendorName": "other", "requestType": "x"});
    assert_eq!(status(&board, "CallVendorRequest", other), 600);
    let before = board.clone();
    board.on_air = Some(("p1".into(), "Product p1".into()));
    board.products = Arc::new([
        Product {
            left: Some(2),
            ..board.products[0].clone()
        },
        board.products[1].clone(),
    ]);
    let events = changes(&before, &board);
    let kinds: Vec<_> = events
        .iter()
        .map(|it| it.data["eventType"].clone())
        .collect();
    assert_eq!(kinds, ["product_on_air", "stock"]);
    assert_eq!(events[0].data["eventData"]["on_air"]["number"], 1);
    assert!(events.iter().all(|event| event.mask == mask::VENDORS));
    let list = told(
        &board,
        "CallVendorRequest",
        vendor("list_products", json!({"offset": 1})),
    );
    assert_eq!(list["responseData"]["total"], 2);
    assert_eq!(list["responseData"]["products"][0]["product"], "p2");
}

#[test]
fn keys_have_names() {
    let board = board();
    let key = |name: &str| json!({"hotkeyName": format!("stallcast.{name}")});
    let press = |name: &str| wished(&board, "TriggerHotkeyByName", key(name)).0;
    assert_eq!(
        press("product_1"),
        Wish::PutOnAir {
            product: "p1".into()
        }
    );
    assert_eq!(press("scene_2"), Wish::Scene { scene: "b".into() });
    assert_eq!(press("pin_question"), Wish::Pin { message: None });
    for name in ["product_3", "product_0", "scene_9", "nothing"] {
        assert_eq!(status(&board, "TriggerHotkeyByName", key(name)), 600);
    }
    let names = told(&board, "GetHotkeyList", json!({}));
    for name in names["hotkeys"].as_array().unwrap() {
        let reply = ask(&board, "TriggerHotkeyByName", json!({"hotkeyName": name}));
        if let Reply::Now(Err(status)) = reply {
            assert_eq!(status.comment, "There is nothing under that key.", "{name}");
        }
    }
}

#[test]
fn a_picture_is_of_the_scene_that_is_shown() {
    let board = board();
    let of = |name: &str, format: &str, width: i32| json!({"sourceName": name, "imageFormat": format, "imageWidth": width});
    let (wish, _) = wished(&board, "GetSourceScreenshot", of("Scene a", "jpg", 320));
    assert!(
        matches!(wish, Wish::Screenshot(picture) if picture.width == Some(320) && !picture.png)
    );
    for (data, code) in [
        (of("Scene a", "gif", 320), 400),
        (of("Scene a", "png", 9_999), 402),
        (of("Scene b", "png", 320), 604),
        (of("nothing", "png", 320), 600),
    ] {
        assert_eq!(status(&board, "GetSourceScreenshot", data), code);
    }
}

/// Whatever JSON there can be, not too deep.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(field(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Names of fields that mean something, and others.
fn field() -> impl Strategy<Value = String> {
    let known = [
        "op",
        "d",
        "requestType",
        "requestId",
        "requestData",
        "requests",
        "executionType",
        "rpcVersion",
        "authentication",
        "eventSubscriptions",
        "sceneName",
        "inputName",
        "inputVolumeDb",
        "inputVolumeMul",
        "outputName",
        "vendorName",
        "number",
        "left",
        "seconds",
        "offset",
        "count",
        "sleepMillis",
        "hotkeyName",
        "imageFormat",
        "imageWidth",
        "sceneItemId",
        "searchOffset",
        "sourceName",
    ];
    prop_oneof![
        prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        "[a-zA-Z]{0,8}",
    ]
}

proptest! {
    #[test]
    fn no_bytes_make_it_fall(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,200}") {
        for (encoding, frame) in [
            (Encoding::MsgPack, Frame::Binary(bytes.clone())),
            (Encoding::Json, Frame::Text(String::from_utf8_lossy(&bytes).into_owned())),
            (Encoding::Json, Frame::Text(text)),
        ] {
            if let Ok(message) = encoding.read(&frame) {
                let _ = Session::new(credits()).take(&message);
                let _ = identified().take(&message);
            }
        }
    }

    #[test]
    fn no_message_makes_it_fall(op in 0_u64..10, d in anything()) {
        let message = json!({"op": op, "d": d});
        let (board, mut session) = (board(), identified());
        match session.take(&message) {
            Ok(Step::Request(request)) => {
                let reply = answer(&board, &request, session.counts);
                prop_assert!(matches!(reply, Reply::Now(_) | Reply::Do(..)));
            }
            Ok(Step::Batch(batch)) => {
                let mut running = batch.run(30);
                loop {
                    match running.proceed() {
                        Next::Request(request) => running.done(&request, &Ok(None)),
                        Next::Sleep(ms) => prop_assert!(ms <= 400_000),
                        Next::Response(_) => break,
                    }
                }
            }
            Ok(Step::Send(_)) | Err(_) => {}
        }
    }

    #[test]
    fn no_request_of_a_known_name_makes_it_fall(
        kind in prop::sample::select(requests()),
        data in prop::collection::btree_map(field(), anything(), 0..6),
    ) {
        let data = Value::Object(data.into_iter().collect());
        for encoding in [Encoding::Json, Encoding::MsgPack] {
            if let Reply::Now(Ok(Some(told))) = ask(&board(), kind, data.clone()) {
                prop_assert!(encoding.write(&told).is_some());
            }
        }
    }
}
