//! Which procedures are there, as the catalogue's files have them?
//!
//! Reads every file of the folder, or the catalogue that is compiled in. Mistakes of all files come together, named by file
//! and procedure. An entry that contradicts itself is refused here, so that no check ever meets one.

mod listed;
mod roles;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Date;
use serde::Deserialize;

use super::Mistakes;
use super::clients::Part;
use super::reader::{Reader, duration};
use crate::domain::context::ProcedureCode;
use crate::domain::field::{Field, Fields};
use crate::policy::procedures::{Catalogue, LegalGround, Procedure};

const SHIPPED: [(&str, &str); 6] = [
    (
        "civil-status.toml",
        include_str!("../../config/procedures/civil-status.toml"),
    ),
    (
        "identity.toml",
        include_str!("../../config/procedures/identity.toml"),
    ),
    (
        "national.toml",
        include_str!("../../config/procedures/national.toml"),
    ),
    ("other.toml", include_str!("../../config/procedures/other.toml")),
    (
        "residence.toml",
        include_str!("../../config/procedures/residence.toml"),
    ),
    ("social.toml", include_str!("../../config/procedures/social.toml")),
];

/// How long a confirmation is good for where nothing is known of it.
const MONTH: Duration = Duration::from_hours(30 * 24);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    procedure: Vec<toml::Value>,
    #[serde(default)]
    listed: Vec<toml::Value>,
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
    #[serde(default)]
    needs_household_list: bool,
    confirmation_valid_for: Option<String>,
    #[serde(default)]
    role: Vec<roles::Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ground {
    article: String,
    from: String,
    until: Option<String>,
}

/// Names the procedures that the files have, those among them that are in disorder too.
#[derive(Debug, Default)]
pub struct Codes {
    known: BTreeSet<String>,
    corrupt: BTreeSet<String>,
}

impl Codes {
    /// Says why nobody can hold a licence for the code; nothing where one may.
    pub fn objection(&self, code: &str) -> Option<&'static str> {
        if self.known.contains(code) {
            None
        } else if self.corrupt.contains(code) {
            Some("is corrupt in the national list, and can't be licensed")
        } else {
            Some("isn't in the catalogue")
        }
    }
}

/// Gathers what the files have, with its mistakes.
#[derive(Default)]
struct Gathered {
    /// The entries; nothing for one that is in disorder.
    own: Vec<Option<Procedure>>,
    /// The rows of the national table that can be used.
    listed: Vec<Procedure>,
    codes: Codes,
    all_known: bool,
}

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
    let mut gathered = Gathered {
        all_known: true,
        ..Gathered::default()
    };
    let mut rows = Vec::new();
    for (path, text) in &texts {
        let Some(file) = file(reader, path, text) else {
            gathered.all_known = false;
            gathered.own.push(None);
            continue;
        };
        for entry in file.procedure {
            note_twice(reader, path, &entry, &mut gathered.codes.known);
            gathered.own.push(procedure(reader, path, entry));
        }
        rows.extend(file.listed.into_iter().map(|row| (path, row)));
    }
    national(reader, rows, &mut gathered);
    let own: Option<Vec<Procedure>> = gathered.own.into_iter().collect();
    // The one mistake that `new` finds was noted above, with its file.
    let catalogue = own.and_then(|own| Catalogue::new(own.into_iter().chain(gathered.listed)).ok());
    (catalogue, gathered.all_known.then_some(gathered.codes))
}

/// Reads the rows of the national table; a procedure with an entry of its own is governed by that.
fn national(reader: &mut Reader, rows: Vec<(&PathBuf, toml::Value)>, gathered: &mut Gathered) {
    let mut listed = BTreeSet::new();
    for (path, row) in rows {
        note_twice(reader, path, &row, &mut listed);
        let code = code_of(&row);
        let mut part = part(reader, path, code.as_deref());
        match (listed::read(&mut part, row), code) {
            (listed::Listed::Usable(procedure), _) => {
                if gathered.codes.known.insert(procedure.code.to_string()) {
                    gathered.listed.push(*procedure);
                }
            }
            (listed::Listed::Corrupt, Some(code)) => {
                gathered.codes.corrupt.insert(code);
            }
            (listed::Listed::Faulty, Some(code)) => {
                gathered.codes.known.insert(code);
                gathered.own.push(None);
            }
            (_, None) => gathered.own.push(None),
        }
    }
}

fn code_of(entry: &toml::Value) -> Option<String> {
    entry.get("code").and_then(toml::Value::as_str).map(str::to_owned)
}

fn note_twice(reader: &mut Reader, path: &Path, entry: &toml::Value, seen: &mut BTreeSet<String>) {
    if let Some(code) = code_of(entry).filter(|code| !seen.insert(code.clone())) {
        part(reader, path, Some(&code)).mistake("", "stands twice in the catalogue");
    }
}

/// Names the procedure in what is wrong with it.
fn part<'r>(reader: &'r mut Reader, path: &Path, code: Option<&str>) -> Part<'r> {
    Part {
        reader,
        at: format!("{}: procedure {}", path.display(), code.unwrap_or("(no code)")),
    }
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

fn file(reader: &mut Reader, path: &Path, text: &str) -> Option<File> {
    match toml::from_str(text) {
        Ok(file) => Some(file),
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
    let code = code_of(&entry);
    let mut part = part(reader, path, code.as_deref());
    let entry: Entry = match entry.try_into() {
        Ok(entry) => entry,
        Err(error) => {
            part.mistake("", &entry_mistake(&error));
            return None;
        }
    };
    let code = whole_code(&mut part, &entry.code);
    let level = level(&mut part, entry.level);
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
    let confirmation_valid_for = match &entry.confirmation_valid_for {
        Some(text) => lasting(&mut part, "confirmation_valid_for", text),
        None => Some(MONTH),
    };
    let roles = roles::read(&mut part, &entry.role, fields, entry.needs_household_list);
    Some(Procedure {
        code: code?,
        name_vi: entry.name_vi,
        name_en: entry.name_en,
        sector: entry.sector,
        level: level?,
        legal_ground: legal_ground.into_iter().collect::<Option<_>>()?,
        fields: fields?,
        max_age: max_age?,
        stale_for: stale_for?,
        shares_cache: entry.shares_cache,
        roles: roles?,
        needs_household_list: entry.needs_household_list,
        confirmation_valid_for: confirmation_valid_for?,
    })
}

/// Reads the code of a procedure that can be used: a digit, a dot, six digits. Shorter ones lost a zero on their way here.
fn whole_code(part: &mut Part<'_>, text: &str) -> Option<ProcedureCode> {
    let code = part.one("code", text, "a code such as 1.001193")?;
    if is_whole(text) {
        return Some(code);
    }
    part.mistake(
        "code",
        &format!("{text:?} isn't whole: a digit, a dot and six digits"),
    );
    None
}

fn level(part: &mut Part<'_>, text: String) -> Option<String> {
    let is_known = ["commune", "province", "ministry", "unstated"].contains(&text.as_str());
    if !is_known {
        part.mistake("level", "must be commune, province, ministry or unstated");
    }
    is_known.then_some(text)
}

fn is_whole(code: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    code.split_once('.')
        .is_some_and(|(group, number)| digits(group, 1) && digits(number, 6))
}

fn lasting(part: &mut Part<'_>, member: &str, text: &str) -> Option<Duration> {
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
