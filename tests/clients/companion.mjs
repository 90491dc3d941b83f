// What Bitfocus Companion's module for OBS asks at connection, in its order and with its client (obs-websocket-js over
// msgpack), and what a person does with it then. `node companion.mjs PORT PASSWORD`; ends with 0 and one line of JSON.
import assert from "node:assert/strict";
import { EventSubscription, OBSWebSocket } from "obs-websocket-js";

const [port, password] = process.argv.slice(2);
const url = `ws://127.0.0.1:${port}`;
const obs = new OBSWebSocket();
const told = [];
for (const kind of [
  "CurrentProgramSceneChanged",
  "InputMuteStateChanged",
  "InputVolumeChanged",
  "VendorEvent",
  "VirtualcamStateChanged",
  "ReplayBufferSaved",
  "CustomEvent",
  "InputVolumeMeters",
])
  obs.on(kind, (data) => told.push({ kind, data }));

/** The first event of a kind that fits, also one that comes later. */
async function event(kind, fits = () => true) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = told.find((one) => one.kind === kind && fits(one.data));
    if (found !== undefined) return found.data;
    assert(
      Date.now() < deadline,
      `no ${kind}; told: ${JSON.stringify(told.slice(-5))}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The code that a request fails with. */
async function refused(kind, data) {
  try {
    await obs.call(kind, data);
  } catch (error) {
    return error.code;
  }
  assert.fail(`${kind} was not refused`);
}

const wrong = new OBSWebSocket();
await assert.rejects(wrong.connect(url, "wrong"), {
  code: 4009,
  message: /Authentication failed/,
});

const { obsWebSocketVersion, negotiatedRpcVersion } = await obs.connect(
  url,
  password,
  {
    eventSubscriptions:
      EventSubscription.All |
      EventSubscription.InputActiveStateChanged |
      EventSubscription.InputShowStateChanged |
      EventSubscription.InputVolumeMeters |
      EventSubscription.SceneItemTransformChanged,
    rpcVersion: 1,
  },
);
assert.match(obsWebSocketVersion, /^5\./);
assert.equal(negotiatedRpcVersion, 1);

// The module's order.
const version = await obs.call("GetVersion");
assert(version.supportedImageFormats.includes("png"));
assert.equal((await obs.call("GetStudioModeEnabled")).studioModeEnabled, false);
const { hotkeys } = await obs.call("GetHotkeyList");
assert(hotkeys.includes("stallcast.product_1"));
const { outputs } = await obs.call("GetOutputList");
const statuses = Promise.all(
  outputs.map(({ outputName }) => obs.call("GetOutputStatus", { outputName })),
);
for (const status of await statuses)
  assert.match(status.outputTimecode, /^\d\d:\d\d:\d\d\.\d\d\d$/);
// The module keeps the virtual camera under this name.
assert(outputs.some(({ outputName }) => outputName === "virtualcam_output"));
assert(Array.isArray((await obs.call("GetMonitorList")).monitors));
const video = await obs.call("GetVideoSettings");
assert.deepEqual([video.baseWidth, video.baseHeight], [1280, 720]);
assert.equal((await obs.call("GetReplayBufferStatus")).outputActive, true);
const { inputKinds } = await obs.call("GetInputKindList");
await Promise.all(
  inputKinds.map((inputKind) =>
    obs.call("GetInputDefaultSettings", { inputKind }),
  ),
);
const stats = await obs.call("GetStats");
assert(stats.memoryUsage > 0 && stats.activeFps > 0, JSON.stringify(stats));
assert.equal((await obs.call("GetRecordStatus")).outputPaused, false);
assert(
  (await obs.call("GetRecordDirectory")).recordDirectory.endsWith("recordings"),
);
assert.equal((await obs.call("GetStreamStatus")).outputActive, false);
await obs.call("GetStreamServiceSettings");
assert.equal((await obs.call("GetProfileList")).profiles.length, 1);
assert.equal(
  (await obs.call("GetSceneCollectionList")).sceneCollections.length,
  1,
);
assert.equal((await obs.call("GetSceneTransitionList")).transitions.length, 2);
await obs.call("GetCurrentSceneTransition");
await obs.call("GetSpecialInputs");
const { scenes, currentProgramSceneName } = await obs.call("GetSceneList");
assert.equal(scenes.length, 3);
const heard = new Set();
await Promise.all(
  scenes.map(async ({ sceneName }) => {
    const { sceneItems } = await obs.call("GetSceneItemList", { sceneName });
    const batch = [];
    for (const { sourceName, inputKind } of sceneItems) {
      assert(inputKinds.includes(inputKind));
      const ask = (requestType, requestData) => ({
        requestId: sourceName,
        requestType,
        requestData,
      });
      batch.push(ask("GetSourceActive", { sourceName }));
      batch.push(ask("GetSourceFilterList", { sourceName }));
      batch.push(ask("GetInputSettings", { inputName: sourceName }));
      try {
        await obs.call("GetInputAudioTracks", { inputName: sourceName });
      } catch {
        continue; // It has no sound.
      }
      heard.add(sourceName);
      const sound = [
        "Mute",
        "Volume",
        "AudioBalance",
        "AudioSyncOffset",
        "AudioMonitorType",
        "AudioTracks",
      ];
      const answers = await obs.callBatch(
        sound.map((what) => ask(`GetInput${what}`, { inputName: sourceName })),
      );
      assert(
        answers.every(
          (one) => one.requestStatus.result && one.requestId === sourceName,
        ),
      );
    }
    const answers = await obs.callBatch(batch);
    assert.equal(answers.length, batch.length);
    assert(answers.every((one) => one.requestStatus.result));
    await obs.call("GetSourceFilterList", { sourceName: sceneName });
  }),
);
assert.equal(heard.size, 1, "the demo is heard through its clip");
const [clip] = heard;

// Then buttons are pressed.
const other = scenes.find(
  ({ sceneName }) => sceneName !== currentProgramSceneName,
).sceneName;
await obs.call("SetCurrentProgramScene", { sceneName: other });
assert.equal((await obs.call("GetCurrentProgramScene")).sceneName, other);
await event("CurrentProgramSceneChanged", (data) => data.sceneName === other);
await obs.call("SetInputMute", { inputName: clip, inputMuted: true });
assert.equal(
  (await obs.call("GetInputMute", { inputName: clip })).inputMuted,
  true,
);
await event(
  "InputMuteStateChanged",
  (data) => data.inputName === clip && data.inputMuted,
);
assert.equal(
  (await obs.call("ToggleInputMute", { inputName: clip })).inputMuted,
  false,
);
await obs.call("SetInputVolume", { inputName: clip, inputVolumeDb: -12.5 });
const volume = await obs.call("GetInputVolume", { inputName: clip });
assert(
  Math.abs(volume.inputVolumeDb + 12.5) < 0.01 &&
    Math.abs(volume.inputVolumeMul - 0.237) < 0.001,
);
await event("InputVolumeChanged", (data) => data.inputName === clip);
await event("InputVolumeMeters", (data) =>
  data.inputs.some((input) => input.inputLevelsMul[0]?.[1] > 0),
);
assert.equal(
  (await obs.call("ToggleOutput", { outputName: "virtualcam_output" }))
    .outputActive,
  true,
);
await event("VirtualcamStateChanged", (data) => data.outputActive);

// Products, clock, stock and questions.
const call = async (requestType, requestData = {}) => {
  const data = { vendorName: "stallcast", requestType, requestData };
  return (await obs.call("CallVendorRequest", data)).responseData;
};
const told_of = (kind, fits) =>
  event(
    "VendorEvent",
    (data) => data.eventType === kind && fits(data.eventData),
  );
const { products } = await call("list_products");
assert(products.length >= 2 && products[0].number === 1);
await call("put_on_air", { number: 2 });
await told_of(
  "product_on_air",
  (data) => data.on_air.product === products[1].product,
);
assert((await call("list_products")).products[1].on_air);
await call("start_countdown", { seconds: 90 });
await told_of("countdown", (data) => data.countdown?.seconds_left > 80);
await call("set_stock", { number: 2, left: 5 });
await told_of(
  "stock",
  (data) => data.product === products[1].product && data.left === 5,
);
await call("stop_countdown");
await obs.call("TriggerHotkeyByName", { hotkeyName: "stallcast.product_1" });
await told_of("product_on_air", (data) => data.on_air?.number === 1);
await call("take_off_air");
await told_of("product_on_air", (data) => data.on_air === null);

// A batch with a pause, and one that stops.
const began = Date.now();
const serial = await obs.callBatch([
  {
    requestType: "SetCurrentProgramScene",
    requestData: { sceneName: currentProgramSceneName },
  },
  { requestType: "Sleep", requestData: { sleepMillis: 300 } },
  { requestType: "GetCurrentProgramScene" },
]);
assert(Date.now() - began >= 300);
assert.equal(serial[2].responseData.sceneName, currentProgramSceneName);
const halted = await obs.callBatch(
  [{ requestType: "Nonsense" }, { requestType: "GetVersion" }],
  {
    haltOnFailure: true,
  },
);
assert.deepEqual(
  halted.map((one) => one.requestStatus.code),
  [204],
);

// What cannot be done is said in the protocol's codes.
assert.equal(await refused("StartStream"), 702, "the demo has no destination");
assert.equal(await refused("StopStream"), 501);
assert.equal(await refused("GetCurrentPreviewScene"), 506);
assert.equal(
  await refused("SetCurrentProgramScene", { sceneName: "nowhere" }),
  600,
);
assert.equal(await refused("SetCurrentProgramScene"), 300);
assert.equal(await refused("RemoveScene", { sceneName: other }), 204);

await obs.call("SaveReplayBuffer");
const { savedReplayPath } = await event("ReplayBufferSaved");
assert.equal(
  (await obs.call("GetLastReplayBufferReplay")).savedReplayPath,
  savedReplayPath,
);
const shot = await obs.call("GetSourceScreenshot", {
  sourceName: currentProgramSceneName,
  imageFormat: "jpg",
  imageWidth: 320,
});
assert(shot.imageData.startsWith("data:image/jpeg;base64,/9j/"));
await obs.call("BroadcastCustomEvent", { eventData: { hello: 1 } });
assert.deepEqual(await event("CustomEvent"), { hello: 1 });
await obs.disconnect();
console.log(
  JSON.stringify({
    requests: version.availableRequests.length,
    replay: savedReplayPath,
    shot: shot.imageData,
  }),
);
