//! What is set of the sound, from the command to what is heard and to what is in the file.

use std::path::PathBuf;

use stallcast_media::audio::Meters;
use stallcast_show::{Ducking, NoiseSuppression, Sound, SoundRole, Source, SourceKind, Strip};

use super::tests::{PATIENCE, studio};
use super::*;
use crate::air;

async fn submit(studio: &Studio, command: Command) {
    studio.submit(air::engine(), command).await.unwrap();
}

async fn meters(studio: &Studio, heard: impl FnMut(&Meters) -> bool) {
    let mut meters = studio.meters();
    let heard = tokio::time::timeout(PATIENCE, meters.wait_for(heard)).await;
    heard.unwrap().unwrap();
}

fn sound(role: SoundRole) -> Sound {
    Sound {
        role,
        delay_ms: 40,
        noise: NoiseSuppression::Off,
    }
}

/// What is known of a recorded file from reading it once.
struct Recorded {
    path: PathBuf,
    tracks: usize,
    closed: bool,
}

/// The recorded files in their order.
fn recorded(studio: &Studio) -> Vec<Recorded> {
    let files = std::fs::read_dir(studio.folders().recordings()).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "mp4"));
    files.sort();
    let read = files.into_iter().map(|path| {
        let bytes = std::fs::read(&path).unwrap();
        let heads = bytes.windows(8).filter(|at| &at[4..] == b"tkhd").count();
        // A file that is closed has its tables twice: in front for a crash, at the end for good.
        let tables = bytes.windows(8).filter(|at| &at[4..] == b"mvhd").count();
        Recorded {
            tracks: heads / tables.max(1),
            // What begins behind `ftyp` becomes one `mdat` when the file is finished.
            closed: bytes.get(40..44) == Some(b"mdat"),
            path,
        }
    });
    read.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_of_the_sound_is_heard_and_the_isolated_input_begins_a_file_with_its_own_track()
{
    let folder = tempfile::tempdir().unwrap();
    let (studio, _ending) = studio(folder.path()).await;
    for (id, name) in [("mic", "麦克风"), ("song", "Song")] {
        let source = Source {
            id: id.into(),
            name: name.into(),
            kind: SourceKind::TestTone,
        };
        submit(&studio, Command::PutSource { source }).await;
    }
    for (id, role) in [("mic", SoundRole::Speech), ("song", SoundRole::Music)] {
        let (source, sound) = (id.into(), sound(role));
        submit(&studio, Command::SetSound { source, sound }).await;
    }
    let ducking = Ducking { depth_cdb: -2_000 };
    submit(&studio, Command::SetDucking { ducking }).await;
    meters(&studio, |meters| meters.ducked_db > 19.0).await;
    let muted = Strip {
        gain_cdb: 0,
        muted: true,
    };
    let (source, strip) = ("mic".into(), muted);
    submit(&studio, Command::SetStrip { source, strip }).await;
    meters(&studio, |meters| meters.ducked_db == 0.0).await;

    submit(&studio, Command::SetRecording { on: true }).await;
    let mut status = studio.status();
    let mut wrote = async |parts: usize| {
        let enough = |status: &StatusView| {
            let bytes = status.recording().map_or(0, |part| part.bytes);
            bytes > 0 && studio.desk().show().recording_parts.len() == parts
        };
        let written = tokio::time::timeout(PATIENCE, status.wait_for(enough)).await;
        written.unwrap().unwrap();
    };
    wrote(1).await;
    let source = Some("mic".into());
    submit(&studio, Command::SetIsolated { source }).await;
    wrote(2).await;
    submit(&studio, Command::SetRecording { on: false }).await;
    let closed = async {
        loop {
            let files = recorded(&studio);
            if files.len() == 2 && files.iter().all(|file| file.closed) {
                return files;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let files = tokio::time::timeout(PATIENCE, closed).await.unwrap();
    assert_eq!(
        files.iter().map(|file| file.tracks).collect::<Vec<_>>(),
        [2, 3]
    );
    let bytes = std::fs::read(&files[1].path).unwrap();
    let name = "麦克风\0".as_bytes();
    assert!(bytes.windows(name.len()).any(|at| at == name));
}
