#!/usr/bin/env bash
# Puts what is built into a prefix under the names that Flatpak asks for: install.sh PROGRAMS PREFIX ID
# The files are those of the package for Debian (tauri.conf.json).
set -euo pipefail
cd "$(dirname "$0")/../../.."
programs=$1 prefix=$2 id=$3

install -Dm755 -t "$prefix/bin" "$programs/stallcast" "$programs/stallcast-desktop"
node -e '
  const { files } = require(`${process.cwd()}/src-tauri/tauri.conf.json`).bundle.linux.deb;
  for (const [to, from] of Object.entries(files)) console.log(`${to}\t${from}`);
' | while IFS=$'\t' read -r to from; do
  case $to in
    /usr/share/stallcast/*) to=$prefix/${to#/usr/} ;;
    /usr/share/doc/stallcast/*) to=$prefix/share/licenses/$id/$(basename "$to") ;;
    *) continue ;;
  esac
  mkdir -p "$(dirname "$to")"
  cp -rT "src-tauri/$from" "$to"
done
mkdir -p "$prefix/share/applications" "$prefix/share/metainfo"
sed "s/{{exec}}/stallcast-desktop/; s/{{icon}}/$id/" src-tauri/linux/stallcast.desktop >"$prefix/share/applications/$id.desktop"
sed "s/Stallcast\.desktop/$id.desktop/" "src-tauri/linux/$id.metainfo.xml" >"$prefix/share/metainfo/$id.metainfo.xml"
for size in 32x32 128x128; do
  install -Dm644 "assets/icons/$size.png" "$prefix/share/icons/hicolor/$size/apps/$id.png"
done
install -Dm644 assets/icons/icon.svg "$prefix/share/icons/hicolor/scalable/apps/$id.svg"
