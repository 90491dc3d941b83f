//! Bodies as the shops send them, with the fields that are of no use here, too.
#![allow(dead_code)] // each test uses some of them

use serde_json::{Value, json};

/// Where in a day of 2026 a moment is, as Shopify writes it in New York.
pub fn shopify_moment(second: u32) -> String {
    format!(
        "2026-11-22T{:02}:{:02}:{:02}-05:00",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// The same moment as WooCommerce writes it.
pub fn woo_moment(second: u32) -> String {
    let second = second + 5 * 3600;
    format!(
        "2026-11-22T{:02}:{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// A line: its number, SKU and units.
pub type Line<'a> = (u64, &'a str, u32);

/// An order of Shopify. `refunds` as [`shopify_refund`] makes them.
pub fn shopify_order(
    id: u64,
    (placed, updated): (u32, u32),
    financial: &str,
    cancelled: bool,
    lines: &[Line],
    refunds: &[Value],
) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(line, sku, units)| {
            json!({
                "id": 866_550_311_766_439_000 + line, "admin_graphql_api_id": format!("gid://shopify/LineItem/{line}"),
                "current_quantity": units, "fulfillable_quantity": units, "fulfillment_status": null, "gift_card": false,
                "grams": 2500, "name": format!("Box of {sku}"), "price": "19.99",
                "price_set": {"shop_money": {"amount": "19.99", "currency_code": "USD"}},
                "product_exists": true, "product_id": 632_910_392, "properties": [{"name": "note", "value": "ripe"}],
                "quantity": units, "requires_shipping": true, "sku": sku, "taxable": true, "title": format!("Box of {sku}"),
                "total_discount": "0.00", "variant_id": 808_950_810 + line, "variant_title": null, "vendor": null,
                "tax_lines": [], "discount_allocations": []
            })
        })
        .collect();
    json!({
        "id": id, "admin_graphql_api_id": format!("gid://shopify/Order/{id}"), "buyer_accepts_marketing": true,
        "cancel_reason": null, "cancelled_at": cancelled.then(|| shopify_moment(updated)), "confirmed": true,
        "contact_email": "jon@example.com", "created_at": shopify_moment(placed), "currency": "USD",
        "current_total_price": "398.00", "email": "jon@example.com", "financial_status": financial,
        "fulfillment_status": null, "name": "#9999", "note": "Ring twice", "order_number": 1234,
        "phone": null, "total_price": "398.00", "updated_at": shopify_moment(updated),
        "billing_address": {"first_name": "Steve", "address1": "123 Shipping Street", "zip": "40003"},
        "customer": {"id": 115_310_627_314_723_954_u64, "email": "john@example.com", "first_name": "John"},
        "line_items": lines, "refunds": refunds, "shipping_lines": []
    })
}

/// A refund of Shopify: line, units, and whether they are on sale again.
pub fn shopify_refund(order: u64, id: u64, backs: &[(u64, u32, bool)]) -> Value {
    let backs: Vec<Value> = backs
        .iter()
        .map(|(line, units, restocked)| {
            json!({
                "id": 1, "line_item_id": 866_550_311_766_439_000 + line, "quantity": units,
                "restock_type": if *restocked { "return" } else { "no_restock" }, "subtotal": 19.99,
                "line_item": {"id": 866_550_311_766_439_000 + line, "title": "Box"}
            })
        })
        .collect();
    json!({
        "id": id, "order_id": order, "created_at": shopify_moment(7), "note": "bruised", "user_id": 548_380_009,
        "refund_line_items": backs, "order_adjustments": [],
        "transactions": [{"id": 179_259_969, "amount": "19.99", "kind": "refund", "status": "success"}]
    })
}

/// An order of WooCommerce, with refunds of a part by their ids.
pub fn woo_order(
    id: u64,
    (placed, updated): (u32, u32),
    status: &str,
    lines: &[Line],
    refunds: &[u64],
) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(line, sku, units)| {
            json!({
                "id": line, "name": format!("Box of {sku}"), "product_id": 93, "variation_id": 0, "quantity": units,
                "tax_class": "", "subtotal": "59.80", "total": "59.80", "taxes": [], "meta_data": [], "sku": sku,
                "price": 29.9, "image": {"id": "", "src": ""}, "parent_name": null
            })
        })
        .collect();
    let refunds: Vec<Value> = refunds
        .iter()
        .map(|refund| json!({"id": refund, "reason": "", "total": "-10.00"}))
        .collect();
    let paid = matches!(status, "processing" | "completed" | "refunded");
    json!({
        "id": id, "parent_id": 0, "status": status, "currency": "USD", "version": "9.4.1", "prices_include_tax": false,
        "date_created": woo_moment(placed), "date_created_gmt": woo_moment(placed),
        "date_modified": woo_moment(updated), "date_modified_gmt": woo_moment(updated),
        "date_paid": null, "date_paid_gmt": paid.then(|| woo_moment(placed)), "total": "59.80",
        "billing": {"first_name": "Zhang", "address_1": "969 Market", "email": "z@example.com", "phone": "555"},
        "customer_note": "", "line_items": lines, "refunds": refunds, "meta_data": [], "number": id.to_string()
    })
}
