"""The comparison with other programs: table, plots, who is ahead in what. Only Python's standard library."""
from plot import bars, number

NAMES = {
    "stallcast": "Stallcast",
    "ffmpeg": "FFmpeg's command line",
    "gst-launch": "gst-launch",
    "obs": "OBS Studio",
    "floor": "decode + encode alone",
}
# Figure, plot, its title and unit, how a README says that somebody is ahead, and the least difference that is told.
MEASURES = [
    ("cpu", "cpu", "CPU time", "CPU seconds for a second of show", None, 0),
    ("cpu_ms_a_picture", None, "", "ms", "CPU time for each picture", 0.01),
    ("lost_percent", "lost", "Pictures that viewers never saw", "% of the clip's pictures that were due", "lost pictures", 0.1),
    ("longest_ms", None, "", "ms", "the longest time that one picture stood", 1),
    ("resident_mib", "memory", "Memory", "MiB resident, the most within a run", "memory", 1),
    ("start_s", "start", "Start", "seconds from the program's launch to the first picture at the server", "the start", 0.05),
    ("delay_ms", "delay", "Delay", "ms from a time on a screen to the picture with it at the server", "the delay", 2),
]


def figure(line, name):
    """Median, least and most; None where it was not measured."""
    told = line["detail"]["delay_ms"] if name == "delay_ms" else line["detail"]["figures"].get(name)
    return told if told and "median" in told else None


def ahead(lines):
    """[(who, what, theirs, ours, unit)] where another's whole range is better than all of ours."""
    by_name = {line["system"]: line for line in lines if "value" in line}
    found = []
    for name, _, _, unit, words, least in MEASURES:
        ours = figure(by_name["stallcast"], name) if "stallcast" in by_name else None
        if words is None or ours is None:
            continue
        for system, line in by_name.items():
            theirs = figure(line, name) if system not in ("stallcast", "floor") else None
            if theirs is None:
                continue
            # Of a delay the range is that of pictures within one run.
            is_apart = name == "delay_ms" or theirs["max"] < ours["min"]
            if is_apart and ours["median"] - theirs["median"] >= least:
                found.append((system, words, theirs["median"], ours["median"], unit.split(" ")[0]))
    return found


def sentence(lines):
    """For the list of known gaps."""
    if not any("value" in line for line in lines):
        return "How Stallcast compares with other programs is not measured yet ([benchmarks](docs/benchmarks.md))."
    found = ahead(lines)
    if not found:
        return ("Beside FFmpeg's command line, gst-launch and OBS Studio on the same clip nobody was ahead "
                "([benchmarks](docs/benchmarks.md)).")
    by_what = {}
    for system, what, theirs, ours, unit in found:
        by_what.setdefault((what, ours, unit), []).append(f"{NAMES[system]} {number(theirs)}")
    told = [f"{what} ({', '.join(who)} {unit}; Stallcast {number(ours)})" for (what, ours, unit), who in by_what.items()]
    return ("On the same clip with the same card and settings others are ahead in: " + "; ".join(told)
            + ". How that was measured, and where they are not: [benchmarks](docs/benchmarks.md).")


def says(told, digits=number):
    if told is None:
        return "not measured"
    if told["min"] == told["max"]:
        return digits(told["median"])
    return f"{digits(told['median'])} ({digits(told['min'])}–{digits(told['max'])})"


def table(lines):
    head = ["", "CPU s / s of show", "CPU ms / picture shown", "pictures lost, %", "one picture stood, ms at most", "fell behind, s",
            "resident, MiB", "start, s", "delay, ms: median (p95)"]
    out = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    for line in lines:
        if "value" not in line:
            out.append(f"| {NAMES[line['system']]} | not run: {line.get('skipped') or line.get('failed')} |" + " |" * (len(head) - 2))
            continue
        cells = [says(figure(line, name)) if figure(line, name) else "–" for name in
                 ("cpu", "cpu_ms_a_picture", "lost_percent", "longest_ms", "behind_s", "resident_mib", "start_s")]
        delay = line["detail"]["delay_ms"]
        if line["system"] == "floor":
            cells.append("–")
        else:
            cells.append(f"{number(delay['median'])} ({number(delay['p95'])})" if "median" in delay else f"not measured: {delay['why_not']}")
        out.append(f"| {NAMES[line['system']]} | " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


def plot(lines, name, title, unit):
    rows = []
    for line in lines:
        # Decoding and encoding alone is held against CPU time only.
        if "value" not in line or (line["system"] == "floor" and name != "cpu"):
            continue
        told = figure(line, name)
        rows.append({
            "name": NAMES[line["system"]],
            "value": told and told["median"],
            "low": told and told["min"],
            "high": told and told["max"],
            "kind": "own" if line["system"] == "stallcast" else "other",
            "says": number(told["median"]) if told else "not measured",
        })
    return bars(title, unit, rows)


WHAT = """The same clip (the demo orchard, slowly panned, with grain and pink noise; each picture carries its number in squares) with the
same card over it, encoded by the same library with the same settings, sent to nginx's RTMP module on the same machine and
recorded into a file. Each ran alone, in turns; medians with least and most. {settings}

- **FFmpeg** overlays the card as a still picture and uses its `tee` muxer; **gst-launch** is `gdkpixbufoverlay`, `x264enc` and a `tee` to
  `rtmp2sink` and a file. Neither draws a card, shows what it sends, comes back to a server that was lost, or lets anything be
  changed on air.
- **OBS Studio** has the clip as media source and the card as image source, its preview switched off. It runs under Xvfb **with OpenGL
  drawn in software (llvmpipe), for want of a graphics chip**: on a machine with one its compositing costs the CPU little, and its
  figures here say nothing of that. The X server's own work is not counted.
- **Stallcast** draws the card with a clock that ticks, makes the preview's JPEGs for a page that looks on, meters the sound, keeps its journal
  and a replay. The page itself (a browser, or the desktop window) is a process that is not counted; OBS's window is part of OBS.
- CPU time and memory are of the whole process tree, off `/proc`. *Lost* are numbers of the clip that never came, *fell behind* is by how
  much the clip's numbers came slower than the clock (a tenth of a second is chance). The start of Stallcast is that of a
  studio which was set up before, told to go live as soon as it answers.
- *Delay* is of a run of its own, with a screen that shows the time as the source instead of the clip: from the time on the screen to the
  server's having the whole picture with it. Capturing the screen is in it, decoding is not.
"""


def section(lines, plots, machine_words):
    measured = [line for line in lines if "value" in line]
    settings = measured[0]["detail"]["settings"]
    order = ["stallcast", "ffmpeg", "gst-launch", "obs", "floor"]
    lines = sorted(lines, key=lambda line: order.index(line["system"]))
    words = (f"{settings['picture']}; {settings['video']}; {settings['sound']}; card of {settings['card']}; "
             f"{settings['rounds']} x {settings['counted_s']} s.")
    out = [f"{measured[0]['date']}, on {machine_words(measured[0]['machine'])}.\n", table(lines)]
    for name, file, title, unit, _, _ in MEASURES:
        if file:
            (plots / f"{file}.svg").write_text(plot(lines, name, title, unit))
            out.append(f"![{title}: {unit}](benchmarks/{file}.svg)\n")
    found = ahead(lines)
    out.append("**Where another is ahead of Stallcast** (the whole of its range, not only the median):\n")
    out += [f"- {NAMES[system]}: {what}, {number(theirs)} against {number(ours)} {unit}" for system, what, theirs, ours, unit in found]
    out += ["\n" if found else "- nowhere in this run\n", WHAT.format(settings=words)]
    out.append("Versions: " + ", ".join(f"{NAMES[line['system']]} ({line['detail']['version']})" for line in lines
                                        if "value" in line and line["system"] != "floor")
               + "; " + ", ".join(f"{name} {version}" for name, version in measured[0]["versions"].items()) + ".\n")
    out.append(noise(measured))
    return out


def noise(lines):
    """What else the machine did meanwhile."""
    told = [line for line in lines if "others_cpu" in line["detail"]["figures"]]
    others = max(figure(line, "others_cpu")["max"] for line in told)
    stolen = max(figure(line, "stolen_cpu")["max"] for line in told)
    words = "The machine was quiet" if others < 0.1 else "**The machine was not quiet: figures of speed are worse than they would be**"
    return (f"{words}: while it was counted, processes that are no part of this used at most {number(max(others, 0))} cores, and the host took "
            f"at most {number(max(stolen, 0))} cores away for other guests. CPU seconds on a shared core also depend on what the "
            "neighbours do to its caches and frequency, which is not seen from here.\n")
