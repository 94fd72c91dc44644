//! What does a caller hold to prove that the log must show its call?
//!
//! `<log>.<index>.<leaf hash, base64url>`: the name of the log, the row's place in it and the hash that binds both to the
//! row's content. It needs no signature of its own: the leaf is in the tree whose root the checkpoints sign.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::tree::Hash;

/// Room for the name of a usual log, an index and a hash.
const USUAL_LENGTH: usize = 96;

/// Says that a text is no log's name, or no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A log's name has 1–64 letters, digits, `.`, `_` or `-` and doesn't begin with a dot.
    #[error("not a log's name")]
    LogName,
    /// A receipt is a log's name, an index and a hash, parted by dots.
    #[error("not a receipt")]
    Receipt,
}

/// Names one gateway's log for good; it stands in receipts, checkpoints and the checkpoint key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogName(Arc<str>);

impl LogName {
    /// Gives the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogName {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        // The name becomes a file's name in the checkpoint folder, hence no leading dot.
        if text.is_empty() || text.len() > 64 || text.starts_with('.') || !text.bytes().all(allowed) {
            return Err(Malformed::LogName);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names a row of a log together with its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The log.
    pub log: LogName,
    /// The row's place.
    pub index: u64,
    /// The row's leaf hash.
    pub leaf: Hash,
}

impl Receipt {
    /// Writes it down.
    #[must_use]
    pub fn written(&self) -> String {
        let mut text = String::with_capacity(USUAL_LENGTH);
        text.push_str(self.log.as_str());
        text.push('.');
        text.push_str(&self.index.to_string());
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(self.leaf, &mut text);
        text
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written())
    }
}

impl FromStr for Receipt {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        // From the right: a log's name may hold dots, index and hash can't.
        let mut parts = text.rsplitn(3, '.');
        let (Some(leaf), Some(index), Some(log)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Malformed::Receipt);
        };
        let leaf = URL_SAFE_NO_PAD
            .decode(leaf)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Malformed::Receipt)?;
        Ok(Self {
            log: log.parse()?,
            index: index.parse().map_err(|_| Malformed::Receipt)?,
            leaf,
        })
    }
}
