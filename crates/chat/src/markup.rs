//! Owns words out of HTML: platforms that send markup are read as the text a viewer would see, and nothing else of it.

/// The text of some HTML: tags go, pictures become their `alt`, line breaks become spaces, entities become characters,
/// scripts and styles go with what is in them. What is no markup (a lone `<`) stays. One pass, never longer than `html`.
pub(crate) fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len().min(4_096));
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if rest.starts_with('<') {
            tag(rest, &mut text)
        } else {
            entity(rest, &mut text)
        };
        rest = &rest[taken..];
    }
    text.push_str(rest);
    text
}

/// Takes a tag at the start of `rest`; gives how many bytes it was.
fn tag(rest: &str, text: &mut String) -> usize {
    let inner = &rest[1..];
    let closes = inner.starts_with('/');
    let name: String = inner
        .trim_start_matches('/')
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .take(12)
        .collect::<String>()
        .to_ascii_lowercase();
    if inner.starts_with("!--") {
        return rest.find("-->").map_or(rest.len(), |end| end + 3);
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) && !inner.starts_with('!') {
        // A heart (<3), a comparison.
        text.push('<');
        return 1;
    }
    let end = end_of_tag(rest);
    match name.as_str() {
        "br" | "p" | "div" | "li" if !closes && !text.is_empty() => text.push(' '),
        "img" => {
            if let Some(alt) = attribute(&rest[..end], "alt") {
                let mut left = alt;
                while let Some(at) = left.find('&') {
                    text.push_str(&left[..at]);
                    left = &left[at..];
                    left = &left[entity(left, text)..];
                }
                text.push_str(left);
            }
        }
        "script" | "style" if !closes => {
            let closing = format!("</{name}");
            let inside = &rest[end..];
            let found = inside
                .as_bytes()
                .windows(closing.len())
                .position(|part| part.eq_ignore_ascii_case(closing.as_bytes()));
            return found.map_or(rest.len(), |at| end + at);
        }
        _ => {}
    }
    end
}

/// Behind the `>` of the tag at the start; quoted values may hold one.
fn end_of_tag(rest: &str) -> usize {
    let mut quote = None;
    for (at, c) in rest.char_indices().skip(1) {
        match (quote, c) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    rest.len()
}

/// The quoted value of an attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = from + tag[from..].find(name)?;
        from = at + name.len();
        let before = tag[..at].chars().next_back()?;
        let value = tag[from..].trim_start().strip_prefix('=');
        let Some(value) = value.filter(|_| before.is_whitespace() || before == '"') else {
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        return value[1..].split(quote).next();
    }
}

/// Takes an entity at the start of `rest`; gives how many bytes it was.
fn entity(rest: &str, text: &mut String) -> usize {
    // The longest that is known has eight characters between `&` and `;`.
    let end = rest.bytes().take(10).position(|b| b == b';');
    let Some(end) = end else {
        text.push('&');
        return 1;
    };
    let name = &rest[1..end];
    let number = name.strip_prefix('#').and_then(|digits| {
        match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => digits.parse().ok(),
        }
        .and_then(char::from_u32)
    });
    let known = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => number,
    };
    match known {
        Some(c) => {
            text.push(c);
            end + 1
        }
        None => {
            text.push('&');
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_viewer_reads_stays_and_markup_goes() {
        for (html, text) in [
            ("<p>How much is it?</p>", "How much is it?"),
            ("<p>a<br>b</p>\n", "a b\n"),
            ("<p>one</p><p>two</p>", "one two"),
            (
                r#"hi <img src="/img/emoji/x.gif" class="emoji" alt=":thumbs&amp;up:" title="t">!"#,
                "hi :thumbs&up:!",
            ),
            (
                r#"<a href="https://x.example/?a>b" rel="noreferrer">link</a>"#,
                "link",
            ),
            (
                "I <3 you & me &lt;b&gt; &#x1F34E;&#33;&nope; &",
                "I <3 you & me <b> 🍎!&nope; &",
            ),
            ("a<script>alert('x')</script>b<STYLE>p{}</sTyle>c", "abc"),
            ("a<!-- <b> -->c", "ac"),
            ("5 < 6 > 4", "5 < 6 > 4"),
            ("cut <a href=\"x", "cut "),
            ("&#xD800;&#99999999;", "&#xD800;&#99999999;"),
            ("多少钱<b>？</b>", "多少钱？"),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    proptest! {
        #[test]
        fn anything_is_read_and_nothing_grows(pieces in proptest::collection::vec(
            prop_oneof![
                any::<char>().prop_map(String::from),
                "[<>&;/\"'=!#x-]{1,4}",
                Just("<script".to_owned()), Just("</script>".to_owned()), Just("<img alt=".to_owned()),
                Just("&amp;".to_owned()), Just("<br".to_owned()), Just("é".to_owned()),
            ], 0..60,
        )) {
            let html = pieces.concat();
            prop_assert!(to_text(&html).len() <= html.len());
        }
    }
}
