//! Commands of selling: vetting, offers and bundles, orders, goals and names, games by chat.

use std::collections::BTreeMap;

use proptest::prelude::*;
use stallcast_show::{
    At, AuctionTerms, Bundle, BundlePart, ChatLine, Command, Corner, CorrectionKind, Counting,
    Currency, GoalCount, GoalPlan, GoalUnit, INVENTED, Logo, LotteryTerms, LowerThird, Money,
    NewsLine, NewsOfOrder, OrderNews, OrderState, PollOption, Product, RefundLine, Shop, Text,
    TickerLook, VetItem, VettingAsked, VettingRule,
};

use super::{id, money, product_id, short, text};
use crate::sample;

fn moment() -> impl Strategy<Value = At> {
    (0..160_000i64).prop_map(At)
}

fn yuan(whole: i64) -> Money {
    Money::new(whole * 100, Currency("CNY".into()))
}

/// Offers that begin and end, and bundles with other products, some of which are not there.
fn offered() -> impl Strategy<Value = Product> {
    let with = proptest::collection::vec((product_id(), 0..3u32), 0..3);
    let bundle = (0..4u32, money(), with).prop_map(|(units, price, with)| Bundle {
        units,
        price,
        with: with
            .into_iter()
            .map(|(product, units)| BundlePart { product, units })
            .collect(),
    });
    let times = (
        proptest::option::of(moment()),
        proptest::option::of(moment()),
    );
    (product_id(), 1..60i64, times, proptest::option::of(bundle)).prop_map(
        |(id, price, (starts, ends), bundle)| {
            let mut product = sample::product(id, price * 100);
            product.offer.quantity = Some(9);
            (product.offer.starts, product.offer.ends) = (starts, ends);
            product.offer.bundle = bundle;
            product
        },
    )
}

fn vet_item() -> impl Strategy<Value = VetItem> {
    let usual = proptest::sample::select(VetItem::USUAL.to_vec());
    prop_oneof![4 => usual, 1 => short().prop_map(VetItem::Own)]
}

/// What keeps goods from viewers, and what lets them through.
pub fn honest() -> impl Strategy<Value = Command> {
    let by = String::new;
    let asked = prop_oneof![Just(VettingAsked::Live), Just(VettingAsked::Never)];
    let own = proptest::collection::vec(short(), 0..3);
    let kind = prop_oneof![Just(CorrectionKind::Price), Just(CorrectionKind::Claim)];
    prop_oneof![
        3 => (offered(), any::<bool>()).prop_map(|(product, changed)| Command::PutProduct {
            was: changed.then(|| Box::new(product.clone())),
            product: Box::new(product),
        }),
        3 => (product_id(), vet_item(), any::<bool>()).prop_map(move |(product, item, done)| {
            Command::SetVetted { product, item, done, by: by() }
        }),
        1 => proptest::option::of(proptest::collection::vec(product_id(), 0..3))
            .prop_map(move |products| Command::VetProducts { products, by: by() }),
        1 => (asked, own).prop_map(|(asked, own)| Command::SetVetting {
            rule: VettingRule { asked, own },
        }),
        1 => (product_id(), short())
            .prop_map(move |(product, reason)| Command::OverrideVetting { product, reason, by: by() }),
        1 => (product_id(), id("r"), short(), short()).prop_map(|(product, rule, found, reason)| {
            Command::OverrideRule { product, rule, found, reason }
        }),
        1 => (product_id(), kind, text()).prop_map(|(product, kind, text)| Command::ShowCorrection {
            product,
            kind,
            text,
        }),
        1 => Just(Command::EndCorrection),
    ]
}

fn order() -> impl Strategy<Value = OrderNews> {
    let state = proptest::sample::select(vec![
        OrderState::Open,
        OrderState::Paid,
        OrderState::Refunded,
        OrderState::Cancelled,
        OrderState::CancelledPaid,
    ]);
    let line = (0..3u8, product_id(), 0..4u32).prop_map(|(line, product, units)| NewsLine {
        line: line.to_string(),
        names: vec![product.to_string()],
        titles: vec!["水蜜桃".into()],
        units,
        amount: (line > 0).then_some(i64::from(units) * 990),
    });
    let said = (
        moment(),
        state,
        moment(),
        proptest::collection::vec(line, 0..3),
    );
    let said = said.prop_map(|(updated, state, placed, lines)| NewsOfOrder {
        updated,
        state,
        placed,
        lines,
        currency: Some(Currency("CNY".to_owned())),
    });
    let back = (0..3u8, 0..4u32).prop_map(|(line, units)| RefundLine {
        line: line.to_string(),
        units,
        restocked: units.is_multiple_of(2),
    });
    let refunds =
        proptest::collection::btree_map(id("b"), proptest::collection::vec(back, 0..2), 0..2);
    let shop = prop_oneof![Just(Shop::Shopify), Just(Shop::Woocommerce)];
    (shop, id("o"), proptest::option::of(said), refunds).prop_map(|(shop, order, said, refunds)| {
        OrderNews {
            shop,
            order,
            said,
            refunds,
        }
    })
}

/// What shops and lists tell, and bundles counted by hand.
pub fn orders() -> impl Strategy<Value = Command> {
    let counts = proptest::collection::btree_map(product_id(), 0..9u32, 0..3);
    prop_oneof![
        4 => order().prop_map(|news| Command::NoteOrder { news }),
        1 => counts.prop_map(|counts: BTreeMap<_, _>| Command::CountStock { counts }),
        2 => (product_id(), -3..3i32).prop_map(|(product, by)| Command::AdjustBundles { product, by }),
    ]
}

/// What stands on the picture beside a card.
pub fn words() -> impl Strategy<Value = Command> {
    let of = prop_oneof![
        Just(GoalUnit::Orders),
        Just(GoalUnit::Pieces),
        Just(GoalUnit::Money {
            currency: Currency("CNY".into())
        }),
    ];
    let counted = prop_oneof![Just(GoalCount::Stock), Just(GoalCount::ByHand)];
    let plan = (short(), of, 0..20u64, counted).prop_map(|(title, of, target, count)| GoalPlan {
        title,
        of,
        target,
        count,
    });
    let third =
        (id("l"), short(), short()).prop_map(|(id, name, role)| LowerThird { id, name, role });
    let logo = (0..250u32, 0..110u32, any::<bool>()).prop_map(|(size, opacity, shown)| Logo {
        file: "mark.png".into(),
        corner: Corner::TopRight,
        size,
        opacity,
        shown,
    });
    prop_oneof![
        3 => proptest::option::of(plan).prop_map(|plan| Command::SetGoal { plan }),
        1 => any::<bool>().prop_map(|on| Command::ShowGoal { on }),
        1 => (0..20u64).prop_map(|done| Command::CountGoal { done }),
        2 => third.prop_map(|lower_third| Command::PutLowerThird { lower_third }),
        1 => id("l").prop_map(|id| Command::RemoveLowerThird { id }),
        2 => (id("n"), short()).prop_map(|(id, text)| Command::SendNote { id, text, by: String::new() }),
        1 => id("n").prop_map(|id| Command::TickNote { id }),
        1 => proptest::option::of(id("l")).prop_map(|id| Command::ShowLowerThird { id }),
        1 => proptest::option::of(logo).prop_map(|logo| Command::SetLogo { logo }),
        1 => (any::<bool>(), 0..40u32).prop_map(|(hidden, page_s)| Command::SetTickerLook {
            look: TickerLook { hidden, page_s },
        }),
        1 => (0..130u32, text()).prop_map(|(minutes, words): (u32, Text)| Command::StartBreak { minutes, words }),
        1 => Just(Command::EndBreak),
    ]
}

fn auction_terms() -> impl Strategy<Value = AuctionTerms> {
    let price = || proptest::option::weighted(0.4, (0..40i64).prop_map(yuan));
    (
        proptest::option::weighted(0.3, product_id()),
        0..20i64,
        0..4i64,
        (price(), price()),
        9..40u32,
        0..20u32,
    )
        .prop_map(
            |(product, start, step, (reserve, buy_now), seconds, soft_s)| AuctionTerms {
                product,
                title: "茶饼".into(),
                start: yuan(start),
                step: yuan(step),
                reserve,
                buy_now,
                seconds,
                soft_s,
            },
        )
}

/// A line that plays: an answer, the word of a draw, a price.
fn played() -> impl Strategy<Value = ChatLine> {
    let said = prop_oneof![
        2 => Just("1".to_owned()),
        1 => Just("2".to_owned()),
        2 => Just("抽奖".to_owned()),
        5 => (1..60i64).prop_map(|price| format!("出价{price}")),
    ];
    let platform = prop_oneof![4 => Just("web"), 1 => Just(INVENTED)];
    (platform, "[abc]", said, moment()).prop_map(|(platform, author, text, at)| ChatLine {
        id: format!("{platform}:{author}{}", at.0).as_str().into(),
        platform: platform.into(),
        author,
        text,
        at,
        question: false,
    })
}

/// Polls, draws and auctions, their steps in any order.
pub fn games() -> impl Strategy<Value = Command> {
    let hash = || "ab".repeat(32);
    let counting = prop_oneof![Just(Counting::First), Just(Counting::Last)];
    let answer = |label: &str, word: &str| PollOption {
        label: label.into(),
        keywords: vec![word.into()],
    };
    let winners = proptest::collection::vec("web\t[abc]", 0..3);
    let lottery = (9..40u32, 0..3u32).prop_map(|(seconds, winners)| LotteryTerms {
        prize: "一箱".into(),
        value: yuan(20),
        winners,
        keyword: "抽奖".into(),
        seconds,
        reason: String::new(),
    });
    prop_oneof![
        2 => (counting, 9..40u32).prop_map(move |(counting, seconds)| Command::StartPoll {
            question: "哪个".into(),
            options: vec![answer("红富士", "1"), answer("酥梨", "2")],
            counting,
            seconds,
        }),
        1 => Just(Command::ClosePoll),
        2 => Just(Command::ClearPoll),
        2 => lottery.prop_map(move |terms| Command::BeginLottery { terms, commitment: hash() }),
        1 => Just(Command::CloseLottery { entrants_hash: hash() }),
        1 => winners.prop_map(move |winners| Command::NoteDraw { seed: hash(), winners }),
        2 => prop_oneof![Just(String::new()), short()]
            .prop_map(|reason| Command::ClearLottery { reason }),
        6 => auction_terms().prop_map(|terms| Command::StartAuction { terms }),
        2 => (short(), 0..60i64).prop_map(|(name, price)| Command::PlaceBid {
            name,
            price: yuan(price),
        }),
        3 => (0..9u32, any::<bool>(), short()).prop_map(|(number, everything, reason)| {
            Command::StrikeBid { number, everything, reason }
        }),
        1 => Just(Command::CloseAuction),
        1 => short().prop_map(|reason| Command::CancelAuction { reason }),
        1 => Just(Command::ClearAuction),
        9 => proptest::collection::vec(played(), 1..6).prop_map(|lines| Command::NoteChat { lines }),
    ]
}
