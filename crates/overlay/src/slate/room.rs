//! Where the slate's words have room between what stands on the picture.

/// A rectangle on the canvas, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First column.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// First column behind it.
    pub right: i32,
    /// First row below it.
    pub bottom: i32,
}

/// Kept free between the words and what stands beside them, in pixels of 1080 lines.
const GAP: i32 = 10;
/// How finely room is looked for, in pixels.
const STEP: usize = 8;

impl Span {
    /// Whether they share a pixel.
    pub fn meets(&self, other: &Span) -> bool {
        let beside = self.right <= other.left || other.right <= self.left;
        let above = self.bottom <= other.top || other.bottom <= self.top;
        !beside && !above
    }

    pub(super) fn moved(self, x: i32, y: i32) -> Self {
        self.at(self.left + x, self.top + y)
    }

    fn at(self, left: i32, top: i32) -> Self {
        Self {
            left,
            top,
            right: left + self.right - self.left,
            bottom: top + self.bottom - self.top,
        }
    }

    fn wider(self, by: i32) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            right: self.right + by,
            bottom: self.bottom + by,
        }
    }
}

/// `home`, or the place nearest to it and inside `area` where nothing of `taken` is met; `None` where there is none.
pub(super) fn nearest(home: Span, area: Span, taken: &[Span], lines: u32) -> Option<Span> {
    let gap = GAP * i32::try_from(lines).unwrap_or(1080) / 1080;
    let is_free = |span: Span| taken.iter().all(|other| !span.wider(gap).meets(other));
    if is_free(home) {
        return Some(home);
    }
    let last_left = area.right - (home.right - home.left);
    let last_top = area.bottom - (home.bottom - home.top);
    let rows = (area.top..=last_top).step_by(STEP);
    let places = rows.flat_map(|top| {
        let columns = (area.left..=last_left).step_by(STEP);
        columns.map(move |left| home.at(left, top))
    });
    let far = |span: &Span| {
        let (dx, dy) = (
            i64::from(span.left - home.left),
            i64::from(span.top - home.top),
        );
        dx * dx + dy * dy
    };
    places.filter(|span| is_free(*span)).min_by_key(far)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(left: i32, top: i32, right: i32, bottom: i32) -> Span {
        Span {
            left,
            top,
            right,
            bottom,
        }
    }

    #[test]
    fn words_stay_at_home_while_nothing_is_there_and_move_no_further_than_they_must() {
        let area = span(0, 0, 1000, 1000);
        let home = span(400, 400, 600, 500);
        assert_eq!(nearest(home, area, &[], 1080), Some(home));
        let below = span(0, 450, 1000, 1000);
        let moved = nearest(home, area, &[below], 1080).unwrap();
        assert_eq!((moved.left, moved.bottom <= 440), (400, true), "{moved:?}");
        assert!(moved.top >= 320);
        assert_eq!(nearest(home, area, &[area], 1080), None);
        // Larger than the room there is.
        let narrow = span(0, 0, 150, 1000);
        assert_eq!(nearest(home, narrow, &[below.at(0, 450)], 1080), None);
    }
}
