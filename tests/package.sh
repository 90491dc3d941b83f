#!/usr/bin/env bash
# Installs the package into a fresh system of its own (target/package/root) and uses it there: its window goes live, and
# nothing stays when it is removed. Wants root. tests/package.sh [--debug]
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(id -u)" = 0 ] || { echo "A system of its own can only be made by root."; exit 1; }
deb=$(src-tauri/package.sh deb "$@" | tee /dev/stderr | tail -n 1 | cut -d ' ' -f 1)
desktop-file-validate "$(dirname "$deb")"/*/data/usr/share/applications/*.desktop
appstreamcli validate --no-net src-tauri/linux/*.metainfo.xml

base=$PWD/target/package
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
root=$base/root
leave() {
  local mount
  for mount in dev/shm dev proc; do
    mountpoint -q "$root/$mount" && umount "$root/$mount"
  done
  return 0
}
trap leave EXIT
leave
rm -rf "$root"
mkdir -p "$base"
# What a minimal system is, kept from one run to the next.
system=$base/system-$suite.tar
if [ ! -e "$system" ]; then
  # From where this machine has its own packages, and in the same way.
  from=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" 'Component: main' | head -n 1)
  debootstrap --variant=minbase "$suite" "$root" "$from"
  apt-config dump Acquire >"$root/etc/apt/apt.conf.d/99as-outside"
  tar -C "$root" -cf "$system.part" . && mv "$system.part" "$system"
  rm -rf "$root"
fi
mkdir "$root"
tar -C "$root" -xf "$system"
mount -t proc proc "$root/proc"
mount -t tmpfs dev "$root/dev"
mkdir "$root/dev/shm"
mount -t tmpfs shm "$root/dev/shm"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
cp /etc/resolv.conf "$root/etc/resolv.conf"

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }

cp "$deb" "$root/stallcast.deb"
inside apt-get update -q
inside apt-get install -q -y --no-install-recommends /stallcast.deb
inside stallcast --version
# What drives the window belongs to the test, and so do the input methods.
inside apt-get install -q -y --no-install-recommends webkit2gtk-driver \
  fcitx5 fcitx5-pinyin fcitx5-frontend-gtk3 ibus ibus-libpinyin ibus-gtk3
STALLCAST_TESTS_ROOT=$root cargo test --locked -p stallcast-tests --test desktop_window
STALLCAST_TESTS_ROOT=$root cargo test --locked -p stallcast-tests --test desktop_writing -- --test-threads=1

inside apt-get purge -q -y stallcast
left=$(find "$root/usr" "$root/etc" "$root/opt" -iname '*stallcast*')
[ -z "$left" ] || { echo "These stay after it is removed: $left"; exit 1; }
leave
rm -rf "$root"
