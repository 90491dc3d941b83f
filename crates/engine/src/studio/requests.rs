//! What is asked of the studio outside the show's state: checks, devices, encoders, keys, chat connections.

use stallcast_show::Phase;
use stallcast_wire::{
    ChatConnector, DeviceView, Devices, EncoderView, Encoders, ErrorCode, Request, WireError,
};

use super::Studio;
use crate::air::{self, Order};
use crate::wire_name::wire_name;

impl Studio {
    /// Answers a request.
    ///
    /// # Errors
    /// When it cannot be answered; see each [`Request`].
    pub async fn look_up(&self, request: Request) -> Result<serde_json::Value, WireError> {
        match request {
            Request::Preflight => {
                let status = self.inner.status.borrow().clone();
                answer(&air::preflight(&self.inner.desk.show(), &status, &|id| {
                    self.inner.keys.get(id).is_some()
                }))
            }
            Request::Devices => blocking(devices).await,
            Request::Encoders => blocking(encoders).await,
            Request::Platforms => answer(self.inner.platforms.as_ref()),
            Request::SetKey {
                destination,
                key,
                allow_file,
            } => {
                let (keys, id) = (self.inner.keys.clone(), destination.clone());
                tokio::task::spawn_blocking(move || keys.set(&id, key, allow_file))
                    .await
                    .map_err(|_| WireError::new(ErrorCode::Internal))??;
                self.order(Order::KeyChanged(destination)).await?;
                Ok(serde_json::Value::Null)
            }
            Request::ConnectChat { id, connector } => {
                let rehearsing = matches!(self.inner.desk.show().phase, Phase::Rehearsing { .. });
                if connector == ChatConnector::Simulated && !rehearsing {
                    return Err(WireError::new(ErrorCode::Forbidden));
                }
                self.inner.chat.connect(id, connector).await?;
                Ok(serde_json::Value::Null)
            }
            Request::DisconnectChat { id } => {
                self.inner.chat.disconnect(&id).await?;
                Ok(serde_json::Value::Null)
            }
            Request::Shutdown => {
                if matches!(self.inner.desk.show().phase, Phase::Live { .. }) {
                    return Err(WireError::refused(
                        "already_live",
                        std::collections::BTreeMap::new(),
                    ));
                }
                self.end().await;
                Ok(serde_json::Value::Null)
            }
        }
    }
}

fn answer(value: &impl serde::Serialize) -> Result<serde_json::Value, WireError> {
    serde_json::to_value(value).map_err(|_| WireError::new(ErrorCode::Internal))
}

async fn blocking<T: serde::Serialize + Send + 'static>(
    look: fn() -> T,
) -> Result<serde_json::Value, WireError> {
    let found = tokio::task::spawn_blocking(look)
        .await
        .map_err(|_| WireError::new(ErrorCode::Internal))?;
    answer(&found)
}

fn devices() -> Devices {
    let found = stallcast_media::devices::list().into_iter();
    Devices {
        devices: found
            .map(|d| DeviceView {
                id: d.id,
                name: d.name,
                kind: wire_name(&d.kind),
            })
            .collect(),
    }
}

fn encoders() -> Encoders {
    let tried = stallcast_media::encoder::probe().into_iter();
    let encoders = tried.map(|report| EncoderView {
        name: report.name,
        hardware: report.hardware,
        works: report.works,
        fps: report.speed_fps,
        reason: report.reason.as_ref().map(wire_name).unwrap_or_default(),
    });
    Encoders {
        encoders: encoders.collect(),
    }
}
