//! A small picture of a measurement: panels of lines over time, as SVG.

use std::fmt::Write;
use std::path::PathBuf;

const WIDTH: f64 = 960.0;
const PANEL: f64 = 200.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 40.0;

/// Panels under one another that share the time axis (seconds).
#[derive(Debug, Clone)]
pub struct Plot {
    title: String,
    panels: Vec<Panel>,
}

#[derive(Debug, Clone)]
struct Panel {
    unit: String,
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    name: String,
    colour: String,
    points: Vec<(f64, f64)>,
}

impl Plot {
    /// An empty one.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            panels: Vec::new(),
        }
    }

    /// Begins a panel; later lines go into it.
    #[must_use]
    pub fn panel(mut self, unit: &str) -> Self {
        self.panels.push(Panel {
            unit: unit.to_owned(),
            lines: Vec::new(),
        });
        self
    }

    /// Adds a line of (second, value) to the newest panel.
    #[must_use]
    pub fn line(mut self, name: &str, colour: &str, points: Vec<(f64, f64)>) -> Self {
        let panel = self.panels.last_mut().expect("a panel was begun");
        panel.lines.push(Line {
            name: name.to_owned(),
            colour: colour.to_owned(),
            points,
        });
        self
    }

    /// Writes it below `tests/out/`; gives its path.
    pub fn save(&self, name: &str) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("out");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, self.svg()).unwrap();
        path
    }

    fn svg(&self) -> String {
        let height = TOP + self.panels.len() as f64 * PANEL + 20.0;
        let points = self.panels.iter().flat_map(|panel| &panel.lines);
        let seconds = points
            .flat_map(|line| &line.points)
            .map(|point| point.0)
            .fold(1.0, f64::max);
        let mut svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' \
             font-family='sans-serif' font-size='12'>\n\
             <rect width='100%' height='100%' fill='white'/>\n\
             <text x='{LEFT}' y='22' font-size='16'>{}</text>\n",
            self.title
        );
        for (number, panel) in self.panels.iter().enumerate() {
            let top = TOP + number as f64 * PANEL + 20.0;
            panel.draw(&mut svg, top, seconds);
        }
        svg + "</svg>\n"
    }
}

impl Panel {
    fn draw(&self, svg: &mut String, top: f64, seconds: f64) {
        let (wide, high) = (WIDTH - LEFT - 20.0, PANEL - 40.0);
        let values = self.lines.iter().flat_map(|line| &line.points);
        let most = values.map(|point| point.1).fold(1.0, f64::max);
        let bottom = top + high;
        let x = |at: f64| LEFT + at / seconds * wide;
        let y = |value: f64| bottom - value / most * high;
        let _ = writeln!(
            svg,
            "<path d='M{LEFT},{top}V{bottom}H{:.1}' fill='none' stroke='black'/>\n\
             <text x='{:.1}' y='{:.1}' text-anchor='end'>{most:.0}</text>\n\
             <text x='{:.1}' y='{bottom:.1}' text-anchor='end'>0</text>\n\
             <text x='{:.1}' y='{:.1}' text-anchor='end'>{seconds:.0} s</text>\n\
             <text x='{LEFT}' y='{:.1}' font-weight='bold'>{}</text>",
            LEFT + wide,
            LEFT - 6.0,
            top + 10.0,
            LEFT - 6.0,
            LEFT + wide,
            bottom + 14.0,
            top - 4.0,
            self.unit,
        );
        for (number, line) in self.lines.iter().enumerate() {
            let at = LEFT + 140.0 + number as f64 * 140.0;
            let _ = writeln!(
                svg,
                "<text x='{at:.1}' y='{:.1}' fill='{}'>{}</text>",
                top - 4.0,
                line.colour,
                line.name
            );
            let path: Vec<String> = line
                .points
                .iter()
                .map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value)))
                .collect();
            let _ = writeln!(
                svg,
                "<polyline points='{}' fill='none' stroke='{}' stroke-width='1.5'/>",
                path.join(" "),
                line.colour
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_is_scaled_to_its_largest_value_and_names_its_lines() {
        let plot = Plot::new("t")
            .panel("ms")
            .line("a", "red", vec![(0.0, 0.0), (10.0, 50.0)]);
        let svg = plot.svg();
        assert!(
            svg.contains(">50</text>") && svg.contains(">a</text>"),
            "{svg}"
        );
        assert!(
            svg.contains(&format!("{:.1},{:.1}", WIDTH - 20.0, TOP + 20.0)),
            "{svg}"
        );
    }
}
