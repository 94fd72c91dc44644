//! What does a signed event say?
//!
//! Pure: reads the claims of an event whose signature holds. Every member that can't be used is told, none is guessed; members
//! that we don't know are the registry's own affair. A type that we don't know is refused when pushed; in the feed,
//! where others wait behind it, it stands for a change of whatever kind.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::pin::Pin;

/// Holds the claims of a verified event.
pub(super) type Claims = Map<String, Value>;

/// Is a change's place in the order of all changes, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sequence(pub(super) u64);

impl Sequence {
    pub(super) fn of(claims: &Claims) -> Option<Self> {
        // Numbers beyond it aren't safe in every JSON reader, and the last one has no next.
        const LARGEST: u64 = 1 << 53;
        let number = claims.get("seq")?.as_u64()?;
        (1..LARGEST).contains(&number).then_some(Self(number))
    }
}

/// Tells what happened to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Moved,
    Died,
    Corrected,
    Replaced,
    /// Something that this version has no name for.
    Other,
}

impl Kind {
    /// Gives the word for the audit log, which is the registry's own.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Died => "died",
            Self::Corrected => "corrected",
            Self::Replaced => "replaced",
            Self::Other => "changed",
        }
    }

    fn named(word: &str) -> Option<Self> {
        [Self::Moved, Self::Died, Self::Corrected, Self::Replaced]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// Holds one change of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) sequence: Sequence,
    pub(super) kind: Kind,
    /// The number that the person carried before the change.
    pub(super) pin: Pin,
    /// The number that replaced it.
    pub(super) new_pin: Option<Pin>,
}

/// Names a member of an event that is missing or can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The number in the order of changes.
    Sequence,
    /// The type of the change.
    Type,
    /// The person's number.
    Pin,
    /// The number that replaces it.
    NewPin,
    /// The time.
    At,
}

impl Unreadable {
    /// Gives the member's name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sequence => "seq",
            Self::Type => "type",
            Self::Pin => "pin",
            Self::NewPin => "new_pin",
            Self::At => "at",
        }
    }
}

impl Event {
    /// Reads an event, of a type that we know.
    pub(super) fn read(sequence: Sequence, claims: &Claims) -> Result<Self, Vec<Unreadable>> {
        let event = Self::read_leniently(sequence, claims);
        let is_known = event.as_ref().is_ok_and(|event| event.kind != Kind::Other);
        match event {
            Ok(event) if is_known => Ok(event),
            Ok(_) => Err(vec![Unreadable::Type]),
            Err(unreadable) => Err(unreadable),
        }
    }

    /// Reads an event, of whatever type.
    pub(super) fn read_leniently(sequence: Sequence, claims: &Claims) -> Result<Self, Vec<Unreadable>> {
        let text = |name: Unreadable| {
            claims
                .get(name.as_str())
                .map(|value| value.as_str().unwrap_or_default())
        };
        let kind = text(Unreadable::Type).filter(|word| !word.is_empty());
        let kind = kind.map(|word| Kind::named(word).unwrap_or(Kind::Other));
        let pin: Option<Pin> = text(Unreadable::Pin).and_then(|digits| digits.parse().ok());
        let new_pin: Option<Option<Pin>> = match text(Unreadable::NewPin) {
            Some(digits) => digits.parse().ok().map(Some),
            None => (kind != Some(Kind::Replaced)).then_some(None),
        };
        let at: Option<Timestamp> = text(Unreadable::At).and_then(|time| time.parse().ok());
        let missing = [
            (kind.is_none(), Unreadable::Type),
            (pin.is_none(), Unreadable::Pin),
            (new_pin.is_none(), Unreadable::NewPin),
            (at.is_none(), Unreadable::At),
        ];
        match (kind, pin, new_pin, at) {
            (Some(kind), Some(pin), Some(new_pin), Some(_)) => Ok(Self {
                sequence,
                kind,
                pin,
                new_pin,
            }),
            _ => Err(missing
                .into_iter()
                .filter_map(|(is_missing, member)| is_missing.then_some(member))
                .collect()),
        }
    }
}
