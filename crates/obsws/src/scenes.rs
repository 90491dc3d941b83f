//! Requests about scenes, what stands in them, how one follows another, and pictures of what is shown.

use serde_json::{Value, json};

use crate::answer::{Ask, Entry, IMAGE_FORMATS, data, wish};
use crate::fields::{Fields, Named};
use crate::request::{Status, code};
use crate::{Board, Item, Picture, Scene, Wish};

/// Least and most pixels of a screenshot's edge.
const EDGE: (i32, i32) = (8, 4096);

pub(crate) const TABLE: [Entry; 17] = [
    ("GetSceneList", |ask| {
        let (name, uuid) = current(ask.board);
        data(json!({
            "currentProgramSceneName": name,
            "currentProgramSceneUuid": uuid,
            "currentPreviewSceneName": null,
            "currentPreviewSceneUuid": null,
            "scenes": list(ask.board),
        }))
    }),
    ("GetGroupList", |_| data(json!({"groups": []}))),
    ("GetCurrentProgramScene", |ask| {
        let (name, uuid) = current(ask.board);
        let none = || Status::new(code::NOT_FOUND, "No scene is shown.");
        let name = name.ok_or_else(none)?;
        data(json!({
            "sceneName": name,
            "sceneUuid": uuid,
            "currentProgramSceneName": name,
            "currentProgramSceneUuid": uuid,
        }))
    }),
    ("SetCurrentProgramScene", |ask| {
        let scene = scene(ask)?.id.clone();
        wish(Wish::Scene { scene })
    }),
    ("GetSceneItemList", |ask| {
        let scene = scene(ask)?;
        let items = scene.items.iter().enumerate();
        let items: Vec<Value> = items
            .filter_map(|(place, item)| {
                let input = ask.board.inputs.get(item.input)?;
                Some(json!({
                    "sceneItemId": item.number,
                    "sceneItemIndex": place,
                    "sourceName": input.name,
                    "sourceUuid": input.uuid,
                    "sourceType": "OBS_SOURCE_TYPE_INPUT",
                    "inputKind": input.kind,
                    "isGroup": null,
                    "sceneItemEnabled": true,
                    "sceneItemLocked": false,
                    "sceneItemBlendMode": "OBS_BLEND_NORMAL",
                }))
            })
            .collect();
        data(json!({"sceneItems": items}))
    }),
    ("GetGroupSceneItemList", |ask| {
        scene(ask)?;
        Err(Status::new(
            code::RESOURCE_TYPE,
            "There are no groups here.",
        ))
    }),
    ("GetSceneItemId", |ask| {
        let (scene, source) = (scene(ask)?, ask.fields.text("sourceName")?);
        let offset = ask
            .fields
            .maybe_whole("searchOffset", -1, 1_000)?
            .unwrap_or(0);
        let is_its = |item: &&Item| {
            let input = ask.board.inputs.get(item.input);
            input.is_some_and(|input| input.name == source)
        };
        let mut found = scene.items.iter().filter(is_its);
        let item = match usize::try_from(offset) {
            Ok(nth) => found.nth(nth),
            // -1 = the topmost.
            Err(_) => found.next_back(),
        };
        let none = || Status::new(code::NOT_FOUND, format!("No `{source}` in that scene."));
        data(json!({"sceneItemId": item.ok_or_else(none)?.number}))
    }),
    ("GetSceneItemSource", |ask| {
        let input = ask.board.inputs.get(item(ask)?.input);
        let input = input.ok_or_else(no_item)?;
        data(json!({"sourceName": input.name, "sourceUuid": input.uuid}))
    }),
    ("GetSceneItemEnabled", |ask| {
        item(ask)?;
        data(json!({"sceneItemEnabled": true}))
    }),
    ("GetSceneItemLocked", |ask| {
        item(ask)?;
        data(json!({"sceneItemLocked": false}))
    }),
    ("GetSourceActive", |ask| {
        let active = is_active(ask.board, ask.fields.named("source")?)?;
        data(json!({"videoActive": active, "videoShowing": active}))
    }),
    // What is set of sound and cameras has no filters in between.
    ("GetSourceFilterList", |ask| {
        is_active(ask.board, ask.fields.named("source")?)?;
        data(json!({"filters": []}))
    }),
    ("GetSourceFilterKindList", |_| {
        data(json!({"sourceFilterKinds": []}))
    }),
    ("GetSourceScreenshot", |ask| {
        let named = ask.fields.named("source")?;
        let picture = picture(ask.fields)?;
        if !is_shown(ask.board, named) {
            is_active(ask.board, named)?;
            let words = "Pictures are made of the scene that is shown, as viewers see it.";
            return Err(Status::new(code::RESOURCE_STATE, words));
        }
        wish(Wish::Screenshot(picture))
    }),
    ("GetTransitionKindList", |_| {
        data(json!({"transitionKinds": ["cut_transition", "fade_transition"]}))
    }),
    ("GetSceneTransitionList", |ask| {
        let now = transition(ask.board.fade_ms > 0, None);
        data(json!({
            "currentSceneTransitionName": now["transitionName"],
            "currentSceneTransitionUuid": now["transitionUuid"],
            "currentSceneTransitionKind": now["transitionKind"],
            "transitions": [transition(false, None), transition(true, None)],
        }))
    }),
    ("GetCurrentSceneTransition", |ask| {
        let fade_ms = ask.board.fade_ms;
        data(transition(fade_ms > 0, Some(fade_ms)))
    }),
];

fn transition(fades: bool, ms: Option<u32>) -> Value {
    let (name, kind) = if fades {
        ("Fade", "fade_transition")
    } else {
        ("Cut", "cut_transition")
    };
    let mut transition = json!({
        "transitionName": name,
        "transitionUuid": crate::uuid("transition", name),
        "transitionKind": kind,
        "transitionFixed": !fades,
        "transitionConfigurable": false,
    });
    if let Some(ms) = ms {
        transition["transitionDuration"] = if fades { ms.into() } else { Value::Null };
        transition["transitionSettings"] = Value::Null;
    }
    transition
}

/// The scenes as clients get them: the last button first, as OBS does.
pub(crate) fn list(board: &Board) -> Vec<Value> {
    let scenes = board.scenes.iter().rev().enumerate();
    scenes
        .map(|(place, scene)| {
            json!({"sceneName": scene.name, "sceneUuid": scene.uuid, "sceneIndex": place})
        })
        .collect()
}

fn current(board: &Board) -> (Option<&str>, Option<&str>) {
    let scene = board.scene.and_then(|place| board.scenes.get(place));
    let names = scene.map(|scene| (scene.name.as_str(), scene.uuid.as_str()));
    names.unzip()
}

fn scene(ask: Ask<'_>) -> Result<&Scene, Status> {
    let named = ask.fields.named("scene")?;
    let mut scenes = ask.board.scenes.iter();
    let found = scenes.find(|scene| named.is(&scene.name, &scene.uuid));
    found.ok_or_else(|| not_a(ask.board, named, "scene"))
}

fn item(ask: Ask<'_>) -> Result<&Item, Status> {
    let scene = scene(ask)?;
    let number = ask.fields.whole("sceneItemId", 0, i32::MAX)?;
    let found = scene.items.iter().find(|item| item.number == number);
    found.ok_or_else(no_item)
}

fn no_item() -> Status {
    Status::new(code::NOT_FOUND, "No such item in that scene.")
}

/// A name that is another kind of thing's is told apart from one that nothing has.
pub(crate) fn not_a(board: &Board, named: Named<'_>, wanted: &str) -> Status {
    let is_another = is_active(board, named).is_ok();
    if is_another {
        return Status::new(code::RESOURCE_TYPE, format!("That is no {wanted}."));
    }
    named.unknown(wanted)
}

fn is_shown(board: &Board, named: Named<'_>) -> bool {
    let scene = board.scene.and_then(|place| board.scenes.get(place));
    scene.is_some_and(|scene| named.is(&scene.name, &scene.uuid))
}

/// Whether a scene or an input is on the program.
fn is_active(board: &Board, named: Named<'_>) -> Result<bool, Status> {
    let is_scene = |scene: &Scene| named.is(&scene.name, &scene.uuid);
    if board.scenes.iter().any(is_scene) {
        return Ok(is_shown(board, named));
    }
    let place = board
        .inputs
        .iter()
        .position(|input| named.is(&input.name, &input.uuid));
    let place = place.ok_or_else(|| named.unknown("source"))?;
    Ok(on_program(board, place))
}

/// Whether an input stands in the scene that is shown.
pub(crate) fn on_program(board: &Board, input: usize) -> bool {
    let scene = board.scene.and_then(|place| board.scenes.get(place));
    scene.is_some_and(|scene| scene.items.iter().any(|item| item.input == input))
}

fn picture(fields: Fields<'_>) -> Result<Picture, Status> {
    let format = fields.text("imageFormat")?;
    if !IMAGE_FORMATS.contains(&format) {
        let words = format!("Pictures are {}.", IMAGE_FORMATS.join(", "));
        return Err(Status::new(code::INVALID_FIELD, words));
    }
    let edge = |name: &str| {
        let edge = fields.maybe_whole(name, EDGE.0, EDGE.1)?;
        Ok::<_, Status>(edge.and_then(|edge| u32::try_from(edge).ok()))
    };
    let quality = fields.maybe_whole("imageCompressionQuality", -1, 100)?;
    let quality = quality.and_then(|quality| u8::try_from(quality).ok());
    Ok(Picture {
        png: format == "png",
        width: edge("imageWidth")?,
        height: edge("imageHeight")?,
        quality: quality.unwrap_or(80).max(1),
    })
}
