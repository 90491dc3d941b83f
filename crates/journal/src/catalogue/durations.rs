//! Durations as people write them.

/// `90`, `90秒`, `5分钟`, `1分30秒`, `1h30m`, `00:05:00`. `1:30` is refused: it may be minutes or hours.
pub(super) fn seconds(words: &str, unit_s: f64) -> Option<f64> {
    let parts: Vec<&str> = words.split([':', '：']).collect();
    if let [hours, minutes, seconds] = parts[..] {
        let part = |text: &str| text.parse::<u16>().ok().map(f64::from);
        return Some(part(hours)? * 3600.0 + part(minutes)? * 60.0 + part(seconds)?);
    }
    let mut rest = words;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, tail) = rest.split_at(digits.unwrap_or(rest.len()));
        let tail = tail.trim_start();
        let unit_end = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_end);
        let unit_s = match unit.trim().to_lowercase().as_str() {
            "" if next.is_empty() => unit_s,
            "秒" | "秒钟" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "分" | "分钟" | "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "时" | "小时" | "h" | "hour" | "hours" => 3600.0,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * unit_s;
        rest = next;
    }
    let whole = sum.round();
    ((sum - whole).abs() < 1e-6).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (words, unit_s, expected) in [
            ("90", 1.0, Some(90.0)),
            ("90秒", 1.0, Some(90.0)),
            ("5分钟", 1.0, Some(300.0)),
            ("1分30秒", 1.0, Some(90.0)),
            ("1h30m", 1.0, Some(5400.0)),
            ("5 min", 1.0, Some(300.0)),
            ("1.5", 60.0, Some(90.0)),
            ("00:05:00", 1.0, Some(300.0)),
            ("1:30", 1.0, None),
            ("soon", 1.0, None),
            ("-5", 1.0, None),
            ("1.5", 1.0, None),
            ("5 apples", 1.0, None),
        ] {
            assert_eq!(seconds(words, unit_s), expected, "{words}");
        }
    }
}
