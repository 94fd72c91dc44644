//! How is the tree read?
//!
//! Every file as its path, its text, and its code: the text with comments and literals blanked, so that a rule about code
//! isn't set off by words about it. Text only; macros aren't expanded and nothing is parsed further than that.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

/// One file as the rules see it.
pub struct Source {
    /// Its path from the root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its text with comments and literals blanked, line for line.
    pub code: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") {
            code_of(text)
        } else {
            String::new()
        };
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
        }
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Tells whether the file is the module at that path, without `.rs`, or stands below it.
    pub fn is_in(&self, place: &str) -> bool {
        let rest = self.path.strip_prefix(place);
        rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    pub fn is_test(&self) -> bool {
        self.path
            .split('/')
            .any(|part| matches!(part, "tests" | "tests.rs" | "benches"))
    }

    pub fn is_program(&self) -> bool {
        self.is_rust() && !self.is_test()
    }

    /// Gives the module's path within the gateway, unless the file is the root of a crate.
    pub fn module(&self) -> Option<Vec<String>> {
        let within = self.path.strip_prefix("src/")?.strip_suffix(".rs")?;
        (!matches!(within, "lib" | "main")).then(|| within.split('/').map(str::to_owned).collect())
    }
}

/// Blanks comments and literals, keeping lines.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let follows_word = code.ends_with(is_of_word);
        let blank = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if letter == '"' {
            quoted(rest)
        } else if letter == 'r' && !follows_word && rest.trim_start_matches(['r', '#']).starts_with('"') {
            raw(rest)
        } else if letter == '\'' {
            character(rest)
        } else {
            0
        };
        let end = if blank == 0 { letter.len_utf8() } else { blank };
        let (piece, after) = rest.split_at(end);
        if blank == 0 {
            code.push(letter);
        } else {
            code.extend(
                piece
                    .chars()
                    .map(|hidden| if hidden == '\n' { '\n' } else { ' ' }),
            );
        }
        rest = after;
    }
    code
}

/// Measures a text literal.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// Measures a raw text literal, `r"…"` or `r#"…"#`.
fn raw(rest: &str) -> usize {
    let hashes = rest.chars().skip(1).take_while(|letter| *letter == '#').count();
    let start = hashes + 2;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = rest.get(start..).and_then(|body| body.find(&close));
    end.map_or(rest.len(), |end| start + end + close.len())
}

/// Measures a character literal; nothing for a lifetime.
fn character(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        (Some((_, '\\')), Some((at, _))) => rest
            .get(at + 1..)
            .and_then(|after| after.find('\''))
            .map_or(0, |end| at + 1 + end + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

/// Reads whatever the rules are about.
pub fn tree() -> io::Result<Vec<Source>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    gather(root, root, &mut sources)?;
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn gather(root: &Path, folder: &Path, into: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if path.is_dir() {
            if !matches!(name, "target" | ".git" | "proptest-regressions") {
                gather(root, &path, into)?;
            }
            continue;
        }
        let kind = path.extension().and_then(OsStr::to_str);
        if matches!(kind, Some("rs" | "md" | "toml" | "sh" | "ftl" | "sql")) || name == "run" {
            let within = path.strip_prefix(root).unwrap_or(&path);
            into.push(Source::new(
                &within.to_string_lossy(),
                &fs::read_to_string(&path)?,
            ));
        }
    }
    Ok(())
}

/// Finds a text between word boundaries, each with what follows.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    code.match_indices(word).filter_map(move |(at, found)| {
        let before = code.get(..at)?;
        let after = code.get(at + found.len()..)?;
        let is_whole = !before.ends_with(is_of_word) && !after.starts_with(is_of_word);
        (is_whole && !before.ends_with('$')).then_some((at, after))
    })
}

pub fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

pub fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
