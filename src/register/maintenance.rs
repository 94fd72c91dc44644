//! How is the notice of a maintenance kept?
//!
//! As JSON beside the change that put it up, in the words of the API. What is read was judged before it was kept; what this
//! version can't read is nothing.

use serde::{Deserialize, Serialize};

use crate::domain::maintenance::{Message, Notice};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    vi: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    en: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// Writes a notice.
pub(super) fn written(notice: &Notice) -> Option<String> {
    let message = notice.message.as_ref();
    let en = message.and_then(|message| message.en.as_ref());
    let written = Written {
        vi: message.map(|message| message.vi.as_str().to_owned()),
        en: en.map(|words| words.as_str().to_owned()),
        until: notice.until.map(|until| until.to_string()),
    };
    serde_json::to_string(&written).ok()
}

/// Reads a notice.
pub(super) fn read(json: &str) -> Option<Notice> {
    let Written { vi, en, until } = serde_json::from_str(json).ok()?;
    let message = match (vi, en) {
        (None, None) => None,
        (None, Some(_)) => return None,
        (Some(vi), None) => Some(Message {
            vi: vi.parse().ok()?,
            en: None,
        }),
        (Some(vi), Some(en)) => Some(Message {
            vi: vi.parse().ok()?,
            en: Some(en.parse().ok()?),
        }),
    };
    let until = match until {
        Some(until) => Some(until.parse().ok()?),
        None => None,
    };
    Some(Notice { message, until })
}
