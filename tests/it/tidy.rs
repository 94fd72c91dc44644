//! Does the tree keep its own rules?
//!
//! Reads every file and fails with file, line and rule. `architecture` holds the tables of who may name whom, `rules` what
//! else is refused, `source` how files are read. A long file is spoken of before it is refused.

mod architecture;
mod rules;
mod source;

use std::io;
use std::path::Path;

use architecture::{ABSENCES, HOMES, LAYERS, MAY_EXPOSE};
use rules::{Breaches, RULES, is_below, named_paths};
use source::{Source, tree};

/// A file longer than this is spoken of.
const MANY_LINES: usize = 400;

#[test]
fn every_rule_bites() {
    for rule in RULES {
        let (path, text) = rule.refused;
        let found = (rule.check)(&Source::new(path, text));
        assert!(!found.is_empty(), "{}: lets {path} pass: {text}", rule.name);
        let (path, text) = rule.passed;
        let found = (rule.check)(&Source::new(path, text));
        assert!(found.is_empty(), "{}: refuses {path}: {found:?}", rule.name);
    }
}

#[test]
fn the_tree_is_tidy() -> io::Result<()> {
    let sources = tree()?;
    assert!(sources.len() > 100, "the tree wasn't found");
    let mut checks: Vec<fn(&Source) -> Breaches> = Vec::new();
    let mut found = Vec::new();
    for rule in RULES {
        if checks
            .iter()
            .any(|known| std::ptr::fn_addr_eq(*known, rule.check))
        {
            continue;
        }
        checks.push(rule.check);
        for source in &sources {
            for (line, what) in (rule.check)(source) {
                found.push(format!("{}:{line}: {}: {what}", source.path, rule.name));
            }
        }
    }
    speak_of_long_files(&sources);
    assert!(
        found.is_empty(),
        "{} breaches:\n{}",
        found.len(),
        found.join("\n")
    );
    Ok(())
}

#[test]
fn the_tables_name_what_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let homes = HOMES.iter().flat_map(|(_, homes)| homes.iter().copied());
    let places = homes
        .chain(ABSENCES.iter().map(|(place, ..)| *place))
        .chain(MAY_EXPOSE.iter().map(|(place, _)| *place));
    for place in places {
        let exists = root.join(place).is_dir() || root.join(format!("{place}.rs")).is_file();
        assert!(exists, "{place} is in a table and not in the tree");
    }
}

#[test]
fn no_layer_may_more_than_it_does() -> io::Result<()> {
    let sources = tree()?;
    let mut idle = Vec::new();
    for (module, allowed) in LAYERS {
        let own = sources
            .iter()
            .filter(|source| source.is_in(&format!("src/{module}")) && !source.is_test());
        let depths = own.filter_map(|source| Some((source, source.module()?.len())));
        let named: Vec<_> = depths
            .flat_map(|(source, depth)| named_paths(&source.code, depth))
            .collect();
        let unused = allowed
            .iter()
            .filter(|allowed| !named.iter().any(|(_, path)| is_below(path, allowed)));
        idle.extend(unused.map(|path| format!("`{module}` may name `{path}`, and doesn't")));
    }
    assert!(idle.is_empty(), "take these out of LAYERS:\n{}", idle.join("\n"));
    Ok(())
}

#[expect(
    clippy::print_stderr,
    reason = "said to whoever runs the tests, without failing them"
)]
fn speak_of_long_files(sources: &[Source]) {
    for source in sources.iter().filter(|source| source.is_rust()) {
        let lines = source.text.lines().count();
        if lines > MANY_LINES {
            eprintln!("{}: {lines} lines; it may be two things", source.path);
        }
    }
}
