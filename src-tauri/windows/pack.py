#!/usr/bin/env python3
"""Lays out what a package for Windows holds: programs, libraries, plugins, assets and notices, and names every file.

pack.py ENGINE WINDOW LOADER RUNTIME FOLDER

RUNTIME is GStreamer's for Windows (bin, lib/gstreamer-1.0). Of it only what src-tauri/plugins.txt names is taken, with the
libraries that these and the programs are linked with. What is taken must have a line in libraries.txt, which says whose it is.
Only Python's standard library, and objdump of mingw-w64.
"""
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Of Windows itself, though Wine 8 has it not.
OF_WINDOWS = {"bcryptprimitives.dll"}
WINE = Path("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows")
LICENCES = Path("/usr/share/common-licenses")


def rows(file):
    """Lines of a list without remarks."""
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def plugins():
    """Names of the plugins' files."""
    for name, systems, *_ in (row.split() for row in rows(HERE.parent / "plugins.txt")):
        if systems == "all" or "windows" in systems.split(","):
            yield f"lib/gstreamer-1.0/gst{name.lstrip('+')}.dll"


def linked(file):
    """Names of the DLLs that a file is linked with."""
    words = ["x86_64-w64-mingw32-objdump", "-p", str(file)]
    told = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, errors="replace").stdout
    return re.findall(r"^\s*DLL Name: (\S+)", told, re.MULTILINE)


def size(files):
    return sum(file.stat().st_size for file in files) / 1e6


def main():
    engine, window, loader, runtime, folder = map(Path, sys.argv[1:])
    there = {file.name.lower(): file for file in (runtime / "bin").glob("*.dll")}
    windows = {file.name.lower() for file in WINE.glob("*")} | OF_WINDOWS
    shutil.rmtree(folder, ignore_errors=True)

    def put(file, place):
        to = folder / place
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)
        return to

    put(engine, "stallcast.exe")
    put(window, "Stallcast Studio.exe")
    put(loader, "WebView2Loader.dll")
    taken = [put(runtime / name, name) for name in plugins()]

    # Libraries of the programs and plugins, and theirs.
    wanted, libraries, missing = [folder / "stallcast.exe", folder / "Stallcast Studio.exe", *taken], {}, set()
    while wanted:
        file = wanted.pop()
        for name in linked(file):
            key = name.lower()
            if key in libraries or key == "webview2loader.dll":
                continue
            if key in there:
                libraries[key] = put(there[key], there[key].name)
                wanted.append(libraries[key])
            elif key not in windows and not key.startswith("api-ms-win-"):
                missing.add(f"{file.name} wants {name}")
    if missing:
        sys.exit("Neither in the runtime nor in Windows:\n" + "\n".join(sorted(missing)))

    # The same data as in every package.
    config = json.loads((HERE.parent / "tauri.conf.json").read_text(encoding="utf-8"))
    for place, source in config["bundle"]["linux"]["deb"]["files"].items():
        if "/assets/" in place:
            source, to = HERE.parent / source, folder / "assets" / place.partition("/assets/")[2]
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, to) if source.is_dir() else shutil.copyfile(source, to)
    for name in ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md", "sbom.cdx.json"]:
        put(ROOT / name, f"licences/{name}")
    put(HERE / "readme.txt", "README.txt")

    # Whose each library is: what is not known does not go out.
    known = {}
    for row in rows(HERE / "libraries.txt"):
        files, part, licence, source, notice = (cell.strip() for cell in row.split("|"))
        for name in files.split():
            known[name.lower()] = (part, licence, source, notice)
    others = sorted([*libraries.values(), *taken, folder / "WebView2Loader.dll"], key=lambda file: file.name.lower())
    unknown = [file.name for file in others if file.name.lower() not in known and file.parent.name != "gstreamer-1.0"]
    if unknown:
        sys.exit(f"Whose these are is not in libraries.txt: {' '.join(unknown)}")
    parts, texts = {}, set()
    for file in others:
        gpl = {"gstx264.dll": "x264-164.dll", "gstx265.dll": "x265.dll"}.get(file.name)
        part = known.get(file.name.lower()) or known["gstreamer-1.0-0.dll"]
        if gpl:
            part = ("GStreamer's plugin for " + known[gpl][0], known[gpl][1], part[2], "")
        parts.setdefault(part, []).append(file.name)
        texts.update(re.findall(r"(?:L?GPL|MPL|Apache)-[0-9.]+", part[1]))
    for text in sorted(texts):
        put(LICENCES / re.sub(r"-(\d)\.0$", r"-\1", text) if not text.startswith(("Apache", "MPL")) else LICENCES / text, f"licences/{text}.txt")
    lines = [(HERE / "libraries.md").read_text(encoding="utf-8"), "| part | licence | source | files |", "| --- | --- | --- | --- |"]
    for (part, licence, source, notice), files in sorted(parts.items(), key=lambda item: item[0][0].lower()):
        if notice:
            put(Path("/usr/share/doc") / notice / "copyright", f"licences/{part.replace(' ', '-')}.txt")
        lines.append(f"| {part} | {licence} | {source} | {' '.join(sorted(files))} |")
    (folder / "licences/LIBRARIES.md").write_text("\n".join(lines) + "\n", encoding="utf-8")

    all_of_it = [file for file in runtime.rglob("*.dll")]
    kept = [*libraries.values(), *taken]
    print(f"runtime: {len(kept)} of {len(all_of_it)} files, {size(kept):.0f} of {size(all_of_it):.0f} MB")
    files = [file for file in folder.rglob("*") if file.is_file()]
    print(f"package: {len(files)} files, {size(files):.0f} MB")


if __name__ == "__main__":
    main()
