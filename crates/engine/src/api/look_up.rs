//! What a page asks for beside the show's commands: what the API itself holds (the team, webhooks, OBS), and the rest of the studio.

use stallcast_show::Actor;
use stallcast_wire::{ErrorCode, Request, WireError, least_role_of_request};

use super::Api;
use super::shown_vetting::LookedFor;

/// The show's number then, and what was asked for.
pub(super) type Answer = Result<(u64, serde_json::Value), WireError>;

/// Answers a request of somebody who may ask for it.
pub(super) async fn look_up(
    api: &Api,
    actor: &Actor,
    looked: &LookedFor,
    request: Request,
) -> Answer {
    if actor.role < least_role_of_request(&request) {
        return Err(WireError::new(ErrorCode::Forbidden));
    }
    let data = match request {
        Request::Webhook => {
            serde_json::to_value(api.webhook()).map_err(|_| WireError::new(ErrorCode::Internal))?
        }
        Request::Orders => serde_json::to_value(api.orders_view())
            .map_err(|_| WireError::new(ErrorCode::Internal))?,
        request @ Request::Products { .. } => {
            let found = api.studio.look_up(actor, request).await?;
            let products = found["products"].as_array().into_iter().flatten();
            looked.keep(products.filter_map(|product| Some(product["id"].as_str()?.into())));
            found
        }
        Request::SetTeam { settings } => {
            api.team.set(settings).await?;
            serde_json::Value::Null
        }
        Request::Invite {
            name,
            role,
            needs_yes,
            minutes,
        } => {
            let made = api.team.invite(&name, role, needs_yes, minutes)?;
            serde_json::to_value(made).map_err(|_| WireError::new(ErrorCode::Internal))?
        }
        Request::WithdrawInvite { invite } => {
            api.team.withdraw(&invite);
            serde_json::Value::Null
        }
        Request::AdmitMember { member } => {
            api.team.admit(&member).await?;
            serde_json::Value::Null
        }
        Request::RevokeMember { member } => {
            api.team.revoke(&member).await?;
            serde_json::Value::Null
        }
        Request::Obs => obs_view(api)?,
        Request::SetObs { on } => {
            api.obs.set(on).await?;
            obs_view(api)?
        }
        Request::SetObsNetwork { on } => {
            api.obs.set_network(on).await?;
            obs_view(api)?
        }
        Request::NewObsPassword => {
            api.obs.new_password().await?;
            obs_view(api)?
        }
        request => api.studio.look_up(actor, request).await?,
    };
    Ok((api.studio.desk().published().borrow().seq, data))
}

fn obs_view(api: &Api) -> Result<serde_json::Value, WireError> {
    serde_json::to_value(api.obs.view()).map_err(|_| WireError::new(ErrorCode::Internal))
}
