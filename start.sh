#!/usr/bin/env bash
# Starts Stallcast on a fresh machine: installs what is missing, builds, opens the studio window.
#   ./start.sh             window with a display, else the engine and the address of its page
#   ./start.sh --headless  the engine and the address of its page, also with a display
#   ./start.sh --prepare   only installs what is missing
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# What building and running needs on Debian 12 and Ubuntu 22.04 or newer.
DEBIAN_PACKAGES=(
  build-essential pkg-config clang libclang-dev lld curl ca-certificates
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstreamer-plugins-bad1.0-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-x gstreamer1.0-gl
  gstreamer1.0-pipewire gstreamer1.0-pulseaudio gstreamer1.0-alsa gstreamer1.0-nice
  libavcodec-dev libavformat-dev libavutil-dev libavfilter-dev libavdevice-dev libswscale-dev libswresample-dev
  libwebkit2gtk-4.1-dev libgtk-3-dev libayatana-appindicator3-dev librsvg2-dev libssl-dev libdbus-1-dev libxdo-dev
  fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji dbus dbus-x11
)

install_missing() {
  if command -v apt-get >/dev/null; then
    local missing=() package
    for package in "$@"; do
      [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    say "Installing ${#missing[@]} packages: ${missing[*]}"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
  elif command -v dnf >/dev/null; then
    say "Fedora: installing the packages of the same purpose (not tried by us)"
    as_root dnf install -y gcc gcc-c++ clang-devel pkgconf-pkg-config gstreamer1-devel gstreamer1-plugins-base-devel \
      gstreamer1-plugins-bad-free-devel gstreamer1-plugins-good gstreamer1-plugins-ugly gstreamer1-libav libnice-gstreamer1 ffmpeg-devel \
      webkit2gtk4.1-devel libayatana-appindicator-gtk3-devel librsvg2-devel dbus-devel google-noto-sans-cjk-fonts
  elif command -v pacman >/dev/null; then
    say "Arch: installing the packages of the same purpose (not tried by us)"
    as_root pacman -S --needed --noconfirm base-devel clang gstreamer gst-plugins-base gst-plugins-good \
      gst-plugins-bad gst-plugins-ugly gst-libav gst-plugin-pipewire libnice ffmpeg webkit2gtk-4.1 libayatana-appindicator \
      librsvg noto-fonts-cjk noto-fonts-emoji
  elif command -v brew >/dev/null; then
    say "macOS: installing GStreamer and FFmpeg with Homebrew (not tried by us)"
    brew install pkg-config gstreamer ffmpeg
  else
    say "This system's package manager is unknown to us. Needed: GStreamer 1.22+ with its plugin sets, FFmpeg 5.1+, WebKitGTK 4.1."
  fi
}

check_toolchains() {
  command -v cargo >/dev/null || [ ! -f "$HOME/.cargo/env" ] || . "$HOME/.cargo/env"
  command -v cargo >/dev/null || die "Rust is missing. Install it from https://rustup.rs and run this again."
  command -v npm >/dev/null || die "Node is missing. Install Node 20.19 or newer from https://nodejs.org and run this again."
}

build_page() {
  if [ ! -e ui/node_modules/.package-lock.json ] || [ ui/package-lock.json -nt ui/node_modules/.package-lock.json ]; then
    say "Fetching the page's packages"
    npm --prefix ui ci --no-audit --no-fund
  fi
  npm --prefix ui run --silent build
}

HEADLESS=no
PREPARE=no
for argument in "$@"; do
  case "$argument" in
    --headless) HEADLESS=yes ;;
    --prepare) PREPARE=yes ;;
    *) die "Unknown argument $argument. Known: --headless, --prepare." ;;
  esac
done

install_missing "${DEBIAN_PACKAGES[@]}"
check_toolchains
[ $PREPARE = yes ] && exit 0

say "Building the page"
build_page
target=${CARGO_TARGET_DIR:-target}
if [ $HEADLESS = no ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ "$(uname)" = Linux ]; then
  say "There is no display here: the engine runs without a window, and its page opens in any browser on this machine."
  HEADLESS=yes
fi
say "Building the program (the first time takes some fifteen minutes on two cores)"
if [ $HEADLESS = yes ]; then
  cargo build --release --locked -p stallcast-engine
  exec "$target/release/stallcast" run
fi
cargo build --release --locked -p stallcast-engine -p stallcast-desktop
exec "$target/release/stallcast-desktop"
