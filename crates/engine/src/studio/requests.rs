//! What is asked of the studio outside the show's state: checks, devices, encoders, keys, chat connections.

use std::sync::Arc;
use std::time::Duration;

use stallcast_delivery::VideoCodec;
use stallcast_media::encoder;
use stallcast_media::input::VideoWant;
use stallcast_show::{
    Actor, Canvas, Command, DestinationId, Phase, Product, Refusal, Role, SourceKind,
};
use stallcast_wire::{
    ChatConnector, CodecAbility, CodecView, Codecs, DeviceView, Devices, EncoderView, Encoders,
    ErrorCode, NoticeLevel, Request, WireError,
};

use super::{Studio, removed_keys};
use crate::air::{self, Order};
use crate::carriers::{self, Way};
use crate::catalogue_search::Sought;
use crate::demo::Demo;
use crate::games::Draws;
use crate::wire_name::wire_name;

/// How long going live waits for the encoder of an engine that only just started: its status comes twice a second.
const ENCODER_WITHIN: Duration = Duration::from_secs(2);

impl Studio {
    /// Answers a request.
    ///
    /// # Errors
    /// When it cannot be answered; see each [`Request`].
    pub async fn look_up(
        &self,
        actor: &Actor,
        request: Request,
    ) -> Result<serde_json::Value, WireError> {
        match request {
            Request::Preflight => {
                let unreached = self.unreached().await;
                let status = self.inner.status.borrow().clone();
                let show = self.inner.desk.show();
                let has_key = |id: &DestinationId| self.has_what_it_needs(id);
                let folders = self.inner.folders.clone();
                let demo = tokio::task::spawn_blocking(move || Demo::read(&folders)).await;
                // Without its files there is no demo to warn of.
                let demo = demo.ok().and_then(Result::ok).unwrap_or_default();
                let mut found = air::preflight(&show, &status, &has_key, &unreached, &demo);
                let upload = self.upload_check().await;
                found.items.push(upload);
                let selling = crate::selling::checks(&self.inner.findings.borrow());
                found.items.extend(selling);
                found
                    .items
                    .extend(crate::vetting::checks(&show, crate::clock::now()));
                found
                    .items
                    .sort_by_key(|item| air::how_pressing(item.level));
                answer(&found)
            }
            Request::Phone { source } => {
                let (inner, phones) = (Arc::clone(&self.inner), self.inner.phones.clone());
                let look = move || {
                    // The newest, or phones that came meanwhile would be forgotten.
                    let show = inner.desk.show();
                    let known = show.sources.get(&source)?;
                    let SourceKind::Phone { over } = known.kind else {
                        return None;
                    };
                    // A page asks as soon as the source is there, the air thread may be a moment behind.
                    phones.follow(&show);
                    phones.view(&source, &known.name, over)
                };
                let view = tokio::task::spawn_blocking(look)
                    .await
                    .map_err(|_| WireError::new(ErrorCode::Internal))?;
                answer(&view.ok_or_else(|| WireError::new(ErrorCode::NotFound))?)
            }
            Request::Camera { device } => {
                let spec = self.inner.canvases.spec(Canvas::Landscape).canvas;
                let mut want = VideoWant::new(spec.width, spec.height);
                want.max_fps = spec.fps;
                let view = tokio::task::spawn_blocking(move || air::camera_view(&device, want))
                    .await
                    .map_err(|_| WireError::new(ErrorCode::Internal))?;
                answer(&view.ok_or_else(|| WireError::new(ErrorCode::NotFound))?)
            }
            Request::Devices => blocking(devices).await,
            Request::Encoders => blocking(encoders).await,
            Request::Codecs => {
                let tries = !self.inner.desk.show().is_live();
                blocking(move || codecs(tries)).await
            }
            Request::TestUpload { to } => answer(&self.test_upload(to).await?),
            Request::UseEncoder { name } => {
                let stages = self.inner.canvases.running().borrow().clone();
                let chosen = move || {
                    let mut programs = stages.values().map(|stage| &stage.program);
                    programs.try_for_each(|program| program.use_encoder(name.as_deref()))
                };
                let chosen = tokio::task::spawn_blocking(chosen).await;
                let chosen = chosen.map_err(|_| WireError::new(ErrorCode::Internal))?;
                chosen.map_err(|error| {
                    tracing::warn!(%error, "another encoder was asked for");
                    WireError::new(ErrorCode::EncoderUnusable).with("cause", error.to_string())
                })?;
                Ok(serde_json::Value::Null)
            }
            Request::SaveReplay => answer(&self.inner.replay.save().await?),
            Request::Themes => {
                let looks = self.inner.looks.clone();
                blocking(move || looks.list()).await
            }
            Request::PictureParts => answer(&self.inner.parts.view()),
            Request::Platforms => answer(self.inner.platforms.as_ref()),
            Request::SetKey {
                destination,
                key,
                allow_file,
            } => {
                if !self
                    .inner
                    .desk
                    .show()
                    .destinations
                    .contains_key(&destination)
                {
                    let unknown = Refusal::UnknownDestination { destination };
                    return Err(WireError::refused(unknown.code(), unknown.params()));
                }
                let (keys, id) = (self.inner.keys.clone(), destination.clone());
                let forgets = key.is_empty();
                let set = tokio::task::spawn_blocking(move || keys.set(&id, key, allow_file))
                    .await
                    .map_err(|_| WireError::new(ErrorCode::Internal))?;
                let destinations = &self.inner.desk.show().destinations;
                if !destinations.contains_key(&destination) {
                    // Removed while the keychain took its time: its key was let go before it came.
                    removed_keys::forget(
                        &self.inner.keys,
                        destination.clone(),
                        &self.inner.notices,
                    );
                }
                if set.is_ok() || forgets {
                    // One that the keychain keeps is let go here all the same.
                    self.order(Order::KeyChanged(destination)).await?;
                }
                set.map(|()| serde_json::Value::Null)
            }
            Request::GoLiveWithout { without } => {
                self.permit_live(&without).await?;
                self.carry_out(actor.clone(), Command::GoLive).await?;
                Ok(serde_json::Value::Null)
            }
            // The API's own: the studio has no address.
            Request::Webhook
            | Request::Orders
            | Request::SetTeam { .. }
            | Request::Invite { .. }
            | Request::WithdrawInvite { .. }
            | Request::AdmitMember { .. }
            | Request::RevokeMember { .. }
            | Request::Obs
            | Request::SetObs { .. }
            | Request::SetObsNetwork { .. }
            | Request::NewObsPassword => Err(WireError::new(ErrorCode::NotFound)),
            Request::SetShopSecret {
                shop,
                secret,
                allow_file,
            } => {
                let orders = &self.inner.orders_of_shops;
                orders.set_secret(shop, secret, allow_file).await?;
                Ok(serde_json::Value::Null)
            }
            Request::WatchStock { path } => {
                self.inner.orders_of_shops.watch(path).await?;
                Ok(serde_json::Value::Null)
            }
            Request::Relay => answer(&self.inner.chat.relay()),
            Request::ActOnChat { act } => answer(&self.inner.chat.room().act(actor, act).await),
            Request::ConnectChat {
                id,
                connector,
                allow_file,
            } => {
                let rehearsing = matches!(self.inner.desk.show().phase, Phase::Rehearsing { .. });
                if connector == ChatConnector::Simulated && !rehearsing {
                    return Err(WireError::refused(
                        "rehearsal_only",
                        std::collections::BTreeMap::new(),
                    ));
                }
                self.inner.chat.connect(id, connector, allow_file).await?;
                Ok(serde_json::Value::Null)
            }
            Request::Products {
                query,
                scope,
                sort,
                offset,
                count,
            } => {
                let inner = Arc::clone(&self.inner);
                let sees_costs = actor.role >= Role::Producer;
                let sought = Sought {
                    query,
                    scope,
                    sort,
                    offset,
                    count,
                };
                let look = move || {
                    let published = inner.desk.published().borrow().clone();
                    let mut view = inner.search.look(&published, &sought);
                    if !sees_costs {
                        let products = view.products.into_iter();
                        view.products = products.map(Product::without_private).collect();
                    }
                    view
                };
                blocking(look).await
            }
            Request::QuestionLines { question } => {
                answer(&self.chat().question_lines(question).await?)
            }
            Request::Phrasing => answer(&self.inner.phrasing.view()),
            Request::SetPhrasing {
                settings,
                key,
                allow_file,
            } => {
                let phrasing = &self.inner.phrasing;
                phrasing.set(settings, key, allow_file).await?;
                answer(&phrasing.view())
            }
            Request::TestPhrasing => answer(&self.inner.phrasing.test().await?),
            Request::PhraseAnswer { question } => {
                let what = self.chat().to_phrase(question).await?;
                answer(&self.inner.phrasing.phrase(question, what).await?)
            }
            Request::StopPhrasing { question } => {
                self.inner.phrasing.stop(question);
                Ok(serde_json::Value::Null)
            }
            Request::RemoveAllProducts => {
                self.inner.desk.remove_all_products(actor.clone()).await?;
                Ok(serde_json::Value::Null)
            }
            Request::TakeBackProducts => {
                self.inner.desk.take_back(actor.clone()).await?;
                Ok(serde_json::Value::Null)
            }
            Request::StartLottery { terms } => {
                let seed = rand::random();
                let draws = self.draws();
                draws
                    .start(&self.inner.desk, actor.clone(), terms, seed)
                    .await?;
                Ok(serde_json::Value::Null)
            }
            Request::DrawLottery => {
                answer(&self.draws().draw(&self.inner.desk, actor.clone()).await?)
            }
            Request::DisconnectChat { id } => {
                self.inner.chat.disconnect(&id).await?;
                Ok(serde_json::Value::Null)
            }
            asked @ (Request::PastShows
            | Request::Recap { .. }
            | Request::Clips { .. }
            | Request::MakeClips { .. }
            | Request::StopClips
            | Request::Evidence { .. }
            | Request::MakeEvidence { .. }
            | Request::StopEvidence
            | Request::Keeping
            | Request::SetKeeping { .. }
            | Request::SaveRecap { .. }
            | Request::ShowInFolder { .. }) => self.inner.after.answer(asked).await,
            Request::RemoveKept { show, early } => {
                let removal = self.inner.after.look_at_removal(show, early).await?;
                // The journal knows who did it before anything is gone.
                let files = removal.files.clone();
                let note = Command::NoteFilesRemoved { files };
                self.inner.desk.submit(actor.clone(), note).await?;
                let view = self.inner.after.remove_kept(removal.files).await?;
                let told = [("name", removal.name), ("who", actor.name.clone())];
                self.inner
                    .notices
                    .tell(NoticeLevel::Info, "notice.kept_removed", &told);
                answer(&view)
            }
            Request::Doctor => answer(&self.examine().await?),
            Request::SaveDoctorReport { lang } => answer(&self.save_doctor_report(lang).await?),
            Request::Shutdown => {
                self.shut_down().await?;
                Ok(serde_json::Value::Null)
            }
        }
    }
}

impl Studio {
    fn draws(&self) -> Draws {
        let folders = &self.inner.folders;
        Draws::new(folders.data().to_owned(), folders.recordings())
    }

    /// Whether a destination has its key, or goes where none is needed.
    fn has_what_it_needs(&self, id: &DestinationId) -> bool {
        let show = self.inner.desk.show();
        let destination = show.destinations.get(id);
        let is_open = destination.is_some_and(|known| !Way::of(&known.url).needs_key());
        is_open || self.inner.keys.get(id).is_some()
    }

    /// Looks at once for all destinations in use that can be asked without publishing; not while they are published to.
    async fn unreached(&self) -> air::Unreached {
        let show = self.inner.desk.show();
        if show.is_live() {
            return air::Unreached::new();
        }
        let enabled = show.destinations.values().filter(|d| d.enabled);
        let looks = enabled.map(async |destination| {
            let key = self.inner.keys.get(&destination.id).unwrap_or_default();
            let roots = self.inner.tls_roots.clone();
            let looked = carriers::reach(&destination.url, &key, roots).await;
            Some((destination.id.clone(), air::error_code(&looked.err()?)))
        });
        let looked = futures_util::future::join_all(looks).await;
        looked.into_iter().flatten().collect()
    }

    /// Refuses to go live where it would fail, except for the keys of `without`.
    pub(super) async fn permit_live(&self, without: &[DestinationId]) -> Result<(), WireError> {
        let mut looks = self.inner.status.clone();
        let wanted = self.inner.desk.show().canvases;
        let encoder = looks.wait_for(|status| {
            let encoded = |canvas: Canvas| {
                let mut running = status.canvases.iter();
                running.any(|running| running.canvas == canvas && running.encoder.is_some())
            };
            wanted.iter().all(encoded)
        });
        // Without one the check says so.
        let _ = tokio::time::timeout(ENCODER_WITHIN, encoder).await;
        let status = self.inner.status.borrow().clone();
        let has_key = |id: &DestinationId| self.has_what_it_needs(id);
        air::permit(&self.inner.desk.show(), &status, &has_key, without)
    }
}

fn answer(value: &impl serde::Serialize) -> Result<serde_json::Value, WireError> {
    serde_json::to_value(value).map_err(|_| WireError::new(ErrorCode::Internal))
}

async fn blocking<T: serde::Serialize + Send + 'static>(
    look: impl FnOnce() -> T + Send + 'static,
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

/// `tries`: whether encoders may be tried, which takes the machine for some seconds.
fn codecs(tries: bool) -> Codecs {
    let view = |codec: VideoCodec| {
        let made = crate::packets::made(codec);
        if tries {
            encoder::try_codec(made);
        }
        let (ability, name) = match encoder::usable(made) {
            encoder::Usable::By(name) => (CodecAbility::Usable, name),
            encoder::Usable::No => (CodecAbility::Unusable, ""),
            encoder::Usable::Unknown => (CodecAbility::Untried, ""),
        };
        CodecView {
            codec: air::codec_in_show(codec),
            ability,
            encoder: name.to_owned(),
        }
    };
    Codecs {
        codecs: [VideoCodec::Hevc, VideoCodec::Av1].map(view).into(),
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
