#!/bin/sh
# Makes every icon from icon.svg: PNG of all sizes, .ico for Windows, .icns for macOS.
set -eu
cd "$(dirname "$0")"
render() { cargo run -q -p stallcast-overlay --example render_svg -- icon.svg "$1" "$2"; }
render icon.png 512
render 32x32.png 32
render 128x128.png 128
render 128x128@2x.png 256
python3 containers.py
