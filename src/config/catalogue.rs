//! Which procedures are there, as the catalogue's files have them?
//!
//! Reads every file of the folder, or the catalogue that is compiled in. Mistakes of all files come together, named by file
//! and procedure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Deserialize;

use super::Mistakes;
use super::clients::Part;
use super::reader::{Reader, duration};
use crate::domain::field::{Field, Fields};
use crate::policy::procedures::{Catalogue, LegalGround, Procedure};

const SHIPPED: [(&str, &str); 4] = [
    (
        "civil-status.toml",
        include_str!("../../config/procedures/civil-status.toml"),
    ),
    ("other.toml", include_str!("../../config/procedures/other.toml")),
    (
        "residence.toml",
        include_str!("../../config/procedures/residence.toml"),
    ),
    ("social.toml", include_str!("../../config/procedures/social.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    procedure: Vec<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    name_vi: String,
    name_en: Option<String>,
    sector: String,
    level: String,
    fields: Vec<String>,
    max_age: String,
    stale_for: Option<String>,
    shares_cache: bool,
    legal_ground: Vec<Ground>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ground {
    article: String,
    from: String,
    until: Option<String>,
}

/// Names the procedures that the files have, those among them that are in disorder too.
pub type Codes = BTreeSet<String>;

/// Reads the catalogue that `procedures_dir` names, or the one compiled in.
///
/// The codes come beside it for those who refer to them: they are known where the catalogue itself can't be used.
pub fn read(reader: &mut Reader) -> (Option<Catalogue>, Option<Codes>) {
    let texts = match reader.optional_path("procedures_dir") {
        None => SHIPPED
            .map(|(name, text)| (PathBuf::from(name), text.to_owned()))
            .to_vec(),
        Some(folder) => match files(reader, &folder) {
            Some(texts) => texts,
            None => return (None, None),
        },
    };
    let (mut codes, mut all_known) = (Codes::new(), true);
    let mut entries = Vec::new();
    for (path, text) in &texts {
        let Some(raw) = raw_entries(reader, path, text) else {
            all_known = false;
            entries.push(None);
            continue;
        };
        for entry in raw {
            let code = entry.get("code").and_then(toml::Value::as_str).map(str::to_owned);
            if let Some(code) = code.filter(|code| !codes.insert(code.clone())) {
                reader.mistake(
                    &format!("{}: procedure {code}", path.display()),
                    "stands twice in the catalogue",
                );
            }
            entries.push(procedure(reader, path, entry));
        }
    }
    let entries: Option<Vec<Procedure>> = entries.into_iter().collect();
    // The one mistake that `new` finds was noted above, with its file.
    let catalogue = entries.and_then(|entries| Catalogue::new(entries).ok());
    (catalogue, all_known.then_some(codes))
}

/// Gives the catalogue that is compiled in.
///
/// # Errors
/// Its mistakes; a test holds that there are none.
pub fn shipped() -> Result<Catalogue, Mistakes> {
    let mut reader = Reader::open(&[], &std::collections::BTreeMap::new())?;
    let (catalogue, _) = read(&mut reader);
    catalogue.ok_or_else(|| Mistakes(reader.finish()))
}

fn files(reader: &mut Reader, folder: &Path) -> Option<Vec<(PathBuf, String)>> {
    let listed: std::io::Result<Vec<_>> = std::fs::read_dir(folder).and_then(|entries| {
        let paths: std::io::Result<Vec<PathBuf>> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect();
        let mut paths = paths?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        paths.sort();
        paths
            .into_iter()
            .map(|path| std::fs::read_to_string(&path).map(|text| (path, text)))
            .collect()
    });
    match listed {
        Ok(texts) if texts.is_empty() => {
            reader.mistake("procedures_dir", format!("{}: holds no *.toml", folder.display()));
            None
        }
        Ok(texts) => Some(texts),
        Err(error) => {
            reader.mistake(
                "procedures_dir",
                format!("{}: {}", folder.display(), error.kind()),
            );
            None
        }
    }
}

fn raw_entries(reader: &mut Reader, path: &Path, text: &str) -> Option<Vec<toml::Value>> {
    match toml::from_str::<File>(text) {
        Ok(file) => Some(file.procedure),
        Err(error) => {
            reader.mistake(&path.display().to_string(), one_line(&error, text));
            None
        }
    }
}

/// Says what is wrong with a file, and in which line.
pub(super) fn one_line(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| before.matches('\n').count().saturating_add(1));
    let what = error.message().replace('\n', ", ");
    line.map_or_else(|| what.clone(), |line| format!("line {line}: {what}"))
}

fn procedure(reader: &mut Reader, path: &Path, entry: toml::Value) -> Option<Procedure> {
    let code = entry
        .get("code")
        .and_then(toml::Value::as_str)
        .unwrap_or("(no code)");
    let mut part = Part {
        reader,
        at: format!("{}: procedure {code}", path.display()),
    };
    let entry: Entry = match entry.try_into() {
        Ok(entry) => entry,
        Err(error) => {
            part.mistake("", &entry_mistake(&error));
            return None;
        }
    };
    let code = part.one("code", &entry.code, "a code such as 1.001193");
    let fields = fields(&mut part, &entry.fields);
    let max_age = lasting(&mut part, "max_age", &entry.max_age);
    let stale_for = match &entry.stale_for {
        Some(text) => lasting(&mut part, "stale_for", text).map(Some),
        None => Some(None),
    };
    let legal_ground: Vec<Option<LegalGround>> = entry
        .legal_ground
        .into_iter()
        .map(|ground| legal_ground(&mut part, ground))
        .collect();
    if legal_ground.is_empty() {
        part.mistake(
            "legal_ground",
            "a procedure without a legal ground may look nobody up",
        );
    }
    Some(Procedure {
        code: code?,
        name_vi: entry.name_vi,
        name_en: entry.name_en,
        sector: entry.sector,
        level: entry.level,
        legal_ground: legal_ground.into_iter().collect::<Option<_>>()?,
        fields: fields?,
        max_age: max_age?,
        stale_for: stale_for?,
        shares_cache: entry.shares_cache,
        roles: Vec::new(),
        needs_household_list: false,
        confirmation_valid_for: std::time::Duration::from_hours(30 * 24),
    })
}

fn lasting(part: &mut Part<'_>, member: &str, text: &str) -> Option<std::time::Duration> {
    let lasting = duration(text);
    if lasting.is_none() {
        part.mistake(member, "must be a duration such as 15m or 24h");
    }
    lasting
}

fn legal_ground(part: &mut Part<'_>, ground: Ground) -> Option<LegalGround> {
    let from: Option<Date> = part.one("legal_ground.from", &ground.from, "a date such as 2026-01-01");
    let until = match &ground.until {
        Some(text) => part
            .one("legal_ground.until", text, "a date such as 2027-02-28")
            .map(Some),
        None => Some(None),
    };
    let (from, until) = (from?, until?);
    if until.is_some_and(|until| until < from) {
        part.mistake("legal_ground.until", "before legal_ground.from");
    }
    Some(LegalGround {
        article: ground.article,
        from,
        until,
    })
}

/// Says what is wrong with an entry, and with which of its members.
pub(super) fn entry_mistake(error: &toml::de::Error) -> String {
    error.to_string().trim_end().replace('\n', " ")
}

/// Reads a set of field paths.
pub(super) fn fields(part: &mut Part<'_>, texts: &[String]) -> Option<Fields> {
    let fields: Vec<Field> = part.all(
        "fields",
        texts,
        "a field path such as permanent_residence.commune_code",
    )?;
    Some(fields.into_iter().collect())
}
