#!/usr/bin/env bash
# Packs the studio for Windows (a debug build) and uses both packages under Wine: shows are put on with what was unpacked from
# the zip, the tests of tests/tests/show that are named below; then the installer installs, updates and removes. Last, the own
# tests of delivery and media run against GStreamer 1.28, newer than the distribution's.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/windows_env.sh

# A Windows of its own with the fonts of this machine and nothing of GStreamer's. Its server stays: what a test kills must not
# be the one that all the others need.
start_wine() {
  # Its menus would be those of whoever runs this.
  export WINEPREFIX=$CROSS/wine WINEDEBUG=-all WINEDLLOVERRIDES=winemenubuilder.exe=d
  unset WINEPATH
  rm -rf "$WINEPREFIX"
  mkdir -p "$WINEPREFIX"
  wineserver -p
  trap 'wineserver -k' EXIT
  wine wineboot --init
  ln -sf /usr/share/fonts/{opentype,truetype}/noto/* "$WINEPREFIX/drive_c/windows/Fonts/"
  # What Wine 8 lacks of Windows.
  x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" tests/windows/process_prng.c -ladvapi32
}

# Not among them: what needs a camera, a screen, a virtual camera or a phone's network of Linux (camera, on_air, phone, ways,
# network), the signals of Unix (ending::told, ending::the_show_s_files, the encoders that are made to fail), or measures times
# that Wine's own cost would decide (press, one_press, large_catalogue).
SHOWS=(
  after:: two_canvases:: resume:: together:: selling:: audience:: importing:: look:: orders::
  ending::an_engine ending::a_show ending::chat ending::damaged
  keeping::the_last keeping::a_recording
)

shows() {
  local show all
  all=$(cargo test -q --locked -p stallcast-tests --test show -- --list)
  for show in "$@"; do
    # A name that nothing has any more would be passed over in silence.
    grep -q "$show.*: test\$" <<<"$all" || { echo "No test is called $show."; exit 1; }
  done
  cargo test --locked -p stallcast-tests --test show -- --test-threads=1 "$@"
}

# Everything that an installation leaves on a computer, besides the shows.
traces() {
  (cd "$WINEPREFIX/drive_c/users" && find . -ipath '*stallcast*' -not -path '*/AppData/Local/Stallcast*')
  wine reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Stallcast' >/dev/null 2>&1 && echo "its entry in the registry"
  return 0
}

# started PROGRAM LOG: the engine runs as $pid and has told its address.
started() {
  rm -rf "$WINEPREFIX/drive_c/running"
  wine "$1" run --data 'C:\running' --port 0 >"$2" 2>&1 &
  pid=$!
  for _ in $(seq 60); do
    ! grep -q '#token=' "$2" || return 0
    sleep 0.5
  done
  return 1
}

stopped() {
  kill "$pid"
  wait "$pid" || true
  unused "$1"
}

# unused PLACE: nobody has a file of it open any more; Wine's server lets go of them a little after a program was killed.
unused() {
  local _
  for _ in $(seq 120); do
    [ -n "$(find /proc/[0-9]*/fd -lname "$1/*.exe" 2>/dev/null)" ] || return 0
    sleep 0.5
  done
  echo "Somebody still has programs of $1 open."
  exit 1
}

# looked PLACE: the first start there, at which GStreamer looks at all plugins. Wine 8 can stand still in it for good: whoever
# first makes a window there loads uxtheme.dll within pthread_once (win32u), for which it wants the lock of loading; a plugin
# that is being loaded holds that lock, registers a class of windows and waits for the same pthread_once. A thread of GLib's own
# seems to do the one while GStreamer does the other. Windows knows no such once; here it is tried anew.
looked() {
  local try pid
  for try in $(seq 5); do
    if started "$1/stallcast.exe" "$CROSS/running.log"; then
      stopped "$1"
      echo "first start: try $try"
      return
    fi
    stopped "$1"
  done
  echo "No first start in $1 came to its end."
  exit 1
}

# refused PLACE PROGRAM CODE COMMAND...: while a program of the installation runs, the command ends with that code and leaves
# every file as it was. An engine under each name stands in for it, as Wine has no WebView2 for the window.
refused() {
  local place=$1 program=$2 expected=$3 log=$CROSS/running.log before pid code=0
  [ "$program" = stallcast.exe ] || cp "$place/stallcast.exe" "$place/$program"
  started "$place/$program" "$log"
  curl -fsS "$(tr -d '\r' <"$log" | sed -n 's|/#token=.*|/api/health|p')" >/dev/null
  before=$(cd "$place" && find . -type f -exec sha256sum {} + | sort)
  wine "${@:4}" || code=$?
  stopped "$place"
  [ $code = "$expected" ] || { echo "With $program running, $4 ended with $code."; exit 1; }
  diff <(echo "$before") <(cd "$place" && find . -type f -exec sha256sum {} + | sort)
}

installer() {
  local setup=$1 home place shows left
  home=$WINEPREFIX/drive_c/users/$(id -un)/AppData/Local
  place=$home/Programs/Stallcast shows=$home/Stallcast
  wine "$setup" /S
  # Over itself, as an update does; what somebody else put there is not touched.
  echo mine >"$place/mine.txt"
  wine "$setup" /S
  rm "$place/mine.txt"
  looked "$place"
  STALLCAST_BIN=$place/stallcast.exe shows ending::damaged
  unused "$place"

  # An update does not bring the GPL's encoders back.
  rm "$place"/{x264-164,x265}.dll "$place"/lib/gstreamer-1.0/gstx26{4,5}.dll
  wine "$setup" /S
  [ -z "$(find "$place" -name '*x26[45]*.dll')" ] || { echo "An update brought x264 back."; exit 1; }
  looked "$place"

  # Neither an update nor a removal while it runs.
  mkdir -p "$shows"
  echo kept >"$shows/journal"
  for program in stallcast.exe 'Stallcast Studio.exe'; do
    refused "$place" "$program" 3 "$setup" /S
    refused "$place" "$program" 3 "$place/uninstall.exe" /S "_?=$(sed 's|/|\\|g' <<<"Z:$place")"
  done
  wine "$place/uninstall.exe" /S
  # It goes on by itself from a copy, as its own file goes too.
  for _ in $(seq 60); do
    [ -e "$place" ] || break
    sleep 0.5
  done
  left=$(traces)
  [ -z "$left" ] || { echo "These stay after it is removed: $left"; exit 1; }
  [ "$(cat "$shows/journal")" = kept ]
  echo "installed, updated, refused while it runs, removed without a trace; the shows stay"
}

# The rooms' own tests, built for Windows; linux_program.c stands in for the ffmpeg and ffprobe that they ask. Not among them:
# delivery/tests and clips/tests/receiver.rs, which send signals to nginx and ffmpeg; clips/tests/edges.rs, as FFmpeg of this
# runtime has no x264; the tests of media that need X, PipeWire, mounts or a publisher. Single tests that no system but Unix
# can have say so themselves (cfg).
ROOMS=(
  "-p stallcast-delivery --lib"
  "-p stallcast-clips --lib --test files --test segments --test mend"
  "-p stallcast-media --lib --test recorder --test recorder_early --test recorder_parts --test recorder_seek --test rendition
     --test encoder_table"
)

rooms() {
  local room exe began program name count=0
  for program in ffmpeg ffprobe; do
    x86_64-w64-mingw32-gcc -o "$UNPACKED/Stallcast/$program.exe" tests/windows/linux_program.c
  done
  export LINUX_PROGRAM=$PWD/tests/windows/linux_program.sh
  # Where both systems find what the tests write. Wine takes neither from outside.
  for name in TMP TEMP; do wine reg add 'HKCU\Environment' /v "$name" /d 'Z:\tmp' /f; done
  for room in "${ROOMS[@]}"; do
    # shellcheck disable=SC2086 # Words of its own.
    (prepare_windows; /usr/bin/cargo test --no-run --locked --target "$WINDOWS" $room) 2>&1 | tee "$CROSS/rooms.log"
    for exe in $(sed -n 's/^ *Executable .* (\(.*\))$/\1/p' "$CROSS/rooms.log"); do
      began=$SECONDS
      # Beside the libraries of the package, which find their plugins by themselves.
      cp "$exe" "$UNPACKED/Stallcast/test.exe"
      wine "$UNPACKED/Stallcast/test.exe" --test-threads=1 </dev/null
      count=$((count + 1))
      echo "$(basename "$exe"): $((SECONDS - began)) s"
    done
  done
  [ $count -gt 0 ] || { echo "No test was found among what was built."; exit 1; }
}

install_packages wine wine64 unzip curl
src-tauri/package.sh windows --debug | tee "$CROSS/packages.log"
zip=$(sed -n 's|^\(/.*\.zip\) .* MB$|\1|p' "$CROSS/packages.log")
setup=$(sed -n 's|^\(/.*-setup\.exe\) .* MB$|\1|p' "$CROSS/packages.log")
UNPACKED=$CROSS/unpacked
rm -rf "$UNPACKED"
mkdir "$UNPACKED"
unzip -q "$zip" -d "$UNPACKED"
start_wine
export STALLCAST_BIN=$UNPACKED/Stallcast/stallcast.exe
# The engines of all shows share what this one finds (tests/src/world/engine.rs); without it each would look anew.
registry=${TMPDIR:-/tmp}/stallcast-tests-windows-registry.bin
rm -f "$registry"
GST_REGISTRY=$registry looked "$UNPACKED/Stallcast"
shows "${SHOWS[@]}"
installer "$setup"
rooms
