//! Sentences for every code, and parts that crash, hang and babble.

use std::collections::BTreeSet;

use stallcast_overlay::Lang;

use super::*;

const CODES: &str = include_str!("../../../wire/src/doctor.rs");

/// All codes, as the wire names them.
fn codes() -> Vec<Code> {
    let list = CODES.split("pub enum DoctorCode {").nth(1).unwrap();
    let list = list.split('}').next().unwrap().split(',').map(str::trim);
    let names = list.filter(|name| !name.is_empty()).map(|name| {
        let mut out = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() && !out.is_empty() {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        }
        serde_json::from_value(serde_json::Value::String(out)).unwrap()
    });
    names.collect()
}

#[test]
fn every_code_has_its_sentence_and_every_red_one_a_next_step() {
    let codes = codes();
    assert!(codes.len() > 50);
    for lang in [Lang::Zh, Lang::En] {
        for code in &codes {
            let line = DoctorLine::new(Part::System, *code);
            let seen = words::seen(&line, lang);
            assert!(!seen.starts_with("doctor_seen."), "{seen}");
            if let Some(next) = words::next(&line, lang) {
                assert!(!next.starts_with("doctor_next."), "{next}");
            }
        }
        for part in Part::ALL {
            assert!(!words::part(part, lang).contains('.'), "{part:?}");
        }
    }
}

#[test]
fn a_value_stands_where_its_name_does_and_is_not_read_again() {
    let line = DoctorLine::new(Part::Disk, Code::PartFailed).with("cause", "{cause} {x");
    let said = words::seen(&line, Lang::En);
    assert!(said.contains("{cause} {x"), "{said}");
}

#[cfg(unix)]
mod children {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::*;

    /// A program that does this, whatever it is asked.
    fn doing(script: &str) -> (tempfile::TempDir, Asked) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("look");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&program, mode).unwrap();
        let data = folder.path().join("data");
        let asked = Asked {
            program,
            data,
            light: false,
            held: BTreeSet::new(),
            turns: std::sync::Arc::new(tokio::sync::Semaphore::new(1)),
        };
        (folder, asked)
    }

    #[tokio::test]
    async fn a_part_that_crashes_hangs_or_babbles_is_one_line_of_its_own() {
        let short = Duration::from_secs(1);
        let (_folder, crashes) = doing("kill -SEGV $$");
        let failure = crashes
            .of::<Vec<DoctorLine>>("plugins", Duration::from_secs(20))
            .await;
        let failure = failure.unwrap_err();
        assert!(
            matches!(&failure, Failure::Crashed { how } if how.contains("11")),
            "{failure:?}"
        );
        assert_eq!(fallen(Part::Plugins, &failure).code, Code::PartCrashed);

        let (folder, hangs) = doing("sleep 600 & echo $! > ${0%look}pid; wait");
        let failure = hangs
            .of::<Vec<DoctorLine>>("plugins", short)
            .await
            .unwrap_err();
        assert_eq!(failure, Failure::TimedOut { seconds: 1 });
        // What it had started is gone with it.
        let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
        let stat = format!("/proc/{}/stat", pid.trim());
        let began = Instant::now();
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            assert!(began.elapsed() < Duration::from_secs(20), "it runs on");
            tokio::task::yield_now().await;
        }

        let (_folder, babbles) = doing("echo libva info: VA-API; echo '{\"Ok\":[]}'");
        let said = babbles
            .of::<Vec<DoctorLine>>("plugins", Duration::from_secs(20))
            .await;
        assert_eq!(said, Ok(vec![]));

        let (_folder, cannot) = doing("echo '{\"Err\":\"no\"}'");
        let said = cannot
            .of::<Vec<DoctorLine>>("plugins", Duration::from_secs(20))
            .await;
        assert_eq!(said, Err(Failure::Said { cause: "no".into() }));
    }

    #[tokio::test]
    async fn a_camera_that_the_studio_has_open_is_not_opened_once_more() {
        let (_folder, mut asked) = doing(
            r#"case "$2" in
            cameras) echo '{"Ok":[{"id":"v4l2:/dev/video0","name":"A"},{"id":"v4l2:/dev/video2","name":"B"}]}' ;;
            camera:v4l2:/dev/video0) echo '{"Err":"busy"}' ;;
            camera:*) echo '{"Ok":[{"part":"cameras","level":"ok","code":"camera_works","params":{}}]}' ;;
            esac"#,
        );
        let codes = |lines: Vec<DoctorLine>| lines.iter().map(|l| l.code).collect::<Vec<_>>();
        let before = codes(devices(&asked, Part::Cameras).await);
        assert_eq!(before, [Code::CameraFails, Code::CameraWorks]);
        asked.held.insert("v4l2:/dev/video0".to_owned());
        for light in [false, true] {
            asked.light = light;
            let lines = devices(&asked, Part::Cameras).await;
            assert_eq!(lines[0].params["name"], "A");
            let other = if light {
                Code::CameraListed
            } else {
                Code::CameraWorks
            };
            assert_eq!(codes(lines), [Code::CameraHeld, other]);
        }
    }

    #[tokio::test]
    async fn an_examination_comes_to_its_end_although_every_part_crashes() {
        let (_folder, asked) = doing("kill -ABRT $$");
        let view = examine(&asked).await;
        let parts: BTreeSet<_> = view.lines.iter().map(|line| line.part).collect();
        assert_eq!(parts.len(), Part::ALL.len(), "{view:?}");
        assert!(view.lines.iter().all(|line| line.code == Code::PartCrashed));
    }
}
