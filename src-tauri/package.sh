#!/usr/bin/env bash
# Makes an installable package: src-tauri/package.sh deb|windows|macos [--debug]
# Prints its path and size as the last line, or a line for each. --debug packs the debug build, for trying the packaging itself.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-deb}
for other in windows macos; do
  [ "$kind" != $other ] || exec src-tauri/$other/package.sh "${@:2}"
done
profile=release flags=(--release) bundle=()
[ "${2:-}" != --debug ] || { profile=debug; flags=(); bundle=(--debug); }
[ "$kind" = deb ] || { echo "No package of kind $kind here. Kinds: deb windows macos"; exit 2; }
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
triple=$(rustc -vV | sed -n 's/^host: //p')

[ -e ui/node_modules/.package-lock.json ] && [ ! ui/package-lock.json -nt ui/node_modules/.package-lock.json ] ||
  npm --prefix ui ci --no-audit --no-fund
npm --prefix ui run --silent build
cargo build --locked "${flags[@]}" -p stallcast-engine -p stallcast-desktop

# The bundler takes the engine from beside the window's program, under this name.
engine=$target/$profile/bundled/stallcast
mkdir -p "$(dirname "$engine")"
strip --strip-debug -o "$engine-$triple" "$target/$profile/stallcast"
strip --strip-debug "$target/$profile/stallcast-desktop"

# Packages of the shared libraries that both programs are linked with, as this distribution names them.
control=$(mktemp -d)
trap 'rm -r "$control"' EXIT
mkdir "$control/debian"
printf 'Source: stallcast\n' >"$control/debian/control"
linked=$(cd "$control" && dpkg-shlibdeps -O "$target/$profile/stallcast" "$target/$profile/stallcast-desktop" |
  sed -n 's/^shlibs:Depends=//p')

node - "$engine" "$linked" >"$control/package.json" <<'JS'
const [engine, linked] = process.argv.slice(2);
const { bundle } = require(`${process.cwd()}/src-tauri/tauri.conf.json`);
const depends = [...bundle.linux.deb.depends, ...linked.split(", ")];
console.log(JSON.stringify({ bundle: { active: true, externalBin: [engine], linux: { deb: { depends } } } }));
JS
rm -rf "$target/$profile/bundle/$kind"
(cd src-tauri && CARGO_TARGET_DIR=$target ../ui/node_modules/.bin/tauri bundle --ci "${bundle[@]}" --bundles "$kind" \
  --config "$control/package.json")
for package in "$target/$profile/bundle/$kind"/*."$kind"; do
  echo "$package $(($(stat -c %s "$package") / 1000000)) MB"
done
