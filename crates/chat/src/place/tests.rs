//! Own cases: places that lines name, and facts that say something of them or do not.

use super::Place;
use crate::fold::fold;
use crate::topic::list;

fn identity(line: &str) -> Option<String> {
    Place::named(&fold(line)).map(|place| place.identity().to_owned())
}

#[test]
fn the_topics_know_no_place_that_is_not_here() {
    for name in list("place").chain(list("enplace")) {
        // A box is not where somebody lives, and "us" alone may be "we".
        if matches!(name, "po box" | "us") {
            continue;
        }
        assert!(
            Place::named(&fold(name.trim_end_matches('*'))).is_some(),
            "{name}"
        );
    }
}

#[test]
fn a_city_is_its_province_and_every_country_is_its_own() {
    for (line, place) in [
        ("乌鲁木齐发货吗", Some("remote areas")),
        ("能寄西藏嗎", Some("remote areas")),
        ("内蒙古包邮吗", Some("remote areas")),
        ("深圳包邮不", Some("guangdong")),
        ("香港能寄吗", Some("hong kong")),
        ("do you ship to Canada", Some("canada")),
        ("shipping to the US?", Some("usa")),
        ("im in germany can i order", Some("germany")),
        ("do you ship abroad", Some("abroad")),
        ("印尼能寄吗", Some("indonesia")),
        ("do you deliver to quito", Some("quito")),
        ("能发到凉山吗", Some("凉山")),
        ("能送到家门口吗", None),
        ("can you ship to my door", None),
        ("包邮吗", None),
        ("发货到哪了", None),
    ] {
        assert_eq!(identity(line).as_deref(), place, "{line}");
    }
}

#[test]
fn a_fact_tells_of_a_place_when_it_names_it_or_all_there_are() {
    for (line, fact, told) in [
        (
            "do you ship to canada",
            "Packed tonight, sent tomorrow morning; ¥6 more to remote areas",
            false,
        ),
        ("新疆发吗", "今晚打包，明早发；偏远地区加6元", true),
        ("拉萨能到吗", "新疆西藏加10元", true),
        ("青海能发吗", "新疆西藏加10元", false),
        ("青海能发吗", "全国包邮", true),
        ("青海能发吗", "全国包邮，新疆除外", false),
        ("北京能发吗", "全国包邮，新疆除外", true),
        ("北京能发吗", "48小时内发货", false),
        ("广州包邮吗", "包邮，中通", true),
        ("加拿大能寄吗", "全国包邮", false),
        ("加拿大能寄吗", "海外直邮15元", true),
        ("香港能发吗", "全国包邮，港澳台不发", true),
        ("台湾能发吗", "全国包邮", false),
        ("偏远地区发吗", "新疆、西藏可发", true),
        ("do you ship to france", "We ship worldwide for 9 EUR", true),
        ("do you ship to france", "Free shipping in China", false),
        ("do you ship to japan", "To Japan and Korea, 5 days", true),
        ("do you deliver to quito", "Quito and Lima only", true),
        ("do you deliver to quito", "Free delivery over 50", false),
        ("能发到凉山吗", "全国包邮", true),
        ("能发到凉山吗", "偏远地区不发", false),
    ] {
        let place = Place::named(&fold(line)).unwrap();
        assert_eq!(place.is_told_in(fact), told, "{line} / {fact}");
    }
}
