#!/usr/bin/env python3
"""Puts what a benchmark printed into docs/benchmarks.jsonl, with date, machine and versions, in place of its older lines.

tests/report/collect.py BENCH [--skipped REASON | --failed] [--busy CORES] < OUTPUT

Only Python's standard library.
"""
import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LINES = ROOT / "docs/benchmarks.jsonl"
# What a figure depends on beside the program itself.
PACKAGES = ["ffmpeg", "libgstreamer1.0-0", "gstreamer1.0-tools", "libx264-164", "obs-studio", "libgl1-mesa-dri", "nginx-light",
            "libnginx-mod-rtmp", "chromium"]


def said(*words):
    """What a program printed; empty when it cannot."""
    try:
        return subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def named(path, name, between):
    """The value behind a name in one of the system's lists."""
    for line in Path(path).read_text().splitlines() if Path(path).exists() else []:
        key, _, value = line.partition(between)
        if key.strip() == name:
            return value.strip().strip('"')
    return ""


def machine():
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    memory = named("/proc/meminfo", "MemTotal", ":").split()
    return {
        "cpu": named("/proc/cpuinfo", "model name", ":") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory[0]) / 2**20) if memory else None,
        "virtual": "hypervisor" in named("/proc/cpuinfo", "flags", ":").split(),
        "governor": governor.read_text().strip() if governor.exists() else None,
        "gpu": any(Path("/dev/dri").glob("renderD*")),
        "system": named("/etc/os-release", "PRETTY_NAME", "="),
        "kernel": platform.release(),
    }


def versions():
    told = {}
    for package in PACKAGES:
        version = said("dpkg-query", "-W", "-f", "${Version}", package)
        if version:
            told[package] = version
    return told


def results(text, bench):
    """The JSON lines of this benchmark at the end of what was printed."""
    found = []
    for line in reversed(text.splitlines()):
        if not line.startswith("{"):
            break
        found.insert(0, json.loads(line))
    return [line for line in found if line.get("bench") == bench]


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("bench")
    asked.add_argument("--skipped", metavar="REASON")
    asked.add_argument("--failed", action="store_true")
    asked.add_argument("--busy", type=float)
    asked = asked.parse_args()
    if asked.skipped:
        new = [{"bench": asked.bench, "skipped": asked.skipped}]
    else:
        new = [] if asked.failed else results(sys.stdin.read(), asked.bench)
        new = new or [{"bench": asked.bench, "failed": "it ended without a result"}]
    common = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": said("git", "rev-parse", "--short", "HEAD"),
        # Just before it began: cores that had something else to do.
        "busy_before": asked.busy,
        "machine": machine(),
        "versions": versions(),
    }
    old = [json.loads(line) for line in LINES.read_text().splitlines()] if LINES.exists() else []
    # Not run now says nothing about what was measured before.
    if asked.skipped and any(line["bench"] == asked.bench and "value" in line for line in old):
        return
    kept = [line for line in old if line["bench"] != asked.bench]
    LINES.parent.mkdir(exist_ok=True)
    LINES.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept + [line | common for line in new]))


if __name__ == "__main__":
    main()
