//! Keeps from viewers what nobody looked at and what is not on offer now, takes off what ends, and says so before the show.

use std::collections::BTreeMap;
use std::time::Duration;

use stallcast_show::{At, Command, OnAir, ProductId, Refusal, Show};
use stallcast_wire::{Check, CheckLevel, NoticeLevel};

use crate::air::engine;
use crate::clock::now;
use crate::desk::Desk;
use crate::notices::Notices;

/// Refuses what would bring a product before viewers that is not fit for them. Rehearsals have no viewers.
///
/// # Errors
/// Those of [`Show::fit_for_viewers`].
pub fn permit(show: &Show, command: &Command, at: At) -> Result<(), Refusal> {
    match command {
        Command::PutOnAir { product } if show.is_live() && !show.is_on_air(product) => {
            show.fit_for_viewers(product, at)
        }
        Command::StartAuction { terms } if show.is_live() => match &terms.product {
            Some(product) => show.fit_for_viewers(product, at),
            None => Ok(()),
        },
        Command::GoLive if !show.is_live() => match &show.on_air {
            Some(on) => show.fit_for_viewers(&on.product, at),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// What the checks before going live say: a stop for what is on the picture already, else a warning.
pub fn checks(show: &Show, at: At) -> Vec<Check> {
    let mut found: BTreeMap<&str, Vec<&ProductId>> = BTreeMap::new();
    for item in &show.rundown {
        if let Err(refusal) = show.fit_for_viewers(&item.product, at) {
            let of_its_kind = found.entry(refusal.code()).or_default();
            of_its_kind.push(&item.product);
        }
    }
    let check = |(code, products): (&str, Vec<&ProductId>)| {
        let stops = products.iter().any(|id| show.is_on_air(id));
        let named: Vec<_> = products.iter().take(3).map(|id| id.as_str()).collect();
        let params = [
            ("count", products.len().to_string()),
            ("products", named.join("\n")),
        ];
        let params = params.map(|(name, value)| (name.to_owned(), value));
        Check {
            id: if code == "not_vetted" {
                "vetting"
            } else {
                "offer"
            }
            .to_owned(),
            level: if stops {
                CheckLevel::Stop
            } else {
                CheckLevel::Warn
            },
            key: format!("preflight.{code}"),
            params: params.into(),
        }
    };
    found.into_iter().map(check).collect()
}

/// The product that viewers see and when its offer ends.
fn ending(show: &Show) -> Option<(&OnAir, At)> {
    let on = show.on_air.as_ref().filter(|_| show.is_live())?;
    Some((on, show.products.get(&on.product)?.offer.ends?))
}

/// Takes off the picture what ends while viewers see it, until the desk is gone.
pub async fn take_off_what_ends(desk: Desk, notices: Notices) {
    let mut published = desk.published();
    loop {
        let show = desk.show();
        let left = ending(&show).map(|(_, ends)| ends.0.saturating_sub(now().0));
        match left {
            Some(left) if left <= 0 => take_off(&desk, &notices).await,
            Some(left) => {
                let left = Duration::from_millis(left.unsigned_abs());
                tokio::select! {
                    () = tokio::time::sleep(left) => continue,
                    changed = published.changed() => if changed.is_err() { return },
                }
                continue;
            }
            None => {}
        }
        if published.changed().await.is_err() {
            return;
        }
    }
}

/// Tells people when what viewers see is no longer what somebody looked at: a change on air opens its points again, and
/// the product stays, for nothing takes the show down.
pub async fn tell_what_opens(desk: Desk, notices: Notices) {
    let mut published = desk.published();
    let mut was = None;
    loop {
        let show = desk.show();
        let on = show.on_air.as_ref().filter(|_| show.is_live());
        let is = on.map(|on| {
            let fit = show.fit_for_viewers(&on.product, now());
            let is_open = matches!(fit, Err(Refusal::NotVetted { .. }));
            (on.product.clone(), is_open)
        });
        if let (Some((product, true)), Some((before, false))) = (&is, &was)
            && product == before
        {
            let params = [("product", product.to_string())];
            notices.tell(NoticeLevel::Warn, "notice.changed_on_air", &params);
        }
        was = is;
        if published.changed().await.is_err() {
            return;
        }
    }
}

/// Whoever changed the offer or the picture meanwhile was first.
async fn take_off(desk: &Desk, notices: &Notices) {
    let show = desk.show();
    let Some((on, _)) = ending(&show) else {
        return;
    };
    let product = on.product.clone();
    let done = desk
        .submit_at_turn(engine(), |show| {
            let is_over = ending(show).is_some_and(|(_, ends)| now() >= ends);
            is_over.then_some(Command::TakeOffAir)
        })
        .await;
    if done.is_ok() && desk.show().on_air.is_none() {
        let product = [("product", product.to_string())];
        notices.tell(NoticeLevel::Info, "notice.offer_over", &product);
    }
}

#[cfg(test)]
#[path = "vetting_tests.rs"]
mod tests;
