//! Where did the settings come from, and have they changed since?
//!
//! Keeps the names of the files and the variables, so that everything can be read again while the gateway runs; a mark of
//! each file that may be changed then, the settings' own included, by which a change is seen without reading it; and what
//! every setting was, to say which of them wait for the next start. Holds no secret: those are files of their own, and of
//! them only the names are settings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::reader::Reader;
use super::{Config, Mistakes};

/// The settings that name files which are read again while the gateway runs.
const READ_AGAIN: [&str; 13] = [
    "clients_file",
    "procedures_dir",
    "operators_file",
    "api.tls.certificate_file",
    "api.tls.key_file",
    "api.tls.client_ca_file",
    "auth.ca_file",
    "checks.working_days_file",
    "keys.signing_file",
    "registry.ca_file",
    "registry.client_identity_file",
    "registry.secret_file",
    "registry.api_key_file",
];

/// The settings that name files which are looked at, to say that they wait for the next start.
const LOOKED_AT: [&str; 2] = ["keys.pseudonym_file", "keys.sealing_file"];

/// The other settings that count without a restart: whole sections, by the dot at the end, and single keys.
const AT_ONCE: [&str; 17] = [
    "api.",
    "auth.fetch_timeout",
    "auth.keys_kept_for",
    "auth.keys_refreshed_every",
    "auth.leeway",
    "auth.unknown_kid_pause",
    "batches.at_once",
    "batches.body_limit",
    "batches.give_up_after",
    "batches.kept_for",
    "checks.",
    "limits.alert_at",
    "limits.synchronized_every",
    "limits.when_apart.",
    "operations.",
    "registry.",
    "telemetry.log",
];

/// What stands in such a section and waits all the same: confirmations name it for as long as they hold.
const NOT_AT_ONCE: [&str; 1] = ["api.public_url"];

fn counts_at_once(key: &str) -> bool {
    let named = |other: &str| key == other || (other.ends_with('.') && key.starts_with(other));
    let is_named = READ_AGAIN.contains(&key) || AT_ONCE.iter().any(|other| named(other));
    is_named && !NOT_AT_ONCE.contains(&key)
}

/// Tells the state of files by what the file system says of them: which file it is, its length and its time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<PathBuf, Option<(u64, u64, i64, i64)>>);

/// Is where a configuration was read.
#[derive(Debug, Clone)]
pub struct Origin {
    files: Vec<PathBuf>,
    environment: BTreeMap<String, String>,
    /// What is read again: files, and the folder of the catalogue; the settings' own files too.
    watched: Vec<PathBuf>,
    settings: BTreeMap<String, String>,
    marks: Marks,
}

impl Origin {
    pub(super) fn of(files: &[PathBuf], environment: &BTreeMap<String, String>, reader: &mut Reader) -> Self {
        let watched = READ_AGAIN
            .iter()
            .chain(&LOOKED_AT)
            .filter_map(|key| reader.optional_path(key));
        let mut origin = Self {
            files: files.to_vec(),
            environment: environment.clone(),
            watched: watched.chain(files.iter().cloned()).collect(),
            settings: reader.settings(),
            marks: Marks::default(),
        };
        // Before they are read, so that what is written meanwhile shows as a change.
        origin.marks = origin.marks();
        origin
    }

    /// Gives the marks of the files as they were read.
    #[must_use]
    pub fn marks_when_read(&self) -> &Marks {
        &self.marks
    }

    /// Reads everything again.
    ///
    /// # Errors
    /// Every mistake there is.
    pub fn load(&self) -> Result<Config, Mistakes> {
        super::load(&self.files, &self.environment)
    }

    /// Names the settings that differ and that only a new start puts in force.
    #[must_use]
    pub fn waiting_for_a_start(&self, now: &Self) -> Vec<String> {
        let keys: BTreeSet<&String> = self.settings.keys().chain(now.settings.keys()).collect();
        let differs = |key: &&String| self.settings.get(*key) != now.settings.get(*key);
        let waits = |key: &&String| !counts_at_once(key);
        keys.into_iter().filter(differs).filter(waits).cloned().collect()
    }

    /// Marks the state of the files that are read again.
    #[must_use]
    pub fn marks(&self) -> Marks {
        let mut marks = BTreeMap::new();
        for path in &self.watched {
            let Ok(folder) = fs::read_dir(path) else {
                marks.insert(path.clone(), mark(path));
                continue;
            };
            let files = folder.flatten().map(|entry| entry.path());
            let entries = files.filter(|file| file.extension().is_some_and(|end| end == "toml"));
            marks.extend(entries.map(|file| (file.clone(), mark(&file))));
        }
        Marks(marks)
    }
}

fn mark(path: &Path) -> Option<(u64, u64, i64, i64)> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec()))
}
