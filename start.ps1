# Starts Stallcast on Windows: checks what is needed, builds, opens the studio window. Not tried by us yet.
$ErrorActionPreference = "Stop"
Set-Location $PSScriptRoot

function Need($command, $where) {
    if (-not (Get-Command $command -ErrorAction SilentlyContinue)) {
        throw "$command is missing. $where, then run this again."
    }
}

Need cargo "Install Rust from https://rustup.rs"
Need npm "Install Node 20.19 or newer from https://nodejs.org"
if (-not $env:GSTREAMER_1_0_ROOT_MSVC_X86_64) {
    throw "GStreamer is missing. Install the runtime and development packages 1.28 (MSVC, 64 bit) from https://gstreamer.freedesktop.org/download, then run this again."
}
if (-not $env:FFMPEG_DIR) {
    throw "FFMPEG_DIR is not set. Unpack a shared FFmpeg 5.1 or newer build with headers and point FFMPEG_DIR at it, then run this again."
}
$env:PKG_CONFIG_PATH = "$env:GSTREAMER_1_0_ROOT_MSVC_X86_64\lib\pkgconfig"
$env:PATH = "$env:GSTREAMER_1_0_ROOT_MSVC_X86_64\bin;$env:FFMPEG_DIR\bin;$env:PATH"

npm --prefix ui ci --no-audit --no-fund
npm --prefix ui run build
cargo build --release --locked -p stallcast-engine -p stallcast-desktop
& "target\release\stallcast-desktop.exe"
