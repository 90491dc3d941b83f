#!/usr/bin/env bash
# Runs all tests, or the stages named: tests/run.sh [STAGE ...]
# Installs what is missing first and prints each stage's time.
set -euo pipefail
cd "$(dirname "$0")/.."

STAGES=(lint unit media delivery chat system web desktop)
[ $# -gt 0 ] && STAGES=("$@")

# Real peers of the tests, on top of what running needs.
TEST_PACKAGES=(
  ffmpeg xvfb x11-utils x11-xserver-utils x11-apps xdotool imagemagick procps
  pipewire pipewire-pulse pipewire-bin wireplumber pulseaudio-utils
  python3-venv
  nginx-light libnginx-mod-rtmp ngircd nats-server openssl chromium webkit2gtk-driver sqlite3 iproute2
)

prepare() {
  ./start.sh --prepare
  command -v apt-get >/dev/null || return 0
  local missing=() package
  for package in "${TEST_PACKAGES[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "Installing the tests' peers: ${missing[*]}"
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# A clean clone is built once: what cargo keeps to build it again faster is 10 GB that nobody reads.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0
# There a test that failed in real time is tried once more, and named as flaky when it passes then.
PROFILE=$([ -z "${CI:-}" ] && echo default || echo ci)

# nextest where it is installed (parallel, one process a test), else cargo's own runner.
run_tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --profile "$PROFILE" --locked --no-fail-fast "$@"
  else
    # One at a time: tests that encode in real time want the machine to themselves.
    cargo test --locked --no-fail-fast "$@" -- --test-threads=1
  fi
}

# Tests that need more than every machine gives.
run_ignored() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --profile "$PROFILE" --locked --run-ignored only "$@"
  else
    cargo test --locked "$@" -- --ignored --test-threads=1
  fi
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
  tests/notices.py --check
  npm --prefix ui run --silent lint
  npm --prefix ui run --silent check
  run_tests -p stallcast-tests --test house
}

stage_unit() {
  page
  # Every room without a stage of its own.
  run_tests --workspace --exclude stallcast-media --exclude stallcast-delivery --exclude stallcast-chat \
    --exclude stallcast-hooks --exclude stallcast-relay --exclude stallcast-desktop --exclude stallcast-tests
  if may_isolate; then
    run_ignored -p stallcast-journal --test full_disk
  else
    echo "Skipped: the journal on a full disk (needs root, and a / that is a mount)"
  fi
  npm --prefix ui test
}

stage_media() {
  run_tests -p stallcast-media
  if may_isolate; then
    run_ignored -p stallcast-media --test recorder_disk
  else
    echo "Skipped: recordings on full disks and through power cuts (needs root, and a / that is a mount)"
  fi
}
stage_delivery() { run_tests -p stallcast-delivery; }
stage_chat() { run_tests -p stallcast-chat -p stallcast-hooks -p stallcast-relay; }

stage_system() {
  page
  obs_clients
  cargo build --locked -p stallcast-engine -p stallcast-relay
  run_tests -p stallcast-tests --lib --test fixtures --test guard --test show --test doctor
  if may_isolate && command -v ip >/dev/null; then
    run_ignored -p stallcast-tests --test show --test doctor
  else
    echo "Skipped: the tests of a network that comes back and of full disks (needs root, iproute2 and a / that is a mount)"
  fi
}

stage_web() {
  page
  cargo build --locked -p stallcast-engine
  npm --prefix ui run --silent test:web
}

stage_desktop() {
  page
  cargo build --locked -p stallcast-engine -p stallcast-desktop
  run_tests -p stallcast-desktop
  run_tests -p stallcast-tests --test desktop_window
}

prepare
free_gb=$(($(df -Pk . | awk 'NR == 2 { print $4 }') / 1000000))
[ "$free_gb" -ge 20 ] || echo "Only $free_gb GB are free here; building every test of a clean clone takes some 15 GB."
summary=() endings=()
for stage in "${STAGES[@]}"; do
  declare -F "stage_$stage" >/dev/null || { echo "No stage $stage. Stages: lint unit media delivery chat system web desktop"; exit 2; }
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
