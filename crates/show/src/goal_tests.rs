use super::*;
use crate::{
    Command, NewsLine, NewsOfOrder, Offer, OrderNews, OrderState, Phase, PriceStep, Product, Shop,
    Text, decide,
};

fn yuan(minor: i64) -> Money {
    Money::new(minor, Currency("CNY".into()))
}

fn stall() -> Show {
    let mut show = Show::new("orchard");
    let title = Text {
        zh: "苹果".into(),
        en: String::new(),
    };
    let mut offer = Offer::at(yuan(2_990));
    offer.quantity = Some(100);
    offer.steps = vec![PriceStep {
        after_s: 60,
        price: yuan(1_990),
    }];
    let products = vec![Product::new("apple".into(), title, offer)];
    run(&mut show, Command::ImportProducts { products }, 0).unwrap();
    run(
        &mut show,
        Command::PutOnAir {
            product: "apple".into(),
        },
        0,
    )
    .unwrap();
    show
}

fn run(show: &mut Show, command: Command, at: i64) -> Result<(), &'static str> {
    let events = decide(show, command, At(at)).map_err(|refusal| refusal.code())?;
    show.apply_all(&events);
    Ok(())
}

fn plan(of: GoalUnit, count: GoalCount, target: u64) -> Command {
    let plan = GoalPlan {
        title: String::new(),
        of,
        target,
        count,
    };
    Command::SetGoal { plan: Some(plan) }
}

fn money() -> GoalUnit {
    GoalUnit::Money {
        currency: Currency("CNY".into()),
    }
}

fn adjust(by: i32) -> Command {
    Command::AdjustStock {
        product: "apple".into(),
        by,
    }
}

fn done(show: &Show) -> u64 {
    show.goal.as_ref().unwrap().done
}

#[test]
fn stock_that_goes_down_moves_the_bar_and_what_comes_back_is_taken_off() {
    let mut show = stall();
    run(&mut show, plan(GoalUnit::Pieces, GoalCount::Stock, 40), 0).unwrap();
    run(&mut show, adjust(-3), 1).unwrap();
    assert_eq!((done(&show), show.goal.as_ref().unwrap().share()), (3, 75));
    run(&mut show, adjust(1), 2).unwrap();
    assert_eq!(done(&show), 2, "a press too much");
    run(&mut show, adjust(50), 3).unwrap();
    assert_eq!(done(&show), 2, "new stock undoes no sale");
    let set = Command::SetStock {
        product: "apple".into(),
        left: Some(100),
    };
    run(&mut show, set, 4).unwrap();
    assert_eq!(done(&show), 50, "148 were left");
    assert_eq!(
        run(&mut show, Command::CountGoal { done: 9 }, 5),
        Err("no_goal")
    );
}

#[test]
fn what_a_shop_sells_moves_the_bar_and_a_cancelled_order_takes_it_back() {
    let mut show = stall();
    run(&mut show, plan(GoalUnit::Pieces, GoalCount::Stock, 40), 0).unwrap();
    let order = |updated: i64, state: OrderState| Command::NoteOrder {
        news: OrderNews {
            shop: Shop::Shopify,
            order: "1".into(),
            said: Some(NewsOfOrder {
                updated: At(updated),
                state,
                placed: At(1),
                lines: vec![NewsLine {
                    line: "1".into(),
                    names: vec!["apple".into()],
                    titles: vec![],
                    units: 4,
                    amount: None,
                }],
                currency: None,
            }),
            refunds: BTreeMap::new(),
        },
    };
    run(&mut show, order(1, OrderState::Paid), 1).unwrap();
    assert_eq!(done(&show), 4);
    run(&mut show, order(1, OrderState::Paid), 2).unwrap();
    assert_eq!(done(&show), 4, "told twice");
    run(&mut show, order(3, OrderState::CancelledPaid), 3).unwrap();
    assert_eq!(done(&show), 0);
}

#[test]
fn money_is_counted_at_the_price_of_the_moment() {
    let mut show = stall();
    run(&mut show, plan(money(), GoalCount::Stock, 100_000), 0).unwrap();
    run(&mut show, adjust(-2), 10_000).unwrap();
    run(&mut show, adjust(-1), 61_000).unwrap();
    assert_eq!(done(&show), 2 * 2_990 + 1_990);
    run(&mut show, adjust(3), 62_000).unwrap();
    assert_eq!(done(&show), 0, "all of it came back");
}

#[test]
fn orders_are_counted_by_hand_and_the_goal_begins_anew_with_a_show() {
    let mut show = stall();
    let orders = |count| plan(GoalUnit::Orders, count, 200);
    assert_eq!(
        run(&mut show, orders(GoalCount::Stock), 0),
        Err("orders_unknown")
    );
    let on = Command::ShowGoal { on: true };
    assert_eq!(run(&mut show, on.clone(), 0), Err("no_goal"));
    run(&mut show, orders(GoalCount::ByHand), 0).unwrap();
    run(&mut show, on, 0).unwrap();
    run(&mut show, Command::CountGoal { done: 50 }, 0).unwrap();
    run(&mut show, adjust(-3), 1).unwrap();
    assert_eq!(
        show.goal.as_ref().unwrap().share(),
        250,
        "stock is no order"
    );
    assert_eq!(run(&mut show, orders(GoalCount::ByHand), 2), Ok(()));
    assert_eq!(done(&show), 50, "the same plan again restarts nothing");
    let phase = Phase::Live { since: At(3) };
    show.apply(&Event::PhaseChanged { phase });
    assert_eq!((done(&show), show.goal.as_ref().unwrap().shown), (0, true));
    assert_eq!(
        run(&mut show, plan(money(), GoalCount::Stock, 0), 4),
        Err("out_of_range")
    );
}
