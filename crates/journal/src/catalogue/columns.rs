//! What the columns of a list are called, and finding them.

use serde::{Deserialize, Serialize};
use stallcast_show::Currency;

use super::MappedColumn;
use super::table::{Cell, Row, Table, letter};

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Stable id of the product in its shop.
    Id,
    /// Shopify's id of a product; rows with the same one belong together.
    Handle,
    /// Number of the product in the show (链接号).
    Number,
    /// Title in either language.
    Title,
    /// Chinese title.
    TitleZh,
    /// English title.
    TitleEn,
    /// Title for the card.
    ShortTitle,
    /// Price during the show.
    LivePrice,
    /// A price without further name: the live price, or the usual one beside a live price.
    Price,
    /// Usual price.
    ListPrice,
    /// ISO 4217 code of the row's prices.
    Currency,
    /// Units offered.
    Quantity,
    /// Size, weight, count in either language.
    Spec,
    /// The same in English.
    SpecEn,
    /// Barcode.
    Gtin,
    /// Photo: file name or web address.
    Photo,
    /// Photo of one variant.
    VariantPhoto,
    /// Where it can be bought.
    Link,
    /// What the anchor says; several columns may hold some.
    TalkingPoints,
    /// Countdown in seconds.
    Countdown,
    /// Countdown in minutes.
    CountdownMinutes,
    /// Values of a variant's options, in order.
    OptionValue,
    /// Who counts a variant's units; empty = nobody does.
    StockTracker,
}

/// Headers as people and shops write them, without case, blanks and signs. One place for all of them.
const SYNONYMS: &[(Field, &[&str])] = &[
    (
        Field::Id,
        &[
            "id",
            "sku",
            "variantsku",
            "productid",
            "itemid",
            "itemno",
            "skuid",
            "商品id",
            "产品id",
            "商品编码",
            "商品编号",
            "产品编号",
            "商家编码",
            "货号",
            "款号",
            "编码",
        ],
    ),
    (Field::Handle, &["handle", "urlhandle"]),
    (
        Field::Number,
        &[
            "链接号",
            "序号",
            "编号",
            "讲解序号",
            "商品序号",
            "号链接",
            "number",
            "no",
            "nr",
            "链接序号",
        ],
    ),
    (
        Field::Title,
        &[
            "标题",
            "商品标题",
            "商品名称",
            "商品名",
            "产品名称",
            "产品名",
            "产品标题",
            "宝贝标题",
            "宝贝名称",
            "品名",
            "名称",
            "title",
            "name",
            "productname",
            "producttitle",
            "itemname",
            "product",
            "商品",
            "产品",
        ],
    ),
    (
        Field::TitleZh,
        &[
            "中文标题",
            "中文名称",
            "中文名",
            "titlezh",
            "chinesetitle",
            "namezh",
        ],
    ),
    (
        Field::TitleEn,
        &[
            "英文标题",
            "英文名称",
            "英文名",
            "titleen",
            "englishtitle",
            "nameen",
            "englishname",
        ],
    ),
    (
        Field::ShortTitle,
        &[
            "短标题",
            "简称",
            "商品简称",
            "导购标题",
            "shorttitle",
            "shortname",
        ],
    ),
    (
        Field::LivePrice,
        &[
            "直播价",
            "直播间价",
            "直播间价格",
            "直播价格",
            "到手价",
            "券后价",
            "活动价",
            "促销价",
            "秒杀价",
            "优惠价",
            "折后价",
            "liveprice",
            "saleprice",
            "promoprice",
            "offerprice",
            "showprice",
        ],
    ),
    (
        Field::Price,
        &[
            "价格",
            "售价",
            "销售价",
            "单价",
            "现价",
            "一口价",
            "价钱",
            "price",
            "variantprice",
            "unitprice",
        ],
    ),
    (
        Field::ListPrice,
        &[
            "日常价",
            "划线价",
            "原价",
            "市场价",
            "吊牌价",
            "零售价",
            "建议零售价",
            "listprice",
            "compareatprice",
            "variantcompareatprice",
            "regularprice",
            "originalprice",
            "usualprice",
            "msrp",
            "rrp",
            "retailprice",
        ],
    ),
    (
        Field::Currency,
        &["币种", "货币", "currency", "currencycode", "pricecurrency"],
    ),
    (
        Field::Quantity,
        &[
            "库存",
            "库存数量",
            "现货库存",
            "可售库存",
            "数量",
            "总库存",
            "stock",
            "quantity",
            "qty",
            "inventory",
            "inventoryquantity",
            "variantinventoryqty",
            "stockquantity",
            "units",
        ],
    ),
    (
        Field::Spec,
        &[
            "规格",
            "商品规格",
            "产品规格",
            "规格型号",
            "sku规格",
            "销售规格",
            "spec",
            "specification",
            "size",
        ],
    ),
    (Field::SpecEn, &["英文规格", "specen", "englishspec"]),
    (
        Field::Gtin,
        &[
            "条码",
            "条形码",
            "商品条码",
            "商品条形码",
            "国际条码",
            "69码",
            "gtin",
            "barcode",
            "ean",
            "upc",
            "ean13",
            "variantbarcode",
            "gtinupceanisbn",
            "gtinupceanorisbn",
        ],
    ),
    (
        Field::Photo,
        &[
            "图片",
            "主图",
            "商品图片",
            "商品主图",
            "商品图",
            "产品图片",
            "图片链接",
            "主图链接",
            "图片地址",
            "image",
            "images",
            "photo",
            "picture",
            "imagesrc",
            "imagelink",
            "imageurl",
            "productimageurl",
            "photofile",
        ],
    ),
    (Field::VariantPhoto, &["variantimage", "variantimageurl"]),
    (
        Field::Link,
        &[
            "链接",
            "商品链接",
            "购买链接",
            "产品链接",
            "宝贝链接",
            "网址",
            "link",
            "url",
            "productlink",
            "producturl",
            "buylink",
        ],
    ),
    (
        Field::TalkingPoints,
        &[
            "卖点",
            "商品卖点",
            "产品卖点",
            "核心卖点",
            "话术",
            "讲解要点",
            "讲解话术",
            "要点",
            "talkingpoints",
            "talkingpoint",
            "sellingpoints",
            "sellingpoint",
            "highlights",
            "notes",
        ],
    ),
    (
        Field::Countdown,
        &[
            "倒计时",
            "倒计时秒",
            "限时",
            "限时秒",
            "倒计时秒数",
            "countdown",
            "countdowns",
            "countdownsec",
            "countdownseconds",
            "timer",
        ],
    ),
    (
        Field::CountdownMinutes,
        &[
            "倒计时分",
            "倒计时分钟",
            "限时分钟",
            "countdownmin",
            "countdownminutes",
        ],
    ),
    (
        Field::OptionValue,
        &["option1value", "option2value", "option3value"],
    ),
    (
        Field::StockTracker,
        &["variantinventorytracker", "inventorytracker"],
    ),
];

/// The columns of a table that were understood.
pub(super) struct Columns {
    /// Field and place of each, in the order of the file.
    found: Vec<(Field, usize)>,
    headers: Vec<String>,
    /// Index of the first row below the header.
    pub(super) first_row: usize,
}

impl Columns {
    /// The first of the uppermost rows that names a title and a price: lists often begin with a banner
    /// or instructions.
    pub(super) fn find(table: &Table) -> Option<Columns> {
        let rows = table.rows.iter().enumerate().take(20);
        rows.map(|(index, row)| Columns::of(row, index + 1))
            .find(Columns::usable)
    }

    fn of(row: &Row, first_row: usize) -> Columns {
        let headers: Vec<String> = row.cells.iter().map(|cell| cell.text.clone()).collect();
        let mut found: Vec<(Field, usize)> = Vec::new();
        for (column, header) in headers.iter().enumerate() {
            let Some(field) = field_of(header) else {
                continue;
            };
            let repeats = matches!(
                field,
                Field::TalkingPoints | Field::OptionValue | Field::Photo
            );
            if repeats || found.iter().all(|(known, _)| *known != field) {
                found.push((field, column));
            }
        }
        Columns {
            found,
            headers,
            first_row,
        }
    }

    fn usable(&self) -> bool {
        let titled = [Field::Title, Field::TitleZh, Field::TitleEn];
        let priced = [Field::LivePrice, Field::Price, Field::ListPrice];
        titled.iter().any(|f| self.has(*f)) && priced.iter().any(|f| self.has(*f))
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.found.iter().any(|(known, _)| *known == field)
    }

    /// The row's cells of a field, from left to right, without empty ones.
    pub(super) fn cells<'r>(
        &'r self,
        row: &'r Row,
        field: Field,
    ) -> impl Iterator<Item = &'r Cell> {
        self.found
            .iter()
            .filter(move |(known, _)| *known == field)
            .filter_map(|(_, column)| row.cells.get(*column))
            .filter(|cell| !cell.text.is_empty())
    }

    /// The row's first filled cell of a field.
    pub(super) fn cell<'r>(&'r self, row: &'r Row, field: Field) -> Option<&'r Cell> {
        self.cells(row, field).next()
    }

    /// Header and letter for a message; the field's own name when there is no such column.
    pub(super) fn label(&self, field: Field) -> String {
        let place = self.found.iter().find(|(known, _)| *known == field);
        match place.and_then(|(_, column)| Some((self.headers.get(*column)?, *column))) {
            Some((header, column)) => format!("{header} ({})", letter(column)),
            None => serde_json::to_value(field)
                .ok()
                .and_then(|name| name.as_str().map(str::to_owned))
                .unwrap_or_default(),
        }
    }

    /// The currency a price column names in its header: `Price (USD)`. A sign such as 元 names none.
    pub(super) fn currency_in_header(&self, field: Field) -> Option<Currency> {
        let (_, column) = self.found.iter().find(|(known, _)| *known == field)?;
        let header = narrowed(self.headers.get(*column)?);
        let inside = header.split_once('(')?.1.split(')').next()?.trim();
        let is_code = inside.len() == 3 && inside.bytes().all(|b| b.is_ascii_uppercase());
        is_code.then(|| Currency::new(inside).ok()).flatten()
    }

    pub(super) fn mapping(&self) -> Vec<MappedColumn> {
        self.found
            .iter()
            .map(|(field, column)| MappedColumn {
                field: *field,
                letter: letter(*column),
                header: self.headers.get(*column).cloned().unwrap_or_default(),
            })
            .collect()
    }

    pub(super) fn unmapped(&self) -> Vec<String> {
        let mapped = |column| self.found.iter().any(|(_, known)| *known == column);
        self.headers
            .iter()
            .enumerate()
            .filter(|(column, header)| !header.is_empty() && !mapped(*column))
            .map(|(_, header)| header.clone())
            .collect()
    }
}

fn field_of(header: &str) -> Option<Field> {
    // "#" alone has no letters left.
    if narrowed(header).trim() == "#" {
        return Some(Field::Number);
    }
    let whole = bare(header);
    let narrow = narrowed(header);
    let before_bracket = bare(narrow.split('(').next().unwrap_or_default());
    [whole.as_str(), before_bracket.as_str()]
        .into_iter()
        .filter(|name| !name.is_empty())
        .find_map(|name| named(name).or_else(|| numbered(name)))
}

fn named(name: &str) -> Option<Field> {
    SYNONYMS
        .iter()
        .find(|(_, names)| names.contains(&name))
        .map(|(field, _)| *field)
}

/// `卖点1`, `卖点2`, `图片1`: what may stand in several columns.
fn numbered(name: &str) -> Option<Field> {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
    named(base).filter(|field| matches!(field, Field::TalkingPoints | Field::Photo))
}

/// Letters and digits only, small.
fn bare(header: &str) -> String {
    narrowed(header)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Full-width forms as their plain twins.
fn narrowed(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        other => other,
    };
    text.chars().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_synonym_is_in_its_bare_form_and_means_one_thing() {
        let mut seen = std::collections::BTreeSet::new();
        for (_, names) in SYNONYMS {
            for name in *names {
                assert_eq!(*name, bare(name));
                assert!(seen.insert(*name), "{name} stands twice");
            }
        }
    }

    #[test]
    fn headers_are_understood_as_people_write_them() {
        for (header, field) in [
            ("*商品名称", Field::Title),
            ("直播价（元）", Field::LivePrice),
            ("Price (USD)", Field::Price),
            ("Compare-at price", Field::ListPrice),
            ("Variant Compare At Price", Field::ListPrice),
            ("倒计时(秒)", Field::Countdown),
            ("倒计时（分钟）", Field::CountdownMinutes),
            ("#", Field::Number),
            ("卖点 2", Field::TalkingPoints),
            ("链接号", Field::Number),
            ("链接", Field::Link),
            ("URL handle", Field::Handle),
            ("GTIN, UPC, EAN, or ISBN", Field::Gtin),
        ] {
            if header.starts_with("GTIN") {
                // WooCommerce writes both "GTIN, UPC, EAN, or ISBN" and "GTIN/UPC/EAN/ISBN".
                assert_eq!(field_of("GTIN/UPC/EAN/ISBN"), Some(field));
            }
            assert_eq!(field_of(header), Some(field), "{header}");
        }
        assert_eq!(field_of("备注说明"), None);
        assert_eq!(field_of("Price / International"), None);
    }
}
