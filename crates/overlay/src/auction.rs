//! What an auction says: what is sold and how, who leads for how much, and how it ended. The reserve is never among it.

use stallcast_show::{At, Auction, AuctionOutcome, Money};

use crate::{
    Lang,
    content::{Content, Words, clock},
    games::{masked, say, seconds_left},
    price::{format_money, money_parts},
    words::clean,
};

/// An auction, and when it changes by itself.
pub(crate) fn auction(auction: &Auction, now: At, lang: Lang) -> (Content, Option<At>) {
    let mut content = Content::new(lang);
    content.says("auction-title", Words::Text(clean(&auction.terms.title)));
    content.says("auction-terms", Words::Text(terms(auction, lang)));
    if let Some(result) = &auction.result {
        ended(&mut content, auction, &result.outcome, lang);
        return (content, None);
    }
    let left = seconds_left(auction.ends(), now);
    let label = match left {
        Some((left, _)) => {
            content.holding.push("open");
            content.says("game-clock", Words::Digits(clock(left)));
            say(lang, "弹幕竞拍", "Auction")
        }
        None => say(lang, "竞拍结束", "Bidding closed"),
    };
    content.says("game-label", Words::Text(label));
    let price = auction.price();
    let label = match &price {
        Some(_) => say(lang, "当前最高价", "Highest bid"),
        None => say(lang, "起拍价", "Starting at"),
    };
    show_price(
        &mut content,
        label,
        price.as_ref().unwrap_or(&auction.terms.start),
        lang,
    );
    let bidder = match auction.lead() {
        Some(bid) => say(lang, "{who} 领先", "{who} leads").replace("{who}", &name_of(&bid.who)),
        None => say(lang, "等您出价", "No bid yet"),
    };
    content.says("bidder", Words::Text(bidder));
    if left.is_some() {
        let how = say(
            lang,
            "弹幕发价格出价，{p} 起",
            "Write your price in the chat: {p} or more",
        );
        let how = how.replace("{p}", &format_money(&auction.least(), lang));
        content.says("auction-how", Words::Text(how));
    }
    (content, left.map(|(_, next)| next))
}

/// What was promised, in one sentence.
fn terms(auction: &Auction, lang: Lang) -> String {
    let terms = &auction.terms;
    let price = |money: &Money| format_money(money, lang);
    let mut said = vec![
        say(lang, "{p} 起拍", "From {p}").replace("{p}", &price(&terms.start)),
        say(lang, "每次至少加 {p}", "raise by {p} or more").replace("{p}", &price(&terms.step)),
    ];
    if let Some(now) = &terms.buy_now {
        said.push(say(lang, "{p} 一口价", "{p} buys it now").replace("{p}", &price(now)));
    }
    match auction.reserve_met() {
        Some(true) => said.push(say(lang, "已达保留价", "reserve met")),
        Some(false) => said.push(say(lang, "有保留价，未达不成交", "reserve not met yet")),
        None => {}
    }
    if terms.soft_s > 0 {
        let late = say(
            lang,
            "最后 {n} 秒有人加价则延长 {n} 秒",
            "a bid in the last {n} s adds {n} s",
        );
        said.push(late.replace("{n}", &terms.soft_s.to_string()));
    }
    said.join(" · ")
}

fn ended(content: &mut Content, auction: &Auction, outcome: &AuctionOutcome, lang: Lang) {
    let (label, how) = match outcome {
        AuctionOutcome::Sold { to, price } => {
            content.holding.push("sold");
            show_price(content, say(lang, "成交价", "Sold for"), price, lang);
            let who = say(lang, "恭喜 {who}", "Sold to {who}").replace("{who}", &name_of(to));
            content.says("bidder", Words::Text(who));
            let how = say(lang, "{p} 人出价 {n} 次", "{n} bids from {p} people");
            let counted = auction.ladder().count().to_string();
            let how = how.replace("{n}", &counted);
            let how = how.replace("{p}", &auction.bidders().to_string());
            (say(lang, "成交", "Sold"), how)
        }
        AuctionOutcome::ReserveNotMet { highest } => {
            show_price(content, say(lang, "最高出价", "Highest bid"), highest, lang);
            let how = say(
                lang,
                "未达到保留价，本次不成交",
                "The reserve was not met: not sold",
            );
            (say(lang, "流拍", "Not sold"), how)
        }
        AuctionOutcome::NoBids => {
            let start = &auction.terms.start;
            show_price(content, say(lang, "起拍价", "Starting at"), start, lang);
            let how = say(lang, "无人出价", "Nobody bid");
            (say(lang, "流拍", "Not sold"), how)
        }
        AuctionOutcome::Cancelled { reason } => {
            let called_off = say(lang, "本次竞拍已取消", "This auction was called off");
            content.says("bidder", Words::Text(called_off));
            (say(lang, "已取消", "Called off"), clean(reason))
        }
    };
    content.says("game-label", Words::Text(label));
    content.says("auction-how", Words::Text(how));
}

fn show_price(content: &mut Content, label: String, price: &Money, lang: Lang) {
    content.says("bid-label", Words::Text(label));
    content.says("bid-price", Words::Price(money_parts(price, lang)));
}

fn name_of(who: &str) -> String {
    let name = who.split_once('\t').map_or(who, |(_, name)| name);
    masked(&clean(name))
}
