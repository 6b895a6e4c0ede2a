//! From text to [`Spec`] and back.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{Fragments, RowRange, Spec, SpecError, scheme};

/// What must be escaped in a part, and its code.
const ESCAPES: [(char, &str); 6] =
    [('%', "%25"), (',', "%2C"), ('?', "%3F"), ('#', "%23"), ('[', "%5B"), (']', "%5D")];

impl FromStr for Spec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let Some((scheme, rest)) = text.split_once(':') else {
            let known = scheme::schemes().iter().map(|scheme| scheme.name.into()).collect();
            return Err(SpecError::NoScheme { spec: text.into(), known });
        };
        let end = (0..rest.len()).find(|&i| suffix(rest, i)).unwrap_or(rest.len());
        let (body, mut suffixes) = rest.split_at(end);
        let parts = match body {
            "" => Vec::new(),
            _ => body.split(',').map(unescape).collect(),
        };
        let mut spec = Self {
            scheme: scheme.into(),
            parts,
            options: BTreeMap::new(),
            fragment: None,
            rows: None,
        };
        while !suffixes.is_empty() {
            let end = (1..suffixes.len()).find(|&i| suffix(suffixes, i));
            let (one, others) = suffixes.split_at(end.unwrap_or(suffixes.len()));
            spec.add(one, text)?;
            suffixes = others;
        }
        spec.check()?;
        Ok(spec)
    }
}

/// Whether a suffix begins at byte `i`: at `?` or `#`, or at brackets around two dots, and no
/// beginning of a suffix, with another suffix or the end behind them.
fn suffix(text: &str, i: usize) -> bool {
    match text.as_bytes()[i] {
        b'?' | b'#' => true,
        b'[' => text[i + 1..].split_once(']').is_some_and(|(inside, behind)| {
            let plain = !inside.contains(['?', '#', '[']);
            plain
                && inside.contains("..")
                && matches!(behind.chars().next(), None | Some('?' | '#'))
        }),
        _ => false,
    }
}

impl Spec {
    /// Takes in one suffix of the spec `text`, its first character included.
    fn add(&mut self, suffix: &str, text: &str) -> Result<(), SpecError> {
        let syntax = |found: &str, problem| {
            Err(SpecError::Syntax { spec: text.into(), found: found.into(), problem })
        };
        if let Some(options) = suffix.strip_prefix('?') {
            for option in options.split('&') {
                let Some((name, value)) = option.split_once('=') else {
                    return syntax(option, "is no option; write NAME=VALUE, joined by &");
                };
                if self.options.insert(name.into(), value.into()).is_some() {
                    return syntax(name, "is given twice");
                }
            }
        } else if let Some(fragment) = suffix.strip_prefix('#') {
            if self.fragment.replace(fragment.into()).is_some() {
                return syntax(suffix, "is a second fragment; one is enough");
            }
        } else {
            let inside = &suffix[1..suffix.len() - 1];
            let Some(rows) = parse_rows(inside) else {
                return Err(SpecError::Rows { spec: text.into(), found: inside.into() });
            };
            if self.rows.replace(rows).is_some() {
                return syntax(suffix, "is a second range of rows; one is enough");
            }
        }
        Ok(())
    }

    /// Checks the spec against its scheme's grammar.
    pub(super) fn check(&self) -> Result<(), SpecError> {
        let text = self.to_string();
        let usage = scheme::find(&self.scheme, &text)?.usage;
        let grammar = scheme::grammar_of(self)?;
        if !grammar.parts.contains(&self.parts.len()) || self.parts.iter().any(String::is_empty) {
            let (least, most) = (grammar.parts.start(), grammar.parts.end());
            let expected = if least == most {
                format!("expected {least}, not empty")
            } else {
                format!("expected {least} to {most}, none empty")
            };
            return Err(SpecError::Parts { spec: text, found: self.parts.len(), expected, usage });
        }
        for (name, value) in &self.options {
            let Some(known) = grammar.option(name) else {
                let all: Vec<_> = grammar.all_options().map(|option| option.name).collect();
                return Err(SpecError::unknown(&text, "option", name, all));
            };
            if !known.kind.accepts(value) {
                let (option, value) = (name.clone(), value.clone());
                let expected = known.kind.expected();
                return Err(SpecError::Value { spec: text, option, value, expected });
            }
        }
        match (&self.fragment, grammar.fragments) {
            (Some(found), Fragments::None) => Err(SpecError::unknown(&text, "fragment", found, [])),
            (Some(found), Fragments::OneOf(known)) if !known.contains(&found.as_str()) => {
                Err(SpecError::unknown(&text, "fragment", found, known.iter().copied()))
            }
            _ => Ok(()),
        }
    }
}

fn parse_rows(inside: &str) -> Option<RowRange> {
    let (start, end) = inside.split_once("..")?;
    let start = if start.is_empty() { 0 } else { start.parse().ok()? };
    let end = if end.is_empty() { None } else { Some(end.parse().ok()?) };
    end.is_none_or(|end| start < end).then_some(RowRange { start, end })
}

/// Writes a part so that it is read back as it is.
pub(crate) fn escape(part: &str) -> String {
    let code = |c| ESCAPES.iter().find(|escape| escape.0 == c);
    part.chars().map(|c| code(c).map_or_else(|| c.to_string(), |escape| escape.1.into())).collect()
}

pub(crate) fn unescape(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    let mut rest = part;
    while let Some(c) = rest.chars().next() {
        let code = ESCAPES
            .iter()
            .find(|(_, code)| rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(code)));
        out.push(code.map_or(c, |escape| escape.0));
        rest = &rest[code.map_or(c.len_utf8(), |_| 3)..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Spec {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_suffix_that_begins_within_brackets_makes_them_text() {
        let spec = parse("mnist:[[3..9]");
        assert_eq!((&spec.parts[0][..], spec.rows.is_some()), ("[", true));
        for text in ["mnist:[#..]", "mnist:[?..]", "mnist:[[..]#"] {
            let spec = text.parse::<Spec>();
            assert!(spec.is_err(), "{text}: {spec:?}");
        }
    }

    #[test]
    fn suffixes_in_any_order() {
        let spec = parse("mnist:a/b?limit=5#test[3..9]");
        for text in ["mnist:a/b#test[3..9]?limit=5", "mnist:a/b[3..9]?limit=5#test"] {
            assert_eq!(parse(text), spec);
        }
        assert_eq!(spec.fragment(), Some("test"));
        assert_eq!(spec.count("limit"), Some(5));
        assert_eq!(spec.rows(), Some(RowRange { start: 3, end: Some(9) }));
        assert_eq!(parse("mnist:a[..9]").rows(), Some(RowRange { start: 0, end: Some(9) }));
        assert_eq!(parse("mnist:a[9..]").rows(), Some(RowRange { start: 9, end: None }));
    }

    #[test]
    fn paths_may_hold_anything() {
        for (text, paths) in [
            ("idx:a%2Cb.gz,c.gz", &["a,b.gz", "c.gz"][..]),
            ("mnist:run[1]/x", &["run[1]/x"]),
            ("mnist:run[1..2]/x", &["run[1..2]/x"]),
            ("mnist:run%5b1..2%5D", &["run[1..2]"]),
            ("mnist:100%/a%2525", &["100%/a%25"]),
            ("mnist:C:\\data", &["C:\\data"]),
            ("mnist:é%3F#train", &["é?"]),
        ] {
            let spec = parse(text);
            assert_eq!(spec.parts(), paths, "{text}");
            assert_eq!(parse(&spec.to_string()), spec, "{text} -> {spec}");
        }
    }
}
