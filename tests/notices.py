#!/usr/bin/env python3
"""Writes THIRD-PARTY.md (notices with licence texts) and sbom.cdx.json (CycloneDX 1.5) from the lock files.

tests/notices.py          writes both
tests/notices.py --check  says whether the committed ones are current (exit code 1 when they are not)

Offline: crates from `cargo metadata` and their sources as cargo keeps them, npm packages from ui/package-lock.json and
ui/node_modules. What ships is what the programs are linked from on Linux, Windows or macOS: no build scripts' tools, no
macros, no tests. Only Python's standard library.
"""
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTICE, SBOM = ROOT / "THIRD-PARTY.md", ROOT / "sbom.cdx.json"
PROGRAMS = ["stallcast-engine", "stallcast-relay", "stallcast-desktop"]
TARGETS = ["x86_64-unknown-linux-gnu", "x86_64-pc-windows-gnu", "aarch64-apple-darwin"]
# Of the packages that build the page, what ends up in it: the runtime of its components, and what that imports.
BUNDLED = ["svelte", "clsx"]
TEXTS = re.compile(r"^(licen[cs]e|copying|notice|unlicense|copyright)", re.IGNORECASE)


def metadata(target):
    words = ["cargo", "metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", target]
    # A package that updates itself is built with it.
    words += ["--features", "stallcast-desktop/updater"]
    return json.loads(subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)


def crates():
    """What the programs are linked from: {(name, version): package}, and who needs whom."""
    shipped, edges = {}, {}
    for target in TARGETS:
        told = metadata(target)
        packages = {package["id"]: package for package in told["packages"]}
        nodes = {node["id"]: node for node in told["resolve"]["nodes"]}
        open_ids = [id for id, package in packages.items() if package["name"] in PROGRAMS]
        if len(open_ids) != len(PROGRAMS):
            sys.exit(f"not all of {PROGRAMS} are in the workspace")
        seen = set()
        while open_ids:
            id = open_ids.pop()
            if id in seen:
                continue
            seen.add(id)
            package = packages[id]
            key = (package["name"], package["version"])
            shipped[key] = package
            needs = edges.setdefault(key, set())
            for dep in nodes[id]["deps"]:
                linked = any(kind["kind"] is None for kind in dep["dep_kinds"])
                other = packages[dep["pkg"]]
                is_macro = any("proc-macro" in made["kind"] for made in other["targets"])
                if linked and not is_macro:
                    needs.add((other["name"], other["version"]))
                    open_ids.append(dep["pkg"])
    return shipped, edges


def npm():
    """What ends up in the page: {(name, version): (licence, folder, integrity)}."""
    lock = json.loads((ROOT / "ui/package-lock.json").read_text(encoding="utf-8"))
    found = {}
    for path, package in lock["packages"].items():
        name = path.rpartition("node_modules/")[2]
        if path and (not package.get("dev") or path in [f"node_modules/{own}" for own in BUNDLED]):
            found[(name, package["version"])] = (package.get("license"), ROOT / "ui" / path)
    missing = [name for name in BUNDLED if name not in {name for name, _ in found}]
    if missing:
        sys.exit(f"not in ui/package-lock.json: {missing}")
    return found


def texts(folder):
    """Licence files of a package, sorted, line ends and trailing space made alike."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and TEXTS.match(path.name))
    files += sorted(path for path in (folder / "LICENSES").glob("*") if path.is_file())
    read = (path.read_text(encoding="utf-8", errors="replace") for path in files)
    return ["\n".join(line.rstrip() for line in text.strip().splitlines()) for text in read]


def spdx(licence):
    return (licence or "").replace("/", " OR ").replace("  ", " ").strip()


def collect():
    shipped, edges = crates()
    own = {key for key, package in shipped.items() if package["source"] is None}
    parts = []
    for key in sorted(shipped):
        package = shipped[key]
        if key in own:
            continue
        folder = Path(package["manifest_path"]).parent
        licence = spdx(package["license"]) or f"see {package['license_file']}"
        # Who wrote it, where its licence's text did not come with it.
        by = ", ".join(re.sub(r"\s*<.*?>", "", author) for author in package["authors"]) or package["repository"]
        parts.append((key, f"pkg:cargo/{key[0]}@{key[1]}", licence, by, texts(folder)))
    for key, (licence, folder) in sorted(npm().items()):
        if not folder.is_dir():
            sys.exit(f"{folder.relative_to(ROOT)} is missing: npm --prefix ui ci")
        url = f"pkg:npm/{key[0].replace('@', '%40')}@{key[1]}"
        parts.append((key, url, spdx(licence), None, texts(folder)))
    return parts, shipped, edges, own


def notice(parts):
    lines = [
        "# What others wrote in Stallcast",
        "",
        "Made by `tests/notices.py` from the lock files; do not edit. Crates and npm packages that the programs are linked",
        "or bundled from on Linux, Windows or macOS, with their licences and, below, the texts that came with them.",
        "Pictures, card themes, icons and rules below `assets/` are the project's own; no font ships with it.",
        "GStreamer, its plugins and FFmpeg are files of their own: see [crates/media/README.md](crates/media/README.md).",
        "",
        "| what | version | licence | texts |",
        "| --- | --- | --- | --- |",
    ]
    numbers, users, first = {}, {}, {}
    for (name, version), _, licence, source, found in parts:
        marks = []
        for text in found:
            # The same words in other lines are the same text.
            words = " ".join(text.split())
            number = numbers.setdefault(words, len(numbers) + 1)
            first.setdefault(number, text)
            owners = users.setdefault(number, [])
            if f"{name} {version}" not in owners:
                owners.append(f"{name} {version}")
                marks.append(f"[{number}](#text-{number})")
        by = f"none with it; by {source}" if source else "none with it"
        lines.append(f"| {name} | {version} | {licence} | {', '.join(marks) or by} |")
    for number, text in first.items():
        fence = "`" * 4
        lines += ["", f"## Text {number}", "", ", ".join(users[number]), "", f"{fence}text", text, fence]
    return "\n".join(lines) + "\n"


def sbom(parts, shipped, edges, own):
    version = shipped[(PROGRAMS[0], next(v for n, v in own if n == PROGRAMS[0]))]["version"]
    ref = lambda key: f"pkg:cargo/{key[0]}@{key[1]}"
    components = [
        {
            "type": "library",
            "bom-ref": url,
            "name": key[0],
            "version": key[1],
            "purl": url,
            "licenses": [{"license": {"name": licence}} if licence.startswith("see ") else {"expression": licence}],
            **({"author": by} if by else {}),
        }
        for key, url, licence, by, _ in parts
    ]
    components += [
        {"type": "library", "bom-ref": ref(key), "name": key[0], "version": key[1], "purl": ref(key),
         "licenses": [{"expression": spdx(shipped[key]["license"])}]}
        for key in sorted(own)
    ]
    page = sorted(url for _, url, _, _, _ in parts if url.startswith("pkg:npm/"))
    roots = sorted(ref(key) for key in own if key[0] in PROGRAMS)
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "stallcast", "name": "stallcast", "version": version,
                          "licenses": [{"expression": "MIT OR Apache-2.0"}]},
        },
        "components": sorted(components, key=lambda component: component["bom-ref"]),
        "dependencies": [{"ref": "stallcast", "dependsOn": roots + page}]
        + [{"ref": ref(key), "dependsOn": sorted(ref(to) for to in edges[key])} for key in sorted(edges)],
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    # A number that is the same for the same parts.
    told["serialNumber"] = f"urn:uuid:{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def main():
    parts, shipped, edges, own = collect()
    wanted = {NOTICE: notice(parts), SBOM: sbom(parts, shipped, edges, own)}
    if sys.argv[1:] == ["--check"]:
        stale = [path.name for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
        if stale:
            sys.exit(f"{' and '.join(stale)}: not current, run tests/notices.py")
        bare = [f"{key[0]} {key[1]}" for key, _, _, _, found in parts if not found]
        print(f"{len(parts)} parts; without a text of their own: {len(bare)}")
        return
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(text) // 1000} kB")


main()
