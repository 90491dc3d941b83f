# What linking for Windows takes besides tests/cross_env.sh, which it sources: GStreamer's own runtime for Windows and the headers
# of the FFmpeg in it. Sourced at the root of the repository.

. tests/cross_env.sh

GSTREAMER_VERSION=1.28.7
RUNTIME=$CROSS/gstreamer-$GSTREAMER_VERSION

# GStreamer with all its plugins, FFmpeg (of gst-libav) and Microsoft's C runtime.
runtime() {
  [ -e "$RUNTIME" ] && return
  local wheels=() name
  # What a download that broke off has left, of another version even.
  rm -rf "$CROSS/wheels" "$RUNTIME.new"
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
  rm -rf "$apt"
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
  rm -rf "$LINKS"
  mkdir -p "$LINKS"
  for dll in "$RUNTIME"/bin/*.dll; do
    name=$(basename "$dll" .dll)
    ln -sf "$dll" "$LINKS/${name%-[0-9]*}.dll"
  done
}

# cargo of Debian's compiler, ready to link for Windows.
prepare_windows() {
  prepare_cross
  runtime
  ffmpeg_7
  links
  export FFMPEG_DIR=$CROSS/ffmpeg-7
}
