//! `stallcast verify`: whether a folder of evidence is as it was made, in plain sentences.

use std::path::Path;

use stallcast_clips::Utc;
use stallcast_journal::evidence::{Finding, Verified, VerifyError, verify_folder};
use stallcast_overlay::Lang;
use stallcast_show::At;

/// Nothing was changed.
pub const INTACT: u8 = 0;
/// Something was changed, is missing or was added.
pub const CHANGED: u8 = 1;
/// It could not be checked: no such folder, no list.
pub const UNCHECKED: u8 = 2;

/// Checks a folder: what is said, and the exit code. `kept` is the list's hash where somebody kept it.
pub fn verify(folder: &Path, kept: Option<&str>, lang: Lang) -> (Vec<String>, u8) {
    say(
        verify_folder(folder, kept, &mut |_| true),
        kept.is_some(),
        lang,
    )
}

fn say(outcome: Result<Verified, VerifyError>, knows_hash: bool, lang: Lang) -> (Vec<String>, u8) {
    let verified = match outcome {
        Ok(verified) => verified,
        Err(error) => return (vec![unchecked(&error, lang)], UNCHECKED),
    };
    let mut lines = vec![head(&verified, lang)];
    for name in &verified.manifest.gone {
        lines.push(match lang {
            Lang::Zh => format!("注意：做证据包时，录像 {name} 已经不在了，包里没有它。"),
            Lang::En => format!(
                "Note: the recording {name} was gone already when the folder was made; it is not in it."
            ),
        });
    }
    if verified.findings.is_empty() {
        lines.push(intact(&verified, lang));
        if !knows_hash {
            lines.push(unkept(&verified.fingerprint, lang));
        }
        return (lines, INTACT);
    }
    lines.extend(verified.findings.iter().map(|it| finding(it, lang)));
    let count = verified.findings.len();
    lines.push(match lang {
        Lang::Zh => format!("结论：不是原样，共 {count} 处问题。"),
        Lang::En if count == 1 => "Result: not as it was made, 1 problem.".to_owned(),
        Lang::En => format!("Result: not as it was made, {count} problems."),
    });
    (lines, CHANGED)
}

fn head(verified: &Verified, lang: Lang) -> String {
    let show = &verified.manifest.show;
    let (name, began, ended) = (&show.name, utc(show.began), utc(show.ended));
    let made = utc(verified.manifest.made_at);
    match lang {
        Lang::Zh => format!("证据包：“{name}”，{began} 至 {ended}（UTC），{made} 制作。"),
        Lang::En => format!("Evidence of \"{name}\", {began} to {ended} (UTC), made {made}."),
    }
}

fn intact(verified: &Verified, lang: Lang) -> String {
    let files = verified.manifest.files.len();
    let chain = &verified.manifest.chain;
    let entries = chain.last.0.saturating_sub(chain.first.0) + 1;
    match lang {
        Lang::Zh => format!("结论：完好。{files} 个文件都没有改过，{entries} 条操作日志一环不缺。"),
        Lang::En => format!(
            "Result: intact. {files} files are as they were, and the chain of {entries} entries holds."
        ),
    }
}

fn unkept(fingerprint: &str, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!(
            "清单校验码：{fingerprint}\n请和当初另存的那份对照（或加上 --hash 校验码）。对得上，才能排除整个文件夹被重做过。"
        ),
        Lang::En => format!(
            "Hash of the list: {fingerprint}\nCompare it with the one that was kept elsewhere (or give it with --hash): \
             only then is it sure that nobody made the whole folder anew."
        ),
    }
}

fn unchecked(error: &VerifyError, lang: Lang) -> String {
    match (error, lang) {
        (VerifyError::NoList(_), Lang::Zh) => {
            "没法检查：这个文件夹里没有清单 manifest.json，或者清单读不出来。".to_owned()
        }
        (VerifyError::NoList(_), Lang::En) => {
            "Cannot be checked: there is no list (manifest.json) in this folder, or it cannot be read."
                .to_owned()
        }
        (VerifyError::Newer { .. }, Lang::Zh) => {
            "没法检查：它是更新版本的程序做的，请先升级。".to_owned()
        }
        (VerifyError::Newer { .. }, Lang::En) => {
            "Cannot be checked: a newer version of the program made it. Update first.".to_owned()
        }
        (VerifyError::Stopped, Lang::Zh) => "检查中断了。".to_owned(),
        (VerifyError::Stopped, Lang::En) => "The check was stopped.".to_owned(),
    }
}

fn finding(finding: &Finding, lang: Lang) -> String {
    match (finding, lang) {
        (Finding::ListChanged, Lang::Zh) => "清单被改过：和 manifest.sha256 对不上。".to_owned(),
        (Finding::ListChanged, Lang::En) => {
            "The list was changed: it does not fit manifest.sha256.".to_owned()
        }
        (Finding::SumMissing, Lang::Zh) => "清单的校验码文件 manifest.sha256 不见了。".to_owned(),
        (Finding::SumMissing, Lang::En) => {
            "The list's hash, manifest.sha256, is missing.".to_owned()
        }
        (Finding::OtherList, Lang::Zh) => "清单不是当初那一份：和另存的校验码对不上。".to_owned(),
        (Finding::OtherList, Lang::En) => {
            "The list is not the one whose hash was kept elsewhere.".to_owned()
        }
        (Finding::Changed { path }, Lang::Zh) => format!("被改过：{path}"),
        (Finding::Changed { path }, Lang::En) => format!("Changed: {path}"),
        (Finding::Missing { path }, Lang::Zh) => format!("不见了：{path}"),
        (Finding::Missing { path }, Lang::En) => format!("Missing: {path}"),
        (Finding::Added { path }, Lang::Zh) => format!("多出来的：{path}"),
        (Finding::Added { path }, Lang::En) => format!("Added: {path}"),
        (Finding::Unreadable { path }, Lang::Zh) => format!("读不出来：{path}"),
        (Finding::Unreadable { path }, Lang::En) => format!("Cannot be read: {path}"),
        (Finding::ChainBroken { seq }, Lang::Zh) => {
            format!("操作日志断了：从第 {} 条起不可信。", seq.0)
        }
        (Finding::ChainBroken { seq }, Lang::En) => {
            format!(
                "The chain of entries is broken: from entry {} on nothing is sure.",
                seq.0
            )
        }
    }
}

fn utc(at: At) -> String {
    let time = Utc::at(at.0.div_euclid(1000));
    format!("{} {}", time.date("-"), time.time(":"))
}
