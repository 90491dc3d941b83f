#!/usr/bin/env bash
# Builds the engine for Windows and puts shows on with it under Wine, with GStreamer's own runtime for Windows: the
# tests of tests/tests/show that are named below. Their servers, decoders and pages are those of Linux.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/cross_env.sh

GSTREAMER_VERSION=1.28.7
RUNTIME=$CROSS/gstreamer-$GSTREAMER_VERSION

# Everything that the engine opens: GStreamer with its plugins, FFmpeg (of gst-libav) and Microsoft's C runtime.
runtime() {
  [ -e "$RUNTIME" ] && return
  local wheels=() name
  for name in libs plugins plugins-libs plugins-gpl plugins-gpl-restricted plugins-restricted ext-runtime; do
    wheels+=("gstreamer-$name==$GSTREAMER_VERSION")
  done
  python3 -m pip download -q --disable-pip-version-check --no-deps --platform win_amd64 --only-binary=:all: \
    -d "$CROSS/wheels" "${wheels[@]}" gstreamer-msvc-runtime==1.28.2
  python3 - "$CROSS/wheels" "$RUNTIME.new" <<'PYTHON'
import glob, pathlib, sys, zipfile
wheels, folder = sys.argv[1:]
for wheel in glob.glob(f"{wheels}/gstreamer_*.whl"):
    with zipfile.ZipFile(wheel) as all:
        for name in all.namelist():
            # NAME.data/purelib/PACKAGE/bin/...
            parts = name.split("/")[3:]
            if name.endswith(".dll"):
                to = pathlib.Path(folder, *parts)
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_bytes(all.read(name))
PYTHON
  rm -r "$CROSS/wheels"
  mv "$RUNTIME.new" "$RUNTIME"
}

# The headers of FFmpeg 7.1, whose libraries the runtime has; Debian 12 has those of 5.1.
ffmpeg_7() {
  [ -e "$CROSS/ffmpeg-7" ] && return
  local apt=$CROSS/apt options mirror package
  # Where this machine's own packages come from.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' 'Component: main' | head -n 1)
  mkdir -p "$apt/lists/partial" "$apt/cache"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$apt/trixie.list"
  options=(-o "Dir::Etc::sourcelist=$apt/trixie.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
    -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root -q)
  apt-get "${options[@]}" update
  (cd "$apt" && apt-get "${options[@]}" download lib{avcodec,avformat,avutil,swscale,swresample}-dev)
  for package in "$apt"/*.deb; do dpkg-deb -x "$package" "$apt/root"; done
  grep -q "LIBAVCODEC_VERSION_MAJOR *61" "$apt/root/usr/include/x86_64-linux-gnu/libavcodec/version_major.h"
  mkdir -p "$CROSS/ffmpeg-7"
  mv "$apt/root/usr/include/x86_64-linux-gnu" "$CROSS/ffmpeg-7/include"
  # It asks for a header that mingw-w64 has not.
  rm "$CROSS/ffmpeg-7/include/libavutil/hwcontext_d3d12va.h"
  ln -s "$LINKS" "$CROSS/ffmpeg-7/lib"
  rm -r "$apt"
}

# The linker takes a DLL where it finds it under the name that the crates ask for.
links() {
  local dll name
  mkdir -p "$LINKS"
  for dll in "$RUNTIME"/bin/*.dll; do
    name=$(basename "$dll" .dll)
    ln -sf "$dll" "$LINKS/${name%-[0-9]*}.dll"
  done
}

# What Wine 8 lacks of Windows.
lacking() {
  x86_64-w64-mingw32-gcc -shared -o "$BIN/bcryptprimitives.dll" tests/windows/process_prng.c -ladvapi32
}

build() {
  prepare_cross
  install_packages wine wine64
  runtime
  ffmpeg_7
  links
  export FFMPEG_DIR=$CROSS/ffmpeg-7
  local began=$SECONDS
  /usr/bin/cargo build --locked -p stallcast-engine --target "$WINDOWS"
  lacking
  echo "$WINDOWS: built in $((SECONDS - began)) s"
}

# A Windows of its own with the fonts of this machine. Its server stays: what a test kills must not be the one that all
# the others need.
start_wine() {
  export WINEPREFIX=$CROSS/wine WINEDEBUG=-all WINEPATH
  WINEPATH=$(sed 's|/|\\|g' <<<"Z:$RUNTIME/bin")
  mkdir -p "$WINEPREFIX"
  wineserver -p
  trap 'wineserver -k' EXIT
  wine wineboot --init
  ln -sf /usr/share/fonts/{opentype,truetype}/noto/* "$WINEPREFIX/drive_c/windows/Fonts/"
}

# Not among them: what needs a camera, a screen or a signal of Linux, and what FFmpeg of this runtime, which opens
# neither files nor addresses, cannot do (rehearsals, clips, making whole what a crash cut off).
SHOWS=(
  two_canvases:: resume:: together:: selling:: audience:: importing:: look:: orders::
  ending::an_engine ending::a_show ending::chat ending::damaged keeping::the_last
)

BIN=$CROSS/build/$WINDOWS/debug
(build)
start_wine
export STALLCAST_BIN=$BIN/stallcast.exe
for show in "${SHOWS[@]}"; do
  # A name that nothing has any more would be passed over in silence.
  cargo test -q --locked -p stallcast-tests --test show -- --list "$show" | grep -q ': test$' || {
    echo "No test is called $show."
    exit 1
  }
done
cargo test --locked -p stallcast-tests --test show -- --test-threads=1 "${SHOWS[@]}"
