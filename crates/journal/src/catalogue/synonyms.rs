//! What the columns of a list are called: the one place where headers are added.

use serde::{Deserialize, Serialize};

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
pub(super) const SYNONYMS: &[(Field, &[&str])] = &[
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
