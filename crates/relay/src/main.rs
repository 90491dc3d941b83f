//! The relay's program: serves, and makes and removes rooms.

use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use stallcast_hooks::{HOOK_PATH, Kind, TEAM_PATH};
use stallcast_relay::rooms::{Made, Rooms};
use stallcast_relay::server;
use stallcast_relay::store::{Store, StoreAddress};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// Takes webhooks for studios behind home routers, hands them over when the studios dial in, and lets their teams in.
#[derive(Parser)]
#[command(version, about)]
struct Line {
    #[command(flatten)]
    nats: Nats,
    #[command(subcommand)]
    what: What,
}

#[derive(Args)]
struct Nats {
    /// Addresses of NATS with JetStream, separated by commas; may hold a user and a password. Also as
    /// STALLCAST_RELAY_NATS.
    #[arg(long, global = true)]
    nats: Option<String>,
    /// A NATS credentials file.
    #[arg(long, global = true)]
    nats_credentials: Option<PathBuf>,
    /// Copies that a NATS cluster keeps of everything: 1, 3 or 5.
    #[arg(long, global = true, default_value_t = 1)]
    replicas: usize,
}

#[derive(Subcommand)]
enum What {
    /// Serves until it is told to end.
    Serve {
        /// Address to listen on, behind a proxy that does TLS.
        #[arg(long, default_value = "127.0.0.1:8460")]
        listen: SocketAddr,
        /// Address of a proxy or balancer that is believed when it says whose requests it passes on (X-Forwarded-For); once
        /// for each. Programs of this machine are.
        #[arg(long = "proxy")]
        proxies: Vec<IpAddr>,
    },
    /// Makes, lists and removes rooms.
    Room {
        #[command(subcommand)]
        what: OfRoom,
        /// Address of the relay as platforms see it, for what is printed.
        #[arg(long, global = true, default_value = "https://RELAY")]
        public: String,
    },
}

#[derive(Subcommand)]
enum OfRoom {
    /// Makes a room and prints its address and key, once.
    Add {
        /// For your own list.
        name: String,
    },
    /// Prints all rooms.
    List,
    /// Gives a room another key and prints it, once; the one before opens nothing any more.
    Renew {
        /// The room's id.
        id: String,
    },
    /// Removes a room with all that waits in it.
    Remove {
        /// The room's id.
        id: String,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("STALLCAST_RELAY_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,async_nats=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for a terminal, not for a file or a service's log.
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .init();
    match run(Line::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stallcast-relay: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(line: Line) -> Result<(), Box<dyn std::error::Error>> {
    let Nats {
        nats,
        nats_credentials,
        replicas,
    } = line.nats;
    let servers = nats.or_else(|| std::env::var("STALLCAST_RELAY_NATS").ok());
    let address = StoreAddress {
        servers: servers.unwrap_or_else(|| "nats://127.0.0.1:4222".to_owned()),
        credentials: nats_credentials,
        replicas,
    };
    match line.what {
        What::Serve { listen, proxies } => {
            let ended = told_to_end()?;
            let store = Store::open(&address).await?;
            Ok(server::serve(listen, store, proxies, ended).await?)
        }
        What::Room { what, public } => {
            let store = Store::open(&address).await?;
            let rooms = Rooms::open(&store).await?;
            of_room(&rooms, what, public.trim_end_matches('/')).await
        }
    }
}

async fn of_room(
    rooms: &Rooms,
    what: OfRoom,
    public: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    match what {
        OfRoom::Add { name } => print(&rooms.add(&name).await?, public),
        OfRoom::Renew { id } => print(&rooms.renew(&id).await?, public),
        OfRoom::List => {
            for (id, room) in rooms.list().await? {
                println!("{id}  {}", room.name);
            }
        }
        OfRoom::Remove { id } => {
            let gone = rooms.remove(&id).await?;
            println!("removed {}", gone.name);
        }
    }
    Ok(())
}

fn print(made: &Made, public: &str) {
    let Made { id, key } = made;
    println!("relay  {public}");
    println!("room   {id}");
    println!("key    {key}");
    println!();
    println!("The key is shown once: enter these three in the studio (settings, chat, relay).");
    println!("Addresses for platforms and shops:");
    for kind in Kind::ALL {
        let name = kind.name();
        println!("{name:<12} {public}{HOOK_PATH}{id}/{name}");
    }
    println!("Address for the team, once the studio lets it in from outside:");
    println!("{:<12} {public}{TEAM_PATH}{id}/", "team");
}

/// Becomes true when the system or the terminal says so; once more ends at once.
fn told_to_end() -> std::io::Result<watch::Receiver<bool>> {
    let (ask, asked) = watch::channel(false);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("told to end; once more ends at once");
            ask.send_replace(true);
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(130);
        });
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            ask.send_replace(true);
        }
    });
    Ok(asked)
}
