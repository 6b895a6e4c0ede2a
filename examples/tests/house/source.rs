//! The workspace's Rust sources, with code, strings and comments told apart.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the workspace's manifest.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the package lies in the workspace").to_owned()
}

/// A source file, cut into three views of the same lines.
pub(crate) struct Source {
    /// Path from the workspace's root, with `/` between its parts.
    pub(crate) path: String,
    /// Lines without comments and without the contents of strings.
    pub(crate) code: Vec<String>,
    /// Lines without comments.
    pub(crate) text: Vec<String>,
    /// What stands in comments, line by line.
    pub(crate) comments: Vec<String>,
}

impl Source {
    /// Cuts `text` into its views.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut s = Source { path: path.to_owned(), code: vec![], text: vec![], comments: vec![] };
        let chars: Vec<char> = text.chars().collect();
        let mut line: [String; 3] = Default::default();
        for (i, part) in classify(&chars).into_iter().enumerate() {
            if chars[i] == '\n' {
                let [code, text, comment] = std::mem::take(&mut line);
                s.code.push(code);
                s.text.push(text);
                s.comments.push(comment);
                continue;
            }
            match part {
                Part::Code => {
                    line[0].push(chars[i]);
                    line[1].push(chars[i]);
                }
                Part::Literal => line[1].push(chars[i]),
                Part::Comment => line[2].push(chars[i]),
            }
        }
        if line.iter().any(|l| !l.is_empty()) {
            let [code, text, comment] = line;
            s.code.push(code);
            s.text.push(text);
            s.comments.push(comment);
        }
        s
    }

    /// A fault at a line of this file, counted from 0.
    pub(crate) fn fault(&self, line: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, line + 1)
    }
}

#[derive(Clone, Copy)]
enum Part {
    Code,
    /// Inside a string or character literal; the quotes count as code.
    Literal,
    Comment,
}

/// What each character belongs to: as much of Rust's lexical grammar as that question needs.
fn classify(c: &[char]) -> Vec<Part> {
    let mut parts = Vec::with_capacity(c.len());
    let at = |i: usize| c.get(i).copied().unwrap_or('\0');
    while parts.len() < c.len() {
        let i = parts.len();
        let word_before = i > 0 && (at(i - 1).is_alphanumeric() || at(i - 1) == '_');
        let raw = if at(i) == 'b' || at(i) == 'c' { i + 1 } else { i };
        if at(i) == '/' && at(i + 1) == '/' {
            let end = (i..c.len()).find(|&k| c[k] == '\n').unwrap_or(c.len());
            parts.resize(end, Part::Comment);
        } else if at(i) == '/' && at(i + 1) == '*' {
            let (mut k, mut depth) = (i + 2, 1);
            while k < c.len() && depth > 0 {
                match (at(k), at(k + 1)) {
                    ('/', '*') => (depth, k) = (depth + 1, k + 2),
                    ('*', '/') => (depth, k) = (depth - 1, k + 2),
                    _ => k += 1,
                }
            }
            parts.resize(k.min(c.len()), Part::Comment);
        } else if !word_before && at(raw) == 'r' && matches!(at(raw + 1), '"' | '#') {
            let hashes = (raw + 1..c.len()).take_while(|&k| c[k] == '#').count();
            let open = raw + 1 + hashes;
            let closes = |k: usize| c[k] == '"' && (1..=hashes).all(|h| at(k + h) == '#');
            // `r#name` is an identifier, not a string.
            let end = (at(open) == '"').then(|| (open + 1..c.len()).find(|&k| closes(k)));
            parts.resize(open, Part::Code);
            if let Some(end) = end {
                parts.push(Part::Code);
                parts.resize(end.unwrap_or(c.len()), Part::Literal);
                parts.resize((parts.len() + 1 + hashes).min(c.len()), Part::Code);
            }
        } else if at(i) == '"' || (at(i) == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'')) {
            let mut k = i + 1;
            while k < c.len() && c[k] != c[i] {
                k += if c[k] == '\\' { 2 } else { 1 };
            }
            parts.push(Part::Code);
            parts.resize(k.min(c.len()), Part::Literal);
            parts.resize((k + 1).min(c.len()), Part::Code);
        } else {
            parts.push(Part::Code);
        }
    }
    parts
}

/// Every Rust source below the workspace's root, in the order of its paths.
pub(crate) fn sources() -> Vec<Source> {
    let (root, mut folders, mut files) = (root(), vec![root()], vec![]);
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).expect("a folder of the workspace can be read");
        for path in entries.map(|e| e.expect("its entries can be read").path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a source file is UTF-8");
        let short = path.strip_prefix(&root).expect("found below the root");
        Source::new(&short.to_string_lossy().replace('\\', "/"), &text)
    };
    files.iter().map(read).collect()
}

/// Where `word` stands in `text` as a whole word.
pub(crate) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let inner = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).map(|(i, _)| i).filter(move |&i| {
        !inner(text[..i].chars().next_back()) && !inner(text[i + word.len()..].chars().next())
    })
}

#[test]
fn code_strings_and_comments_are_told_apart() {
    let source = Source::new(
        "a.rs",
        "let a = \"x // \\\" y\"; // why\nlet b: &'static str = r#\"q \" /* \"#; /* c\nd */ f('\"', '\\'');\n",
    );
    assert_eq!(source.code, ["let a = \"\"; ", "let b: &'static str = r#\"\"#; ", " f('', '');"]);
    assert_eq!(source.text[0], "let a = \"x // \\\" y\"; ");
    assert_eq!(source.text[1], "let b: &'static str = r#\"q \" /* \"#; ");
    assert_eq!(source.comments, ["// why", "/* c", "d */"]);
    assert_eq!(words("unsafe_code unsafe {}", "unsafe").collect::<Vec<_>>(), [12]);
}
