//! Exports of shops.

use stallcast_journal::catalogue::{
    Field, Format, ImportError, ImportOptions, ImportReport, ProblemCode, Zone, import,
};

use super::{ids, minor, outcomes, problems, read};

const SHOPIFY_OLD: &str = "\
Handle,Title,Body (HTML),Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Variant Image
peach-box,Peach box,\"<p>Sweet\nand fresh</p>\",Size,Small,Ripeness,Firm,PB-S,shopify,12,19.99,29.99,,https://cdn.example/1.jpg,
peach-box,,,,Large,,Soft,PB-L,shopify,-2,29.99,29.99,,https://cdn.example/2.jpg,https://cdn.example/l.jpg
peach-box,,,,,,,,,,,,,https://cdn.example/3.jpg,
plum-jam,Plum jam,,Title,Default Title,,,PJ,,0,5.00,,'036000291452,,
broken,Broken box,,Size,One,,,B-1,,1,free,,,,
broken,,,,Two,,,B-2,,1,3.00,,,,
";

#[test]
fn shopify_rows_are_grouped_by_handle_in_both_generations() {
    let new = SHOPIFY_OLD
        .replace("Handle,", "URL handle,")
        .replace("Variant SKU", "SKU")
        .replace("Variant Inventory Tracker", "Inventory tracker")
        .replace("Variant Inventory Qty", "Inventory quantity")
        .replace("Variant Price", "Price")
        .replace("Variant Compare At Price", "Compare-at price")
        .replace("Variant Barcode", "Barcode")
        .replace("Image Src", "Product image URL")
        .replace("Variant Image", "Variant image URL")
        .replace("Option1 Value", "Option1 value");
    for text in [SHOPIFY_OLD, &new] {
        let report = read(text.as_bytes());
        let expected = [
            "peach-box/PB-S",
            "peach-box/PB-L",
            "plum-jam/PJ",
            "broken/B-2",
        ];
        assert_eq!(ids(&report), expected);
        let [small, large, jam, two] = &report.products[..] else {
            panic!()
        };
        assert_eq!(small.title.en, "Peach box · Small / Firm");
        assert_eq!(
            (minor(small), small.offer.quantity),
            ((1999, Some(2999)), Some(12))
        );
        assert_eq!(large.title.en, "Peach box · Large / Soft");
        assert_eq!(
            (minor(large), large.offer.quantity),
            ((2999, None), Some(0))
        );
        assert_eq!(jam.title.en, "Plum jam");
        assert_eq!(
            (minor(jam), jam.offer.quantity),
            ((500, None), None),
            "not counted"
        );
        assert_eq!(jam.gtin.as_deref(), Some("036000291452"));
        assert_eq!(two.title.en, "Broken box · Two");
        let photos: Vec<&str> = report.photo_links.iter().map(|p| p.url.as_str()).collect();
        assert_eq!(
            photos,
            ["https://cdn.example/1.jpg", "https://cdn.example/l.jpg"]
        );
        let found = problems(&report);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].0, found[0].2, found[0].3),
            (6, ProblemCode::PriceUnreadable, "free")
        );
    }
}

/// As WooCommerce's exporter writes it, with the columns that nobody reads left out.
const WOOCOMMERCE: &str = "\
ID,Type,SKU,\"GTIN, UPC, EAN, or ISBN\",Name,Published,\"Short description\",\"In stock?\",Stock,\"Sale price\",\"Regular price\",Categories,Images,Parent,\"External URL\",\"Attribute 1 name\",\"Attribute 1 value(s)\",\"Attribute 2 value(s)\"
10,variable,TEE,,T-shirt,1,,1,,,,Clothes,\"https://shop.example/tee.jpg, https://shop.example/back.jpg\",,,Colour,\"Red, Blue\",\"S, M\"
11,variation,TEE-R,,\"T-shirt - Red, S\",1,,1,5,15.00,20.00,,https://shop.example/red.jpg,id:10,,Colour,Red,S
12,variation,,,T-shirt,1,,1,,,20.00,,,TEE,,Colour,Blue,M
13,\"simple, virtual\",JAM,4006381333931,Plum jam,1,,1,-1,,4.50,Food,,,,,,
14,grouped,SET,,A set,1,,1,,,,,,,,,,
15,external,EXT,,Elsewhere,1,,1,,,9,,,,https://other.example/x,,,
16,simple,BAD,,Bad,1,,1,,x,9,,,,,,,
";

#[test]
fn woocommerce_variations_take_from_their_product_what_they_do_not_say() {
    let report = read(WOOCOMMERCE.as_bytes());
    assert_eq!(ids(&report), ["11", "12", "13", "15"]);
    let [red, blue, jam, elsewhere] = &report.products[..] else {
        panic!()
    };
    assert_eq!(red.title.en, "T-shirt - Red, S");
    assert_eq!(
        (minor(red), red.offer.quantity),
        ((1500, Some(2000)), Some(5))
    );
    assert_eq!(blue.title.en, "T-shirt - Blue / M");
    assert_eq!(minor(blue), (2000, None));
    assert_eq!(jam.offer.quantity, Some(0), "sold more than there were");
    assert_eq!(elsewhere.link.as_deref(), Some("https://other.example/x"));
    let photos: Vec<(&str, &str)> = report
        .photo_links
        .iter()
        .map(|link| (link.product.as_str(), link.url.as_str()))
        .collect();
    let expected = [
        ("11", "https://shop.example/red.jpg"),
        ("12", "https://shop.example/tee.jpg"),
    ];
    assert_eq!(photos, expected);
    let found: Vec<(u32, ProblemCode)> = report.problems.iter().map(|p| (p.line, p.code)).collect();
    assert_eq!(found, [(8, ProblemCode::PriceUnreadable)]);
}

const GOOGLE: &str = "\
id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tsale_price\tgtin\tbrand\tshipping
A1\tPeaches & cream\tSweet\thttps://shop.example/a1\thttps://shop.example/a1.jpg\tin_stock\t29.90 USD\t19.90 USD\t4006381333931\tOrchard\tUS:::5.00 USD
B2\tPlums\tSour\thttps://shop.example/b2\thttps://shop.example/b2.jpg\tin_stock\t9.90 USD\t\t\tOrchard\t
";

const GOOGLE_XML: &str = r#"<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
<title>A shop</title><link>https://shop.example</link>
<item>
 <g:id>A1</g:id><g:title>Peaches &amp; cream</g:title><g:description>Sweet</g:description>
 <g:link>https://shop.example/a1</g:link><g:image_link>https://shop.example/a1.jpg</g:image_link>
 <g:price>29.90 USD</g:price><g:sale_price>19.90 USD</g:sale_price><g:gtin>4006381333931</g:gtin>
 <g:shipping><g:country>US</g:country><g:price>5.00 USD</g:price></g:shipping>
</item>
<item><g:id>B2</g:id><title><![CDATA[Plums]]></title><link>https://shop.example/b2</link>
 <g:image_link>https://shop.example/b2.jpg</g:image_link><g:price>9.90 USD</g:price></item>
<item><g:id>C3</g:id><title>No price</title></item>
</channel></rss>"#;

const GOOGLE_ATOM: &str = r#"<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<entry><g:id>A1</g:id><title>Peaches &#38; cream</title><link href="https://shop.example/a1"/>
<g:image_link>https://shop.example/a1.jpg</g:image_link><g:gtin>4006381333931</g:gtin>
<g:price>29.90 USD</g:price><g:sale_price>19.90 USD</g:sale_price></entry>
<entry><g:id>B2</g:id><title>Plums</title><link href="https://shop.example/b2"/>
<g:image_link>https://shop.example/b2.jpg</g:image_link><g:price>9.90 USD</g:price></entry>
</feed>"#;

#[test]
fn googles_feed_is_read_as_text_and_as_xml() {
    let text = read(GOOGLE.as_bytes());
    let [peach, plum] = &text.products[..] else {
        panic!()
    };
    assert_eq!(peach.title.en, "Peaches & cream");
    assert_eq!(
        (minor(peach), minor(plum)),
        ((1990, Some(2990)), (990, None))
    );
    assert_eq!(peach.offer.live_price.currency.0, "USD");
    assert_eq!(peach.gtin.as_deref(), Some("4006381333931"));
    assert_eq!(peach.facts, None);
    assert_eq!((text.photo_links.len(), problems(&text)), (2, vec![]));
    for xml in [GOOGLE_XML, GOOGLE_ATOM] {
        let report = read(xml.as_bytes());
        assert_eq!(report.products, text.products);
        assert_eq!(report.format, Format::Xml);
        let url = |n: usize| &report.photo_links[n].url;
        assert_eq!(
            (url(0), url(1)),
            (&text.photo_links[0].url, &text.photo_links[1].url)
        );
    }
    let found: Vec<(u32, ProblemCode)> = read(GOOGLE_XML.as_bytes())
        .problems
        .iter()
        .map(|p| (p.line, p.code))
        .collect();
    assert_eq!(found, [(12, ProblemCode::PriceMissing)]);
}

#[test]
fn a_feed_that_is_cut_off_gives_what_came_before() {
    let cut = GOOGLE_XML.find("<g:id>B2").unwrap();
    let report = read(&GOOGLE_XML.as_bytes()[..cut]);
    assert_eq!(ids(&report), ["A1"]);
    let found: Vec<ProblemCode> = report.problems.iter().map(|p| p.code).collect();
    assert_eq!(found, [ProblemCode::FeedDamaged]);
    let wrong = GOOGLE_XML.replace("</g:image_link><g:price>9.90", "</g:wrong><g:price>9.90");
    assert_eq!(ids(&read(wrong.as_bytes())), ["A1"]);
}

#[test]
fn what_a_person_says_of_a_header_goes_before_what_is_guessed() {
    let text = "款,售卖价,价格,备注\n桃,19.9,29.9,脆\n";
    let options = |columns: &[(&str, Option<Field>)]| ImportOptions {
        columns: columns
            .iter()
            .map(|(name, field)| ((*name).to_owned(), *field))
            .collect(),
        ..ImportOptions::default()
    };
    let unknown = import(text.as_bytes(), &options(&[]));
    assert!(matches!(unknown, Err(ImportError::NoHeader { .. })));
    let said = [
        ("款", Some(Field::Title)),
        ("售卖价", Some(Field::LivePrice)),
        ("备注", Some(Field::TalkingPoints)),
    ];
    let report = import(text.as_bytes(), &options(&said)).unwrap();
    assert_eq!(minor(&report.products[0]), (1990, Some(2990)));
    assert_eq!(report.products[0].talking_points, ["脆"]);
    let told: Vec<(&str, Option<Field>)> = report
        .columns
        .iter()
        .map(|column| (column.header.as_str(), column.field))
        .collect();
    let expected = [said[0], said[1], ("价格", Some(Field::Price)), said[2]];
    assert_eq!(told, expected);
    // Not read at all, and another column in the place of the one that was guessed.
    let said = [
        ("款", Some(Field::Title)),
        ("价格", None),
        ("售卖价", Some(Field::Price)),
    ];
    let report = import(text.as_bytes(), &options(&said)).unwrap();
    assert_eq!(minor(&report.products[0]), (1990, None));
}

#[test]
fn a_shopify_product_that_the_show_has_under_its_handle_stays_that_one() {
    let known = read(SHOPIFY_OLD.replace(",PJ,", ",,").as_bytes());
    assert_eq!(ids(&known)[2], "plum-jam", "without a SKU");
    let mut options = ImportOptions::default();
    for product in known.products {
        options.known.insert(product.id.clone(), product);
    }
    let again = import(SHOPIFY_OLD.as_bytes(), &options).unwrap();
    assert_eq!(ids(&again)[2], "plum-jam");
}

#[test]
fn dates_of_a_sale_are_those_of_its_offer_and_say_nothing_without_a_sale_price() {
    let woo = "\
ID,Type,SKU,Name,Stock,Date sale price starts,Date sale price ends,Sale price,Regular price,Parent
13,simple,JAM,Plum jam,5,2026-11-22,2026-11-23,4.00,4.50,
14,simple,TEA,Tea,5,2026-11-22,2026-11-23,,4.50,
";
    let mut options = ImportOptions {
        zone: Zone::minutes_east(480),
        ..ImportOptions::default()
    };
    let report = import(woo.as_bytes(), &options).unwrap();
    assert_eq!(problems(&report), []);
    let times = |report: &ImportReport, at: usize| {
        let offer = &report.products[at].offer;
        (offer.starts.map(|at| at.0), offer.ends.map(|at| at.0))
    };
    const MIDNIGHT: i64 = 1_795_276_800_000; // of 2026-11-22 in China
    const DAY: i64 = 86_400_000;
    assert_eq!(
        times(&report, 0),
        (Some(MIDNIGHT), Some(MIDNIGHT + 2 * DAY))
    );
    assert_eq!(times(&report, 1), (None, None));

    let feed = r#"<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>
<item><g:id>A1</g:id><title>Peaches</title><g:price>29.90 USD</g:price><g:sale_price>19.90 USD</g:sale_price>
<g:sale_price_effective_date>2026-11-21T11:00-0500/2026-11-22T11:00-0500</g:sale_price_effective_date></item>
<item><g:id>B2</g:id><title>Plums</title><g:price>9.90 USD</g:price>
<g:sale_price_effective_date>2026-11-21T11:00-0500/2026-11-22T11:00-0500</g:sale_price_effective_date></item></channel></rss>"#;
    let report = import(feed.as_bytes(), &options).unwrap();
    assert_eq!(problems(&report), []);
    assert_eq!(times(&report, 0), (Some(MIDNIGHT), Some(MIDNIGHT + DAY)));
    assert_eq!(times(&report, 1), (None, None));
    // An interval that cannot be read is named, and so is one that ends before it begins.
    for bad in ["soon", "2026-11-23T11:00-0500/2026-11-22T11:00-0500"] {
        let bad = feed.replace("2026-11-21T11:00-0500/2026-11-22T11:00-0500", bad);
        options.known = Default::default();
        let report = import(bad.as_bytes(), &options).unwrap();
        assert_eq!(ids(&report), ["B2"], "{bad:.10}");
        assert_eq!(report.problems.len(), 1);
    }
}

#[test]
fn variants_come_without_the_cell_that_their_product_can_do_without() {
    let long = "x".repeat(300);
    let report = read(
        format!(
            "Handle,Title,Variant SKU,Option1 Value,Variant Price,Variant Barcode,Variant Inventory Qty,Image Src,Short title\n\
             shirt,Shirt,R,Red,15,4006381333932,3,../x.jpg,{long}\n\
             shirt,,B,Blue,16,,many,https://cdn.example/s.jpg,\n\
             shirt,,G,Green,free,4006381333932,,,\n"
        )
        .as_bytes(),
    );
    assert_eq!(ids(&report), ["shirt/R", "shirt/B"]);
    assert_eq!(outcomes(&report), (vec![4], vec![2, 3]));
    let [red, blue] = &report.products[..] else {
        panic!()
    };
    assert_eq!((&red.gtin, red.offer.quantity), (&None, Some(3)));
    assert_eq!(
        (red.short_title.en.as_str(), blue.offer.quantity),
        ("", None)
    );
    let photos = report.photo_links.iter().map(|link| link.url.as_str());
    assert_eq!(photos.collect::<Vec<_>>(), ["https://cdn.example/s.jpg"; 2]);
    let mut found: Vec<ProblemCode> = report.problems.iter().map(|p| p.code).collect();
    found.sort_by_key(|code| format!("{code:?}"));
    use ProblemCode as P;
    let expected = [
        P::GtinInvalid,
        P::GtinInvalid,
        P::PhotoInvalid,
        P::PriceUnreadable,
        P::QuantityUnreadable,
        P::TextTooLong,
    ];
    assert_eq!(found, expected);
}
