//! A text as a QR code.

use fast_qr::{ECL, QRBuilder};

/// The code's rows from the top, `1` for a dark square; empty when the text is too long for one. The page
/// adds the quiet zone.
pub fn rows(text: &str) -> Vec<String> {
    // Level M stands a screen's reflections; addresses are short, so it costs no size that matters.
    let Ok(code) = QRBuilder::new(text).ecl(ECL::M).build() else {
        return Vec::new();
    };
    (0..code.size)
        .map(|row| {
            let squares = code[row].iter().take(code.size);
            squares
                .map(|square| if square.value() { '1' } else { '0' })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_and_has_its_three_finders() {
        let rows = rows("rtmp://192.168.1.7:4000/live/peach");
        let size = rows.len();
        assert!(size >= 21 && rows.iter().all(|row| row.len() == size));
        for (row, column) in [(0, 0), (0, size - 7), (size - 7, 0)] {
            assert_eq!(&rows[row][column..column + 7], "1111111");
            assert_eq!(&rows[row + 3][column..column + 7], "1011101");
        }
    }

    #[test]
    fn what_does_not_fit_gives_none() {
        assert!(rows(&"x".repeat(5_000)).is_empty());
    }
}
