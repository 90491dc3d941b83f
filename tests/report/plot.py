"""Bar charts as SVG that are read on a light and on a dark page. Only Python's standard library."""
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, TOP, ROW = 760, 190, 200, 58, 34
STYLE = """
  .ground{fill:#ffffff} .ink{fill:#1f2328} .faint{fill:#59636e} .line{stroke:#d1d9e0} .range{stroke:#1f2328}
  .own{fill:#1a7f4b} .other{fill:#6e8cb5} .bad{fill:#c4432b} .mark{stroke:#b35900} .markink{fill:#8a4600}
  @media (prefers-color-scheme: dark) {
    .ground{fill:#0d1117} .ink{fill:#f0f6fc} .faint{fill:#9198a1} .line{stroke:#3d444d} .range{stroke:#f0f6fc}
    .own{fill:#2ea468} .other{fill:#5577a8} .bad{fill:#e5604a} .mark{stroke:#e0a458} .markink{fill:#e0a458}
  }
  text{font-family:system-ui,-apple-system,"Segoe UI",sans-serif;font-size:13px}
  .title{font-size:16px;font-weight:600}"""


def number(value):
    """As short as it can be said."""
    if value < 0:
        return f"−{number(-value)}"
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.{2 if value >= 0.01 else 3}f}".rstrip("0").rstrip(".")


def bars(title, unit, rows, mark=None, most=None):
    """One bar a row: {"name", "value", "low", "high", "kind", "says"}; value None = only what it says. `mark` is
    (value, name) of a line across all. `most` is the end of the axis."""
    values = [row["value"] for row in rows if row["value"] is not None]
    highs = [row.get("high") or row["value"] for row in rows if row["value"] is not None]
    end = most or max(highs + ([mark[0]] if mark else []) + [1e-9]) * 1.02
    wide = WIDTH - LEFT - RIGHT
    first = TOP + (18 if mark else 0)
    height = first + ROW * len(rows) + 16

    def x(value):
        return LEFT + min(value / end, 1) * wide

    label = f"{title} ({unit}): " + ", ".join(f"{row['name']} {row['says']}" for row in rows)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(label, {chr(34): "&quot;"})}">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
        f'<text class="ink title" x="20" y="26">{escape(title)}</text>',
        f'<text class="faint" x="20" y="45">{escape(unit)}</text>',
        f'<path class="line" d="M{LEFT} {first - 4}V{height - 12}"/>',
    ]
    for place, row in enumerate(rows):
        top = first + place * ROW
        middle = top + ROW / 2 - 2
        out.append(f'<text class="ink" x="{LEFT - 10}" y="{middle + 4}" text-anchor="end">{escape(row["name"])}</text>')
        to = LEFT
        if row["value"] is not None:
            to = x(row["value"])
            out.append(f'<rect class="{row["kind"]}" x="{LEFT}" y="{top + 4}" width="{max(to - LEFT, 1):.1f}" height="{ROW - 12}" rx="2"/>')
            low, high = row.get("low"), row.get("high")
            if low is not None and high is not None and high > low:
                out.append(
                    f'<path class="range" fill="none" stroke-width="1.5" d="M{x(low):.1f} {middle}H{x(high):.1f}'
                    f'M{x(low):.1f} {middle - 5}v10M{x(high):.1f} {middle - 5}v10"/>'
                )
                to = max(to, x(high))
        # A line across all would cross the words behind the bars.
        to = LEFT + wide if mark else to
        out.append(f'<text class="ink" x="{to + 8:.1f}" y="{middle + 4}">{escape(row["says"])}</text>')
    if mark:
        at = x(mark[0])
        out.append(f'<path class="mark" stroke-width="1.5" stroke-dasharray="5 4" d="M{at:.1f} {first - 6}V{height - 12}"/>')
        out.append(f'<text class="markink" x="{at:.1f}" y="{first - 10}" text-anchor="middle">{escape(mark[1])}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"
