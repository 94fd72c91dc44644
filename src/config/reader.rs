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
use reqwest::Url;
use secrecy::SecretSlice;

use super::{DEFAULTS, Mistake, Mistakes, is_private};

/// The longest duration that can be meant; what waits for longer is a typing error.
const YEAR: Duration = Duration::from_hours(366 * 24);

/// Reads settings and collects what is wrong with them.
pub struct Reader {
    values: BTreeMap<String, Value>,
    /// The folder of each file, by the name that `config` has for it; a variable stands in none.
    folders: BTreeMap<String, PathBuf>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    /// Joins the layers.
    pub fn open(files: &[PathBuf], environment: &BTreeMap<String, String>) -> Result<Self, Mistakes> {
        let known = flattened(layers().build(), "the defaults")?;
        let mut layers = layers();
        let (mut unreadable, mut folders) = (Vec::new(), BTreeMap::new());
        for file in files {
            let source = File::from(file.as_path()).format(FileFormat::Toml);
            // Each alone first, so that of two broken files both are named, and each by the name that it was given.
            let alone = config::Config::builder().add_source(source.clone()).build();
            match flattened(alone, &file.display().to_string()) {
                Ok(values) => {
                    let origin = values.values().find_map(Value::origin).map(str::to_owned);
                    let folder = file.parent().map(Path::to_owned);
                    folders.extend(origin.zip(folder));
                }
                Err(Mistakes(mistakes)) => unreadable.extend(mistakes),
            }
            layers = layers.add_source(source);
        }
        if !unreadable.is_empty() {
            return Err(Mistakes(unreadable));
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
        Ok(Self {
            values,
            folders,
            mistakes,
        })
    }

    /// Gives every setting as text, to compare it with another reading.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let written = |(key, value): (&String, &Value)| (key.clone(), value.to_string());
        self.values.iter().map(written).collect()
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
        // Not `into_string`, which would make "37" of 037's likely misspelling 37.
        match &self.values.get(key)?.kind {
            ValueKind::String(text) => Some(text.clone()),
            _ => {
                self.mistake(key, "must be text, in quotes");
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

    /// Reads a list of texts that must not be empty.
    pub fn each<T>(&mut self, key: &str, allowed: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
        let values = self.each_or_none(key, allowed, read)?;
        if values.is_empty() {
            self.mistake(key, format!("must be {allowed}"));
            return None;
        }
        Some(values)
    }

    /// Reads a list of texts.
    pub fn each_or_none<T>(
        &mut self,
        key: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.values.get(key).cloned()?;
        let texts = match value.kind {
            // A variable is one text; a file has a list.
            ValueKind::String(text) if text.is_empty() => Some(Vec::new()),
            ValueKind::String(text) => Some(text.split(',').map(|item| item.trim().to_owned()).collect()),
            _ => value.into_array().ok().and_then(|items| {
                items
                    .into_iter()
                    .map(|item| item.into_string().ok())
                    .collect::<Option<Vec<_>>>()
            }),
        };
        let values: Option<Vec<T>> = texts.and_then(|texts| texts.iter().map(|text| read(text)).collect());
        if values.is_none() {
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
        // Not `into_int`, which rounds and takes `true` and "yes" for 1. A variable is always a text.
        let number = match &self.values.get(key)?.kind {
            ValueKind::I64(number) => Some(*number),
            ValueKind::String(text) => text.parse().ok(),
            _ => None,
        };
        let number = number.and_then(|number: i64| N::try_from(number).ok());
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

    /// Reads `true` or `false`.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        // Not `into_bool`, which takes "yes", "on" and 1 as well. A variable is always a text.
        let flag = match &self.values.get(key)?.kind {
            ValueKind::Boolean(flag) => Some(*flag),
            ValueKind::String(text) => text.parse().ok(),
            _ => None,
        };
        if flag.is_none() {
            self.mistake(key, "must be true or false");
        }
        flag
    }

    /// Reads a number above zero.
    pub fn positive(&mut self, key: &str) -> Option<NonZeroU32> {
        self.number(key, 1..=1_000_000).and_then(NonZeroU32::new)
    }

    /// Reads a number above zero and up to a bound.
    pub fn positive_size(&mut self, key: &str, most: usize) -> Option<NonZeroUsize> {
        self.number(key, 1..=most).and_then(NonZeroUsize::new)
    }

    /// Reads a duration such as `2s`, `500ms` or `24h`, above zero: how long something is waited for or how often it is done.
    pub fn duration(&mut self, key: &str) -> Option<Duration> {
        let allowed = "a duration above zero such as 2s, 500ms or 24h, of a year at the most";
        self.checked(key, allowed, |text| {
            duration(text).filter(|duration| *duration > Duration::ZERO && *duration <= YEAR)
        })
    }

    /// Reads a duration where `0s` means "not at all".
    pub fn duration_or_none(&mut self, key: &str) -> Option<Duration> {
        self.duration_within(key, YEAR)
    }

    /// Reads a duration from zero up to a bound.
    pub fn duration_within(&mut self, key: &str, most: Duration) -> Option<Duration> {
        let allowed = format!("a duration such as 2s, of {} s at the most", most.as_secs());
        self.checked(key, &allowed, |text| {
            duration(text).filter(|duration| *duration <= most)
        })
    }

    /// Reads the URL of a service: `http` or `https`, with a host and without a password, which belongs in a file.
    pub fn url(&mut self, key: &str) -> Option<Url> {
        self.checked(
            key,
            "a URL such as https://host.example.vn/path, without a user",
            service,
        )
    }

    /// Reads the URL of a host alone, without a path; the text comes without a slash at its end.
    pub fn origin(&mut self, key: &str) -> Option<String> {
        self.checked(
            key,
            "a URL such as https://dancu.example.vn, without a path",
            |text| {
                let url = service(text)?;
                let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
                is_plain.then(|| text.trim_end_matches('/').to_owned())
            },
        )
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
        let text = self.text(key).filter(|text| !text.is_empty())?;
        let origin = self.values.get(key).and_then(Value::origin);
        let folder = origin.and_then(|origin| self.folders.get(origin));
        Some(folder.map_or_else(|| PathBuf::from(&text), |folder| folder.join(&text)))
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

fn service(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_bare = url.username().is_empty() && url.password().is_none();
    (is_web && is_bare).then_some(url)
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
        // An empty table stands for itself, so that it can't hide a key that it was put in the place of.
        ValueKind::Table(table) if !table.is_empty() => {
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
