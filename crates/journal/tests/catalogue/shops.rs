//! Exports of shops.

use stallcast_journal::catalogue::ProblemCode;

use super::{ids, minor, problems, read};

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
        let expected = ["peach-box/PB-S", "peach-box/PB-L", "plum-jam", "broken/B-2"];
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
