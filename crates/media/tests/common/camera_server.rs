//! The virtual camera's serving side, as the engine has it.

use std::process::ExitCode;

use stallcast_media::virtual_camera::{SERVE, serve};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some(SERVE), Some(caps)) => serve(&caps),
        _ => ExitCode::FAILURE,
    }
}
