//! Own cases: what is held, and above all what is not.

use super::{Flow, Level, Levels, Moderator, Why};

#[test]
fn what_is_held_has_its_reason() {
    let moderator = Moderator::default();
    for (why, lines) in [
        (
            Why::Contact,
            &[
                "加我微信 abc_1234",
                "薇\u{200b}信 tian88tian",
                "一三八零零一三八零零零",
                "１３８ 0013 8000",
                "w x : shop7788",
                "mail me at someone at gmail dot com",
                "www.invented-shop.top",
                "whatsapp +44 7700 900123",
            ][..],
        ),
        (
            Why::Abuse,
            &["你个傻 逼", "主播去死吧", "f*ck you", "you are an id1ot"],
        ),
        (
            Why::Ad,
            &["诚招代理 有意私聊", "check out my store for cheaper ones"],
        ),
        (
            Why::Lure,
            &[
                "点击领取现金红包",
                "congrats you have won, claim your prize",
            ],
        ),
        (
            Why::Flood,
            &[
                "买它买它买它买它买它买它买它买它买它",
                "go go go go go go go go go go go",
            ],
        ),
    ] {
        for line in lines {
            let verdict = moderator.judge(line);
            assert!(verdict.hold, "{line}");
            // A line may have two reasons; an invitation in an advertisement is a way to get in touch.
            let fits = verdict.why == Some(why) || verdict.why == Some(Why::Contact);
            assert!(fits, "{line} {verdict:?}");
        }
    }
}

#[test]
fn bad_reviews_numbers_and_jokes_pass() {
    let moderator = Moderator::default();
    for line in [
        "质量太差了 用两天就坏",
        "垃圾质量 再也不买了",
        "上次买的苹果烂了一半 客服也不理人",
        "坏了不赔 差评",
        "this is garbage, want my money back",
        "your sizing is pathetic",
        "worst cream ever it broke my skin out",
        "我真是个傻子 买错尺码了",
        "im such an idiot i bought two",
        "3号链接还有吗",
        "货号 13800138000 有吗",
        "SF1380013800012 到哪了",
        "订单号 20260311138001380001",
        "微信支付可以吗",
        "can i pay with paypal",
        "主播垃圾袋多少钱一卷",
        "滚筒洗衣机能洗吗",
        "生日你们送什么",
        "nude shade please",
        "哈哈哈哈哈哈哈哈哈哈哈哈",
        "666666666666",
        "amazon.com卖得更便宜",
        "怎么领券",
        "什么时候抽奖",
        "3.5kg or 5.0kg",
        "优惠券哪里免费领",
        "shut up and take my money",
        "is it a gift for your mom",
        "dumb question but do you ship to peru",
    ] {
        let verdict = moderator.judge(line);
        assert!(!verdict.hold, "{line} {verdict:?}");
    }
}

#[test]
fn levels_and_own_words_decide() {
    let contact = "加我微信 abc_1234";
    let off = Levels {
        contact: Level::Off,
        ..Levels::default()
    };
    assert!(!Moderator::new(off, &[], &[]).judge(contact).hold);
    let strict = Levels {
        abuse: Level::Strict,
        ..Levels::default()
    };
    assert!(!Moderator::default().judge("骗子").hold);
    assert!(Moderator::new(strict, &[], &[]).judge("骗子").hold);
    let words = Moderator::new(Levels::default(), &["对家".into()], &["客服微信".into()]);
    assert_eq!(words.judge("对 家").why, None);
    assert_eq!(words.judge("去對家看看").why, Some(Why::OwnWord));
    assert!(!words.judge("客服微信 shop_7788").hold);
}

#[test]
fn what_comes_again_is_counted_and_forgotten() {
    let mut flow = Flow::new(60_000);
    assert_eq!(flow.count("a", "多少钱", 0).times, 1);
    assert_eq!(flow.count("b", "多少钱！！", 10).times, 2);
    let third = flow.count("a", "多少\u{200b}錢？", 20);
    assert_eq!((third.times, third.by_author), (3, 2));
    assert_eq!(flow.count("c", "好看", 30).times, 1);
    assert_eq!(flow.count("d", "多少钱", 200_000).times, 1);
    assert_eq!(flow.len(), 1);
}
