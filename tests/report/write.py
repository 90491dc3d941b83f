#!/usr/bin/env python3
"""Writes docs/benchmarks.md, its plots in docs/benchmarks/ and the README's sentence on who is ahead, from
docs/benchmarks.jsonl. Only Python's standard library."""
import json
import re
import subprocess
import textwrap
from pathlib import Path

import peers
from plot import bars, number

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
AHEAD = re.compile(r"(<!-- ahead: written by tests/report.sh -->\n).*?(<!-- /ahead -->)", re.DOTALL)
HEAD = """# Benchmarks

`tests/report.sh` measures and writes this page ([its lines](benchmarks.jsonl) are kept beside it), `tests/report.sh NAME …` measures
some anew, `tests/report.sh --write` only writes. Every figure has the date of its own run, and its machine where that differs.
"""


def of_bench():
    """What each benchmark measures, as tests/bench.sh says it."""
    told = subprocess.run([ROOT / "tests/bench.sh"], stderr=subprocess.PIPE, text=True).stderr
    rows = re.findall(r"^  (\S+) +(.*)$", told, re.MULTILINE)
    return dict(rows)


def is_met(line):
    value, aim = line["value"], line["aim"]
    return value <= aim if line["better"] == "lower" else value >= aim


def machine_words(machine):
    """One sentence on a machine."""
    if "words" in machine:
        return machine["words"]
    words = [f"{machine['cores']} cores of {machine['cpu']}", f"{machine['memory_gib']} GiB", machine["system"], f"Linux {machine['kernel']}"]
    if machine["virtual"]:
        words.append("a virtual machine, whose host's other guests are not seen but where CPU time is taken from it")
    words.append("a graphics chip" if machine["gpu"] else "no graphics chip")
    governor = machine["governor"]
    words.append(f"CPU frequency governed as '{governor}'" if governor else "how the CPU's frequency is governed is not told to it")
    return "; ".join(words)


def share_of_aim(line):
    """1 = just met; less is better."""
    value, aim = line["value"], line["aim"]
    if aim == 0:
        return 0 if value <= 0 else 2
    return max(value, 0) / aim if line["better"] == "lower" else aim / value


def aims_plot(lines):
    rows = []
    for line in lines:
        sign = "≤" if line["better"] == "lower" else "≥"
        short = {"x decode + encode": "x", "% of a core": "%"}.get(line["unit"], line["unit"])
        short = short if len(short) <= 8 else ""
        rows.append({
            "name": line["bench"],
            "value": share_of_aim(line),
            "kind": "own" if is_met(line) else "bad",
            "says": f"{number(line['value'])} {short}".strip() + f" (aim {sign} {number(line['aim'])})",
        })
    return bars("Every benchmark against its aim", "value as a part of its aim, or aim as a part of the value where more is better: left of the line is met",
                rows, mark=(1, "aim"), most=1.3)


def own_table(lines, names, meant):
    told = ["| benchmark | what | value | aim | met | measured |", "| --- | --- | ---: | ---: | --- | --- |"]
    missing = []
    by_name = {line["bench"]: line for line in lines}
    for name in names:
        line = by_name.get(name)
        if line is None:
            missing.append(f"`{name}`: not measured yet")
        elif "value" in line:
            sign = "≤" if line["better"] == "lower" else "≥"
            told.append(
                f"| `{name}` | {meant[name]} | {number(line['value'])} {line['unit']} | {sign} {number(line['aim'])} | "
                f"{'yes' if is_met(line) else '**no**'} | {line['date']}{' †' if line.get('note') else ''} |"
            )
        else:
            missing.append(f"`{name}`: " + (f"not run, {line['skipped']}" if "skipped" in line else f"run on {line['date']}, {line['failed']}"))
    return told, missing


def main():
    lines = [json.loads(line) for line in (DOCS / "benchmarks.jsonl").read_text().splitlines()]
    beside = [line for line in lines if line["bench"] == "peers"]
    own = [line for line in lines if line["bench"] != "peers"]
    meant = of_bench()
    names = [name for name in meant if name != "peers"]
    plots = DOCS / "benchmarks"
    plots.mkdir(parents=True, exist_ok=True)
    page = [HEAD]

    page.append("## Beside what people use else\n")
    if any("value" in line for line in beside):
        page += peers.section(beside, plots, machine_words)
    else:
        page += ["Not measured yet: `tests/report.sh peers`.\n"]

    measured = [line for line in own if "value" in line]
    measured.sort(key=lambda line: names.index(line["bench"]))
    (plots / "aims.svg").write_text(aims_plot(measured))
    page += ["## Every benchmark\n", "![Every benchmark as a part of its aim](benchmarks/aims.svg)\n"]
    told, missing = own_table(own, names, meant)
    page += ["\n".join(told) + "\n"]
    notes = sorted({line["note"] for line in measured if line.get("note")})
    page += [f"† {note}\n" for note in notes]
    if missing:
        page += ["Without a figure here:\n", "\n".join(f"- {one}" for one in missing) + "\n"]
    page += ["How each is measured stands at the head of its program, `tests/src/bin/bench_NAME.rs`; its whole line with all details in "
             "[benchmarks.jsonl](benchmarks.jsonl).\n"]

    page += ["## Machines\n"]
    machines = {}
    for line in lines:
        if "machine" in line and "value" in line:
            machines.setdefault(machine_words(line["machine"]), []).append(line["bench"])
    for words, benches in machines.items():
        page.append(f"- {', '.join(f'`{name}`' for name in dict.fromkeys(benches))}: {words}.")
    busy = [line for line in lines if line.get("busy_before") is not None and line["busy_before"] > 0.2]
    if busy:
        told = ", ".join(f"`{name}` ({cores:.1f} cores)" for name, cores in {line["bench"]: line["busy_before"] for line in busy}.items())
        page.append(f"\nOther work ran on the machine just before: {told}.")
    (DOCS / "benchmarks.md").write_text("\n".join(page).rstrip() + "\n")

    readme = ROOT / "README.md"
    text = readme.read_text()
    sentence = textwrap.fill(peers.sentence(beside), 120, break_on_hyphens=False, break_long_words=False)
    new, count = AHEAD.subn(lambda found: f"{found[1]}{sentence}\n{found[2]}", text)
    if count != 1:
        raise SystemExit("README.md has no place for who is ahead")
    readme.write_text(new)


if __name__ == "__main__":
    main()
