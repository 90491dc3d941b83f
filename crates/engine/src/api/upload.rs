//! Spreadsheets in: `POST /api/import`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use stallcast_journal::catalogue::{ImportOptions, import};
use stallcast_show::{Command, Role};
use stallcast_wire::{ErrorCode, ImportProblem, ImportView, WireError};

use super::Api;
use crate::wire_name::wire_name;

/// Reads the products of a CSV or XLSX file and takes over the good rows; answers with the bad ones.
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
        .unwrap_or_default();
    let options = ImportOptions {
        file_name: unescape(name),
        ..ImportOptions::default()
    };
    let report = tokio::task::spawn_blocking(move || import(&body, &options))
        .await
        .map_err(|_| WireError::new(ErrorCode::Internal))?
        .map_err(|error| WireError::new(ErrorCode::ImportUnreadable).with("cause", error.code()))?;
    let imported = u32::try_from(report.products.len()).unwrap_or(u32::MAX);
    if imported > 0 {
        api.studio
            .desk()
            .submit(
                actor,
                Command::ImportProducts {
                    products: report.products,
                },
            )
            .await?;
    }
    let problems = report
        .problems
        .into_iter()
        .map(|p| ImportProblem {
            line: p.line,
            column: p.column,
            code: wire_name(&p.code),
            value: p.value,
        })
        .collect();
    Ok(ImportView {
        imported,
        format: wire_name(&report.format),
        encoding: wire_name(&report.encoding),
        problems,
    })
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
    use super::unescape;

    #[test]
    fn file_names_come_back_from_their_header_form() {
        assert_eq!(unescape("%E5%95%86%E5%93%81.csv"), "商品.csv");
        assert_eq!(unescape("100%.csv"), "100%.csv");
        assert_eq!(unescape("a%zz"), "a%zz");
    }
}
