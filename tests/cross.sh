#!/usr/bin/env bash
# Type-checks and lints the whole workspace for Windows and macOS on Debian 12; any warning is an error.
# Nothing is linked, so no library of theirs is needed. Both in one call: build scripts and macros are built once.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/cross_env.sh

prepare_cross
began=$SECONDS
said=$(mktemp)
trap 'rm "$said"' EXIT
# The tests' own crate is Linux's: its worlds are made of signals, PipeWire and X.
if ! /usr/bin/cargo-clippy clippy --locked --workspace --exclude stallcast-tests --keep-going \
  --target "$WINDOWS" --target "$MACOS" -- -D warnings 2>&1 | tee "$said"; then
  echo "Not checked for $WINDOWS and $MACOS:"
  grep -oE '^error: (could not compile|failed to run custom build command for) `[^`]*`' "$said" | sort -u
  exit 1
fi
echo "$WINDOWS and $MACOS: checked in $((SECONDS - began)) s"
