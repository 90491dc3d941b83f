#!/usr/bin/env bash
# Runs all tests, or the stages named: tests/run.sh [STAGE ...]
# Installs what is missing first and prints each stage's time.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/packages.sh

# Besides these there are `cross`, which type-checks for Windows and macOS, `windows`, a show on air with the engine for Windows
# under Wine (both on Debian 12), and `package`.
STAGES=(lint unit media delivery chat system web desktop)
# Cargo builds what rooms share anew for each choice of rooms: for everything all are built as one, for a stage only its own.
WHOLE=yes
[ $# = 0 ] || { STAGES=("$@"); WHOLE=; }
# Only nextest chooses rooms after building.
cargo nextest --version >/dev/null 2>&1 || WHOLE=

# Real peers of the tests, on top of what running needs.
TEST_PACKAGES=(
  ffmpeg xvfb x11-utils x11-xserver-utils x11-apps xdotool imagemagick procps
  pipewire pipewire-pulse pipewire-bin wireplumber pulseaudio-utils
  python3-venv
  nginx-light libnginx-mod-rtmp ngircd nats-server openssl chromium webkit2gtk-driver sqlite3 iproute2
  e2fsprogs
)

prepare() {
  ./start.sh --prepare
  install_packages "${TEST_PACKAGES[@]}"
}

# A clean clone is built once: what cargo keeps to build it again faster is 10 GB that nobody reads.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0
# There a test that failed in real time is tried once more, and named as flaky when it passes then.
PROFILE=$([ -z "${CI:-}" ] && echo default || echo ci)

# run_tests "ROOM ..." [ARGUMENT ...]: with nextest where it is installed (parallel, one process a test), else with cargo's own
# runner, one at a time: tests that encode in real time want the machine to themselves. Arguments name targets (--lib, --test X).
run_tests() {
  local room rooms=() filter="" targets="" arguments=("${@:2}")
  for room in $1; do
    rooms+=(-p "$room")
    filter+="${filter:+ + }package($room)"
  done
  if ! has_nextest; then
    cargo test --locked --no-fail-fast "${rooms[@]}" "${arguments[@]}" -- --test-threads=1
  elif [ -z "$WHOLE" ]; then
    cargo nextest run --profile "$PROFILE" --locked --no-fail-fast "${rooms[@]}" "${arguments[@]}"
  else
    set -- "${arguments[@]}"
    arguments=()
    while [ $# -gt 0 ]; do
      case $1 in
        --lib) targets+="${targets:+ + }kind(lib)" ;;
        --test) targets+="${targets:+ + }binary($2)"; shift ;;
        *) arguments+=("$1") ;;
      esac
      shift
    done
    cargo nextest run --profile "$PROFILE" --locked --no-fail-fast --workspace "${arguments[@]}" \
      -E "($filter)${targets:+ & ($targets)}"
  fi
}

# The same for tests that need more than every machine gives.
run_ignored() {
  if has_nextest; then
    run_tests "$@" --run-ignored only
  else
    cargo test --locked -p "$1" "${@:2}" -- --ignored --test-threads=1
  fi
}

has_nextest() { cargo nextest --version >/dev/null 2>&1; }

# Programs that tests start.
build() {
  local room rooms=()
  for room in "$@"; do rooms+=(-p "$room"); done
  # With the tests, or what both need would be built once more with other features.
  [ -z "$WHOLE" ] || rooms=(--workspace --bins --tests)
  cargo build --locked "${rooms[@]}"
}

# Tests that mount or make networks: in a plain chroot / is no mount and cannot be made private.
may_isolate() { [ "$(id -u)" = 0 ] && mountpoint -q /; }

page() {
  [ -e ui/node_modules/.package-lock.json ] && [ ! ui/package-lock.json -nt ui/node_modules/.package-lock.json ] ||
    npm --prefix ui ci --no-audit --no-fund
  npm --prefix ui run --silent build
}

# Programs made for OBS Studio, as their registries have them: pinned, and installed beside their scripts.
obs_clients() {
  local here=tests/clients
  [ -e $here/node_modules/.package-lock.json ] && [ ! $here/package-lock.json -nt $here/node_modules/.package-lock.json ] ||
    npm --prefix $here ci --no-audit --no-fund
  [ -e $here/.venv/ready ] && [ ! $here/requirements.txt -nt $here/.venv/ready ] && return
  python3 -m venv --clear $here/.venv
  $here/.venv/bin/pip install -q --disable-pip-version-check -r $here/requirements.txt
  touch $here/.venv/ready
}

stage_lint() {
  cargo fmt --all --check
  # A lock that lacks something is only met by a clean clone.
  npm --prefix ui ci --dry-run --no-audit --no-fund --silent
  npm --prefix tests/clients ci --dry-run --no-audit --no-fund --silent
  page
  cargo clippy --locked --workspace --all-targets -- -D warnings
  local fresh
  fresh=$(mktemp -d)
  cargo run -q --locked -p stallcast-wire --bin stallcast-types -- "$fresh"
  diff -r "$fresh" ui/src/generated || {
    echo "The page's types are stale: cargo run -p stallcast-wire --bin stallcast-types"
    return 1
  }
  rm -r "$fresh"
  # Also what only other systems are built from.
  cargo fetch --locked
  tests/notices.py --check
  python3 -m unittest discover -q -s tests/report
  npm --prefix ui run --silent lint
  npm --prefix ui run --silent check
  run_tests stallcast-tests --test house
}

stage_unit() {
  page
  # Every room without a stage of its own.
  local room rooms=""
  for room in crates/*/; do
    room=$(basename "$room")
    case $room in media | delivery | chat | hooks | relay) ;; *) rooms+=" stallcast-$room" ;; esac
  done
  run_tests "$rooms"
  if may_isolate; then
    run_ignored stallcast-journal --test full_disk
  else
    echo "Skipped: the journal on a full disk (needs root, and a / that is a mount)"
  fi
  npm --prefix ui test
}

stage_media() {
  run_tests stallcast-media
  if may_isolate; then
    run_ignored stallcast-media --test recorder_disk
  else
    echo "Skipped: recordings on full disks and through power cuts (needs root, and a / that is a mount)"
  fi
}
stage_delivery() { run_tests stallcast-delivery; }
stage_chat() { run_tests "stallcast-chat stallcast-hooks stallcast-relay"; }

stage_system() {
  page
  obs_clients
  build stallcast-engine stallcast-relay
  run_tests stallcast-tests --lib --test fixtures --test guard --test show --test doctor
  if may_isolate && command -v ip >/dev/null; then
    run_ignored stallcast-tests --test show --test doctor
  else
    echo "Skipped: the tests of a network that comes back and of disks that are full or stand still (needs root, iproute2 and a / that is a mount)"
  fi
}

stage_web() {
  page
  build stallcast-engine stallcast-relay
  npm --prefix ui run --silent test:web
}

stage_desktop() {
  # The input methods that people write Chinese with.
  install_packages fcitx5 fcitx5-pinyin fcitx5-frontend-gtk3 ibus ibus-libpinyin ibus-gtk3
  page
  build stallcast-engine stallcast-desktop
  run_tests stallcast-desktop
  run_tests stallcast-tests --test desktop_window
  if command -v fcitx5 >/dev/null && command -v ibus-daemon >/dev/null; then
    run_tests stallcast-tests --test desktop_writing
  else
    echo "Skipped: Chinese input methods in the window (needs Fcitx 5 and IBus with their pinyin)"
  fi
  # The window of a package that looks for newer versions is another one, built last because it takes the other's place: some two
  # minutes on two cores, a quarter of one once its crates are built.
  local built=${CARGO_TARGET_DIR:-target}/debug/stallcast-desktop
  WHOLE= run_tests stallcast-desktop --features updater
  cargo build --locked -p stallcast-desktop --features updater
  mv "$built" "$built-updater"
  run_tests stallcast-tests --test desktop_update
}

# Not part of the whole run: it builds the release (some twelve minutes on two cores) and fetches a system to install it in.
stage_package() {
  install_packages debootstrap desktop-file-utils appstream
  tests/package.sh
  tests/macos.sh target/release/stallcast
  tests/manifests.sh
}

stage_cross() {
  page
  tests/cross.sh
}

stage_windows() {
  page
  tests/windows.sh
}

prepare
free_gb=$(($(df -Pk . | awk 'NR == 2 { print $4 }') / 1000000))
[ "$free_gb" -ge 20 ] || echo "Only $free_gb GB are free here; building every test of a clean clone takes some 15 GB."
summary=() endings=()
for stage in "${STAGES[@]}"; do
  declare -F "stage_$stage" >/dev/null || { echo "No stage $stage. Stages: lint unit media delivery chat system web desktop cross windows package"; exit 2; }
  echo "== $stage"
  began=$SECONDS
  log=$(mktemp)
  # Not `if stage`: errexit must hold inside the stage.
  set +e
  (set -e; "stage_$stage") 2>&1 | tee "$log"
  code=${PIPESTATUS[0]}
  set -e
  # Said again at the very end, where everybody looks: what failed is long gone by then.
  [ $code = 0 ] || endings+=("== the end of $stage, which failed" "$(tail -n 60 "$log")")
  rm "$log"
  summary+=("$(printf '%-9s %4d s  %s' "$stage" $((SECONDS - began)) "$([ $code = 0 ] && echo passed || echo FAILED)")")
  [ $code = 0 ] || failed=yes
done
printf '%s\n' "${endings[@]}" "== stages" "${summary[@]}"
[ -z "${failed:-}" ]
