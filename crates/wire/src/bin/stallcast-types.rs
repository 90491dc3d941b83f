//! Writes the page's TypeScript types to the folder named (default `ui/src/generated`).

use std::path::PathBuf;

use stallcast_wire::{
    CameraView, CatalogueView, ClientMessage, Codecs, Devices, Encoders, ImportView, MetersView,
    ObsView, PhoneView, PhotoView, Preflight, ReplayView, ServerMessage, ShowView, StatusView,
    ThemesView, UploadTestView, WebhookView,
};
use ts_rs::{Config, TS};

fn main() -> Result<(), ts_rs::ExportError> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("ui/src/generated"), PathBuf::from);
    let config = Config::new().with_out_dir(folder).with_large_int("number");
    stallcast_wire::PastShows::export_all(&config)?;
    stallcast_wire::RecapView::export_all(&config)?;
    stallcast_wire::ClipsView::export_all(&config)?;
    stallcast_wire::SavedFile::export_all(&config)?;
    stallcast_wire::PicturePartsView::export_all(&config)?;
    stallcast_wire::EvidenceView::export_all(&config)?;
    stallcast_wire::KeepingView::export_all(&config)?;
    stallcast_wire::ChatActed::export_all(&config)?;
    stallcast_wire::RelayView::export_all(&config)?;
    ClientMessage::export_all(&config)?;
    ServerMessage::export_all(&config)?;
    ShowView::export_all(&config)?;
    CatalogueView::export_all(&config)?;
    stallcast_wire::ProductsView::export_all(&config)?;
    stallcast_wire::ImportProgress::export_all(&config)?;
    StatusView::export_all(&config)?;
    stallcast_wire::InviteMade::export_all(&config)?;
    stallcast_wire::InvitedView::export_all(&config)?;
    stallcast_wire::JoinedView::export_all(&config)?;
    MetersView::export_all(&config)?;
    Preflight::export_all(&config)?;
    ReplayView::export_all(&config)?;
    Devices::export_all(&config)?;
    Encoders::export_all(&config)?;
    Codecs::export_all(&config)?;
    PhoneView::export_all(&config)?;
    CameraView::export_all(&config)?;
    WebhookView::export_all(&config)?;
    ObsView::export_all(&config)?;
    stallcast_wire::OrdersView::export_all(&config)?;
    UploadTestView::export_all(&config)?;
    stallcast_wire::QuestionLinesView::export_all(&config)?;
    stallcast_wire::PhrasingView::export_all(&config)?;
    stallcast_wire::PhraseTestView::export_all(&config)?;
    stallcast_wire::PhrasedView::export_all(&config)?;
    stallcast_wire::DoctorView::export_all(&config)?;
    ThemesView::export_all(&config)?;
    PhotoView::export_all(&config)?;
    ImportView::export_all(&config)
}
