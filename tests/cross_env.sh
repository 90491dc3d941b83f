# What compiling for Windows and macOS takes on Debian 12; sourced at the root of the repository.
# Debian's compiler builds the standard library for both from its own source, so nothing of rustup's is needed for them.

WINDOWS=x86_64-pc-windows-gnu
MACOS=aarch64-apple-darwin
CROSS=$PWD/target/cross
# Where the libraries of Windows would be linked from; a check needs none.
LINKS=$CROSS/links
# Of its wheel only the headers of macOS's C library are used: clang compiles. Newer ones are too new for clang 14.
ZIG=0.13.0

# GStreamer's libraries, as the crates' build scripts ask pkg-config for them.
GSTREAMER=(glib-2.0 gobject-2.0 gio-2.0 gmodule-2.0 gstreamer-1.0 gstreamer-app-1.0 gstreamer-audio-1.0
  gstreamer-base-1.0 gstreamer-sdp-1.0 gstreamer-video-1.0 gstreamer-webrtc-1.0)

. tests/packages.sh

# A folder of headers only: the libraries of FFmpeg that this machine links are declared alike everywhere.
ffmpeg_headers() {
  local lib from
  from=$(pkg-config --variable=includedir libavcodec)
  mkdir -p "$CROSS/ffmpeg/include" "$CROSS/ffmpeg/lib"
  for lib in "$from"/lib{av,sw}*; do ln -sfn "$lib" "$CROSS/ffmpeg/include/"; done
}

macos_headers() {
  [ -e "$CROSS/zig-$ZIG" ] && return
  rm -rf "$CROSS/wheels" "$CROSS/zig-$ZIG.new"
  python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
  python3 -m pip download -q --disable-pip-version-check --no-deps -d "$CROSS/wheels" "ziglang==$ZIG"
  python3 - "$CROSS" "$ZIG" <<'PYTHON'
import glob, sys, zipfile
folder, version = sys.argv[1:]
[wheel] = glob.glob(f"{folder}/wheels/ziglang-{version}-*.whl")
with zipfile.ZipFile(wheel) as all:
    for name in all.namelist():
        if "/libc/include/any-macos-any/" in name:
            all.extract(name, f"{folder}/zig-{version}.new")
PYTHON
  rm -r "$CROSS/wheels"
  mv "$CROSS/zig-$ZIG.new" "$CROSS/zig-$ZIG"
}

# cargo of Debian's compiler, for targets that rustup has not.
prepare_cross() {
  install_packages rustc-web cargo-web rust-web-src rust-web-clippy clang libclang-dev pkg-config g++-mingw-w64-x86-64
  ffmpeg_headers
  macos_headers
  export CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort
  export CARGO_TARGET_DIR=$CROSS/build CARGO_INCREMENTAL=0
  unset RUSTUP_TOOLCHAIN
  local package lib
  export PKG_CONFIG_ALLOW_CROSS=1
  for package in "${GSTREAMER[@]}"; do
    lib=SYSTEM_DEPS_$(tr a-z.- A-Z__ <<<"$package")
    # libgstapp-1.0 is the library of gstreamer-app-1.0.
    export "${lib}_NO_PKG_CONFIG=1" "${lib}_SEARCH_NATIVE=$LINKS"
    export "${lib}_LIB=$(sed 's/^gstreamer-\([a-z]\)/gst\1/' <<<"$package")"
  done
  export FFMPEG_DIR=$CROSS/ffmpeg
  # Clang 14's own AMX header clashes with that of mingw-w64.
  export BINDGEN_EXTRA_CLANG_ARGS_x86_64_pc_windows_gnu="--target=x86_64-w64-mingw32 -isystem /usr/x86_64-w64-mingw32/include -D__AMXINTRIN_H"
  local macos
  macos="-nostdinc -isystem $(clang -print-resource-dir)/include -isystem $CROSS/zig-$ZIG/ziglang/lib/libc/include/any-macos-any"
  export BINDGEN_EXTRA_CLANG_ARGS_aarch64_apple_darwin="--target=aarch64-apple-macos11 $macos"
  export CC_aarch64_apple_darwin=clang AR_aarch64_apple_darwin=ar CFLAGS_aarch64_apple_darwin=$macos SDKROOT=$CROSS
}
