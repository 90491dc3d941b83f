#!/usr/bin/env bash
# Measures, and writes docs/benchmarks.md with its plots: tests/report.sh [--quick] [BENCH ...]
# All of tests/bench.sh's by default, which takes some two hours; what is not run now stands there as it was measured last.
# --quick   shorter runs of the comparison with other programs, and without names only that
# --write   measures nothing: writes the pages from docs/benchmarks.jsonl
# Installs what it needs and says so. Run nothing else meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/packages.sh

mapfile -t all < <(tests/bench.sh --names)
benches=()
measure=yes
for word in "$@"; do
  case $word in
    --quick)
      export STALLCAST_PEERS_SECONDS=12 STALLCAST_PEERS_ROUNDS=1
      quick=yes
      ;;
    --write) measure= ;;
    -*)
      sed -n '2,6s/^# //p' "$0" >&2
      exit 2
      ;;
    *)
      [[ " ${all[*]} " == *" $word "* ]] || { echo "No benchmark $word: ${all[*]}" >&2; exit 2; }
      benches+=("$word")
      ;;
  esac
done
if [ ${#benches[@]} = 0 ]; then
  benches=("${all[@]}")
  [ -z "${quick:-}" ] || benches=(peers)
fi

# Why a benchmark cannot be run here; nothing when it can.
hindrance() {
  case $1 in
    faults | uplink | soak) [ "$(id -u)" = 0 ] || echo "it needs root: it makes network namespaces" ;;
    clips)
      # In blocks of 1 KiB.
      [ "$(df --output=avail "${TMPDIR:-/tmp}" | tail -n 1)" -gt 5242880 ] || echo "it needs 5 GB of room for temporary files"
      ;;
  esac
}

# What the benchmarks have around them; what the comparison is with comes last, as not every system has it.
needs() {
  install_packages ffmpeg xvfb x11-utils imagemagick procps nginx-light libnginx-mod-rtmp python3 \
    gstreamer1.0-tools gstreamer1.0-plugins-{base,good,bad,ugly} gstreamer1.0-libav gstreamer1.0-x \
    pipewire pipewire-pulse pipewire-bin wireplumber pulseaudio-utils ngircd nats-server openssl chromium iproute2
  install_packages obs-studio libgl1-mesa-dri || echo "OBS Studio is not to be had here: it is left out."
}

# User, nice, system, irq and softirq of all cores so far.
ticks() { awk '/^cpu / { printf "%d", $2 + $3 + $4 + $7 + $8 }' /proc/stat; }

# How many cores have something to do, over five seconds in which nothing of ours runs.
busy_cores() {
  local before
  before=$(ticks)
  sleep 5
  awk -v ticks="$(($(ticks) - before))" -v second="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", ticks / second / 5 }'
}

if [ -n "$measure" ]; then
  needs
  output=$(mktemp)
  trap 'rm -f "$output"' EXIT
  tests/bench.sh --build
  for bench in "${benches[@]}"; do
    why=$(hindrance "$bench")
    if [ -n "$why" ]; then
      echo "$bench is left out: $why"
      tests/report/collect.py "$bench" --skipped "$why"
      continue
    fi
    busy=$(busy_cores)
    echo "== $bench ($busy cores busy before)"
    if tests/bench.sh "$bench" | tee "$output"; then
      tests/report/collect.py "$bench" --busy "$busy" <"$output"
    else
      echo "$bench gave no result"
      tests/report/collect.py "$bench" --busy "$busy" --failed
    fi
  done
fi
tests/report/write.py
