//! Did anything personal come out where nothing personal may stand?
//!
//! Holds what a test used (numbers, names, birth dates, tokens, secrets) and what came out: the log of this process,
//! headers, problems, metrics, the audit export, the store's own bytes. `search` finds the one in the other. Answers that
//! disclose lawfully are not searched.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use dancu::telemetry;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::clients::Answer;

/// The log of this process, which has one subscriber for all tests; each searches what came since it began.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// Captures the log from the first call on.
    pub fn install() -> Self {
        static LOG: LazyLock<Captured> = LazyLock::new(|| {
            let captured = Captured::default();
            let subscriber = telemetry::subscriber("debug,dancu=trace", captured.clone()).unwrap();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            captured
        });
        LOG.clone()
    }

    fn length(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn since(&self, start: usize) -> Vec<u8> {
        self.0.lock().unwrap()[start..].to_vec()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Captured {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// Sits in a test and watches.
pub struct Canary {
    log: Captured,
    since: usize,
    watched: Mutex<BTreeMap<String, &'static str>>,
    heard: Mutex<Vec<(String, Vec<u8>)>>,
}

/// Something personal, where it shouldn't be: what it is, where it stood, and what stood around it.
#[derive(Debug)]
pub struct Leak {
    pub what: &'static str,
    pub place: String,
    #[expect(dead_code, reason = "shown by the panic of a failed test")]
    pub around: String,
}

impl Canary {
    pub fn new(log: Captured) -> Self {
        Self {
            since: log.length(),
            log,
            watched: Mutex::default(),
            heard: Mutex::default(),
        }
    }

    /// Watches for a text; one so short that it stands anywhere by chance, or longer than any name, is passed over.
    pub fn watch(&self, what: &'static str, text: &str) {
        if (7..=200).contains(&text.chars().count()) {
            self.watched.lock().unwrap().insert(text.to_owned(), what);
        }
    }

    /// Watches for whatever in a question names a person.
    pub fn watch_question(&self, question: &Value) {
        match question {
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("pin", Value::String(text)) => self.watch("PIN", text),
                        ("old_id_number", Value::String(text)) => self.watch("old number", text),
                        ("date_of_birth", Value::String(text)) => self.watch_birth_date(text),
                        ("full_name", Value::String(text)) => self.watch_name(text),
                        (_, member) => self.watch_question(member),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.watch_question(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn watch_birth_date(&self, text: &str) {
        // A month of some year stands in any log; a day as the registry writes it doesn't.
        if text.len() == 10 {
            self.watch("birth date", text);
            self.watch("birth date", &text.replace('-', ""));
        }
    }

    fn watch_name(&self, name: &str) {
        let bare: String = name.nfd().filter(|letter| !is_combining_mark(*letter)).collect();
        let bare = bare.replace('đ', "d").replace('Đ', "D");
        for form in [name.to_owned(), name.nfc().collect(), bare] {
            self.watch("name", &form);
            self.watch("name", &form.to_uppercase());
            self.watch("name", &form.to_uppercase().replace(' ', ""));
        }
    }

    /// Keeps a text that came out, to be searched at the end.
    pub fn heard(&self, place: &str, text: &str) {
        self.heard_bytes(place, text.as_bytes());
    }

    /// Keeps bytes that came out.
    pub fn heard_bytes(&self, place: &str, bytes: &[u8]) {
        self.heard
            .lock()
            .unwrap()
            .push((place.to_owned(), bytes.to_vec()));
    }

    /// Keeps of an answer what must never be personal: its headers, and a problem as a whole.
    pub fn heard_answer(&self, answer: &Answer) {
        for (name, value) in &answer.headers {
            self.heard_bytes(&format!("header {name}"), value.as_bytes());
        }
        if answer.status != 200 {
            self.heard_bytes("problem", &answer.bytes);
        }
    }

    /// Searches everything that came out.
    pub fn search(&self) -> Result<(), Vec<Leak>> {
        let watched = self.watched.lock().unwrap();
        let (texts, kinds): (Vec<_>, Vec<_>) = watched.iter().unzip();
        let searcher = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&texts)
            .unwrap();
        let mut heard = self.heard.lock().unwrap();
        heard.push(("log".to_owned(), self.log.since(self.since)));
        let mut leaks = Vec::new();
        for (place, bytes) in heard.iter() {
            // JSON writes letters beyond ASCII as they are, so bytes are compared with bytes.
            for found in searcher.find_overlapping_iter(bytes) {
                if is_within_a_longer_number(bytes, found.range()) {
                    continue;
                }
                let around = found.start().saturating_sub(120)..bytes.len().min(found.end() + 60);
                leaks.push(Leak {
                    what: kinds[found.pattern().as_usize()],
                    place: place.clone(),
                    around: String::from_utf8_lossy(&bytes[around]).into_owned(),
                });
            }
        }
        if leaks.is_empty() { Ok(()) } else { Err(leaks) }
    }
}

/// Tells whether what was found is digits out of a longer run of them, such as the sum of a histogram: nobody's number.
fn is_within_a_longer_number(bytes: &[u8], found: std::ops::Range<usize>) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    bytes[found.clone()].iter().all(u8::is_ascii_digit)
        && (is_digit(found.start.checked_sub(1)) || is_digit(Some(found.end)))
}

#[cfg(test)]
mod tests;
