"""What the report says of figures: python3 -m unittest discover -s tests/report"""
import json
import unittest

import collect
import peers
import plot
import write


def line(system, **figures):
    spreads = {name: {"median": m, "min": low, "max": high} for name, (low, m, high) in figures.items() if name != "delay_ms"}
    delay = figures.get("delay_ms")
    delay = {"median": delay[1], "min": delay[0], "max": delay[2], "p95": delay[2]} if delay else {"why_not": "no reason"}
    return {"bench": "peers", "system": system, "value": 1, "detail": {"figures": spreads, "delay_ms": delay}}


class Report(unittest.TestCase):
    def test_ahead_is_whose_whole_range_is_better(self):
        lines = [
            line("stallcast", cpu_ms_a_picture=(20, 21, 22), resident_mib=(200, 210, 220), delay_ms=(100, 200, 300)),
            line("ffmpeg", cpu_ms_a_picture=(17, 18, 19), resident_mib=(190, 195, 205), delay_ms=(90, 150, 280)),
            line("obs", cpu_ms_a_picture=(90, 95, 99), resident_mib=(300, 310, 320)),
            line("floor", cpu_ms_a_picture=(1, 1, 1)),
        ]
        found = [(system, what) for system, what, *_ in peers.ahead(lines)]
        self.assertEqual(found, [("ffmpeg", "CPU time for each picture"), ("ffmpeg", "the delay")])
        told = peers.sentence(lines)
        self.assertIn("CPU time for each picture (FFmpeg's command line 18 ms; Stallcast 21)", told)
        self.assertNotIn("memory", told)
        self.assertIn("nobody was ahead", peers.sentence(lines[:1]))
        self.assertIn("not measured", peers.sentence([{"bench": "peers", "system": "obs", "skipped": "it is not installed"}]))

    def test_who_is_not_there_is_named_with_the_reason(self):
        told = peers.table([line("stallcast"), {"bench": "peers", "system": "obs", "skipped": "it is not installed"}])
        self.assertIn("| OBS Studio | not run: it is not installed |", told)
        self.assertIn("not measured: no reason", told)

    def test_an_aim_is_met_from_its_own_side(self):
        more = {"bench": "b", "value": 30, "unit": "x", "aim": 20, "better": "higher", "date": "d"}
        less = more | {"better": "lower"}
        none = less | {"value": 0, "aim": 0}
        self.assertTrue(write.is_met(more) and write.is_met(none) and not write.is_met(less))
        self.assertEqual([write.share_of_aim(line) for line in (more, less, none)], [20 / 30, 1.5, 0])
        table, missing = write.own_table([less, {"bench": "c", "skipped": "it needs root"}], ["b", "c", "d"], {"b": "what it is"})
        self.assertIn("| **no** |", table[-1])
        self.assertEqual(missing, ["`c`: not run, it needs root", "`d`: not measured yet"])

    def test_only_the_last_lines_of_a_benchmark_are_its_results(self):
        one, other = {"bench": "peers", "system": "obs"}, {"bench": "peers", "system": "floor"}
        text = "\n".join(['{"bench": "peers", "system": "old"}', "words", json.dumps(one), json.dumps(other)])
        self.assertEqual(collect.results(text, "peers"), [one, other])
        self.assertEqual(collect.results(text + "\nit crashed", "peers"), [])

    def test_a_plot_says_all_that_it_shows(self):
        rows = [{"name": "<a>", "value": 3, "low": 2, "high": 4, "kind": "own", "says": "3"},
                {"name": "b", "value": None, "kind": "other", "says": "not measured"}]
        svg = plot.bars("T", "ms", rows)
        self.assertIn("&lt;a&gt;", svg)
        self.assertIn("not measured", svg)
        self.assertEqual(svg.count("<rect"), 2)
        self.assertEqual([plot.number(value) for value in (0, 0.004, 1.1, 216.4, 283000, -0.02)],
                         ["0", "0.004", "1.1", "216", "283,000", "−0.02"])


if __name__ == "__main__":
    unittest.main()
