#!/usr/bin/env bash
# Measures one thing: tests/bench.sh NAME. The last line printed is one JSON object (of `peers` one for each system):
# {"bench","value","unit","aim","better","detail"}. Figures are of release builds; run nothing else meanwhile.
# tests/bench.sh --names prints the names, --build only builds; tests/report.sh makes a page of the results.
set -euo pipefail
cd "$(dirname "$0")/.."

names=(overlay-blend overlay-redraw studio-tax dual-canvas memory start delay faults destinations uplink soak clips import one-press team chat-load peers)

usage() {
  cat >&2 <<TEXT
usage: tests/bench.sh NAME
  overlay-blend  CPU of a card drawn on 1080p30, % of a core
  overlay-redraw milliseconds that a tick of the clocks on a full card takes at 1080 lines, 95th percentile
  studio-tax     CPU of a whole show over that of decoding and encoding its clip alone
  dual-canvas    CPU of a landscape and a portrait canvas live over that of decoding once and encoding both
  memory         most resident memory of the engine on air, MiB
  start          seconds from the engine's launch to the first preview picture
  delay          milliseconds from a source's picture to it decoded at the server, 95th percentile
  faults         most frames that a good destination or the recording lost while others were struck; needs root
  uplink         what arrived of what a failing uplink offered to two destinations; needs root
  soak           growth of memory over 20 minutes of faults, %; needs root
  clips          time of 30 clips of two hours over that of FFmpeg's own command line; needs 5 GB of room
  import         rows per second of a list of 50,000, from the file to the journal
  one-press      frames from an accepted press to the first streamed picture with the new card, 95th percentile
  team           seconds that a member who was cut off still shows an old state, the most of forty members for a minute
  chat-load      milliseconds from a chat server's socket to the page's chat at 500 and 5 000 lines a second, 95th percentile
  peers          CPU of a second of show, beside FFmpeg, gst-launch and OBS Studio on the same clip (what is installed of them)
  destinations   CPU of each further destination at 2.5 Mbit/s, % of a core
TEXT
  exit 2
}

[ $# = 1 ] || usage
if [ "$1" = --names ]; then
  printf '%s\n' "${names[@]}"
  exit
fi
known=
for name in "${names[@]}"; do [ "$name" != "$1" ] || known=yes; done
[ -n "$known" ] || [ "$1" = --build ] || usage
program=bench_${1//-/_}

# The engine holds the page; any build of it will do.
[ -e ui/dist/index.html ] || {
  [ -e ui/node_modules/.package-lock.json ] || npm --prefix ui ci --no-audit --no-fund >&2
  npm --prefix ui run --silent build >&2
}
cargo build --release --locked -p stallcast-engine -p stallcast-tests --bins >&2
[ "$1" != --build ] || exit 0
STALLCAST_BIN=$PWD/target/release/stallcast exec "target/release/$program"
