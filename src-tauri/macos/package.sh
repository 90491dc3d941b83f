#!/usr/bin/env bash
# Makes Stallcast.app and a disk image of it, for Macs of both kinds; runs on a Mac: src-tauri/macos/package.sh [--debug]
# Prints the image's path and size as the last line. Needs Xcode's command line tools, rustup, Node, Python 3.9 or newer with
# pip, and the headers of FFmpeg 7 (brew install ffmpeg@7; STALLCAST_FFMPEG_HEADERS names another folder of them).
#
# APPLE_SIGNING_IDENTITY  a Developer ID Application: signed with it for the hardened runtime. Without it the app is signed for
#                         nobody (ad hoc): it runs where it was built, elsewhere only after the person allows it.
# APPLE_NOTARY_PROFILE    credentials that `xcrun notarytool store-credentials` keeps under this name: also notarized
set -euo pipefail
cd "$(dirname "$0")/../.."

profile=release flags=(--release)
[ "${1:-}" != --debug ] || { profile=debug flags=(--profile dev); }
[ "$(uname)" = Darwin ] || { echo "An app for macOS can only be linked and signed on a Mac."; exit 2; }
target=$(python3 -c 'import os, sys; print(os.path.realpath(sys.argv[1]))' "${CARGO_TARGET_DIR:-target}")
out=$target/macos
app=$out/Stallcast.app
bundle=src-tauri/macos/bundle.py
export MACOSX_DEPLOYMENT_TARGET=11.0

[ -e ui/node_modules/.package-lock.json ] && [ ! ui/package-lock.json -nt ui/node_modules/.package-lock.json ] ||
  npm --prefix ui ci --no-audit --no-fund
npm --prefix ui run --silent build

rm -rf "$app"
mkdir -p "$out/wheels"
python3 $bundle runtime "$app" "$out/wheels"
python3 $bundle links "$app" "$out/links"

# The programs are linked with the libraries that they will find in the bundle; of FFmpeg only headers of the same version
# come from elsewhere.
headers=${STALLCAST_FFMPEG_HEADERS:-$(brew --prefix ffmpeg@7)/include}
major=$(sed -n 's/^#define LIBAVCODEC_VERSION_MAJOR *//p' "$headers/libavcodec/version_major.h")
[ -e "$app/Contents/Frameworks/libavcodec.$major.dylib" ] || {
  echo "$headers is of libavcodec $major, the bundle's is another."
  exit 1
}
rm -rf "$out/ffmpeg"
mkdir -p "$out/ffmpeg"
ln -s "$headers" "$out/ffmpeg/include"
ln -s "$out/links" "$out/ffmpeg/lib"
export FFMPEG_DIR=$out/ffmpeg
for package in glib-2.0 gobject-2.0 gio-2.0 gmodule-2.0 gstreamer-1.0 gstreamer-{app,audio,base,sdp,video,webrtc}-1.0; do
  lib=SYSTEM_DEPS_$(tr a-z.- A-Z__ <<<"$package")
  export "${lib}_NO_PKG_CONFIG=1" "${lib}_SEARCH_NATIVE=$out/links"
  # libgstapp-1.0 is the library of gstreamer-app-1.0.
  export "${lib}_LIB=$(sed 's/^gstreamer-\([a-z]\)/gst\1/' <<<"$package")"
done
export RUSTFLAGS="${RUSTFLAGS:-} -C link-arg=-Wl,-rpath,@executable_path/../Frameworks"
targets=(aarch64-apple-darwin x86_64-apple-darwin)
rustup target add "${targets[@]}"
for one in "${targets[@]}"; do
  cargo build --locked "${flags[@]}" --target "$one" -p stallcast-engine -p stallcast-desktop
done
programs=()
for program in stallcast stallcast-desktop; do
  made=("${targets[@]/%//$profile/$program}")
  lipo -create "${made[@]/#/$target/}" -output "$out/$program"
  strip -S "$out/$program"
  programs+=("$out/$program")
done
python3 $bundle rest "$app" "${programs[@]}"

# From the inside out: what was relocated has lost its signature, and macOS loads nothing without one.
sign=(codesign --force --sign "${APPLE_SIGNING_IDENTITY:--}")
[ -z "${APPLE_SIGNING_IDENTITY:-}" ] || sign+=(--options runtime --timestamp)
find "$app/Contents/Frameworks" "$app/Contents/PlugIns" -name '*.dylib' -print0 | xargs -0 "${sign[@]}"
"${sign[@]}" "$app/Contents/MacOS/gst-plugin-scanner"
"${sign[@]}" --entitlements src-tauri/macos/Entitlements.plist "$app/Contents/MacOS/stallcast"
"${sign[@]}" --entitlements src-tauri/macos/Entitlements.plist "$app"
codesign --verify --deep --strict --verbose=2 "$app"
python3 $bundle check "$app"
# Its engine finds every plugin that it needs, in the bundle and nowhere else.
found=$(env -i HOME="$HOME" "$app/Contents/MacOS/stallcast" doctor --json --light || true)
grep -q plugins_complete <<<"$found" || { echo "$found"; echo "The packed engine lacks plugins."; exit 1; }

image=$out/Stallcast_$(/usr/libexec/PlistBuddy -c "Print :CFBundleShortVersionString" "$app/Contents/Info.plist")_universal.dmg
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
ditto "$app" "$staging/Stallcast.app"
ln -s /Applications "$staging/Applications"
hdiutil create -quiet -ov -volname Stallcast -fs HFS+ -format UDZO -srcfolder "$staging" "$image"
if [ -n "${APPLE_SIGNING_IDENTITY:-}" ]; then
  codesign --sign "$APPLE_SIGNING_IDENTITY" --timestamp "$image"
  if [ -n "${APPLE_NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit --wait --keychain-profile "$APPLE_NOTARY_PROFILE" "$image"
    xcrun stapler staple "$image"
  fi
fi
echo "$image $(($(stat -f %z "$image") / 1000000)) MB"
