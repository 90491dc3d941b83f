//! Many products at once: what a long list puts on the rundown, and how one wish takes it back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use stallcast_show::{
    At, Catalogue, Command, Former, LISTED_BY_IMPORT, Product, ProductId, RUNDOWN_MOST,
    RundownItem, Show, decide,
};

fn product(id: &str) -> Product {
    let mut product = sample::product(id.into(), 990);
    product.title.zh = id.to_owned();
    product
}

fn list(prefix: &str, count: usize) -> Command {
    let products = (0..count).map(|n| product(&format!("{prefix}{n:05}")));
    Command::ImportProducts {
        products: products.collect(),
    }
}

fn run(show: &mut Show, command: Command) {
    let events = decide(show, command, At(0)).unwrap();
    show.apply_all(&events);
}

fn order(show: &Show) -> Vec<&str> {
    show.rundown.iter().map(|i| i.product.as_str()).collect()
}

/// Carries out a change that is kept, to be taken back.
fn kept(show: &mut Show, command: Command) -> Command {
    let former = Former::before(show, &command).unwrap();
    run(show, command);
    Command::TakeBackProducts { former }
}

#[test]
fn a_long_list_fills_an_empty_rundown_with_its_beginning_and_leaves_a_made_one_alone() {
    let mut show = Show::default();
    run(&mut show, list("a", LISTED_BY_IMPORT));
    assert_eq!(show.rundown.len(), LISTED_BY_IMPORT, "not long");

    let mut show = Show::default();
    run(&mut show, list("a", Catalogue::MOST));
    assert_eq!(show.products.len(), 50_000);
    assert_eq!(show.rundown.len(), LISTED_BY_IMPORT);
    assert_eq!(order(&show)[1], "a00001");

    let mut show = Show::default();
    run(&mut show, list("mine", 3));
    run(&mut show, list("a", LISTED_BY_IMPORT + 1));
    assert_eq!(order(&show), ["mine00000", "mine00001", "mine00002"]);
    // What changes known products and brings few new ones is no long list.
    run(&mut show, list("a", LISTED_BY_IMPORT + 2));
    assert_eq!(show.rundown.len(), 4);
}

#[test]
fn a_rundown_that_is_full_grows_no_more_and_what_comes_stands_beside_it() {
    let mut show = Show::default();
    run(&mut show, list("a", RUNDOWN_MOST + 1));
    let all = decide(&show, Command::AddToRundown { products: None }, At(0));
    assert_eq!(all.unwrap_err().code(), "too_many");
    let ids: Vec<ProductId> = show.products.keys().take(RUNDOWN_MOST).cloned().collect();
    let products = Some(ids);
    run(&mut show, Command::AddToRundown { products });
    assert_eq!(show.rundown.len(), RUNDOWN_MOST);
    let typed = Command::PutProduct {
        product: Box::new(product("typed")),
        was: None,
    };
    run(&mut show, typed);
    run(&mut show, list("b", 2));
    assert_eq!(
        (show.rundown.len(), show.products.len()),
        (RUNDOWN_MOST, RUNDOWN_MOST + 4)
    );
    // One of an earlier version may be longer: it can be put in another order, and becomes no longer.
    show.rundown.push(RundownItem::open("typed".into()));
    let mut items = show.rundown.clone();
    items.reverse();
    run(
        &mut show,
        Command::SetRundown {
            items: items.clone(),
        },
    );
    items.push(RundownItem::open("b00000".into()));
    let more = decide(&show, Command::SetRundown { items }, At(0));
    assert_eq!(more.unwrap_err().code(), "too_many");
}

#[test]
fn what_stands_beside_the_rundown_is_put_on_it_by_choice_or_whole() {
    let mut show = Show::default();
    run(&mut show, list("a", LISTED_BY_IMPORT + 3));
    let chosen = ["a00102", "a00000", "a00102"].map(ProductId::from);
    let products = Some(chosen.to_vec());
    run(&mut show, Command::AddToRundown { products });
    assert_eq!(show.rundown.len(), LISTED_BY_IMPORT + 1, "each once");
    assert_eq!(order(&show).last(), Some(&"a00102"));
    run(&mut show, Command::AddToRundown { products: None });
    assert_eq!(show.rundown.len(), LISTED_BY_IMPORT + 3);
    let again = decide(&show, Command::AddToRundown { products: None }, At(0));
    assert_eq!(again, Ok(vec![]));
    let products = Some(vec!["nobody".into()]);
    let unknown = decide(&show, Command::AddToRundown { products }, At(0));
    assert_eq!(unknown.unwrap_err().code(), "unknown_product");
}

#[test]
fn an_import_is_taken_back_but_not_what_was_done_since() {
    let mut show = Show::default();
    run(&mut show, list("mine", 2));
    let mut dearer = product("mine00001");
    dearer.offer.live_price.minor = 1990;
    let products = vec![dearer, product("x1"), product("x2")];
    let import = Command::ImportProducts { products };
    let undo = kept(&mut show, import.clone());
    assert_eq!(Former::before(&show, &import), None, "once more");
    let put = |id: &str| Command::PutOnAir { product: id.into() };
    run(&mut show, put("x2"));
    let mut items = show.rundown.clone();
    items.reverse();
    run(&mut show, Command::SetRundown { items });

    run(&mut show, undo);
    assert_eq!(
        show.products[&"mine00001".into()].offer.live_price.minor,
        990
    );
    assert_eq!(
        order(&show),
        ["x2", "mine00001", "mine00000"],
        "on air stays"
    );
}

#[test]
fn a_removal_is_taken_back_with_places_times_and_stock() {
    let mut show = Show::default();
    run(&mut show, list("a", 4));
    let items: Vec<RundownItem> = (0..4)
        .map(|n| RundownItem {
            planned_s: 60 * (n + 1),
            ..RundownItem::open(ProductId(format!("a{n:05}")))
        })
        .collect();
    run(&mut show, Command::SetRundown { items });
    for (id, left) in [("a00001", Some(7)), ("a00002", None)] {
        let product = id.into();
        run(&mut show, Command::SetStock { product, left });
    }
    let was = show.clone();
    let remove = ["a00001", "a00002"].map(ProductId::from).to_vec();
    let undo = kept(&mut show, Command::RemoveProducts { products: remove });
    assert_eq!(order(&show), ["a00000", "a00003"]);
    let (mut untouched, mut changed) = (show.clone(), show);
    run(&mut untouched, undo.clone());
    assert_eq!(untouched, was);

    let items = changed.rundown.iter().rev().cloned().collect();
    run(&mut changed, Command::SetRundown { items });
    run(&mut changed, undo);
    assert_eq!(order(&changed), ["a00003", "a00000", "a00001", "a00002"]);
    assert_eq!(changed.rundown[2].planned_s, 120);
    assert_eq!(changed.stock, [("a00001".into(), 7)].into());
}

#[test]
fn one_product_on_air_keeps_all_that_were_to_go_with_it() {
    let mut show = Show::default();
    run(&mut show, list("a", 2));
    let product = "a00001".into();
    run(&mut show, Command::PutOnAir { product });
    let remove = |ids: &[&str]| Command::RemoveProducts {
        products: ids.iter().map(|id| (*id).into()).collect(),
    };
    let refused = |ids: &[&str]| decide(&show, remove(ids), At(0)).unwrap_err().code();
    assert_eq!(refused(&["a00000", "a00001"]), "product_on_air");
    assert_eq!(refused(&["a00000", "a00000"]), "duplicate_product");
    assert_eq!(refused(&["b"]), "unknown_product");
    assert_eq!(refused(&[]), "nothing_to_do");
}
