#!/usr/bin/env bash
# The package for macOS as far as Linux can tell: GStreamer's own libraries for macOS, relocated by LLVM's tools, with stand-ins
# for our two programs, which only a Mac can link; then the same folders with this machine's engine and plugins, which runs.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/packages.sh

install_packages llvm clang lld python3-pip
PATH=$(printf '%s\n' /usr/lib/llvm-*/bin | sort -Vr | tr '\n' ':')$PATH
base=$PWD/target/macos
app=$base/Stallcast.app
bundle=src-tauri/macos/bundle.py
rm -rf "$base"/{Stallcast.app,links,programs,broken,here}
mkdir -p "$base"/{wheels,programs,here}
python3 $bundle runtime "$app" "$base/wheels"
python3 $bundle links "$app" "$base/links"

# Programs that load what ours load, made by a linker for macOS from the same names.
cat >"$base/programs/libSystem.tbd" <<'TBD'
--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/usr/lib/libSystem.B.dylib'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ dyld_stub_binder ]
...
TBD
cat >"$base/programs/main.c" <<'C'
void gst_init(int *, char ***), gst_app_src_get_type(void), gst_audio_info_init(void *), gst_base_sink_get_type(void),
    gst_sdp_message_init(void *), gst_video_info_init(void *), gst_webrtc_dtls_transport_get_type(void),
    g_free(void *), g_object_unref(void *), g_file_get_type(void), g_module_supported(void), avcodec_version(void),
    avformat_version(void), avutil_version(void), swscale_version(void), swresample_version(void);
int main(void) {
  static void (*const volatile all[])() = {
      gst_init, gst_app_src_get_type, gst_audio_info_init, gst_base_sink_get_type, gst_sdp_message_init, gst_video_info_init,
      gst_webrtc_dtls_transport_get_type, g_free, g_object_unref, g_file_get_type, g_module_supported, avcodec_version,
      avformat_version, avutil_version, swscale_version, swresample_version};
  return all[0] == 0;
}
C
libraries=()
for library in g{lib,object,io,module}-2.0 gst{reamer,app,audio,base,sdp,video,webrtc}-1.0 av{codec,format,util} sw{scale,resample}; do
  libraries+=("-l$library")
done
for architecture in x86_64 arm64; do
  clang --target=$architecture-apple-macos11 -w -ffreestanding -fno-stack-protector -O1 -c "$base/programs/main.c" -o "$base/programs/$architecture.o"
  ld64.lld -arch $architecture -platform_version macos 11.0 11.0 -o "$base/programs/$architecture" "$base/programs/$architecture.o" \
    -rpath @executable_path/../Frameworks -L"$base/links" -L"$base/programs" "${libraries[@]}" -lSystem
done
for program in stallcast stallcast-desktop; do
  llvm-lipo -create "$base/programs/"{x86_64,arm64} -output "$base/programs/$program"
done
python3 $bundle rest "$app" "$base/programs/"{stallcast,stallcast-desktop}
python3 $bundle check "$app"

# The check sees what would not run.
refused() {
  rm -rf "$base/broken"
  cp -al "$app" "$base/broken"
  (cd "$base/broken/Contents" && "$@")
  if python3 $bundle check "$base/broken" >"$base/said" 2>&1; then
    echo "The check passes after: $*"
    exit 1
  fi
  ! grep -q Traceback "$base/said" || { cat "$base/said"; exit 1; }
  echo "$*: $(head -n 1 "$base/said")"
}
# A copy of its own first: the others are hard links.
change() { cp "$1" "$1.new" && llvm-install-name-tool "${@:2}" "$1.new" && mv "$1.new" "$1"; }
thin() { llvm-lipo -thin arm64 "$1" -output "$1.new" && mv "$1.new" "$1"; }
unfit() { cp "$1" "$1.new" && chmod -x "$1.new" && mv "$1.new" "$1"; }
edit() { sed "$2" "$1" >"$1.new" && mv "$1.new" "$1"; }
refused rm Frameworks/libnice.10.dylib
refused rm PlugIns/gstreamer/libgstwebrtc.dylib
refused cp PlugIns/gstreamer/libgstwebrtc.dylib PlugIns/gstreamer/libgstx264.dylib
refused cp Frameworks/libz.1.dylib Frameworks/libother.dylib
refused change Frameworks/libglib-2.0.0.dylib -change @rpath/libintl.8.dylib /opt/homebrew/lib/libintl.8.dylib
refused change PlugIns/gstreamer/libgstnice.dylib -add_rpath /Users/builder/lib
refused change PlugIns/gstreamer/libgstsrt.dylib -id @rpath/libother.dylib
refused thin PlugIns/gstreamer/libgstopus.dylib
refused unfit MacOS/gst-plugin-scanner
refused edit Info.plist /NSCameraUsageDescription/,+1d
refused edit Resources/zh-Hans.lproj/InfoPlist.strings /NSMicrophone/d
refused rm -r Resources/assets/themes
rm -rf "$base/broken" "$base/said"

# The same folders on this system: the engine takes what came with it, and shows need no other plugin.
here=$base/here/Contents
mkdir -p "$here"/{MacOS,PlugIns/gstreamer}
cp -a "$app/Contents/Resources" "$here/Resources"
cp "$1" "$here/MacOS/stallcast"
system=$(pkg-config --variable=pluginsdir gstreamer-1.0)
for plugin in $(awk '/^[^#]/ && ($2 == "all" || $2 ~ /linux/) { sub(/^\+/, "", $1); print $1 }' src-tauri/plugins.txt); do
  # Not every driver is on every machine.
  [ ! -e "$system/libgst$plugin.so" ] || ln -s "$system/libgst$plugin.so" "$here/PlugIns/gstreamer/"
done
export GST_REGISTRY=$base/here/registry
found=$("$here/MacOS/stallcast" doctor --json --light --data "$base/here/data" || true)
grep -q '"plugins_complete"' <<<"$found" || { echo "$found"; echo "With the listed plugins alone the engine lacks some."; exit 1; }
STALLCAST_BIN=$here/MacOS/stallcast TMPDIR=$base/here cargo test -q --locked -p stallcast-tests --test show -- --test-threads=1 \
  audience:: phone:: ways:: look::
rm -rf "$base/here"
