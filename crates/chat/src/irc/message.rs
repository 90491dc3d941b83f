//! Owns the grammar of one IRC line: tags, source, command, parameters (RFC 1459, IRCv3 message-tags).

/// One parsed line, borrowing from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message<'a> {
    tags: &'a str,
    source: &'a str,
    /// Upper-case word or three digits.
    pub(super) command: &'a str,
    /// Parameters, the trailing one last and without its colon.
    pub(super) params: Vec<&'a str>,
}

impl<'a> Message<'a> {
    /// `None` when there is no command.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let mut rest = line.trim_end_matches(['\r', '\n']);
        let mut tags = "";
        let mut source = "";
        if let Some(tagged) = rest.strip_prefix('@') {
            (tags, rest) = tagged.split_once(' ')?;
            rest = rest.trim_start_matches(' ');
        }
        if let Some(from) = rest.strip_prefix(':') {
            (source, rest) = from.split_once(' ')?;
            rest = rest.trim_start_matches(' ');
        }
        let (command, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
        if command.is_empty() || !command.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let mut params = Vec::new();
        loop {
            rest = rest.trim_start_matches(' ');
            if let Some(trailing) = rest.strip_prefix(':') {
                params.push(trailing);
                break;
            }
            if rest.is_empty() {
                break;
            }
            let (param, after) = rest.split_once(' ').unwrap_or((rest, ""));
            params.push(param);
            rest = after;
        }
        Some(Self {
            tags,
            source,
            command,
            params,
        })
    }

    /// The nick (or server) the line comes from; empty when it has no source.
    pub(super) fn nick(&self) -> &'a str {
        self.source.split(['!', '@']).next().unwrap_or_default()
    }

    /// A tag's value, unescaped; `None` when absent or empty.
    pub(super) fn tag(&self, name: &str) -> Option<String> {
        self.tags
            .split(';')
            .find_map(|tag| tag.strip_prefix(name)?.strip_prefix('='))
            .filter(|value| !value.is_empty())
            .map(unescape)
    }

    /// The parameter at `index`, or nothing.
    pub(super) fn param(&self, index: usize) -> &'a str {
        self.params.get(index).copied().unwrap_or_default()
    }
}

fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some(':') => plain.push(';'),
            Some('s') => plain.push(' '),
            Some('r') => plain.push('\r'),
            Some('n') => plain.push('\n'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

/// What a person wrote in a PRIVMSG: `/me` unwrapped, mIRC colour codes out. `None` for other
/// client-to-client requests (VERSION and kin), which are not chat.
pub(super) fn spoken(text: &str) -> Option<String> {
    let text = match text.strip_prefix('\u{1}') {
        None => text,
        Some(request) => request.trim_end_matches('\u{1}').strip_prefix("ACTION ")?,
    };
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{3}' {
            plain.push(c);
            continue;
        }
        // Colour: up to two digits, then perhaps a comma and up to two more (modern.ircdocs.horse/formatting).
        let digits = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            (0..2)
                .filter(|_| chars.next_if(char::is_ascii_digit).is_some())
                .count()
        };
        if digits(&mut chars) > 0 {
            let mut ahead = chars.clone();
            if ahead.next() == Some(',') && ahead.next().is_some_and(|c| c.is_ascii_digit()) {
                chars.next();
                digits(&mut chars);
            }
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_with_and_without_tags() {
        let line = Message::parse(
            "@display-name=A\\sB\\:;id=x;color= :nick!user@host PRIVMSG #room :hi : there",
        )
        .unwrap();
        assert_eq!(line.tag("display-name").as_deref(), Some("A B;"));
        assert_eq!(line.tag("color"), None);
        assert_eq!(line.tag("name"), None);
        assert_eq!(line.nick(), "nick");
        assert_eq!(line.params, ["#room", "hi : there"]);
        let bare = Message::parse("PING abc").unwrap();
        assert_eq!(
            (bare.command, bare.param(0), bare.nick()),
            ("PING", "abc", "")
        );
        let one_word = Message::parse(":a!b@c PRIVMSG #room forsenParty").unwrap();
        assert_eq!(one_word.param(1), "forsenParty");
    }

    #[test]
    fn nonsense_is_no_message() {
        for line in [
            "",
            "@",
            "@a=b",
            ":only",
            ": ",
            "@a :b ",
            "\u{0}\u{0}",
            "@a=b :c  ",
        ] {
            assert_eq!(Message::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn actions_and_colours_become_plain_words() {
        assert_eq!(spoken("\u{1}ACTION waves\u{1}").as_deref(), Some("waves"));
        assert_eq!(spoken("\u{1}VERSION\u{1}"), None);
        assert_eq!(
            spoken("\u{3}04,12red\u{3} 5斤 \u{3}7,ok").as_deref(),
            Some("red 5斤 ,ok")
        );
    }
}
