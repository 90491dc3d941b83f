//! How the ticker shows its words: off without losing them, and how long each page stands.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{Event, Refusal, Show};

/// How the ticker shows its words. Nothing scrolls: it turns pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TickerLook {
    /// Whether it is off the picture although it has words. A correction in its place is shown all the same.
    pub hidden: bool,
    /// How long a page stands, 3 to 30 seconds; 0 = as the theme has it.
    pub page_s: u32,
}

impl Show {
    pub(crate) fn decide_set_ticker_look(&self, look: TickerLook) -> Result<Vec<Event>, Refusal> {
        if look.page_s != 0 {
            let seconds = i32::try_from(look.page_s).unwrap_or(i32::MAX);
            check::range("ticker_page", seconds, 3, 30)?;
        }
        if look == self.ticker_look {
            return Ok(Vec::new());
        }
        Ok(vec![Event::TickerLookSet { look }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Command, decide};

    #[test]
    fn the_ticker_is_hidden_with_its_words_kept_and_no_page_turns_before_it_is_read() {
        let mut show = Show::new("orchard");
        show.ticker.zh = "今天现摘现发".into();
        let set = |hidden, page_s| Command::SetTickerLook {
            look: TickerLook { hidden, page_s },
        };
        show.apply_all(&decide(&show, set(true, 10), At(0)).unwrap());
        assert_eq!(
            (show.ticker_look.hidden, &*show.ticker.zh),
            (true, "今天现摘现发")
        );
        assert_eq!(decide(&show, set(true, 10), At(0)), Ok(vec![]));
        for page_s in [1, 31] {
            assert_eq!(
                decide(&show, set(false, page_s), At(0)).unwrap_err().code(),
                "out_of_range"
            );
        }
    }
}
