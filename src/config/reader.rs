//! How is one setting read, and what is said when it can't be?
//!
//! Walks the joined layers key by key. A key that the defaults don't have is a mistake, so a typing error can't pass for a
//! setting; a value that can't be used is one too, with the values that could. Relative paths are relative to the file that
//! they stand in.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{ConfigBuilder, Environment, File, FileFormat, Value, ValueKind, builder::DefaultState};
use jiff::SignedDuration;
use secrecy::SecretSlice;

use super::{DEFAULTS, Mistake, Mistakes, is_private};

/// Reads settings and collects what is wrong with them.
pub struct Reader {
    values: BTreeMap<String, Value>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    /// Joins the layers.
    pub fn open(files: &[PathBuf], environment: &BTreeMap<String, String>) -> Result<Self, Mistakes> {
        let known = flattened(layers().build(), "the defaults")?;
        let mut layers = layers();
        for file in files {
            layers = layers.add_source(File::from(file.as_path()).format(FileFormat::Toml));
        }
        let variables: HashMap<String, String> = environment
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let variables = Environment::with_prefix("DANCU")
            .prefix_separator("__")
            .separator("__")
            .source(Some(variables));
        let values = flattened(layers.add_source(variables).build(), "the configuration")?;
        let unknown = values.keys().filter(|key| !known.contains_key(*key));
        let mistakes = unknown
            .map(|key| mistake(key, "no such setting; config/gateway.toml lists them all"))
            .collect();
        Ok(Self { values, mistakes })
    }

    /// Ends the reading and gives every mistake.
    pub fn finish(self) -> Vec<Mistake> {
        self.mistakes
    }

    /// Notes a mistake.
    pub fn mistake(&mut self, at: &str, what: impl Into<String>) {
        self.mistakes.push(mistake(at, what));
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let value = self.values.get(key).cloned()?;
        match value.into_string() {
            Ok(text) => Some(text),
            Err(_) => {
                self.mistake(key, "must be text");
                None
            }
        }
    }

    /// Reads a text that must not be empty.
    pub fn needed(&mut self, key: &str) -> Option<String> {
        self.checked(key, "a text; there is no default", |text| {
            (!text.is_empty()).then(|| text.to_owned())
        })
    }

    /// Reads a text that must be one of the allowed ones.
    pub fn checked<T>(
        &mut self,
        key: &str,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key)?;
        let value = read(&text);
        if value.is_none() {
            let what = if text.is_empty() {
                "is needed: "
            } else {
                "must be "
            };
            self.mistake(key, format!("{what}{allowed}"));
        }
        value
    }

    /// Reads a list of texts.
    pub fn each<T>(&mut self, key: &str, allowed: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
        let value = self.values.get(key).cloned()?;
        let texts = match value.kind {
            // A variable is one text; a file has a list.
            ValueKind::String(text) => Some(text.split(',').map(|item| item.trim().to_owned()).collect()),
            _ => value.into_array().ok().and_then(|items| {
                items
                    .into_iter()
                    .map(|item| item.into_string().ok())
                    .collect::<Option<Vec<_>>>()
            }),
        };
        let values: Option<Vec<T>> = texts.and_then(|texts| texts.iter().map(|text| read(text)).collect());
        if values.as_ref().is_none_or(Vec::is_empty) {
            self.mistake(key, format!("must be {allowed}"));
            return None;
        }
        values
    }

    /// Reads a whole number within bounds.
    pub fn number<N>(&mut self, key: &str, allowed: RangeInclusive<N>) -> Option<N>
    where
        N: TryFrom<i64> + PartialOrd + std::fmt::Display,
    {
        let number = self
            .values
            .get(key)
            .cloned()?
            .into_int()
            .ok()
            .and_then(|number| N::try_from(number).ok());
        let number = number.filter(|number| allowed.contains(number));
        if number.is_none() {
            self.mistake(
                key,
                format!(
                    "must be a whole number from {} to {}",
                    allowed.start(),
                    allowed.end()
                ),
            );
        }
        number
    }

    /// Reads a number above zero.
    pub fn positive(&mut self, key: &str) -> Option<NonZeroU32> {
        self.number(key, 1..=1_000_000).and_then(NonZeroU32::new)
    }

    /// Reads a number above zero and up to a bound.
    pub fn positive_size(&mut self, key: &str, most: usize) -> Option<NonZeroUsize> {
        self.number(key, 1..=most).and_then(NonZeroUsize::new)
    }

    /// Reads a duration such as `2s`, `500ms` or `24h`.
    pub fn duration(&mut self, key: &str) -> Option<Duration> {
        self.duration_within(key, Duration::MAX)
    }

    /// Reads a duration up to a bound.
    pub fn duration_within(&mut self, key: &str, most: Duration) -> Option<Duration> {
        let allowed = match most {
            Duration::MAX => "a duration such as 2s, 500ms or 24h".to_owned(),
            most => format!("a duration such as 2s, of {} s at the most", most.as_secs()),
        };
        self.checked(key, &allowed, |text| {
            duration(text).filter(|duration| *duration <= most)
        })
    }

    /// Reads a size such as `64KiB`.
    pub fn size(&mut self, key: &str) -> Option<usize> {
        self.checked(key, "a size such as 64KiB or 1MiB", |text| {
            let (number, unit) = match (text.strip_suffix("KiB"), text.strip_suffix("MiB")) {
                (Some(number), _) => (number, 1_024),
                (_, Some(number)) => (number, 1_048_576),
                (None, None) => return None,
            };
            number
                .trim()
                .parse::<usize>()
                .ok()?
                .checked_mul(unit)
                .filter(|size| *size > 0)
        })
    }

    /// Reads a path that must be given.
    pub fn path(&mut self, key: &str) -> Option<PathBuf> {
        let path = self.optional_path(key);
        if path.is_none() {
            self.mistake(key, "is needed: a path");
        }
        path
    }

    /// Reads a path that may be left empty.
    pub fn optional_path(&mut self, key: &str) -> Option<PathBuf> {
        let stands_in = self.values.get(key).and_then(Value::origin).map(PathBuf::from);
        let text = self.text(key).filter(|text| !text.is_empty())?;
        // Only a file has a folder; the origin of a variable is its name.
        let folder = stands_in
            .filter(|origin| origin.is_file())
            .and_then(|file| file.parent().map(Path::to_owned));
        Some(folder.unwrap_or_default().join(text))
    }

    /// Reads the bytes of a file that may be left out: nothing where it can't be read, which is noted.
    pub fn file(&mut self, key: &str) -> Option<Option<Vec<u8>>> {
        let Some(path) = self.optional_path(key) else {
            return Some(None);
        };
        match fs::read(&path) {
            Ok(bytes) => Some(Some(bytes)),
            Err(error) => {
                self.mistake(key, format!("{}: {}", path.display(), error.kind()));
                None
            }
        }
    }

    /// Reads the bytes of a secret file, which only its owner may read.
    pub fn secret_file(&mut self, key: &str) -> Option<Option<SecretSlice<u8>>> {
        let bytes = self.file(key)?;
        if bytes.is_some() && !self.optional_path(key).is_some_and(|path| is_private(&path)) {
            self.mistake(key, "others may read this file: chmod 600");
            return None;
        }
        Some(bytes.map(SecretSlice::from))
    }
}

/// Reads a duration.
pub(super) fn duration(text: &str) -> Option<Duration> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
}

fn layers() -> ConfigBuilder<DefaultState> {
    config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml))
}

fn mistake(at: &str, what: impl Into<String>) -> Mistake {
    Mistake {
        at: at.to_owned(),
        what: what.into(),
    }
}

fn flattened(
    built: Result<config::Config, config::ConfigError>,
    what: &str,
) -> Result<BTreeMap<String, Value>, Mistakes> {
    let built = built.map_err(|error| Mistakes(vec![mistake(what, error.to_string())]))?;
    let mut values = BTreeMap::new();
    flatten("", built.cache, &mut values);
    Ok(values)
}

fn flatten(prefix: &str, value: Value, into: &mut BTreeMap<String, Value>) {
    match value.kind {
        ValueKind::Table(table) => {
            for (name, value) in table {
                let key = if prefix.is_empty() {
                    name
                } else {
                    format!("{prefix}.{name}")
                };
                flatten(&key, value, into);
            }
        }
        _ => {
            into.insert(prefix.to_owned(), value);
        }
    }
}
