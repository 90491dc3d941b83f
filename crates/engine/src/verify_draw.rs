//! `stallcast verify-draw`: checks the record of a draw and says what is found, in both languages.

use std::path::Path;

use stallcast_overlay::Lang;

use crate::draw::{self, DrawFault};

/// Largest record read: 20 000 long names and room.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What there is to say of a record, and the exit code: 0 = a fair draw, 1 = it was changed, 2 = it could not be read.
pub fn verify_draw(file: &Path, lang: Lang) -> (Vec<String>, u8) {
    let read = std::fs::metadata(file).and_then(|known| match known.len() {
        0..=LARGEST => std::fs::read(file),
        _ => Err(std::io::ErrorKind::FileTooLarge.into()),
    });
    let text = match read {
        Ok(text) => text,
        Err(error) => return (vec![error.to_string()], 2),
    };
    let zh = lang == Lang::Zh;
    match draw::verify(&text) {
        Ok(record) => {
            let (people, winners) = (record.entrants.len(), record.winners.len());
            let shown = record.commitment.get(..32).unwrap_or_default();
            let says = if zh {
                vec![
                    format!("核对无误：{people} 人参加，按算法应中奖的就是这 {winners} 人。"),
                    format!("请与直播画面上的校验码对比：{shown}"),
                ]
            } else {
                vec![
                    format!(
                        "It is right: of {people} people these {winners} win by the algorithm."
                    ),
                    format!("Compare this code with the one on the picture: {shown}"),
                ]
            };
            let winners = record.winners.iter().map(|who| who.replace('\t', ": "));
            (says.into_iter().chain(winners).collect(), 0)
        }
        Err(fault @ DrawFault::NotARecord) => (vec![sentence(fault, zh)], 2),
        Err(fault) => (vec![sentence(fault, zh)], 1),
    }
}

fn sentence(fault: DrawFault, zh: bool) -> String {
    if !zh {
        return fault.to_string();
    }
    let says = match fault {
        DrawFault::NotARecord => "这不是一份抽奖记录。",
        DrawFault::Rewritten => "记录被改动过：它的写法和软件保存的不一样。",
        DrawFault::Commitment => "种子或规则，与抽奖开始前公布的不是同一份。",
        DrawFault::List => "参加者名单的次序不对，或者有人重复。",
        DrawFault::EntrantsHash => "参加者与截止时的名单不一致。",
        DrawFault::Winners => "中奖的人不是按种子算出来的人。",
    };
    says.to_owned()
}
