//! The pieces of a line: values in quotes and without, and what stands between them.

use std::borrow::Cow;

use crate::LineError;
use crate::error::shown;

/// A value.
pub(super) struct Cell<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) quoted: bool,
}

/// A line as far as it is read. Spaces mean nothing, and `%` ends it.
pub(super) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { rest: line }
    }

    /// The next character that is no space.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next().filter(|&c| c != '%')
    }

    /// Whether nothing follows but a comment.
    pub(super) fn is_done(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Passes over a character, if it is the next one.
    pub(super) fn skip(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.rest = &self.rest[c.len_utf8()..];
        }
        there
    }

    /// Passes over a character that must be the next one.
    pub(super) fn expect(&mut self, c: char, problem: &'static str) -> Result<(), LineError> {
        if self.skip(c) {
            return Ok(());
        }
        Err(LineError::Syntax { found: self.shown(), problem })
    }

    /// What follows, for a message.
    pub(super) fn shown(&self) -> String {
        match self.rest.trim_start() {
            "" => "end of the line".into(),
            rest => shown(rest),
        }
    }

    /// A value: in quotes, or up to one of these characters.
    pub(super) fn cell(&mut self, ends: &[char]) -> Result<Cell<'a>, LineError> {
        if let Some(quote @ ('\'' | '"')) = self.peek() {
            return Ok(Cell { text: self.quoted(quote)?, quoted: true });
        }
        let ends_here = |c: char| c == '%' || ends.contains(&c);
        let end = self.rest.find(ends_here).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Cell { text: text.trim_end().into(), quoted: false })
    }

    /// A value in quotes, in which a backslash takes the next character's meaning away.
    fn quoted(&mut self, quote: char) -> Result<Cow<'a, str>, LineError> {
        let inside = &self.rest[quote.len_utf8()..];
        let mut text = String::new();
        let mut chars = inside.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, other)) => text.push(other),
                    None => break,
                },
                c if c == quote => {
                    self.rest = &inside[at + quote.len_utf8()..];
                    return Ok(text.into());
                }
                c => text.push(c),
            }
        }
        let problem = "the quotes that begin here do not end on this line";
        Err(LineError::Syntax { found: self.shown(), problem })
    }
}
