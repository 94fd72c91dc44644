//! Is this JSON, and what stands in it, to the letter?
//!
//! Stands before the wire's reader: takes the body's bytes, gives a tree that borrows from them. It keeps every member in
//! the order and as often as it was sent, since a parser that lets the last duplicate win would let two systems read one
//! body in two ways (RFC 8259 §4). Strict syntax, at most 128 levels deep, UTF-8 only, no lone surrogates; whatever
//! breaks that is one error without details, because the text around it may be personal. The tree doesn't print.

pub(super) mod writing;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// Says that the bytes are no JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON text")]
pub(super) struct Malformed;

/// Holds a JSON value as it was sent.
#[derive(Clone, PartialEq)]
pub(super) enum Json<'b> {
    Null,
    Flag(bool),
    /// A number; the members that are one are counts, so that no other value is kept.
    Number(Option<u64>),
    Text(Cow<'b, str>),
    List(Vec<Json<'b>>),
    Object(Vec<(Cow<'b, str>, Json<'b>)>),
}

impl<'b> Json<'b> {
    /// Reads one value that fills the bytes.
    pub fn read(bytes: &'b [u8]) -> Result<Self, Malformed> {
        // One look at all bytes is cheaper than one at each text.
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed)?;
        serde_json::from_str(text).map_err(|_| Malformed)
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(***)")
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json<'de>, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(Some(number)))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(None))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let mut object = Vec::new();
        while let Some((name, value)) = members.next_entry()? {
            let Json::Text(name) = name else {
                return Err(A::Error::custom("a name that is no text"));
            };
            object.push((name, value));
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests;
