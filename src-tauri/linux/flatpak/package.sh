#!/usr/bin/env bash
# Makes target/flatpak/Stallcast_VERSION.flatpak. Wants flatpak, flatpak-builder and the remote flathub, from which it installs
# runtime and tools for this user. Prints the file's path and size as the last line.
set -euo pipefail
cd "$(dirname "$0")/../../.."

id=studio.stallcast.desktop
out=target/flatpak
mkdir -p "$out"
flatpak-builder --user --install-deps-from=flathub --force-clean --state-dir="$out/state" --repo="$out/repo" "$out/build" \
  src-tauri/linux/flatpak/$id.yml
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' src-tauri/tauri.conf.json)
bundle=$out/Stallcast_$version.flatpak
flatpak build-bundle "$out/repo" "$bundle" $id
echo "$bundle $(($(stat -c %s "$bundle") / 1000000)) MB"
