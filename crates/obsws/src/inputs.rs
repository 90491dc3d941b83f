//! Requests about inputs: what there is, mute, volume, delay.

use serde_json::{Value, json};

use crate::answer::{Ask, Asked, Entry, Reply, data, wish};
use crate::request::{Status, code};
use crate::scenes::not_a;
use crate::volume::{db, factor, gain_of_db, gain_of_factor};
use crate::{Input, Wish};

/// Most a sound may be behind its picture, milliseconds.
const DELAY_MAX_MS: i32 = 1_000;
/// Kinds of inputs that carry a version in OBS, without it.
const VERSIONED: [(&str, &str); 2] = [
    ("color_source_v3", "color_source"),
    ("xshm_input_v2", "xshm_input"),
];

pub(crate) const TABLE: [Entry; 16] = [
    ("GetInputList", |ask| {
        let kind = ask.fields.maybe_text("inputKind")?;
        let wanted = |input: &&Input| kind.is_none_or(|kind| kind == input.kind);
        let inputs = ask.board.inputs.iter().filter(wanted);
        let inputs: Vec<Value> = inputs.map(described).collect();
        data(json!({"inputs": inputs}))
    }),
    ("GetInputKindList", |ask| {
        let unversioned = ask.fields.0.get("unversioned") == Some(&Value::Bool(true));
        let kinds = Input::KINDS.map(|kind| {
            if unversioned {
                without_version(kind)
            } else {
                kind
            }
        });
        data(json!({"inputKinds": kinds}))
    }),
    ("GetInputDefaultSettings", |ask| {
        let kind = ask.fields.text("inputKind")?;
        if !Input::KINDS.contains(&kind) {
            let words = "There is no such kind of input here.";
            return Err(Status::new(code::INPUT_KIND, words));
        }
        data(json!({"defaultInputSettings": {}}))
    }),
    // Clients look here for what is heard without standing in a scene.
    ("GetSpecialInputs", |ask| {
        let nth = |kind: &str, nth: usize| {
            let mut of_kind = ask.board.inputs.iter().filter(|it| it.kind == kind);
            of_kind.nth(nth).map(|input| input.name.as_str())
        };
        let (desktop, mic) = ("pulse_output_capture", "pulse_input_capture");
        data(json!({
            "desktop1": nth(desktop, 0),
            "desktop2": nth(desktop, 1),
            "mic1": nth(mic, 0),
            "mic2": nth(mic, 1),
            "mic3": nth(mic, 2),
            "mic4": nth(mic, 3),
        }))
    }),
    ("GetInputSettings", |ask| {
        let input = input(ask)?;
        data(json!({"inputSettings": input.settings, "inputKind": input.kind}))
    }),
    ("GetInputMute", |ask| {
        data(json!({"inputMuted": heard(ask)?.muted}))
    }),
    ("SetInputMute", |ask| {
        let muted = ask.fields.truth("inputMuted")?;
        mute(heard(ask)?, muted, None)
    }),
    ("ToggleInputMute", |ask| {
        let input = heard(ask)?;
        let muted = !input.muted;
        mute(input, muted, Some(json!({"inputMuted": muted})))
    }),
    ("GetInputVolume", |ask| {
        let gain = heard(ask)?.gain_cdb;
        data(json!({"inputVolumeMul": factor(gain), "inputVolumeDb": db(gain)}))
    }),
    ("SetInputVolume", |ask| {
        let in_db = ask.fields.maybe_number("inputVolumeDb", -100.0, 26.0)?;
        let in_factor = ask.fields.maybe_number("inputVolumeMul", 0.0, 20.0)?;
        let gain = match (in_db, in_factor) {
            (Some(db), None) => gain_of_db(db),
            (None, Some(factor)) => gain_of_factor(factor),
            (None, None) => {
                let words = "`inputVolumeDb` or `inputVolumeMul` is missing.";
                return Err(Status::new(code::MISSING_FIELD, words));
            }
            (Some(_), Some(_)) => {
                let words = "Only one of `inputVolumeDb` and `inputVolumeMul` may be there.";
                return Err(Status::new(code::TOO_MANY_FIELDS, words));
            }
        };
        wish(Wish::Strip {
            input: heard(ask)?.id.clone(),
            gain_cdb: Some(gain),
            muted: None,
        })
    }),
    // The mixer has no balance; the sound stays in the middle.
    ("GetInputAudioBalance", |ask| {
        heard(ask)?;
        data(json!({"inputAudioBalance": 0.5}))
    }),
    ("GetInputAudioSyncOffset", |ask| {
        data(json!({"inputAudioSyncOffset": heard(ask)?.delay_ms}))
    }),
    ("SetInputAudioSyncOffset", |ask| {
        let ms = ask.fields.whole("inputAudioSyncOffset", 0, DELAY_MAX_MS)?;
        wish(Wish::Delay {
            input: heard(ask)?.id.clone(),
            ms: u32::try_from(ms).unwrap_or_default(),
        })
    }),
    ("GetInputAudioMonitorType", |ask| {
        heard(ask)?;
        data(json!({"monitorType": "OBS_MONITORING_TYPE_NONE"}))
    }),
    // Everything is in the one mix.
    ("GetInputAudioTracks", |ask| {
        heard(ask)?;
        let tracks = json!({"1": true, "2": false, "3": false, "4": false, "5": false, "6": false});
        data(json!({"inputAudioTracks": tracks}))
    }),
    ("GetMediaInputStatus", |ask| {
        let input = input(ask)?;
        if input.kind != "ffmpeg_source" {
            let words = "That input plays no file.";
            return Err(Status::new(code::RESOURCE_STATE, words));
        }
        let state = if input.runs { "PLAYING" } else { "STOPPED" };
        data(json!({
            "mediaState": format!("OBS_MEDIA_STATE_{state}"),
            // A loop has no end, and where it stands is not told.
            "mediaDuration": null,
            "mediaCursor": null,
        }))
    }),
];

fn without_version(kind: &'static str) -> &'static str {
    let found = VERSIONED.iter().find(|(versioned, _)| *versioned == kind);
    found.map_or(kind, |(_, without)| without)
}

pub(crate) fn described(input: &Input) -> Value {
    json!({
        "inputName": input.name,
        "inputUuid": input.uuid,
        "inputKind": input.kind,
        "unversionedInputKind": without_version(input.kind),
        "inputKindCaps": u32::from(input.has_picture) | (u32::from(input.has_sound) << 1),
    })
}

fn input(ask: Ask<'_>) -> Result<&Input, Status> {
    let named = ask.fields.named("input")?;
    let mut inputs = ask.board.inputs.iter();
    let found = inputs.find(|input| named.is(&input.name, &input.uuid));
    found.ok_or_else(|| not_a(ask.board, named, "input"))
}

/// An input that can have sound.
fn heard(ask: Ask<'_>) -> Result<&Input, Status> {
    let input = input(ask)?;
    if !input.has_sound {
        let words = "That input has no sound.";
        return Err(Status::new(code::RESOURCE_STATE, words));
    }
    Ok(input)
}

fn mute(input: &Input, muted: bool, answer: Option<Value>) -> Asked {
    let wish = Wish::Strip {
        input: input.id.clone(),
        gain_cdb: None,
        muted: Some(muted),
    };
    Ok(Reply::Do(wish, answer))
}
