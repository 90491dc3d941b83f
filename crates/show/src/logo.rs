//! The brand mark in a corner of the picture.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{Event, Refusal, Show};

/// Where the mark stands. On an upright picture the lower corner is the upper one: a phone's player covers what is below.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Corner {
    /// Above, on the left.
    TopLeft,
    /// Above, on the right.
    #[default]
    TopRight,
    /// Below, on the right.
    BottomRight,
}

/// A picture of one's own in a corner of every canvas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Logo {
    /// Its name in the photo folder.
    pub file: String,
    /// Where.
    pub corner: Corner,
    /// Height in thousandths of the picture's shorter side, 40 to 200; a wide mark is bounded by its width.
    pub size: u32,
    /// How opaque it is, in percent, 20 to 100.
    pub opacity: u32,
    /// Whether it is on the picture.
    pub shown: bool,
}

impl Show {
    pub(crate) fn decide_set_logo(&self, logo: Option<Logo>) -> Result<Vec<Event>, Refusal> {
        if let Some(logo) = &logo {
            check::below_folder("logo", &logo.file)?;
            let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
            check::range("logo_size", number(logo.size), 40, 200)?;
            check::range("logo_opacity", number(logo.opacity), 20, 100)?;
        }
        if logo == self.logo {
            return Ok(Vec::new());
        }
        Ok(vec![Event::LogoSet { logo }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Command, decide};

    #[test]
    fn a_mark_is_kept_with_its_place_and_its_file_stays_below_the_folder() {
        let mut show = Show::new("orchard");
        let logo = Logo {
            file: "own-1.png".into(),
            corner: Corner::TopLeft,
            size: 90,
            opacity: 80,
            shown: true,
        };
        let set = |logo: &Logo| Command::SetLogo {
            logo: Some(logo.clone()),
        };
        show.apply_all(&decide(&show, set(&logo), At(0)).unwrap());
        assert_eq!(show.logo.as_ref(), Some(&logo));
        assert_eq!(decide(&show, set(&logo), At(0)), Ok(vec![]));
        for (bad, code) in [
            (
                Logo {
                    file: "../key".into(),
                    ..logo.clone()
                },
                "bad_file_name",
            ),
            (
                Logo {
                    size: 201,
                    ..logo.clone()
                },
                "out_of_range",
            ),
            (
                Logo {
                    opacity: 5,
                    ..logo.clone()
                },
                "out_of_range",
            ),
        ] {
            assert_eq!(decide(&show, set(&bad), At(0)).unwrap_err().code(), code);
        }
        show.apply_all(&decide(&show, Command::SetLogo { logo: None }, At(0)).unwrap());
        assert_eq!(show.logo, None);
    }
}
