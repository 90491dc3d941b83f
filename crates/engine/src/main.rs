//! `stallcast`: the engine's command line.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use stallcast_engine::address::Address;
use stallcast_engine::api::Api;
use stallcast_engine::doctor;
use stallcast_engine::folders::Folders;
use stallcast_engine::obs::{self, Obs};
use stallcast_engine::sentences::sentence;
use stallcast_engine::signals::Signals;
use stallcast_engine::studio::{End, Fresh, Options, Studio, program_spec};
use stallcast_engine::verify::verify;
use stallcast_engine::verify_draw::verify_draw;
use stallcast_engine::{StartError, runtime_file};
use stallcast_media::virtual_camera;
use stallcast_overlay::Lang;
use stallcast_wire::{RuntimeFile, data_folder};
use tracing_subscriber::EnvFilter;

/// Stallcast, the live-selling studio: the engine.
#[derive(Parser)]
#[command(version, about)]
struct Line {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Runs the engine until it is told to end.
    Run(Run),
    /// Prints the address of the page of the running engine.
    Address {
        /// Data folder; the user's own when not given.
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// Checks a folder of evidence: exit code 0 = as it was made, 1 = changed, 2 = could not be checked.
    Verify {
        /// The folder.
        folder: PathBuf,
        /// The hash of its list, where it was kept elsewhere.
        #[arg(long)]
        hash: Option<String>,
        /// zh-CN or en; the system's when not given.
        #[arg(long)]
        lang: Option<String>,
    },
    /// Checks the record of a draw: exit code 0 = as it was drawn, 1 = changed, 2 = could not be read.
    VerifyDraw {
        /// The record, from recordings/draws.
        file: PathBuf,
        /// zh-CN or en; the system's when not given.
        #[arg(long)]
        lang: Option<String>,
    },
    /// Measures the chat's judgement on a folder of labelled lines: one JSON line per measure.
    Evaluate {
        /// The folder: livechat*.csv, shop*.csv with facts*.json, mod*.csv. near_miss*.csv only explains labels of
        /// shop*.csv and is not read, nor is any list of unsure rows (*unsure*.csv).
        folder: PathBuf,
    },
    /// Looks at this computer: exit code 0 = no fault, 1 = with faults, 2 = the report could not be written.
    Doctor {
        /// Data folder; the user's own when not given.
        #[arg(long)]
        data: Option<PathBuf>,
        /// Writes a report that says nothing of whose computer it is into this file (Markdown).
        #[arg(long)]
        report: Option<PathBuf>,
        /// For machines: what was found as JSON, as it is.
        #[arg(long)]
        json: bool,
        /// Leaves out what a show would feel; so it is by itself while one is on air here.
        #[arg(long)]
        light: bool,
        /// zh-CN or en; the system's when not given.
        #[arg(long)]
        lang: Option<String>,
    },
    /// One part of the doctor; started by it.
    #[command(name = doctor::LOOK, hide = true)]
    DoctorLook {
        /// Which.
        what: String,
        /// Data folder.
        #[arg(long)]
        data: PathBuf,
        /// Leaves out what a show would feel.
        #[arg(long)]
        light: bool,
    },
    /// Serves the virtual camera; started by the engine.
    #[command(name = virtual_camera::SERVE, hide = true)]
    ServeVirtualCamera {
        /// What the pictures on standard input are.
        caps: String,
    },
}

#[derive(clap::Args)]
struct Run {
    /// Data folder: journal, recordings, photos; the user's own when not given.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Loopback port, 0 = any free one; that of the last run, where it is free, when not given.
    #[arg(long)]
    port: Option<u16>,
    /// Serve the page from this folder instead of the one inside the program.
    #[arg(long)]
    ui: Option<PathBuf>,
    /// Language of the cards: zh-CN or en; the system's when not given.
    #[arg(long)]
    lang: Option<String>,
    /// Lines of the canvas: 720 or 1080.
    #[arg(long, default_value_t = 720)]
    canvas: u32,
    /// Video bitrate, kbit/s; 2500 at 720 lines, 4500 at 1080 when not given.
    #[arg(long)]
    kbps: Option<u32>,
    /// Use this GStreamer encoder whatever the trial says.
    #[arg(long)]
    encoder: Option<String>,
    /// Card theme, a folder below assets/themes.
    #[arg(long, default_value = "orchard")]
    theme: String,
    /// A fresh data folder begins empty instead of with the demo show.
    #[arg(long)]
    empty: bool,
    /// End by itself when no page is connected and nothing is live for so many seconds.
    #[arg(long)]
    linger: Option<u64>,
    /// Port of obs-websocket, once it is switched on in the settings; 0 = any free one.
    #[arg(long, default_value_t = obs::PORT)]
    obs_port: u16,
    /// Certificate (PEM) trusted beside the system's, for a private ingest.
    #[arg(long)]
    extra_root: Option<PathBuf>,
}

fn main() -> std::process::ExitCode {
    // Journal, recordings, photos and logs are for this user only.
    #[cfg(unix)]
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    stallcast_media::platform::use_own_plugins();
    let filter =
        EnvFilter::try_from_env("STALLCAST_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for a terminal, not for a file or a service's log.
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .init();
    stallcast_media::platform::prepare_heap();
    let line = Line::parse();
    let lang = match &line.what {
        What::Run(run) => language(run.lang.as_deref()),
        _ => language(None),
    };
    let outcome = match line.what {
        What::Run(run) => start(run),
        What::Address { data } => address(data),
        What::Verify { folder, hash, lang } => {
            let (lines, code) = verify(&folder, hash.as_deref(), language(lang.as_deref()));
            lines.iter().for_each(|line| println!("{line}"));
            return std::process::ExitCode::from(code);
        }
        What::VerifyDraw { file, lang } => {
            let (lines, code) = verify_draw(&file, language(lang.as_deref()));
            lines.iter().for_each(|line| println!("{line}"));
            return std::process::ExitCode::from(code);
        }
        What::Evaluate { folder } => return evaluate(&folder),
        What::Doctor {
            data,
            report,
            json,
            light,
            lang,
        } => {
            let data = data.unwrap_or_else(data_folder);
            let lang = language(lang.as_deref());
            return examine(data, report, json, light, lang);
        }
        What::DoctorLook { what, data, light } => {
            doctor::look(&what, &data, light);
            return std::process::ExitCode::SUCCESS;
        }
        What::ServeVirtualCamera { caps } => return virtual_camera::serve(&caps),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            let code = error.code();
            let cause = code.and_then(|code| sentence(&format!("cause.{code}"), lang));
            if let Some(cause) = cause {
                eprintln!("{cause}");
            }
            // The last line, with the code: the window looks there for why it ended.
            let code = code.map_or_else(String::new, |code| format!(" [{code}]"));
            tracing::error!("{error}{code}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// Waits until a show is on air; the studio says so in a file.
async fn goes_on_air(data: &std::path::Path) {
    let mut look = tokio::time::interval(std::time::Duration::from_secs(1));
    while !doctor::is_on_air(data) {
        look.tick().await;
    }
}

fn examine(
    data: PathBuf,
    report: Option<PathBuf>,
    json: bool,
    light: bool,
    lang: Lang,
) -> std::process::ExitCode {
    let failed = |error: &dyn std::fmt::Display| {
        eprintln!("{error}");
        std::process::ExitCode::from(2)
    };
    let light = light || doctor::is_on_air(&data);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let examined = runtime.and_then(|runtime| {
        let asked = doctor::Asked::own(data.clone(), light)?;
        let beside = doctor::Asked::own(data.clone(), true)?;
        Ok(runtime.block_on(async {
            tokio::select! {
                view = doctor::examine(&asked) => view,
                // The show needs the machine now.
                () = goes_on_air(&data), if !light => doctor::examine(&beside).await,
            }
        }))
    });
    let view = match examined {
        Ok(view) => view,
        Err(error) => return failed(&error),
    };
    if json {
        match doctor::json(&view) {
            Ok(text) => println!("{text}"),
            Err(error) => return failed(&error),
        }
    } else {
        doctor::text(&view, lang)
            .iter()
            .for_each(|line| println!("{line}"));
    }
    if let Some(file) = report
        && let Err(error) = doctor::write_report(&view, &data, &file, lang)
    {
        return failed(&error);
    }
    std::process::ExitCode::from(u8::from(view.has_faults()))
}

fn evaluate(folder: &std::path::Path) -> std::process::ExitCode {
    match stallcast_chat::evaluate(folder) {
        Ok(found) => {
            found.left_out.iter().for_each(|why| eprintln!("{why}"));
            let lines = found.measures.iter().map(serde_json::to_string);
            lines.flatten().for_each(|line| println!("{line}"));
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::from(2)
        }
    }
}

fn address(data: Option<PathBuf>) -> Result<(), StartError> {
    let folders = Folders::open(data.unwrap_or_else(data_folder), Folders::default_assets())?;
    match RuntimeFile::read(&folders.runtime_file()) {
        Some(file) => {
            println!("{}", page(&file));
            Ok(())
        }
        None => {
            Err(std::io::Error::other("no engine runs here; start one with: stallcast run").into())
        }
    }
}

fn page(file: &RuntimeFile) -> String {
    format!("http://127.0.0.1:{}/#token={}", file.port, file.token)
}

fn start(run: Run) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(serve(run));
    // Not for ever: a keychain may still be waiting for its person.
    runtime.shutdown_timeout(Duration::from_secs(2));
    outcome
}

async fn serve(run: Run) -> Result<(), StartError> {
    let folders = Folders::open(
        run.data.unwrap_or_else(data_folder),
        Folders::default_assets(),
    )?;
    let signals = Signals::listen()?;
    let (listener, address) = Address::open(&folders.address_file(), run.port)
        .await
        .map_err(|error| match run.port {
            Some(port) => std::io::Error::new(error.kind(), format!("port {port}: {error}")),
            None => error,
        })?;
    let options = Options {
        folders: folders.clone(),
        program: program_spec(run.canvas, run.kbps, run.encoder)?,
        lang: language(run.lang.as_deref()),
        fresh: if run.empty { Fresh::Empty } else { Fresh::Demo },
        extra_root: run.extra_root,
        theme: run.theme,
    };
    let (studio, ending) = Studio::start(options).await?;
    // Only now: until the journal is ours another engine may run here, and these are its files.
    // A full disk must not keep the show off air: without these files it is only harder to find.
    if let Err(error) = address.keep(&folders.address_file()) {
        tracing::error!(%error, file = %folders.address_file().display(), "the address could not be kept");
    }
    let file = RuntimeFile {
        port: address.port,
        token: address.token,
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    if let Err(error) = runtime_file::write(&file, &folders.runtime_file()) {
        tracing::error!(%error, file = %folders.runtime_file().display(), "the window cannot find this engine");
    }
    // The address holds the session's token: printed for the person at the terminal, never logged.
    println!("{}", page(&file));
    tokio::spawn(signals.end(studio.clone()));
    if let Some(seconds) = run.linger {
        tokio::spawn(end_when_left(studio.clone(), Duration::from_secs(seconds)));
    }
    let obs = Obs::start(studio.clone(), run.obs_port);
    Api::new(studio.clone(), &file.token, file.port, run.ui, obs)
        .serve(listener)
        .await;
    studio.end().await;
    ending.wait().await;
    // A new engine may have written its own by now; only ours is removed.
    if RuntimeFile::read(&folders.runtime_file()).is_some_and(|now| now.pid == file.pid) {
        std::fs::remove_file(folders.runtime_file())?;
    }
    match studio.ended().await {
        End::Wanted => Ok(()),
        End::Fallen(thread) => Err(StartError::Fallen(thread)),
    }
}

fn language(wanted: Option<&str>) -> Lang {
    let system = || {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
    };
    let language = wanted
        .map(str::to_owned)
        .or_else(system)
        .unwrap_or_default();
    if language.starts_with("en") {
        Lang::En
    } else {
        Lang::Zh
    }
}

/// Nothing is left running by a window that was closed: without a page and off air the engine goes too.
async fn end_when_left(studio: Studio, patience: Duration) {
    let mut since = tokio::time::Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        if !studio.is_idle() {
            since = tokio::time::Instant::now();
        } else if since.elapsed() > patience {
            tracing::info!("nobody is connected and nothing is on air: the engine ends");
            studio.end().await;
            return;
        }
    }
}
