#!/usr/bin/env python3
"""The parts of Stallcast.app around the two programs, and what can be said of it without a Mac. Runs on macOS and Linux.

bundle.py runtime APP WHEELS       GStreamer into APP: libraries, the plugins of ../plugins.txt, the program that looks at
                                   plugins; from GStreamer's own wheels, which pip puts into the folder WHEELS
bundle.py links APP FOLDER         names for the linker to find those libraries by
bundle.py rest APP PROGRAM ...     programs, assets, texts, icon and Info.plist into APP
bundle.py check APP                whether all that APP loads is in it or part of macOS, and whether anything is missing

Only Python's standard library, and Apple's or LLVM's install_name_tool.
"""
import json
import os
import plistlib
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent
GSTREAMER = "1.28.7"
# Those with GPL code (`gpl`, `gpl-restricted`) stay out: every Mac encodes H.264 with its own chip, and OpenH264 does otherwise.
WHEELS = ["libs", "plugins", "plugins-libs", "plugins-restricted"]
ARCHITECTURES = {"x86_64", "arm64"}
# What the programs are linked with (tests/cross_env.sh, crates/clips), beside what the plugins ask for.
LINKED = re.compile(
    r"lib((glib|gobject|gio|gmodule)-2\.0|gstreamer-1\.0|gst(app|audio|base|sdp|video|webrtc)-1\.0|av(codec|format|util)|"
    r"sw(scale|resample))\.\d+\.dylib"
)
SCANNER = "gst-plugin-scanner"
# Where each kind of file looks for libraries.
RPATHS = {"Frameworks": "@loader_path", "PlugIns": "@loader_path/../../Frameworks", "MacOS": "@executable_path/../Frameworks"}
ASKED = ["NSCameraUsageDescription", "NSLocalNetworkUsageDescription", "NSMicrophoneUsageDescription",
         "NSScreenCaptureUsageDescription"]
ENTITLED = ["com.apple.security.device.camera", "com.apple.security.device.audio-input", "com.apple.security.cs.allow-jit"]


def tool(name):
    """Apple's program, or LLVM's of the same arguments."""
    found = shutil.which(name) or shutil.which(f"llvm-{name.replace('_', '-')}")
    return found or sys.exit(f"Neither {name} (Xcode's command line tools) nor LLVM's is here.")


def run(*words):
    done = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


def plugins():
    """What the package takes along: {plugin: its elements}."""
    taken = {}
    for line in (SOURCE / "plugins.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, systems, *elements = line.split()
        if not name.startswith("+") and (systems == "all" or "macos" in systems.split(",")):
            taken[name] = [element for element in elements if element != "-"]
    return taken


class Part:
    """One architecture of a Mach-O file: what it is called, what it loads, where it looks, what macOS it wants."""

    def __init__(self):
        self.id, self.loads, self.rpaths, self.least = None, [], [], None


# Numbers of <mach-o/loader.h> and <mach-o/fat.h>.
FAT, MACHO_64 = b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe"
CPUS = {0x0100_0007: "x86_64", 0x0100_000C: "arm64"}
LC_ID_DYLIB, LC_RPATH, LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION = 0xD, 0x8000_001C, 0x24, 0x32
LC_LOADS = {0xC, 0x8000_0018, 0x8000_001F, 0x20, 0x8000_0023}  # plain, weak, re-exported, lazy, upward


def is_macho(file):
    with open(file, "rb") as opened:
        return opened.read(4) in (FAT, MACHO_64)


def parts(file):
    """{architecture: Part} of a Mach-O file, from its load commands."""
    whole = file.read_bytes()
    starts = [0]
    if whole[:4] == FAT:
        (count,) = struct.unpack_from(">I", whole, 4)
        starts = [struct.unpack_from(">5I", whole, 8 + 20 * index)[2] for index in range(count)]
    found = {}
    for start in starts:
        magic, cpu, _, _, count = struct.unpack_from("<4s4I", whole, start)
        if magic != MACHO_64:
            sys.exit(f"{file}: no Mach-O file of 64 bits")
        part = found.setdefault(CPUS.get(cpu, hex(cpu)), Part())
        at = start + 32
        for _ in range(count):
            command, size, first = struct.unpack_from("<3I", whole, at)
            # A text stands in its command, from the offset that is its first field.
            text = whole[at + first : at + size].partition(b"\0")[0].decode(errors="replace") if first < size else ""
            if command == LC_ID_DYLIB:
                part.id = text
            elif command == LC_RPATH:
                part.rpaths.append(text)
            elif command in LC_LOADS:
                part.loads.append(text)
            elif command in (LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION):
                (least,) = struct.unpack_from("<I", whole, at + (8 if command == LC_VERSION_MIN_MACOSX else 12))
                part.least = (least >> 16, least >> 8 & 0xFF)
            at += size
    return found


def is_system(name):
    return name.startswith(("/usr/lib/", "/System/Library/"))


def runtime(app, wheels):
    wanted = [f"gstreamer-{name}=={GSTREAMER}" for name in WHEELS]
    if len(list(wheels.glob(f"gstreamer_*-{GSTREAMER}-*macosx*.whl"))) < len(WHEELS):
        run(sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
            "--platform", "macosx_10_13_universal2", "-d", wheels, *wanted)
    there = {}
    opened = [zipfile.ZipFile(wheel) for name in WHEELS
              for wheel in wheels.glob(f"gstreamer_{name.replace('-', '_')}-{GSTREAMER}-*macosx*.whl")]
    for wheel in opened:
        for name in wheel.namelist():
            if name.endswith((".dylib", SCANNER)):
                there.setdefault((Path(name).parent.name, Path(name).name), (wheel, name))

    def take(folder, file, to):
        if (folder, file) not in there:
            sys.exit(f"GStreamer {GSTREAMER} for macOS has no {folder}/{file}.")
        wheel, name = there[(folder, file)]
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(wheel.read(name))
        to.chmod(0o755)
        return to

    contents = app / "Contents"
    open_files = [take("gstreamer-1.0", f"libgst{name}.dylib", contents / f"PlugIns/gstreamer/libgst{name}.dylib") for name in plugins()]
    open_files.append(take("gstreamer-1.0", SCANNER, contents / "MacOS" / SCANNER))
    linked = [file for folder, file in there if folder == "lib" and LINKED.fullmatch(file)]
    open_files += [take("lib", file, contents / "Frameworks" / file) for file in sorted(linked)]
    taken = set(linked)
    while open_files:
        file = open_files.pop()
        needed = relocate(app, file)
        for name in sorted(needed - taken):
            taken.add(name)
            open_files.append(take("lib", name, contents / "Frameworks" / name))


def relocate(app, file):
    """Has a file look for libraries in the bundle and nowhere else; the libraries of the bundle that it needs."""
    found = parts(file)
    changes, needed = [], set()
    for rpath in sorted({rpath for part in found.values() for rpath in part.rpaths}):
        changes += ["-delete_rpath", rpath]
    for name in sorted({name for part in found.values() for name in part.loads if not is_system(name)}):
        base = name.rpartition("/")[2]
        needed.add(base)
        if name != f"@rpath/{base}":
            changes += ["-change", name, f"@rpath/{base}"]
    kind = file.relative_to(app / "Contents").parts[0]
    if kind != "MacOS":
        changes += ["-id", f"@rpath/{file.name}"]
    run(tool("install_name_tool"), *changes, "-add_rpath", RPATHS[kind], file)
    return needed


def links(app, folder):
    """libgstreamer-1.0.0.dylib is asked for as gstreamer-1.0."""
    folder.mkdir(parents=True, exist_ok=True)
    for library in (app / "Contents/Frameworks").glob("*.dylib"):
        link = folder / re.sub(r"\.\d+(\.\d+)*\.dylib$", ".dylib", library.name)
        # libgstreamer-1.0.0: the name ends with 1.0.
        if match := re.fullmatch(r"(.+-\d\.\d)\.\d+\.dylib", library.name):
            link = folder / f"{match[1]}.dylib"
        link.unlink(missing_ok=True)
        link.symlink_to(library.resolve())


def rest(app, programs):
    contents = app / "Contents"
    config = json.loads((SOURCE / "tauri.conf.json").read_text(encoding="utf-8"))
    info = plistlib.loads((HERE / "Info.plist").read_bytes())
    info |= {
        "CFBundleName": config["productName"],
        "CFBundleDisplayName": config["productName"],
        "CFBundleIdentifier": config["identifier"],
        "CFBundleShortVersionString": config["version"],
        "CFBundleVersion": config["version"],
        "NSHumanReadableCopyright": config["bundle"]["copyright"],
    }
    for program in programs:
        to = contents / "MacOS" / program.name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(program, to)
        to.chmod(0o755)
    # The same files as in the package for Debian.
    for to, source in config["bundle"]["linux"]["deb"]["files"].items():
        if to.startswith("/usr/share/stallcast/"):
            target = contents / "Resources" / to.removeprefix("/usr/share/stallcast/")
        elif to.startswith("/usr/share/doc/stallcast/"):
            target = contents / "Resources/licences" / to.removeprefix("/usr/share/doc/stallcast/")
        else:
            continue
        source = SOURCE / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)
    for name, to in (("libraries.md", "LIBRARIES.md"), ("LGPL-2.1.txt", "LGPL-2.1.txt")):
        shutil.copyfile(HERE / name, contents / "Resources/licences" / to)
    shutil.copyfile(SOURCE.parent / "assets/icons" / info["CFBundleIconFile"], contents / "Resources" / info["CFBundleIconFile"])
    for language in info["CFBundleLocalizations"]:
        shutil.copytree(HERE / f"{language}.lproj", contents / f"Resources/{language}.lproj", dirs_exist_ok=True)
    with open(contents / "Info.plist", "wb") as opened:
        plistlib.dump(info, opened)


def strings(file):
    """An InfoPlist.strings of the plain kind: "key" = "value"; lines."""
    text = file.read_text(encoding="utf-8")
    found = dict(re.findall(r'^"(\w+)" = "([^"\\]+)";$', text, re.MULTILINE))
    if len(found) != len(text.splitlines()):
        sys.exit(f"{file}: not every line is a text")
    return found


def check(app):
    wrong = []
    contents = app / "Contents"
    files = [file for file in sorted(app.rglob("*")) if file.is_file() or file.is_symlink()]
    macho = {file.resolve(): parts(file) for file in files if not file.is_symlink() and is_macho(file)}
    info = plistlib.loads((contents / "Info.plist").read_bytes())
    least = tuple(map(int, info["LSMinimumSystemVersion"].split(".")))

    wrong += [f"{file.relative_to(app)}: a link out of the bundle or to nothing" for file in files
              if file.is_symlink() and not (file.exists() and file.resolve().is_relative_to(app))]
    programs = {name: contents / "MacOS" / name for name in (info["CFBundleExecutable"], "stallcast", SCANNER)}
    for name, program in programs.items():
        if program not in macho or not os.access(program, os.X_OK):
            wrong.append(f"{name}: no program that can be run")
    used = set()
    for file, found in macho.items():
        name = file.relative_to(app)
        kind = file.relative_to(contents).parts[0]
        if set(found) != ARCHITECTURES:
            wrong.append(f"{name}: made for {', '.join(sorted(found))}")
        for architecture, part in found.items():
            where = f"{name} ({architecture})"
            if part.rpaths != [RPATHS[kind]]:
                wrong.append(f"{where}: looks for libraries in {part.rpaths}")
            if kind != "MacOS" and part.id != f"@rpath/{file.name}":
                wrong.append(f"{where}: calls itself {part.id}")
            if not part.least or part.least > least:
                wrong.append(f"{where}: wants macOS {part.least}, the package says {least}")
            for load in part.loads:
                if is_system(load):
                    continue
                # As dyld looks: the one place that RPATHS leaves.
                there = contents / "Frameworks" / load.removeprefix("@rpath/")
                if not load.startswith("@rpath/") or there not in macho or architecture not in macho[there]:
                    wrong.append(f"{where}: {load} is neither in the bundle nor a part of macOS")
                used.add(there)
    superfluous = {file for file in macho if file.parent == contents / "Frameworks"} - used
    wrong += [f"{file.name}: nothing needs it" for file in sorted(superfluous)]

    owned = set((HERE / "libraries.md").read_text(encoding="utf-8").split())
    for library in sorted((contents / "Frameworks").iterdir()):
        if re.sub(r"(\.\d+)+$", "", library.stem) not in owned and re.sub(r"\.\d+$", "", library.stem) not in owned:
            wrong.append(f"{library.name}: libraries.md does not say whose it is")
    wanted = {f"libgst{name}.dylib": elements for name, elements in plugins().items()}
    have = {file.name for file in (contents / "PlugIns/gstreamer").iterdir()}
    wrong += [f"{name}: a plugin that is missing or not on the list" for name in sorted(have ^ set(wanted))]
    for name in have & set(wanted):
        text = (contents / "PlugIns/gstreamer" / name).read_bytes()
        wrong += [f"{name}: knows no {element}" for element in wanted[name] if not names(text, element)]

    told = [strings(contents / f"Resources/{language}.lproj/InfoPlist.strings") for language in info["CFBundleLocalizations"]]
    for key in ASKED:
        if not info.get(key) or not all(texts.get(key) for texts in told):
            wrong.append(f"{key}: not in Info.plist and in every language")
    wrong += [f"{key}: not in every language" for key in sorted({*told[0]} ^ {*told[-1]})]
    if any(info.get(key) != told[0].get(key) for key in ASKED):
        wrong.append("Info.plist and en.lproj say different things")
    entitled = plistlib.loads((HERE / "Entitlements.plist").read_bytes())
    if [key for key in sorted(entitled) if entitled[key] is not True] or sorted(entitled) != sorted(ENTITLED):
        wrong.append(f"the entitlements are {entitled}")
    if b"<!--" in (HERE / "Entitlements.plist").read_bytes():
        wrong.append("macOS reads no entitlements with comments in them")
    for resource in (info["CFBundleIconFile"], "assets/demo/show.json", "assets/themes", "assets/platforms.json",
                     "licences/THIRD-PARTY.md", "licences/LIBRARIES.md", "licences/LGPL-2.1.txt"):
        if not (contents / "Resources" / resource).exists():
            wrong.append(f"Resources/{resource}: missing")
    if wrong:
        sys.exit("\n".join(wrong))

    for folder in sorted(contents.iterdir()):
        inside = [folder] if folder.is_file() else [file for file in folder.rglob("*") if file.is_file()]
        print(f"{folder.name:12} {len(inside):4} files {sum(file.stat().st_size for file in inside) / 1e6:7.1f} MB")
    loads = sum(len(part.loads) for found in macho.values() for part in found.values())
    print(f"{app.name}: {len(macho)} Mach-O files for {' and '.join(sorted(ARCHITECTURES))}, {loads} loads, all in the bundle or of "
          f"macOS {info['LSMinimumSystemVersion']}; {len(have)} plugins")


def names(text, element):
    """Whether a plugin's file has an element's name in it; FFmpeg's and VideoToolbox' are put together from parts."""
    if element.encode() in text:
        return True
    if match := re.fullmatch(r"(avdec|avenc)_(\w+)", element):
        return f"{match[1]}_%s".encode() in text
    if match := re.fullmatch(r"(vtenc)_(\w+)_hw", element):
        return b"vtenc_%s" in text and match[2].encode() in text
    return False


def main(words):
    kinds = {"runtime": (runtime, 2), "links": (links, 2), "rest": (rest, 2), "check": (check, 1)}
    does, least = kinds.get(words[0] if words else None, (None, 0))
    app, *others = [Path(word).resolve() for word in words[1:]] or [None]
    if does is None or len(words) - 1 < least or (does is not rest and len(words) - 1 > least):
        sys.exit(__doc__)
    if does is rest:
        rest(app, others)
    else:
        does(app, *others)


main(sys.argv[1:])
