//! The words that can be changed where they stand on the picture: which there are, what they say, and how they are set.

use serde::{Deserialize, Serialize};

use crate::{Break, CardLang, Event, Product, Refusal, Show, Text, check, visible};

/// A text on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum PictureText {
    /// The title of the product on air: the short one where it is the one that is shown.
    Title,
    /// Its size, weight or kind.
    Spec,
    /// The words of its coupon.
    Coupon,
    /// What comes with it.
    Gift,
    /// Where it comes from.
    Origin,
    /// The lower line of notices.
    Ticker,
    /// The name of whoever speaks.
    Person,
    /// What they do.
    PersonRole,
    /// What stands over the goal's bar.
    GoalTitle,
    /// What the break's notice says.
    BreakWords,
}

impl PictureText {
    /// Whether it says something of the goods on air.
    pub fn is_of_product(self) -> bool {
        use PictureText::{Coupon, Gift, Origin, Spec, Title};
        matches!(self, Title | Spec | Coupon | Gift | Origin)
    }

    /// Most characters.
    pub fn most(self) -> u32 {
        match self {
            PictureText::Title | PictureText::Gift => 100,
            PictureText::Spec => 200,
            PictureText::Coupon => 60,
            PictureText::Origin => 80,
            PictureText::Ticker => 300,
            PictureText::Person | PictureText::PersonRole => 40,
            PictureText::GoalTitle | PictureText::BreakWords => 24,
        }
    }
}

impl Text {
    /// The words in one language; may be empty.
    pub fn in_lang(&self, lang: CardLang) -> &str {
        match lang {
            CardLang::Zh => &self.zh,
            CardLang::En => &self.en,
        }
    }

    fn set(&mut self, lang: CardLang, words: &str) {
        match lang {
            CardLang::Zh => words.clone_into(&mut self.zh),
            CardLang::En => words.clone_into(&mut self.en),
        }
    }

    /// As a picture in that language shows it.
    fn shown(&self, lang: CardLang) -> &str {
        let own = self.in_lang(lang);
        let other = match lang {
            CardLang::Zh => &self.en,
            CardLang::En => &self.zh,
        };
        if own.trim().is_empty() { other } else { own }
    }
}

impl Product {
    /// The title that cards in that language show: the short one, unless only the full one speaks the language.
    pub fn card_title(&self, lang: CardLang) -> &Text {
        let speaks = |text: &Text| !text.in_lang(lang).trim().is_empty();
        let short_alone = !speaks(&self.title) && self.short_title != Text::default();
        if speaks(&self.short_title) || short_alone {
            &self.short_title
        } else {
            &self.title
        }
    }
}

impl Show {
    /// What a text on the picture says in that language, as it was typed; `None` while it stands nowhere.
    pub fn picture_text(&self, text: PictureText, lang: CardLang) -> Option<&str> {
        let product = || self.product_on_air();
        let coupon = || product()?.offer.coupon.as_ref();
        Some(match text {
            PictureText::Title => product()?.card_title(lang).shown(lang),
            PictureText::Spec => product()?.spec.shown(lang),
            PictureText::Coupon => coupon()?.text.shown(lang),
            PictureText::Gift => product()?.offer.gift.shown(lang),
            PictureText::Origin => product()?.origin.as_ref()?.place.shown(lang),
            PictureText::Ticker => self.ticker.shown(lang),
            PictureText::Person => &self.lower_third_shown()?.name,
            PictureText::PersonRole => &self.lower_third_shown()?.role,
            PictureText::GoalTitle => &self.goal.as_ref()?.plan.title,
            PictureText::BreakWords => self.pause.as_ref()?.words.shown(lang),
        })
    }

    pub(crate) fn decide_set_picture_text(
        &self,
        text: PictureText,
        lang: CardLang,
        words: &str,
    ) -> Result<Vec<Event>, Refusal> {
        let Some(now) = self.picture_text(text, lang) else {
            return Err(Refusal::TextNotShown);
        };
        let words = visible(words).trim().to_owned();
        if words == now {
            return Ok(Vec::new());
        }
        let most = usize::try_from(text.most()).unwrap_or(usize::MAX);
        match text {
            PictureText::Ticker => {
                let mut ticker = self.ticker.clone();
                ticker.set(lang, &words);
                self.decide_set_ticker(ticker)
            }
            PictureText::Person | PictureText::PersonRole => {
                let Some(mut person) = self.lower_third_shown().cloned() else {
                    return Err(Refusal::TextNotShown);
                };
                match text {
                    PictureText::Person => person.name = words,
                    _ => person.role = words,
                }
                self.decide_put_lower_third(person)
            }
            PictureText::GoalTitle => {
                check::text("goal_title", &words, most)?;
                Ok(vec![Event::GoalTitled { title: words }])
            }
            PictureText::BreakWords => {
                let mut pause: Break = self.pause.clone().ok_or(Refusal::TextNotShown)?;
                check::text("break_words", &words, most)?;
                pause.words.set(lang, &words);
                Ok(vec![Event::BreakStarted { pause }])
            }
            PictureText::Title
            | PictureText::Spec
            | PictureText::Coupon
            | PictureText::Gift
            | PictureText::Origin => {
                let was = self.product_on_air().ok_or(Refusal::TextNotShown)?;
                let product = retold(was.clone(), text, lang, &words);
                self.decide_put_product(product, Some(was))
            }
        }
    }
}

/// The product with one of its texts changed.
fn retold(mut product: Product, text: PictureText, lang: CardLang, words: &str) -> Product {
    match text {
        PictureText::Title if *product.card_title(lang) == product.short_title => {
            product.short_title.set(lang, words);
        }
        PictureText::Title => product.title.set(lang, words),
        PictureText::Spec => product.spec.set(lang, words),
        PictureText::Gift => product.offer.gift.set(lang, words),
        PictureText::Coupon => {
            if let Some(coupon) = &mut product.offer.coupon {
                coupon.text.set(lang, words);
            }
            // One that says nothing and takes nothing off is none.
            let says =
                |coupon: &crate::Coupon| coupon.off.is_some() || coupon.text != Text::default();
            product.offer.coupon = product.offer.coupon.filter(says);
        }
        PictureText::Origin => {
            if let Some(origin) = &mut product.origin {
                origin.place.set(lang, words);
            }
        }
        _ => {}
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Command, Coupon, Currency, Money, Offer, ProductId, decide};

    fn set(
        show: &mut Show,
        text: PictureText,
        lang: CardLang,
        words: &str,
    ) -> Result<usize, Refusal> {
        let command = Command::SetPictureText {
            text,
            lang,
            words: words.to_owned(),
        };
        let events = decide(show, command, At(5))?;
        show.apply_all(&events);
        Ok(events.len())
    }

    /// Apples on air with a coupon and a gift.
    fn selling() -> Show {
        let mut show = Show::new("orchard");
        let price = Money {
            minor: 2990,
            currency: Currency("CNY".into()),
        };
        let mut offer = Offer::at(price);
        offer.coupon = Some(Coupon {
            text: text("关注领取", ""),
            off: None,
        });
        offer.gift = text("削皮刀", "a peeler");
        let id = ProductId::from("apple");
        let mut apples = Product::new(id.clone(), text("烟台红富士", "Fuji apples"), offer);
        apples.short_title = text("红富士", "");
        for command in [
            Command::ImportProducts {
                products: vec![apples],
            },
            Command::PutOnAir { product: id },
        ] {
            let events = decide(&show, command, At(0)).unwrap();
            show.apply_all(&events);
        }
        show
    }

    fn text(zh: &str, en: &str) -> Text {
        Text {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }

    #[test]
    fn the_title_that_is_shown_is_the_one_that_is_changed() {
        let mut show = selling();
        assert_eq!(
            set(
                &mut show,
                PictureText::Title,
                CardLang::Zh,
                " 脆甜红富士\u{202e} "
            ),
            Ok(1)
        );
        // Only the full title speaks English.
        assert_eq!(
            set(&mut show, PictureText::Title, CardLang::En, "Crisp apples"),
            Ok(1)
        );
        let product = show.product_on_air().unwrap();
        assert_eq!(product.short_title, text("脆甜红富士", ""));
        assert_eq!(product.title, text("烟台红富士", "Crisp apples"));
        assert_eq!(
            set(&mut show, PictureText::Title, CardLang::En, "Crisp apples"),
            Ok(0)
        );
        // Without a short one the full one is shown again.
        assert_eq!(set(&mut show, PictureText::Title, CardLang::Zh, ""), Ok(1));
        assert_eq!(
            show.picture_text(PictureText::Title, CardLang::Zh),
            Some("烟台红富士")
        );
        let long = set(
            &mut show,
            PictureText::Spec,
            CardLang::Zh,
            &"长".repeat(201),
        );
        assert_eq!(long.unwrap_err().code(), "text_too_long");
    }

    #[test]
    fn coupon_and_gift_are_changed_and_an_empty_coupon_is_none() {
        let mut show = selling();
        assert_eq!(
            set(&mut show, PictureText::Coupon, CardLang::Zh, "进群领取"),
            Ok(1)
        );
        assert_eq!(
            set(&mut show, PictureText::Gift, CardLang::En, "a knife"),
            Ok(1)
        );
        let offer = &show.product_on_air().unwrap().offer;
        assert_eq!(offer.coupon.as_ref().unwrap().text.zh, "进群领取");
        assert_eq!(offer.gift, text("削皮刀", "a knife"));
        assert_eq!(set(&mut show, PictureText::Coupon, CardLang::Zh, ""), Ok(1));
        assert_eq!(show.product_on_air().unwrap().offer.coupon, None);
        let gone = set(&mut show, PictureText::Coupon, CardLang::Zh, "再来");
        assert_eq!(gone.unwrap_err().code(), "text_not_shown");
    }

    #[test]
    fn the_goal_s_words_change_without_its_count_and_the_break_s_without_its_end() {
        let mut show = selling();
        for command in [
            Command::SetGoal {
                plan: Some(crate::GoalPlan {
                    title: String::new(),
                    of: crate::GoalUnit::Pieces,
                    target: 100,
                    count: crate::GoalCount::ByHand,
                }),
            },
            Command::CountGoal { done: 40 },
            Command::StartBreak {
                minutes: 5,
                words: Text::default(),
            },
        ] {
            let events = decide(&show, command, At(1)).unwrap();
            show.apply_all(&events);
        }
        let until = show.pause.as_ref().unwrap().until;
        assert_eq!(
            set(
                &mut show,
                PictureText::GoalTitle,
                CardLang::Zh,
                "今晚一百箱"
            ),
            Ok(1)
        );
        assert_eq!(
            set(&mut show, PictureText::BreakWords, CardLang::Zh, "换个果园"),
            Ok(1)
        );
        let goal = show.goal.as_ref().unwrap();
        assert_eq!((goal.done, &*goal.plan.title), (40, "今晚一百箱"));
        let pause = show.pause.as_ref().unwrap();
        assert_eq!((pause.until, &*pause.words.zh), (until, "换个果园"));
        let long = set(
            &mut show,
            PictureText::BreakWords,
            CardLang::Zh,
            &"长".repeat(25),
        );
        assert_eq!(long.unwrap_err().code(), "text_too_long");
    }

    #[test]
    fn what_stands_nowhere_cannot_be_changed() {
        let mut show = Show::new("orchard");
        for text in [
            PictureText::Title,
            PictureText::Origin,
            PictureText::Person,
            PictureText::GoalTitle,
            PictureText::BreakWords,
        ] {
            let refused = set(&mut show, text, CardLang::Zh, "字");
            assert_eq!(refused.unwrap_err().code(), "text_not_shown");
        }
        assert_eq!(
            set(&mut show, PictureText::Ticker, CardLang::En, "Picked today"),
            Ok(1)
        );
        assert_eq!(show.ticker, text("", "Picked today"));
    }
}
