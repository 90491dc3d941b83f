//! Colours that a show gives to a theme's cards, and whether one can be read on another.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// An opaque colour in sRGB, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
pub struct Rgb(pub [u8; 3]);

impl Serialize for Rgb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Rgb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Rgb::written(&text).ok_or_else(|| D::Error::custom("a colour is written #rrggbb"))
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Rgb {
    /// Black: on a middle grey no softer one can be read.
    pub const DARK: Rgb = Rgb([0, 0, 0]);
    /// White.
    pub const LIGHT: Rgb = Rgb([0xff, 0xff, 0xff]);
    /// Least contrast of words that have to be read (WCAG 2.2, 1.4.3).
    pub const READABLE: f32 = 4.5;
    /// Least contrast of large words, like a price (the same).
    pub const READABLE_LARGE: f32 = 3.0;

    /// The colour written `#rrggbb`; `None` for anything else.
    pub fn written(text: &str) -> Option<Self> {
        let hex = text.strip_prefix('#')?;
        if hex.len() != 6 || !hex.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// Relative luminance, 0 (black) to 1 (white), as WCAG 2.2 defines it.
    fn luminance(self) -> f32 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f32::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Contrast with another, 1 (the same) to 21 (black on white), as WCAG 2.2 defines it.
    pub fn contrast(self, other: Rgb) -> f32 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Dark or light, whichever is easier to read on this; never below 4.5.
    pub fn words_on(self) -> Rgb {
        if self.contrast(Rgb::LIGHT) >= self.contrast(Rgb::DARK) {
            Rgb::LIGHT
        } else {
            Rgb::DARK
        }
    }

    /// This, mixed with so many per cent of another.
    #[must_use]
    pub fn mixed(self, other: Rgb, percent: u16) -> Rgb {
        let percent = percent.min(100);
        let mut mixed = self;
        for (own, other) in mixed.0.iter_mut().zip(other.0) {
            let sum = u16::from(*own) * (100 - percent) + u16::from(other) * percent;
            *own = u8::try_from(sum / 100).unwrap_or(u8::MAX);
        }
        mixed
    }
}

/// Colours of one theme's cards; `None` = as the theme has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CardColours {
    /// Labels, bars and the price.
    pub accent: Option<Rgb>,
    /// What words stand on.
    pub ground: Option<Rgb>,
    /// The words.
    pub text: Option<Rgb>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(text: &str) -> Rgb {
        Rgb::written(text).unwrap()
    }

    #[test]
    fn contrast_is_what_wcag_says_of_well_known_pairs() {
        for (one, other, ratio) in [
            ("#000000", "#ffffff", 21.0),
            ("#777777", "#ffffff", 4.48),
            ("#767676", "#ffffff", 4.54),
            ("#ff0000", "#ffffff", 4.0),
            ("#0000ff", "#ffffff", 8.59),
            ("#123456", "#123456", 1.0),
        ] {
            let found = rgb(one).contrast(rgb(other));
            assert!((found - ratio).abs() < 0.01, "{one} {other}: {found}");
            assert_eq!(found, rgb(other).contrast(rgb(one)));
        }
    }

    #[test]
    fn there_are_words_for_every_ground() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let ground = Rgb([red, green, blue]);
                    let ratio = ground.contrast(ground.words_on());
                    assert!(ratio >= Rgb::READABLE, "{ground:?}: {ratio}");
                }
            }
        }
    }

    #[test]
    fn a_colour_is_written_as_pages_write_it_and_anything_else_is_none() {
        assert_eq!(rgb("#E5322d").to_string(), "#e5322d");
        for text in ["", "red", "#fff", "#12345g", "#+12345", "#1234567", "#äöü"] {
            assert_eq!(Rgb::written(text), None, "{text}");
        }
        let read: Result<CardColours, _> = serde_json::from_str(r##"{"accent":"#0g0000"}"##);
        assert!(read.is_err());
    }
}
