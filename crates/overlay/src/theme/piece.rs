//! The parts of the picture: their names, their boxes and conditions, and which a theme may leave out.

/// Declares the parts in the order they are drawn, each with the name of its layer. Its drawing is the file of that name.
macro_rules! pieces {
    ($($(#[$doc:meta])* $piece:ident = $id:literal;)*) => {
        /// A part of the picture that is drawn, placed and redrawn by itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Piece {
            $($(#[$doc])* $piece),*
        }

        impl Piece {
            /// All parts, in the order they are drawn (the slate stands alone).
            pub const ALL: [Piece; [$($id),*].len()] = [$(Piece::$piece),*];

            /// Name of its layer.
            pub fn id(self) -> &'static str {
                match self {
                    $(Piece::$piece => $id),*
                }
            }

            /// Name of its template in a theme's folder.
            pub fn file(self) -> &'static str {
                match self {
                    $(Piece::$piece => concat!($id, ".svg")),*
                }
            }
        }
    };
}

pieces! {
    /// Photo, title, spec and prices.
    Card = "card";
    /// What is left.
    Stock = "stock";
    /// The price clock.
    Countdown = "countdown";
    /// The lower line of notices.
    Ticker = "ticker";
    /// A viewer's question.
    Question = "question";
    /// Coupon, gift and limit of the offer.
    Perks = "perks";
    /// The next fall of the price.
    Drop = "drop";
    /// Where the product comes from.
    Origin = "origin";
    /// A QR code to the product.
    Code = "code";
    /// The product that comes next.
    Next = "next";
    /// The break's notice, over everything else.
    Pause = "pause";
    /// A poll with its bars.
    Poll = "poll";
    /// A draw among viewers.
    Lottery = "lottery";
    /// An auction with its highest bid.
    Auction = "auction";
    /// The name and role of whoever speaks.
    LowerThird = "lower-third";
    /// How far the goal is.
    Goal = "goal";
    /// What was said wrong, in the ticker's place.
    Correction = "correction";
    /// The words of the full-frame slate.
    Slate = "slate";
}

/// A box a part knows.
pub(crate) struct Known {
    pub name: &'static str,
    pub required: bool,
}

const fn must(name: &'static str) -> Known {
    Known {
        name,
        required: true,
    }
}

const fn may(name: &'static str) -> Known {
    Known {
        name,
        required: false,
    }
}

impl Piece {
    /// Whether a theme may leave it out: themes made before it was there stay usable.
    pub fn is_optional(self) -> bool {
        matches!(
            self,
            Piece::Perks
                | Piece::Drop
                | Piece::Origin
                | Piece::Code
                | Piece::Next
                | Piece::Goal
                | Piece::LowerThird
                | Piece::Correction
                | Piece::Pause
        )
    }

    /// What is drawn for a theme of before, where leaving it out would make a press do nothing.
    pub(super) fn usual_drawing(self) -> Option<&'static str> {
        match self {
            Piece::LowerThird => Some(include_str!(
                "../../../../assets/themes/clean/lower-third.svg"
            )),
            Piece::Goal => Some(include_str!("../../../../assets/themes/clean/goal.svg")),
            Piece::Correction => Some(include_str!(
                "../../../../assets/themes/clean/correction.svg"
            )),
            _ => None,
        }
    }

    /// The same upright, where shrinking the wide one would leave nothing to read.
    pub(super) fn usual_upright(self) -> Option<&'static str> {
        match self {
            Piece::Correction => Some(include_str!(
                "../../../../assets/themes/clean/correction-portrait.svg"
            )),
            _ => None,
        }
    }

    /// Name of the template used instead on an upright canvas, where a theme has one.
    pub fn portrait_file(self) -> String {
        format!("{}-portrait.svg", self.id())
    }

    pub(crate) fn slots(self) -> &'static [Known] {
        match self {
            Piece::Card => {
                const {
                    &[
                        must("title"),
                        must("live-price"),
                        may("list-price"),
                        may("live-label"),
                        may("spec"),
                        may("photo"),
                        may("number"),
                        may("percent"),
                        may("sold-out"),
                    ]
                }
            }
            Piece::Stock => const { &[must("stock"), may("stock-bar")] },
            Piece::Countdown => {
                const {
                    &[
                        must("countdown"),
                        may("countdown-label"),
                        may("countdown-day"),
                    ]
                }
            }
            Piece::Ticker => const { &[must("ticker"), may("ticker-label")] },
            Piece::Question => {
                const {
                    &[
                        must("question"),
                        may("author"),
                        may("question-label"),
                        may("answer"),
                    ]
                }
            }
            Piece::Perks => const { &[must("perk-1"), must("perk-2"), must("perk-3")] },
            Piece::Drop => const { &[must("drop"), must("drop-label")] },
            Piece::Origin => const { &[must("origin"), may("grower")] },
            Piece::Code => const { &[must("code"), may("code-label")] },
            Piece::Next => const { &[must("next"), may("next-price"), may("next-label")] },
            Piece::Pause => const { &[must("headline"), must("pause-clock"), may("detail")] },
            Piece::Poll => {
                const {
                    &[
                        must("poll-question"),
                        may("game-label"),
                        may("game-clock"),
                        may("poll-how"),
                        must("option-1"),
                        must("option-2"),
                        must("option-3"),
                        must("option-4"),
                        must("option-5"),
                        must("option-6"),
                        must("count-1"),
                        must("count-2"),
                        must("count-3"),
                        must("count-4"),
                        must("count-5"),
                        must("count-6"),
                        may("gauge-1"),
                        may("gauge-2"),
                        may("gauge-3"),
                        may("gauge-4"),
                        may("gauge-5"),
                        may("gauge-6"),
                    ]
                }
            }
            Piece::Lottery => {
                const {
                    &[
                        must("prize"),
                        must("lottery-terms"),
                        must("lottery-how"),
                        must("winners"),
                        must("code-1"),
                        must("code-2"),
                        may("code-label"),
                        may("entrants"),
                        may("entrants-label"),
                        may("game-label"),
                        may("game-clock"),
                    ]
                }
            }
            Piece::Auction => {
                const {
                    &[
                        must("auction-title"),
                        must("auction-terms"),
                        must("auction-how"),
                        must("bid-price"),
                        must("bidder"),
                        may("bid-label"),
                        may("game-label"),
                        may("game-clock"),
                    ]
                }
            }
            Piece::LowerThird => const { &[must("person"), may("person-role")] },
            Piece::Goal => {
                const {
                    &[
                        must("goal-count"),
                        must("goal-source"),
                        may("goal-title"),
                        may("goal-bar"),
                        may("goal-reached"),
                    ]
                }
            }
            Piece::Correction => const { &[must("correction"), may("correction-label")] },
            Piece::Slate => const { &[must("headline"), may("detail")] },
        }
    }

    /// Conditions a `when-…` group may name.
    pub(crate) fn conditions(self) -> &'static [&'static str] {
        match self {
            Piece::Card => &[
                "photo",
                "no-photo",
                "list-price",
                "spec",
                "number",
                "number-short",
                "number-long",
                "percent",
                "sold-out",
            ],
            Piece::Stock => &["plenty", "low", "sold-out", "bar"],
            Piece::Countdown => &["calm", "urgent", "over", "day"],
            Piece::LowerThird => &["role", "alone"],
            Piece::Goal => &["reached"],
            Piece::Slate => &["no-input", "back-soon"],
            Piece::Perks => &["perk-1", "perk-2", "perk-3"],
            Piece::Origin => &["grower", "alone"],
            Piece::Pause => &["running", "over"],
            Piece::Poll => &[
                "open", "rows-2", "rows-3", "rows-4", "rows-5", "rows-6", "option-1", "option-2",
                "option-3", "option-4", "option-5", "option-6", "won-1", "won-2", "won-3", "won-4",
                "won-5", "won-6",
            ],
            Piece::Lottery => &["open", "entering", "drawn"],
            Piece::Auction => &["open", "sold"],
            Piece::Question => &["open", "answered"],
            Piece::Ticker | Piece::Correction | Piece::Drop | Piece::Code | Piece::Next => &[],
        }
    }
}
