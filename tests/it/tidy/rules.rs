//! What is refused in the tree?
//!
//! Each rule is a function from a file to what is wrong in it, and carries an example that it must refuse and one that it
//! must let pass, so that a rule which no longer bites fails as well. Unit tests may name any module and any crate, and do
//! without a header, since the file that they test has one; every other rule holds for them too.

use std::path::Path;

use super::architecture::{ABSENCES, HOMES, LAYERS, MAY_EXPOSE};
use super::source::{Source, is_of_word, line_of, words};

/// A file longer than this is refused.
const MOST_LINES: usize = 600;

/// Words that must not be committed: the paths of some machine. Joined here so that this file passes itself.
const MACHINE_PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "stuff",
];

/// What a rule found: the line, and what is wrong there.
pub type Breaches = Vec<(usize, String)>;

/// One rule, with a path and text that it must refuse, and one that it must let pass.
pub struct Rule {
    pub name: &'static str,
    pub check: fn(&Source) -> Breaches,
    pub refused: (&'static str, &'static str),
    pub passed: (&'static str, &'static str),
}

pub const RULES: &[Rule] = &[
    Rule {
        name: "layers",
        check: forbidden_paths,
        refused: ("src/domain/pin.rs", "use crate::{\n    clock::Clock,\n};\n"),
        passed: (
            "src/auth.rs",
            "use crate::domain::{client::ClientId, pin::Pin};\nuse super::auth::Scope;\n",
        ),
    },
    Rule {
        name: "layers, by an inline path",
        check: forbidden_paths,
        refused: (
            "src/audit/row.rs",
            "struct Row {\n    caller: crate::auth::Caller,\n}\n",
        ),
        passed: (
            "src/audit/row.rs",
            "struct Row {\n    of: crate::sealing::Pseudonym, // not crate::auth\n}\n",
        ),
    },
    Rule {
        name: "layers, by way of super",
        check: forbidden_paths,
        refused: ("src/records/flights.rs", "use super::super::limits::Admission;\n"),
        passed: ("src/records/flights.rs", "use super::freshness::Wanted;\n"),
    },
    Rule {
        name: "absences",
        check: absences,
        refused: ("src/matching/names.rs", "async fn compare() {}\n"),
        passed: (
            "src/matching/names.rs",
            "/// Nothing async here.\nfn compare() {}\n",
        ),
    },
    Rule {
        name: "a crate's home",
        check: foreign_crates,
        refused: ("src/limits.rs", "fn read(pool: &sqlx::Pool) {}\n"),
        passed: ("src/stores/sqlite.rs", "use sqlx::Pool;\n"),
    },
    Rule {
        name: "two programs",
        check: two_programs,
        refused: ("mock-services/src/lib.rs", "use dancu::domain;\n"),
        passed: (
            "mock-services/src/lib.rs",
            "// as dancu::domain has it\nlet path = \"dancu::domain\";\n",
        ),
    },
    Rule {
        name: "header",
        check: header,
        refused: ("src/limits.rs", "//! Limits.\n\nuse std::fmt;\n"),
        passed: (
            "src/limits.rs",
            "//! How much may a caller ask?\n//!\n//! Stands after policy.\n",
        ),
    },
    Rule {
        name: "length",
        check: length,
        refused: ("src/limits.rs", LONG),
        passed: ("src/limits.rs", "//! Short.\n"),
    },
    Rule {
        name: "expose",
        check: exposures,
        refused: ("src/audit/row.rs", "let digits = pin.map(Pin::expose);\n"),
        passed: (
            "src/registry/wire.rs",
            "let digits = pin.expose();\nlet key = secret.expose_secret();\n",
        ),
    },
    Rule {
        name: "panics",
        check: panics,
        refused: ("src/limits.rs", "let first = list.first().unwrap();\n"),
        passed: (
            "src/limits.rs",
            "#[expect(dead_code)]\nlet first = list.first().unwrap_or_default();\n",
        ),
    },
    Rule {
        name: "printing",
        check: printing,
        refused: ("src/cli.rs", "println!(\"{line}\");\n"),
        passed: ("src/cli.rs", "writeln!(std::io::stdout(), \"println!\")?;\n"),
    },
    Rule {
        name: "names",
        check: empty_names,
        refused: ("src/limits/quota_helper.rs", "fn quota() {}\n"),
        passed: ("src/limits/quota.rs", "mod commons;\n"),
    },
    Rule {
        name: "names of modules",
        check: empty_names,
        refused: ("src/limits.rs", "mod quota;\npub(crate) mod common;\n"),
        passed: ("src/limits.rs", "mod quota;\n"),
    },
    Rule {
        name: "mod.rs",
        check: module_files,
        refused: ("src/limits/mod.rs", "mod quota;\n"),
        passed: ("src/limits.rs", "mod quota;\n"),
    },
    Rule {
        name: "tests in their own file",
        check: inline_tests,
        refused: ("src/limits.rs", "#[cfg(test)]\nimpl Caller {}\n"),
        passed: ("src/limits.rs", "#[cfg(test)]\nmod tests;\n"),
    },
    Rule {
        name: "bare allow",
        check: bare_allows,
        refused: ("src/limits.rs", "#[allow(dead_code)]\nfn quota() {}\n"),
        passed: (
            "src/limits.rs",
            "#[expect(dead_code, reason = \"comes next\")]\nfn quota() {}\n",
        ),
    },
    Rule {
        name: "honest tests",
        check: dishonest_tests,
        refused: ("src/limits/tests.rs", "tokio::time::sleep(pause).await;\n"),
        passed: ("src/registry.rs", "tokio::time::sleep(pause).await;\n"),
    },
    Rule {
        name: "honest tests, every one",
        check: dishonest_tests,
        refused: ("tests/it/limits.rs", "#[test]\n#[ignore]\nfn quota() {}\n"),
        passed: ("tests/it/limits.rs", "#[test]\nfn quota() {}\n"),
    },
    Rule {
        name: "machine paths",
        check: machine_paths,
        refused: ("docs/audit.md", concat!("Look into /tm", "p/audit.\n")),
        passed: (
            "docs/audit.md",
            "Look into the temporary folder, or https://example.vn/work.\n",
        ),
    },
    Rule {
        name: "links",
        check: dead_links,
        refused: ("docs/adr/0001.md", "See [the rules](../nowhere.md).\n"),
        passed: (
            "docs/adr/0001.md",
            "See [the law](https://example.vn/law), [below](#below), [all](../../Cargo.toml).\n",
        ),
    },
];

/// More lines than a file may have.
const LONG: &str = {
    const BYTES: [u8; MOST_LINES + 1] = [b'\n'; MOST_LINES + 1];
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

fn forbidden_paths(source: &Source) -> Breaches {
    let Some(module) = source.module().filter(|_| !source.is_test()) else {
        return Vec::new();
    };
    let own = module.first().map_or("", String::as_str);
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else {
        return vec![(1, format!("`{own}` has no layer yet"))];
    };
    let mut found = Vec::new();
    for (line, path) in named_paths(&source.code, module.len()) {
        let is_allowed = is_below(&path, own) || allowed.iter().any(|allowed| is_below(&path, allowed));
        if !is_allowed {
            found.push((line, format!("`{own}` may not name `crate::{path}`")));
        }
    }
    found
}

/// Lists the paths from the crate's root that are named in the code of a module of that depth.
pub fn named_paths(code: &str, depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, rest) in words(code, "crate") {
        if let Some(rest) = rest.strip_prefix("::") {
            found.extend(named_in(rest).into_iter().map(|path| (line_of(code, at), path)));
        }
    }
    for (at, mut rest) in words(code, "super") {
        let mut ups = 1;
        while let Some(further) = rest.strip_prefix("::super") {
            rest = further;
            ups += 1;
        }
        let is_first = !code.get(..at).is_some_and(|before| before.ends_with("::"));
        if let Some(rest) = rest.strip_prefix("::").filter(|_| is_first && ups == depth) {
            found.extend(named_in(rest).into_iter().map(|path| (line_of(code, at), path)));
        }
    }
    found
}

/// Lists the paths of a use tree, or the one path of an expression.
fn named_in(text: &str) -> Vec<String> {
    let (mut rest, mut found) = (text, Vec::new());
    follow(&mut rest, "", &mut found);
    found
}

fn follow(rest: &mut &str, path: &str, found: &mut Vec<String>) {
    *rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        *rest = group;
        while !rest.is_empty() && !rest.starts_with('}') {
            follow(rest, path, found);
            // Past the comma, and past `as` with its name.
            let end = rest.find([',', '}']).unwrap_or(rest.len());
            *rest = rest.get(end..).unwrap_or_default();
            *rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        *rest = rest.strip_prefix('}').unwrap_or(rest);
        return;
    }
    let end = rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    if name.is_empty() || name == "self" {
        found.push(path.to_owned());
        return;
    }
    let path = if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}::{name}")
    };
    match rest.strip_prefix("::") {
        Some(further) => {
            *rest = further;
            follow(rest, &path, found);
        }
        None => found.push(path),
    }
}

fn absences(source: &Source) -> Breaches {
    let mut found = Vec::new();
    for (place, absent, why) in ABSENCES {
        if !source.is_in(place) || source.is_test() {
            continue;
        }
        for word in *absent {
            let lines = words(&source.code, word).map(|(at, _)| line_of(&source.code, at));
            found.extend(lines.map(|line| (line, format!("`{word}`: {why}"))));
        }
    }
    found
}

fn foreign_crates(source: &Source) -> Breaches {
    let mut found = Vec::new();
    if !source.is_in("src") || source.is_test() {
        return found;
    }
    for (name, homes) in HOMES {
        if homes.iter().any(|home| source.is_in(home)) {
            continue;
        }
        for (at, rest) in words(&source.code, name) {
            let is_first = !source.code.get(..at).is_some_and(|before| before.ends_with("::"));
            if is_first && rest.starts_with("::") {
                let what = format!("`{name}` lives in {}", homes.join(", "));
                found.push((line_of(&source.code, at), what));
            }
        }
    }
    found
}

fn two_programs(source: &Source) -> Breaches {
    if !source.is_in("mock-services") {
        return Vec::new();
    }
    let of_gateway = words(&source.code, "dancu").filter(|(_, rest)| rest.starts_with("::"));
    let lines = of_gateway.map(|(at, _)| line_of(&source.code, at));
    lines
        .map(|line| (line, "the mock services know nothing of the gateway".to_owned()))
        .collect()
}

fn header(source: &Source) -> Breaches {
    if !source.is_rust() || source.is_test() {
        return Vec::new();
    }
    let lines = source
        .text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .count();
    let least = if source.is_in("src/cli") || source.is_in("src/main") {
        1
    } else {
        2
    };
    if lines < least {
        return vec![(
            1,
            format!("{lines} lines of `//!`; say which question the file answers"),
        )];
    }
    Vec::new()
}

fn length(source: &Source) -> Breaches {
    let lines = source.text.lines().count();
    if source.is_rust() && lines > MOST_LINES {
        return vec![(MOST_LINES, format!("{lines} lines, {MOST_LINES} at the most"))];
    }
    Vec::new()
}

fn exposures(source: &Source) -> Breaches {
    if !source.is_in("src") || source.is_test() || MAY_EXPOSE.iter().any(|(place, _)| source.is_in(place)) {
        return Vec::new();
    }
    let lines = words(&source.code, "expose").map(|(at, _)| line_of(&source.code, at));
    lines
        .map(|line| {
            (
                line,
                "personal data leaves its type only where MAY_EXPOSE says".to_owned(),
            )
        })
        .collect()
}

fn panics(source: &Source) -> Breaches {
    if !source.is_program() {
        return Vec::new();
    }
    let panics = [
        ".unwrap()",
        ".expect(",
        "panic!",
        "todo!",
        "unimplemented!",
        "unreachable!",
    ];
    occurrences(source, &panics, "the program doesn't panic")
}

fn printing(source: &Source) -> Breaches {
    if !source.is_program() {
        return Vec::new();
    }
    occurrences(
        source,
        &["println!", "print!", "eprintln!", "eprint!", "dbg!"],
        "nothing is printed past the log",
    )
}

fn empty_names(source: &Source) -> Breaches {
    if !source.is_rust() {
        return Vec::new();
    }
    let says_nothing = |name: &str| name.split('_').any(|part| EMPTY_NAMES.contains(&part));
    let mut found = Vec::new();
    let stem = source.path.trim_end_matches(".rs");
    if stem.split('/').skip(1).any(says_nothing) {
        found.push((1, "the file's name says nothing".to_owned()));
    }
    for (at, rest) in words(&source.code, "mod") {
        let name = rest.trim_start();
        let end = name.find(|letter| !is_of_word(letter)).unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default();
        if says_nothing(name) {
            found.push((line_of(&source.code, at), format!("`{name}` says nothing")));
        }
    }
    found
}

fn module_files(source: &Source) -> Breaches {
    let is_one = source.path.ends_with("/mod.rs");
    is_one
        .then(|| (1, "`foo.rs` and `foo/`, never `mod.rs`".to_owned()))
        .into_iter()
        .collect()
}

fn inline_tests(source: &Source) -> Breaches {
    let mut found = Vec::new();
    for (at, marker) in source.code.match_indices("#[cfg(test)]") {
        let next = source
            .code
            .get(at + marker.len()..)
            .unwrap_or_default()
            .trim_start();
        let next = next
            .strip_prefix("pub(crate) ")
            .or_else(|| next.strip_prefix("pub(super) "))
            .unwrap_or(next);
        if !next.starts_with("mod tests;") {
            let what = "only `mod tests;` is for tests alone; the rest stands in `foo/tests.rs`";
            found.push((line_of(&source.code, at), what.to_owned()));
        }
    }
    found
}

fn bare_allows(source: &Source) -> Breaches {
    occurrences(
        source,
        &["#[allow(", "#![allow("],
        "`#[expect(…, reason = …)]` instead",
    )
}

fn dishonest_tests(source: &Source) -> Breaches {
    // A bench keeps time, and may have to wait for it.
    if !source.is_test() || source.is_in("benches") {
        return Vec::new();
    }
    let dishonest = ["#[ignore", "should_panic", "thread::sleep", "time::sleep"];
    occurrences(
        source,
        &dishonest,
        "tests run, say what they expect, and wait on what they wait for",
    )
}

fn machine_paths(source: &Source) -> Breaches {
    let mut found = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        for path in MACHINE_PATHS.iter().filter(|path| line.contains(**path)) {
            found.push((number + 1, format!("`{path}` is of one machine")));
        }
    }
    found
}

fn dead_links(source: &Source) -> Breaches {
    let mut found = Vec::new();
    if !source.path.ends_with(".md") {
        return found;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(&source.path).parent().unwrap_or(Path::new(""));
    for (number, line) in source.text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let is_elsewhere = file.contains(':') || file.starts_with('/');
            // What stands on another site isn't looked up; what starts at the host's root is the running gateway's.
            if !file.is_empty() && !is_elsewhere && !root.join(folder).join(file).exists() {
                found.push((number + 1, format!("`{target}` leads nowhere")));
            }
        }
    }
    found
}

/// Finds texts in the code, literally.
fn occurrences(source: &Source, texts: &[&str], why: &str) -> Breaches {
    let mut found = Vec::new();
    for text in texts {
        for (at, _) in source.code.match_indices(text) {
            // `println!` holds `print!`s letters only after a boundary; `.unwrap()` brings its own.
            let before = source
                .code
                .get(..at)
                .and_then(|before| before.chars().next_back());
            if !(text.starts_with(is_of_word) && before.is_some_and(is_of_word)) {
                found.push((line_of(&source.code, at), format!("`{text}`: {why}")));
            }
        }
    }
    found
}

/// Tells whether a path is another one or stands below it.
pub fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
