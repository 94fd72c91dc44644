//! How is an answer written as JSON, at the cost of writing it?
//!
//! Text that grows part by part, each with its name and punctuation as they stand there. Whoever writes an answer sees to
//! its form, which the schemas are held against; here is seen to that no text can break out of its quotes. For the few
//! answers that are given thousands of times a second; everything else goes through the serializer.

use jiff::Timestamp;

use crate::domain::local_time;

/// Room for nearly every answer of a verification, so that writing one needs no second allocation.
const USUAL_LENGTH: usize = 1_024;

/// Is JSON in the making.
pub(in crate::http) struct Writing(String);

impl Writing {
    /// Begins with nothing.
    pub fn begin() -> Self {
        Self(String::with_capacity(USUAL_LENGTH))
    }

    /// Ends, and gives the text.
    pub fn end(mut self, last: &str) -> String {
        self.0.push_str(last);
        self.0
    }

    /// Adds punctuation, names, and what is no text.
    pub fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Adds one of our own words, which hold nothing that is escaped in JSON.
    pub fn word(&mut self, name: &str, word: &str) {
        debug_assert!(is_plain(word), "a word that isn't plain");
        self.0.push_str(name);
        self.0.push('"');
        self.0.push_str(word);
        self.0.push('"');
    }

    /// Adds text of whatever kind.
    pub fn text(&mut self, name: &str, text: &str) {
        if is_plain(text) {
            self.word(name, text);
        } else {
            self.0.push_str(name);
            // Of a text it always succeeds; an empty one would be no worse than none.
            self.0
                .push_str(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned()));
        }
    }

    /// Adds a number.
    pub fn number(&mut self, name: &str, number: u64) {
        self.0.push_str(name);
        self.0.push_str(&number.to_string());
    }

    /// Adds a time in Viet Nam, to the millisecond.
    pub fn time(&mut self, name: &str, time: Timestamp) {
        self.0.push_str(name);
        self.0.push('"');
        local_time::push_milliseconds(&mut self.0, time);
        self.0.push('"');
    }

    /// Adds a list.
    pub fn list<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.0.push_str(name);
        self.between(['[', ']'], items, write);
    }

    /// Adds an object, whose members are written with their names.
    pub fn object<T>(&mut self, members: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.between(['{', '}'], members, write);
    }

    fn between<T>(
        &mut self,
        [open, close]: [char; 2],
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) {
        self.0.push(open);
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            write(self, item);
        }
        self.0.push(close);
    }
}

/// Tells whether a text stands in JSON as it is.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests;
