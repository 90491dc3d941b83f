"""What a script does with obsws-python: `scripted.py PORT PASSWORD`; ends with 0 when all came out."""

import logging
import sys
import threading

import obsws_python as obs

logging.disable(logging.CRITICAL)
port, password = int(sys.argv[1]), sys.argv[2]
here = {"host": "127.0.0.1", "port": port, "password": password, "timeout": 20}

try:
    obs.ReqClient(**(here | {"password": "wrong"}))
    sys.exit("a wrong password was let in")
except obs.error.OBSSDKError:
    pass

muted = threading.Event()


def on_input_mute_state_changed(data):
    if data.input_muted:
        muted.set()


events = obs.EventClient(**here)
events.callback.register(on_input_mute_state_changed)
client = obs.ReqClient(**here)

version = client.get_version()
assert version.rpc_version == 1, version.rpc_version
assert "GetSceneList" in version.available_requests
scenes = client.get_scene_list()
names = [scene["sceneName"] for scene in scenes.scenes]
other = next(name for name in names if name != scenes.current_program_scene_name)
client.set_current_program_scene(other)
assert client.get_current_program_scene().scene_name == other
heard = [one["inputName"] for one in client.get_input_list().inputs if one["inputKind"] == "ffmpeg_source"]
client.set_input_mute(heard[0], True)
assert client.get_input_mute(heard[0]).input_muted is True
assert muted.wait(20), "the event did not come"
client.set_input_volume(heard[0], vol_db=-6)
assert abs(client.get_input_volume(heard[0]).input_volume_db + 6) < 0.01
client.toggle_input_mute(heard[0])
assert client.get_stream_status().output_active is False
assert client.get_stats().active_fps > 0
client.start_record()
assert client.get_record_status().output_active is True
client.stop_record()
assert client.get_record_status().output_active is False
answer = client.call_vendor_request("stallcast", "list_products", {"count": 1})
assert len(answer.response_data["products"]) == 1, answer.response_data
client.trigger_hot_key_by_name("stallcast.off_air")
try:
    client.set_current_program_scene("nowhere")
    sys.exit("a scene that is not there was shown")
except obs.error.OBSSDKRequestError as refused:
    assert refused.code == 600, refused.code
client.disconnect()
events.disconnect()
print("done")
