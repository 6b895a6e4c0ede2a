//! The one pattern language for parameter names.

use std::fmt;

/// Names chosen by pattern: `*` stands for any run of characters, `?` for one, and a comma
/// separates alternatives. `"features.*"`, `"*.bias"`, `"layer3.*, layer4.*"`, `"*"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<String>);

impl Pattern {
    /// The pattern written so. Blanks around alternatives are ignored.
    pub fn new(text: &str) -> Self {
        Pattern(text.split(',').map(|s| s.trim().to_owned()).collect())
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|alternative| glob(alternative.as_bytes(), name.as_bytes()))
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Pattern::new(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

/// Linear in practice: on a mismatch only the latest `*` has to take one more character.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == b'?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        let yes = [
            ("*", "features.0.weight"),
            ("features.*", "features.0.weight"),
            ("*.bias", "a.b.bias"),
            ("f*0*t", "features.0.weight"),
            ("layer?.weight", "layer4.weight"),
            ("a.*, b.*", "b.x"),
        ];
        let no = [
            ("features", "features.0"),
            ("features.*", "feature.0"),
            ("*.bias", "a.bias2"),
            ("layer?", "layer10"),
            ("", "x"),
        ];
        assert!(yes.iter().all(|(p, n)| Pattern::new(p).matches(n)));
        assert!(no.iter().all(|(p, n)| !Pattern::new(p).matches(n)));
    }
}
