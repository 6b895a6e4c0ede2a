//! The header of an array of NumPy: a dictionary as Python writes it, with three keys.

use super::numbers::{Element, Kind};
use crate::error::shown;

/// NumPy itself does not take longer ones without being asked to.
pub(super) const MOST_HEADER: u64 = 65_536;

/// What the header says.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    pub(super) fortran: bool,
}

/// Where the header says something else, and what.
#[derive(Debug, PartialEq)]
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) found: String,
    pub(super) expected: &'static str,
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, the keys in any order.
pub(super) fn parse(bytes: &[u8]) -> Result<Header, Wrong> {
    let mut text = Text { bytes, at: 0 };
    let (mut element, mut fortran, mut shape) = (None, None, None);
    text.expect(b'{', "`{`, which begins the header of an array")?;
    loop {
        text.space();
        if text.skip(b'}') {
            break;
        }
        let at = text.at;
        let key = text.string("one of the keys 'descr', 'fortran_order' and 'shape'")?;
        text.expect(b':', "`:` behind the key")?;
        text.space();
        let twice = match key.as_str() {
            "descr" => element.replace(text.element()?).is_some(),
            "fortran_order" => fortran.replace(text.boolean()?).is_some(),
            "shape" => shape.replace(text.shape()?).is_some(),
            _ => {
                let expected = "the keys 'descr', 'fortran_order' and 'shape', each once";
                return Err(Wrong { at, found: format!("the key '{}'", shown(&key)), expected });
            }
        };
        if twice {
            let (found, expected) = (format!("the key '{key}' again"), "each key once");
            return Err(Wrong { at, found, expected });
        }
        text.space();
        if !text.skip(b',') {
            text.expect(b'}', "`,` or `}` behind a value")?;
            break;
        }
    }
    text.space();
    if text.at < bytes.len() {
        return Err(text.wrong("nothing but spaces behind the header's `}`"));
    }
    let missing = |key: &str| Wrong {
        at: 0,
        found: format!("a header without '{key}'"),
        expected: "the keys 'descr', 'fortran_order' and 'shape'; the header is damaged",
    };
    Ok(Header {
        element: element.ok_or_else(|| missing("descr"))?,
        fortran: fortran.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

/// The header as far as it is read.
struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Text<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Wrong> {
        self.space();
        if self.skip(byte) { Ok(()) } else { Err(self.wrong(expected)) }
    }

    /// What stands here is not what should.
    fn wrong(&self, expected: &'static str) -> Wrong {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let rest = shown(&String::from_utf8_lossy(&rest[..rest.len().min(12)]));
        let found = if rest.is_empty() { "the header's end".into() } else { format!("`{rest}`") };
        Wrong { at: self.at, found, expected }
    }

    /// A string in single or double quotes; NumPy writes no escapes.
    fn string(&mut self, expected: &'static str) -> Result<String, Wrong> {
        let quote = match self.peek() {
            Some(quote @ (b'\'' | b'"')) => quote,
            _ => return Err(self.wrong(expected)),
        };
        let rest = &self.bytes[self.at + 1..];
        let end = rest.iter().position(|&byte| byte == quote);
        let text = end.and_then(|end| std::str::from_utf8(&rest[..end]).ok());
        let Some(text) = text else { return Err(self.wrong(expected)) };
        self.at += text.len() + 2;
        Ok(text.to_owned())
    }

    fn boolean(&mut self) -> Result<bool, Wrong> {
        for (word, value) in [("True", true), ("False", false)] {
            if self.bytes[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("True or False"))
    }

    /// `(3, 4)`, `(3,)` or `()`; Python 2 wrote `3L`.
    fn shape(&mut self) -> Result<Vec<usize>, Wrong> {
        let expected = "a shape as (100, 28, 28)";
        self.expect(b'(', expected)?;
        let mut shape = Vec::new();
        loop {
            self.space();
            if self.skip(b')') {
                return Ok(shape);
            }
            let rest = &self.bytes[self.at..];
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let number =
                std::str::from_utf8(&rest[..digits]).ok().and_then(|text| text.parse().ok());
            let Some(number) = number else { return Err(self.wrong(expected)) };
            shape.push(number);
            self.at += digits;
            self.skip(b'L');
            self.space();
            if !self.skip(b',') && self.peek() != Some(b')') {
                return Err(self.wrong(expected));
            }
        }
    }

    /// `'<f4'` and the like: byte order, kind, bytes.
    fn element(&mut self) -> Result<Element, Wrong> {
        let at = self.at;
        let wrong = |found: String, expected| Err(Wrong { at, found, expected });
        if self.peek() == Some(b'[') {
            let expected = "one type for all elements; save each named field by itself";
            return wrong("an array of records".into(), expected);
        }
        let descr = self.string("a type as '<f4'")?;
        let (order, code) = match descr.chars().next() {
            Some(order @ ('<' | '>' | '|' | '=')) => (order, &descr[1..]),
            _ => ('=', descr.as_str()),
        };
        let kind = match code {
            "b1" | "?" => Kind::Bool,
            "u1" | "B" => Kind::U8,
            "u2" => Kind::U16,
            "u4" => Kind::U32,
            "u8" => Kind::U64,
            "i1" | "b" => Kind::I8,
            "i2" => Kind::I16,
            "i4" => Kind::I32,
            "i8" => Kind::I64,
            "f2" => Kind::F16,
            "f4" => Kind::F32,
            "f8" => Kind::F64,
            _ => {
                let found = format!("elements of type '{}'", shown(&descr));
                let expected = match code.chars().next() {
                    Some('O') => {
                        "numbers; objects are pickles, which are never read: save \
                         array.astype('float32')"
                    }
                    Some('U' | 'S' | 'a') => {
                        "numbers; number the words by numpy.unique(y, return_inverse=True)"
                    }
                    Some('c') => "real numbers; save real and imaginary part, or the modulus",
                    Some('V') => "one type for all elements; save each named field by itself",
                    _ => {
                        "bool, whole numbers or floats of 1 to 8 bytes; save array.astype('float32')"
                    }
                };
                return wrong(found, expected);
            }
        };
        // The order of this machine's bytes is only known for the machine that wrote them.
        let native = cfg!(target_endian = "big");
        let big_endian = order == '>' || (order == '=' && native);
        Ok(Element { kind, big_endian })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_numpy_writes() {
        let header = |text: &str| parse(text.as_bytes()).unwrap();
        let found = header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }    \n");
        let element = Element::little(Kind::F32);
        assert_eq!(found, Header { element, shape: vec![3, 4], fortran: false });
        let found = header("{\"shape\":(7L,),\"fortran_order\":True,\"descr\":\">i2\"}");
        let element = Element { kind: Kind::I16, big_endian: true };
        assert_eq!(found, Header { element, shape: vec![7], fortran: true });
        assert!(header("{'descr':'|u1','fortran_order':False,'shape':()}").shape.is_empty());
    }

    #[test]
    fn every_piece_of_a_header_is_an_error() {
        let whole = b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }";
        for end in 0..whole.len() {
            assert!(parse(&whole[..end]).is_err(), "{end}");
        }
    }
}
