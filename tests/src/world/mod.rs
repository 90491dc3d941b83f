//! The world around the studio, made small: ingest servers, devices, a screen, a chat server, and
//! the engine itself. Each fixture has folders and ports of its own and ends with its owner.

mod balancer;
mod browser;
mod desktop;
mod engine;
mod enhanced;
mod irc;
mod network;
mod nginx;
mod obs_clients;
mod pipewire;
mod process;
mod publisher;
mod relay;
mod session;
mod socket;
mod srt;
mod uplink;
mod webdriver;
mod whip;
mod wine;
mod xvfb;

pub use balancer::Balancer;
pub use browser::Browser;
pub use desktop::Desktop;
pub use engine::{Engine, EngineOptions, HttpAnswer, Running, built, http};
pub use enhanced::{Came, EnhancedServer, Published, Says};
pub use irc::{Ircd, Speaker};
pub use network::Site;
pub use nginx::RtmpServer;
pub use obs_clients::{run_node, run_python};
pub use pipewire::{AudioSink, PipeWireSession, VirtualCamera};
pub use process::{Group, PATIENCE, eventually, free_port, listens, oldest_first, run};
pub use publisher::Publisher;
pub use relay::{Nats, Relay};
pub use session::Session;
pub use socket::Socket;
pub use srt::SrtReceiver;
pub use uplink::Uplink;
pub use webdriver::WebWindow;
pub use whip::WhipServer;
pub use wine::as_seen;
pub use xvfb::{ScreenMotion, Xvfb};
