#!/usr/bin/env bash
# Makes the packages for Windows on Debian 12, by cross-compilation: a zip that runs from any folder, and an installer.
# src-tauri/package.sh windows [--debug] calls this. Prints the path and size of each as its last lines.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/windows_env.sh

profile=release flags=(--release)
[ "${1:-}" != --debug ] || { profile=debug; flags=(); }
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' src-tauri/tauri.conf.json)
out=$CROSS/build/$WINDOWS/$profile
bundle=$out/bundle
folder=$bundle/Stallcast

[ -e ui/node_modules/.package-lock.json ] && [ ! ui/package-lock.json -nt ui/node_modules/.package-lock.json ] ||
  npm --prefix ui ci --no-audit --no-fund
npm --prefix ui run --silent build
# Wine only for its list of what Windows itself has; the last column are packages whose notices go along.
mapfile -t notices < <(grep -v '^#' src-tauri/windows/libraries.txt | cut -d '|' -f 5 | tr -d ' ' | sort -u | grep .)
install_packages nsis zip wine wine64 "${notices[@]}"
(
  prepare_windows
  began=$SECONDS
  mkdir -p "$out"
  /usr/bin/cargo build --locked "${flags[@]}" -p stallcast-engine -p stallcast-desktop --target "$WINDOWS" \
    --message-format=json-render-diagnostics >"$out/built.json"
  echo "$WINDOWS: built in $((SECONDS - began)) s"
)

# Who opens the window opens it with this, which Microsoft publishes and a crate brings along. Older builds leave others.
loader=$(sed -n 's/.*"package_id":"[^"]*webview2-com-sys[^"]*".*"out_dir":"\([^"]*\)".*/\1/p' "$out/built.json")/x64/WebView2Loader.dll
[ -e "$loader" ] || { echo "No loader of WebView2 came of the build: $loader"; exit 1; }
strip=x86_64-w64-mingw32-strip
mkdir -p "$bundle"
$strip --strip-debug -o "$bundle/engine.exe" "$out/stallcast.exe"
$strip --strip-debug -o "$bundle/window.exe" "$out/stallcast-desktop.exe"
src-tauri/windows/pack.py "$bundle/engine.exe" "$bundle/window.exe" "$loader" "$RUNTIME" "$folder"
rm "$bundle"/{engine,window}.exe

zip=$bundle/Stallcast-$version-windows-x64.zip
rm -f "$zip"
(cd "$bundle" && zip -qr9 "$zip" Stallcast)

# What the installer puts in place, and the uninstaller takes away again: these files and no others.
gpl='^(x264-164\.dll|x265\.dll|lib/gstreamer-1\.0/gstx26[45]\.dll)$'
back() { sed 's|/|\\|g'; }
(cd "$folder" && find . -type d -printf '%P\n' | LC_ALL=C sort) | while read -r place; do
  printf 'SetOutPath "$INSTDIR\%s"\n' "$(back <<<"$place")"
  (cd "$folder" && find "./$place" -maxdepth 1 -type f -printf '%P\n' | LC_ALL=C sort) | while read -r name; do
    file=${place:+$place/}$name
    grep -qE "$gpl" <<<"$file" || printf 'File "%s"\n' "$folder/$file"
  done
done >"$bundle/files.nsh"
{
  (cd "$folder" && find . -type f -printf '%P\n') | back | sed 's|.*|Delete "$INSTDIR\\&"|'
  # Emptied from the innermost on.
  (cd "$folder" && find . -mindepth 1 -type d -printf '%P\n') | LC_ALL=C sort -r | back | sed 's|.*|RMDir "$INSTDIR\\&"|'
} >"$bundle/gone.nsh"
setup=$bundle/Stallcast-$version-windows-x64-setup.exe
(cd src-tauri/windows && makensis -V2 -WX -XTarget\ amd64-unicode -DFOLDER="$folder" -DOUT="$setup" -DVERSION="$version" \
  -DKILOBYTES="$(du -sk "$folder" | cut -f 1)" -DFILES="$bundle/files.nsh" -DGONE="$bundle/gone.nsh" installer.nsi)
rm "$bundle"/{files,gone}.nsh
for package in "$zip" "$setup"; do
  echo "$package $(($(stat -c %s "$package") / 1000000)) MB"
done
