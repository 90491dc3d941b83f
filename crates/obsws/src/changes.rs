//! What clients are told of two boards, one after the other.

use serde_json::{Value, json};

use crate::inputs::described;
use crate::scenes::{list, on_program};
use crate::volume::{db, factor};
use crate::{Board, Event, Input, Item, Scene, mask, vendor};

/// The events between `before` and `after`, in an order in which nothing is named before it was told of.
pub fn changes(before: &Board, after: &Board) -> Vec<Event> {
    let mut told = Vec::new();
    inputs(before, after, &mut told);
    scenes(before, after, &mut told);
    outputs(before, after, &mut told);
    vendor::changes(before, after, &mut told);
    told
}

fn inputs(before: &Board, after: &Board, told: &mut Vec<Event>) {
    for was in &before.inputs {
        if !after.inputs.iter().any(|input| input.id == was.id) {
            told.push(of_input("InputRemoved", mask::INPUTS, was, json!({})));
        }
    }
    for (place, input) in after.inputs.iter().enumerate() {
        let known = before.inputs.iter().position(|was| was.id == input.id);
        let Some(known_at) = known else {
            let mut data = described(input);
            data["inputSettings"] = Value::Object(input.settings.clone());
            data["defaultInputSettings"] = json!({});
            told.push(Event::new("InputCreated", mask::INPUTS, data));
            continue;
        };
        let was = &before.inputs[known_at];
        let mut tell = |kind, mask, data| told.push(of_input(kind, mask, input, data));
        if was.name != input.name {
            let own = json!({"oldInputName": was.name});
            tell("InputNameChanged", mask::INPUTS, own);
        }
        if was.settings != input.settings {
            let own = json!({"inputSettings": input.settings});
            tell("InputSettingsChanged", mask::INPUTS, own);
        }
        if was.muted != input.muted {
            let own = json!({"inputMuted": input.muted});
            tell("InputMuteStateChanged", mask::INPUTS, own);
        }
        if was.gain_cdb != input.gain_cdb {
            let gain = input.gain_cdb;
            let own = json!({"inputVolumeMul": factor(gain), "inputVolumeDb": db(gain)});
            tell("InputVolumeChanged", mask::INPUTS, own);
        }
        if was.delay_ms != input.delay_ms {
            let own = json!({"inputAudioSyncOffset": input.delay_ms});
            tell("InputAudioSyncOffsetChanged", mask::INPUTS, own);
        }
        let is_on = on_program(after, place);
        if on_program(before, known_at) != is_on {
            let own = json!({"videoActive": is_on});
            tell("InputActiveStateChanged", mask::INPUT_ACTIVE, own);
            let own = json!({"videoShowing": is_on});
            tell("InputShowStateChanged", mask::INPUT_SHOW, own);
        }
    }
}

fn of_input(kind: &'static str, mask: u32, input: &Input, mut data: Value) -> Event {
    data["inputName"] = input.name.as_str().into();
    data["inputUuid"] = input.uuid.as_str().into();
    Event::new(kind, mask, data)
}

fn scenes(before: &Board, after: &Board, told: &mut Vec<Event>) {
    let named = |scene: &Scene| json!({"sceneName": scene.name, "sceneUuid": scene.uuid});
    for scene in &after.scenes {
        match before.scenes.iter().find(|was| was.id == scene.id) {
            None => {
                let mut data = named(scene);
                data["isGroup"] = false.into();
                told.push(Event::new("SceneCreated", mask::SCENES, data));
            }
            Some(was) => {
                if was.name != scene.name {
                    let mut data = named(scene);
                    data["oldSceneName"] = was.name.as_str().into();
                    told.push(Event::new("SceneNameChanged", mask::SCENES, data));
                }
                items((before, was), (after, scene), told);
            }
        }
    }
    let shown = |board: &Board| {
        let scene = board.scene.and_then(|place| board.scenes.get(place));
        scene.map(named)
    };
    if let Some(data) = shown(after)
        && shown(before).as_ref() != Some(&data)
    {
        let changed = Event::new("CurrentProgramSceneChanged", mask::SCENES, data);
        told.push(changed);
    }
    for was in &before.scenes {
        if !after.scenes.iter().any(|scene| scene.id == was.id) {
            let mut data = named(was);
            data["isGroup"] = false.into();
            told.push(Event::new("SceneRemoved", mask::SCENES, data));
        }
    }
    if list(before) != list(after) {
        let data = json!({"scenes": list(after)});
        told.push(Event::new("SceneListChanged", mask::SCENES, data));
    }
}

fn items(before: (&Board, &Scene), after: (&Board, &Scene), told: &mut Vec<Event>) {
    let described = |(board, scene): (&Board, &Scene), item: &Item| {
        let input = board.inputs.get(item.input);
        json!({
            "sceneName": scene.name,
            "sceneUuid": scene.uuid,
            "sourceName": input.map(|input| &input.name),
            "sourceUuid": input.map(|input| &input.uuid),
            "sceneItemId": item.number,
        })
    };
    let has = |scene: &Scene, item: &Item| scene.items.iter().any(|own| own.number == item.number);
    for item in before.1.items.iter().filter(|item| !has(after.1, item)) {
        let data = described(before, item);
        told.push(Event::new("SceneItemRemoved", mask::SCENE_ITEMS, data));
    }
    for (place, item) in after.1.items.iter().enumerate() {
        if !has(before.1, item) {
            let mut data = described(after, item);
            data["sceneItemIndex"] = place.into();
            told.push(Event::new("SceneItemCreated", mask::SCENE_ITEMS, data));
        }
    }
}

fn outputs(before: &Board, after: &Board, told: &mut Vec<Event>) {
    let mut turned = |kind, was: bool, is: bool, path: Option<&str>| {
        if was == is {
            return;
        }
        let states = if is {
            ["STARTING", "STARTED"]
        } else {
            ["STOPPING", "STOPPED"]
        };
        for state in states {
            let mut data = json!({
                "outputActive": state == "STARTED",
                "outputState": format!("OBS_WEBSOCKET_OUTPUT_{state}"),
            });
            if let Some(path) = path {
                // Known once it runs; told again at its end.
                let known = matches!(state, "STARTED" | "STOPPED").then_some(path);
                data["outputPath"] = known.into();
            }
            told.push(Event::new(kind, mask::OUTPUTS, data));
        }
    };
    let (was, is) = (&before.record, &after.record);
    turned(
        "StreamStateChanged",
        before.stream.active,
        after.stream.active,
        None,
    );
    turned("RecordStateChanged", was.active, is.active, Some(&is.path));
    turned(
        "ReplayBufferStateChanged",
        before.replay,
        after.replay,
        None,
    );
    let cameras = (before.virtual_camera, after.virtual_camera);
    turned("VirtualcamStateChanged", cameras.0, cameras.1, None);
    if was.active && is.active && was.path != is.path && !is.path.is_empty() {
        let data = json!({"newOutputPath": is.path});
        told.push(Event::new("RecordFileChanged", mask::OUTPUTS, data));
    }
}
