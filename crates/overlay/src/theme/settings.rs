//! `theme.json`: names, placement and the theme's own words.

use serde::Deserialize;
use stallcast_show::{At, Text};

use super::shape::{Margins, Portrait, whole};
use super::{Fault, ThemeError};

/// One of nine places of the safe area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Anchor {
    TopLeft,
    Top,
    TopRight,
    Left,
    Middle,
    Right,
    BottomLeft,
    Bottom,
    BottomRight,
}

impl Anchor {
    /// Share of the free width and height that lies before the part.
    pub(crate) fn shares(self) -> (f32, f32) {
        let x = match self {
            Anchor::TopLeft | Anchor::Left | Anchor::BottomLeft => 0.0,
            Anchor::Top | Anchor::Middle | Anchor::Bottom => 0.5,
            Anchor::TopRight | Anchor::Right | Anchor::BottomRight => 1.0,
        };
        let y = match self {
            Anchor::TopLeft | Anchor::Top | Anchor::TopRight => 0.0,
            Anchor::Left | Anchor::Middle | Anchor::Right => 0.5,
            Anchor::BottomLeft | Anchor::Bottom | Anchor::BottomRight => 1.0,
        };
        (x, y)
    }
}

/// Where a part stands, in 1080-line pixels.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Position {
    /// In the safe area. `bleed` is the rim of the drawing (a shadow) that may lie outside of it.
    Safe {
        anchor: Anchor,
        #[serde(default)]
        dx: f32,
        #[serde(default)]
        dy: f32,
        #[serde(default)]
        bleed: f32,
    },
    /// On the card, in the card drawing's own units.
    OnCard { card_x: f32, card_y: f32 },
}

/// Positions of all parts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Positions {
    pub card: Position,
    pub stock: Position,
    pub countdown: Position,
    pub ticker: Position,
    pub question: Position,
    /// Where neither card nor question covers its words; the middle in themes that do not say.
    #[serde(default = "middle")]
    pub slate: Position,
    /// Parts that a theme may leave out.
    #[serde(default)]
    pub perks: Option<Position>,
    #[serde(default)]
    pub drop: Option<Position>,
    #[serde(default)]
    pub origin: Option<Position>,
    #[serde(default)]
    pub code: Option<Position>,
    #[serde(default)]
    pub next: Option<Position>,
    #[serde(default)]
    pub lower_third: Option<Position>,
    #[serde(default)]
    pub goal: Option<Position>,
    /// That of the ticker in themes that do not say.
    #[serde(default)]
    pub correction: Option<Position>,
    #[serde(default)]
    pub pause: Option<Position>,
}

pub(crate) fn middle() -> Position {
    Position::Safe {
        anchor: Anchor::Middle,
        dx: 0.0,
        dy: 0.0,
        bleed: 0.0,
    }
}

/// Words that themes of before need not say.
macro_rules! usual {
    ($($name:ident: $zh:literal, $en:literal;)*) => {$(
        fn $name() -> Text {
            Text { zh: $zh.to_owned(), en: $en.to_owned() }
        }
    )*};
}

usual! {
    percent: "省{n}%", "-{n}%";
    coupon: "券 {t}", "Coupon: {t}";
    coupon_off: "立减 {p}", "{p} off";
    gift: "赠 {t}", "Gift: {t}";
    limit: "每人限购 {n} 件", "{n} per person";
    drop: "降至 {p}", "Drops to {p}";
    until: "至 {t}", "until {t}";
    bundle: "{n} 件 {p}", "{n} for {p}";
    bundle_set: "{p} 得 {n} 件 + {t}", "{p} for {n} + {t}";
    harvested: "{d}采收", "picked {d}";
    code: "扫码购买", "Scan to buy";
    next: "下一个", "Next";
    answer: "答：{t}", "A: {t}";
    correction: "更正", "Correction";
    goal: "目标", "Goal";
    goal_orders: "{n}/{m} 单", "{n} of {m} orders";
    goal_pieces: "{n}/{m} 件", "{n} of {m}";
    goal_money: "{n}/{m}", "{n}/{m}";
    goal_by_stock: "按库存计", "by stock";
    goal_by_shops: "按已付订单计", "paid in the shop";
    goal_by_hand: "人工计数", "by hand";
    goal_reached: "已达成", "Reached";
}

/// The theme's own words. `{n}` is replaced by a number.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub number: Text,
    pub live_label: Text,
    pub stock: Text,
    pub stock_low: Text,
    pub sold_out: Text,
    pub countdown: Text,
    pub countdown_over: Text,
    pub ticker: Text,
    pub question: Text,
    pub no_input: Text,
    pub no_input_detail: Text,
    #[serde(default)]
    pub no_source: Text,
    #[serde(default)]
    pub no_source_detail: Text,
    pub back_soon: Text,
    pub back_soon_detail: Text,
    #[serde(default = "percent")]
    pub percent: Text,
    /// Several units of one product; `{p}` is their price.
    #[serde(default = "bundle")]
    pub bundle: Text,
    /// So many units with other products, which `{t}` names; the price first, for names may be long.
    #[serde(default = "bundle_set")]
    pub bundle_set: Text,
    #[serde(default = "coupon")]
    pub coupon: Text,
    #[serde(default = "coupon_off")]
    pub coupon_off: Text,
    #[serde(default = "gift")]
    pub gift: Text,
    #[serde(default = "limit")]
    pub limit: Text,
    #[serde(default = "drop")]
    pub drop: Text,
    /// When an offer ends that has no clock; `{t}` is day and hour.
    #[serde(default = "until")]
    pub until: Text,
    #[serde(default = "harvested")]
    pub harvested: Text,
    #[serde(default = "code")]
    pub code: Text,
    #[serde(default = "next")]
    pub next: Text,
    /// What stands before an answer on the picture; `{t}` is the answer.
    #[serde(default = "answer")]
    pub answer: Text,
    /// What stands before a correction, and is not said again in it.
    #[serde(default = "correction")]
    pub correction: Text,
    #[serde(default = "goal")]
    pub goal: Text,
    #[serde(default = "goal_orders")]
    pub goal_orders: Text,
    #[serde(default = "goal_pieces")]
    pub goal_pieces: Text,
    #[serde(default = "goal_money")]
    pub goal_money: Text,
    #[serde(default = "goal_by_stock")]
    pub goal_by_stock: Text,
    #[serde(default = "goal_by_shops")]
    pub goal_by_shops: Text,
    #[serde(default = "goal_by_hand")]
    pub goal_by_hand: Text,
    #[serde(default = "goal_reached")]
    pub goal_reached: Text,
}

/// What local time is ahead of UTC at a moment, milliseconds.
pub type Zone = fn(At) -> i64;

/// Where no zone was said.
fn utc() -> Zone {
    |_| 0
}

/// `theme.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub name: Text,
    pub positions: Positions,
    /// On an upright canvas; the same positions when absent.
    #[serde(default)]
    pub portrait: Option<Portrait>,
    /// Kept free; not part of the file.
    #[serde(skip)]
    pub margins: Margins,
    /// Size of all parts but slate and break, 0.5 to 2 of what 1080 lines would give.
    #[serde(default = "whole")]
    pub scale: f32,
    /// Where a hand put parts; not part of the file.
    #[serde(skip)]
    pub placed: stallcast_show::PartPlaces,
    /// What local time is ahead of UTC, milliseconds; not part of the file.
    #[serde(skip, default = "utc")]
    pub zone: Zone,
    /// At this many units and below the stock line warns.
    pub low_stock: u32,
    /// In the last seconds of the clock it turns urgent.
    pub urgent_s: u32,
    /// How long a page of a long text stands, in seconds, 2 to 60.
    pub page_s: u32,
    /// Colour behind the slate, `#rrggbb`.
    pub slate_colour: String,
    pub words: Words,
}

impl Settings {
    pub(crate) fn parse(text: &str) -> Result<Self, ThemeError> {
        let settings: Self = serde_json::from_str(text).map_err(|error| ThemeError::Settings {
            file: "theme.json".to_owned(),
            reason: error.to_string(),
        })?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), ThemeError> {
        let refuse = |element: &str, fault| {
            Err(ThemeError::Element {
                file: "theme.json".to_owned(),
                element: element.to_owned(),
                fault,
            })
        };
        let words = &self.words;
        for (element, text) in [
            ("name", &self.name),
            ("words.number", &words.number),
            ("words.live_label", &words.live_label),
            ("words.stock", &words.stock),
            ("words.stock_low", &words.stock_low),
            ("words.sold_out", &words.sold_out),
            ("words.countdown", &words.countdown),
            ("words.countdown_over", &words.countdown_over),
            ("words.ticker", &words.ticker),
            ("words.question", &words.question),
            ("words.no_input", &words.no_input),
            ("words.no_input_detail", &words.no_input_detail),
            ("words.back_soon", &words.back_soon),
            ("words.back_soon_detail", &words.back_soon_detail),
            ("words.percent", &words.percent),
            ("words.bundle", &words.bundle),
            ("words.bundle_set", &words.bundle_set),
            ("words.coupon", &words.coupon),
            ("words.coupon_off", &words.coupon_off),
            ("words.gift", &words.gift),
            ("words.limit", &words.limit),
            ("words.drop", &words.drop),
            ("words.until", &words.until),
            ("words.harvested", &words.harvested),
            ("words.code", &words.code),
            ("words.next", &words.next),
            ("words.answer", &words.answer),
            ("words.correction", &words.correction),
            ("words.goal", &words.goal),
            ("words.goal_orders", &words.goal_orders),
            ("words.goal_pieces", &words.goal_pieces),
            ("words.goal_money", &words.goal_money),
            ("words.goal_by_stock", &words.goal_by_stock),
            ("words.goal_by_shops", &words.goal_by_shops),
            ("words.goal_by_hand", &words.goal_by_hand),
            ("words.goal_reached", &words.goal_reached),
        ] {
            if text.zh.trim().is_empty() && text.en.trim().is_empty() {
                return refuse(element, Fault::EmptyWords);
            }
        }
        if !(2..=60).contains(&self.page_s) {
            return refuse("page_s", Fault::Attribute("page_s".to_owned()));
        }
        if self.slate_rgb().is_none() {
            return refuse("slate_colour", Fault::Attribute("slate_colour".to_owned()));
        }
        if matches!(self.positions.card, Position::OnCard { .. }) {
            return refuse("positions.card", Fault::Attribute("anchor".to_owned()));
        }
        if !(0.5..=2.0).contains(&self.scale) {
            return refuse("scale", Fault::Attribute("scale".to_owned()));
        }
        if let Some(portrait) = &self.portrait {
            if matches!(portrait.positions.card, Position::OnCard { .. }) {
                let fault = Fault::Attribute("anchor".to_owned());
                return refuse("portrait.positions.card", fault);
            }
            if !(0.5..=2.0).contains(&portrait.scale) {
                return refuse("portrait.scale", Fault::Attribute("scale".to_owned()));
            }
        }
        Ok(())
    }

    pub(crate) fn slate_rgb(&self) -> Option<[u8; 3]> {
        let hex = self.slate_colour.strip_prefix('#')?;
        if hex.len() != 6 || !hex.is_ascii() {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        Some([part(0)?, part(2)?, part(4)?])
    }
}
