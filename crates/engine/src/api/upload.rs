//! Spreadsheets in: `POST /api/import`.

mod web_fetch;
mod web_photos;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use stallcast_journal::catalogue::{
    ImportError, ImportOptions, ImportReport, PhotoLink, Stop, import_unless,
};
use stallcast_overlay::Lang;
use stallcast_show::{Actor, Command, Currency, Product, ProductId, Role, Show};
use stallcast_wire::{ErrorCode, ImportProblem, ImportView, WireError};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use self::web_fetch::Web;
use self::web_photos::WebPhotos;
use super::Api;
use crate::demo::Demo;
use crate::wire_name::wire_name;

/// Lists read at the same time; another one waits. Each may take a small multiple of its file in memory.
static READERS: Semaphore = Semaphore::const_new(1);

/// How long the photos of one list may take to fetch; what is left is named, and importing again goes on with it.
const PHOTOS_WITHIN: Duration = Duration::from_secs(30);

/// Photos named one by one that were not fetched.
const PHOTO_PROBLEMS_MAX: usize = 1_000;

/// How often a list is read again because the show took other products meanwhile.
const TRIES: usize = 3;

/// Reads the products of a CSV or XLSX file and takes over the good rows; answers with the bad ones. Photos named by
/// web address come after the products, which are in the show by then.
pub async fn import_file(
    api: &Api,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<ImportView, WireError> {
    let actor = api
        .actor_of(headers)
        .ok_or_else(|| WireError::new(ErrorCode::Unauthorized))?;
    if actor.role < Role::Lead {
        return Err(WireError::new(ErrorCode::Forbidden));
    }
    let name = headers
        .get("x-file-name")
        .and_then(|v| v.to_str().ok())
        .map(unescape)
        .unwrap_or_default();
    let photos = WebPhotos::new(api.studio.folders().photos(), Web::public());
    let currency = usual_currency(api).await;
    let (report, imported, added) =
        take_over(api, &actor, &name, &body, &currency, &photos).await?;
    let aside = api.studio.desk().aside(&added);
    drop(body);
    let mut problems: Vec<ImportProblem> = report
        .problems
        .into_iter()
        .map(|p| ImportProblem {
            line: p.line,
            column: p.column,
            code: wire_name(&p.code),
            value: p.value,
        })
        .collect();
    problems.extend(add_photos(api, &actor, report.photo_links, &photos).await?);
    Ok(ImportView {
        imported,
        assumed: report.assumed,
        currency: currency.0,
        aside: u32::try_from(aside).unwrap_or(u32::MAX),
        format: wire_name(&report.format),
        encoding: wire_name(&report.encoding),
        problems,
    })
}

/// The currency of prices that name none.
async fn usual_currency(api: &Api) -> Currency {
    let folders = api.studio.folders().clone();
    let demo = tokio::task::spawn_blocking(move || Demo::read(&folders)).await;
    let demo = demo.ok().and_then(Result::ok).unwrap_or_default();
    currency_of(&api.studio.desk().show(), &demo, api.studio.lang())
}

/// That of most products that are somebody's own; without any, what the language of the cards suggests.
fn currency_of(show: &Show, demo: &Demo, lang: Lang) -> Currency {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    let own = show
        .products
        .iter()
        .filter(|(id, _)| !demo.is_its(show, id));
    for (_, product) in own {
        *counted
            .entry(&product.offer.live_price.currency.0)
            .or_default() += 1;
    }
    let most = counted.into_iter().max_by_key(|(_, count)| *count);
    let guess = match lang {
        Lang::Zh => "CNY",
        Lang::En => "USD",
    };
    Currency(most.map_or(guess, |(code, _)| code).to_owned())
}

/// Reads the list for the show as it is and submits its products: what else was found, how many they were, and those
/// that were not there before.
async fn take_over(
    api: &Api,
    actor: &Actor,
    file_name: &str,
    body: &Bytes,
    currency: &Currency,
    photos: &WebPhotos,
) -> Result<(ImportReport, u32, Vec<ProductId>), WireError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let options = ImportOptions {
            file_name: file_name.to_owned(),
            known: api.studio.desk().show().products.keys().cloned().collect(),
            currency: currency.clone(),
        };
        let mut report = read_list(body.clone(), options, Stop::default())
            .await?
            .map_err(|error| {
                WireError::new(ErrorCode::ImportUnreadable).with("cause", error.code())
            })?;
        let mut products = std::mem::take(&mut report.products);
        let imported = u32::try_from(products.len()).unwrap_or(u32::MAX);
        if products.is_empty() {
            return Ok((report, imported, vec![]));
        }
        with_kept_photos(&mut products, &report.photo_links, photos).await;
        let command = Command::ImportProducts { products };
        match api.studio.desk().submit_kept(actor.clone(), command).await {
            // Somebody added products while the list was read: it is measured against the show again.
            Err(error) if tries < TRIES && error.message_key.ends_with("too_many") => {}
            Err(error) => return Err(error),
            Ok((_, added)) => return Ok((report, imported, added)),
        }
    }
}

/// Reads a list on a thread of its own, and ends that when this future is dropped: the server drops it when the
/// asker's connection closes.
async fn read_list(
    body: Bytes,
    options: ImportOptions,
    stop: Stop,
) -> Result<Result<ImportReport, ImportError>, WireError> {
    struct StopWhenDropped(Stop);
    impl Drop for StopWhenDropped {
        fn drop(&mut self) {
            self.0.ask();
        }
    }
    let internal = || WireError::new(ErrorCode::Internal);
    let asker = StopWhenDropped(stop.clone());
    let turn = READERS.acquire().await.map_err(|_| internal())?;
    let reading = tokio::task::spawn_blocking(move || {
        // Held by the work, not by whoever waits for it.
        let _turn = turn;
        import_unless(&body, &options, &stop)
    });
    let report = reading.await.map_err(|_| internal())?;
    drop(asker);
    Ok(report)
}

/// Photos that an earlier import fetched are there at once, so a card on air does not lose its own for a moment.
async fn with_kept_photos(products: &mut [Product], links: &[PhotoLink], photos: &WebPhotos) {
    let mut kept: HashMap<&ProductId, String> = HashMap::new();
    for link in links {
        if let Some(name) = photos.kept(&link.url).await {
            kept.insert(&link.product, name);
        }
    }
    for product in products {
        product.photo = kept.remove(&product.id).or(product.photo.take());
    }
}

/// Fetches photos and sets them where the product is still there; the rows whose photo could not be had.
async fn add_photos(
    api: &Api,
    actor: &Actor,
    links: Vec<PhotoLink>,
    photos: &WebPhotos,
) -> Result<Vec<ImportProblem>, WireError> {
    let answers = photos.fetch(links, Instant::now() + PHOTOS_WITHIN).await;
    let mut missing = Vec::new();
    let mut found = Vec::new();
    for (link, answer) in answers {
        match answer {
            Ok(name) => found.push((link.product, name)),
            Err(fault) => missing.push(ImportProblem {
                line: link.line,
                column: link.column,
                code: format!("photo_{}", wire_name(&fault)),
                value: link.url.chars().take(80).collect(),
            }),
        }
    }
    let wish = |show: &Show| set_photos(show, found);
    let desk = api.studio.desk();
    desk.submit_at_turn(actor.clone(), wish).await?;
    Ok(first_of(missing))
}

/// Gives photos to those products that are still there and have none. Products are written whole, so `show` must be the
/// one that the command meets, or a price set meanwhile would be undone.
fn set_photos(show: &Show, found: Vec<(ProductId, String)>) -> Option<Command> {
    let products: Vec<Product> = found
        .into_iter()
        .filter_map(|(id, name)| {
            let known = show.products.get(&id).filter(|p| p.photo.is_none())?;
            let photo = Some(name);
            Some(Product {
                photo,
                ..known.clone()
            })
        })
        .collect();
    (!products.is_empty()).then_some(Command::ImportProducts { products })
}

/// The first problems by line, and one that counts the others.
fn first_of(mut problems: Vec<ImportProblem>) -> Vec<ImportProblem> {
    problems.sort_by_key(|problem| problem.line);
    let others = problems.split_off(problems.len().min(PHOTO_PROBLEMS_MAX));
    problems.extend(others.first().map(|first| ImportProblem {
        line: first.line,
        column: first.column.clone(),
        code: "more_problems".to_owned(),
        value: others.len().to_string(),
    }));
    problems
}

/// Handler of [`import_file`].
pub async fn import_route(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    match import_file(&api, &headers, body).await {
        Ok(view) => Json(view).into_response(),
        Err(error) => {
            let status = match error.code {
                ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
                ErrorCode::Forbidden => StatusCode::FORBIDDEN,
                ErrorCode::Internal | ErrorCode::JournalUnwritable => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (status, Json(error)).into_response()
        }
    }
}

/// Undoes the percent-encoding of a header value; what is not valid stays as it is.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%').then(|| tail.get(..2)).flatten();
        let code =
            escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use stallcast_journal::Journal;

    use super::*;
    use crate::air::engine;
    use crate::clock::now;
    use crate::desk::Desk;
    use crate::threads::Threads;

    fn product(id: &str, price: i64) -> Product {
        crate::sample::product(id, id, price)
    }

    #[tokio::test]
    async fn a_photo_that_comes_late_undoes_no_price_and_brings_no_product_back() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        let import = |products| Command::ImportProducts { products };
        let listed = import(vec![product("peach", 5990), product("plum", 100)]);
        desk.submit(engine(), listed).await.unwrap();
        let found = ["peach", "plum"].map(|id| (id.into(), "web-1.jpg".to_owned()));
        // All three wait for the desk in this order before any is awaited.
        let plum = Command::RemoveProduct {
            product: "plum".into(),
        };
        let (cheaper, removed, photo) = tokio::join!(
            desk.submit(engine(), import(vec![product("peach", 2990)])),
            desk.submit(engine(), plum),
            desk.submit_at_turn(engine(), |show: &Show| set_photos(show, found.into())),
        );
        cheaper.unwrap();
        removed.unwrap();
        photo.unwrap();
        let show = desk.show();
        assert_eq!(show.products.len(), 1);
        let peach = &show.products[&ProductId::from("peach")];
        assert_eq!(peach.photo.as_deref(), Some("web-1.jpg"));
        assert_eq!(peach.offer, product("peach", 2990).offer);
        let seq = desk
            .submit_at_turn(engine(), |show| set_photos(show, vec![]))
            .await;
        assert_eq!(seq, desk.submit_at_turn(engine(), |_| None).await);
    }

    #[tokio::test]
    async fn a_list_whose_asker_is_gone_is_read_no_further() {
        let text = format!("title,price\n{}", "a,x\n".repeat(1_000_000));
        let stop = Stop::default();
        let reading = read_list(text.into(), ImportOptions::default(), stop.clone());
        tokio::select! {
            biased;
            _ = reading => panic!("a million rows at once"),
            () = std::future::ready(()) => {}
        }
        assert!(stop.asked());
        // The turn comes back when the work has really ended.
        drop(READERS.acquire().await.unwrap());
        let list = Bytes::from_static(b"title,price\na,1\n");
        let next = read_list(list, ImportOptions::default(), Stop::default()).await;
        assert_eq!(next.unwrap().unwrap().products.len(), 1);
    }

    #[test]
    fn a_price_without_a_sign_is_in_the_currency_of_the_other_goods_or_of_the_language() {
        let folder = tempfile::tempdir().unwrap();
        let assets = crate::folders::Folders::default_assets();
        let folders = crate::folders::Folders::open(folder.path().join("data"), assets).unwrap();
        let demo = Demo::read(&folders).unwrap();
        let mut show = Show::default();
        for command in crate::demo::commands(&folders, false).unwrap() {
            let events = stallcast_show::decide(&show, command, stallcast_show::At(1)).unwrap();
            show.apply_all(&events);
        }
        // The demo's goods say nothing of one's own.
        assert_eq!(currency_of(&show, &demo, Lang::En).0, "USD");
        assert_eq!(currency_of(&show, &demo, Lang::Zh).0, "CNY");
        for (id, code) in [("a", "EUR"), ("b", "USD"), ("c", "EUR")] {
            let mut own = product(id, 100);
            own.offer.live_price.currency = Currency(code.to_owned());
            show.products.insert(id.into(), own);
        }
        assert_eq!(currency_of(&show, &demo, Lang::Zh).0, "EUR");
    }

    #[test]
    fn of_many_photos_that_could_not_be_had_the_first_are_named() {
        let problem = |line| ImportProblem {
            line,
            column: "B".to_owned(),
            code: "photo_refused".to_owned(),
            value: String::new(),
        };
        let named = first_of((1..=1_200).rev().map(problem).collect());
        assert_eq!(named.len(), 1_001);
        assert_eq!((named[0].line, named[1_000].line), (1, 1_001));
        assert_eq!(named[1_000].value, "200");
    }

    #[test]
    fn file_names_come_back_from_their_header_form() {
        assert_eq!(unescape("%E5%95%86%E5%93%81.csv"), "商品.csv");
        assert_eq!(unescape("100%.csv"), "100%.csv");
        assert_eq!(unescape("a%zz"), "a%zz");
    }
}
