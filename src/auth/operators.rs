//! Which operator calls?
//!
//! The gate of the operations listener: takes the `Authorization` header, gives the operator whose token it is. Operators
//! are few and named in a file that holds only the SHA-256 of their random tokens; a token is compared with every one of
//! them in constant time, so that the time tells nothing. The list can be replaced while the gateway runs, and the next
//! call is judged by the new one. Whether the role is enough is asked with the operator in hand. On failure: closed.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::Timestamp;

use super::{Unauthenticated, sha256, tokens};
use crate::domain::operator::OperatorName;

/// Is what an operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Sees clients, limits and how the gateway is.
    Viewer,
    /// Changes them, and sees them too.
    Operator,
    /// Reads the audit log.
    Auditor,
}

impl Role {
    /// Lists the roles in the order in which they are documented.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Auditor];

    /// Gives the word that stands in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }
}

/// Says that there is no such role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such role")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

/// Is the SHA-256 of an operator's token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// Hashes a token.
    #[must_use]
    pub fn of(token: &[u8]) -> Self {
        Self(sha256(token))
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(***)")
    }
}

/// Writes the digest as it stands in the file: 64 hexadecimal digits.
impl fmt::Display for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Says that a text isn't a SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 in hexadecimal digits")]
pub struct MalformedHash;

impl FromStr for TokenDigest {
    type Err = MalformedHash;

    fn from_str(text: &str) -> Result<Self, MalformedHash> {
        let digit = |letter: u8| {
            char::from(letter)
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs
            .iter()
            .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
            .collect();
        let bytes = bytes.filter(|_| rest.is_empty()).ok_or(MalformedHash)?;
        Ok(Self(bytes.try_into().map_err(|_| MalformedHash)?))
    }
}

/// Is one who may use the operations listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The name that stands in every audit row.
    pub name: OperatorName,
    /// The hash of the token.
    pub token: TokenDigest,
    /// What the operator may do.
    pub roles: Vec<Role>,
    /// From when on the token is worth nothing.
    pub expires: Timestamp,
}

impl Operator {
    /// Tells whether the operator has one of the roles.
    #[must_use]
    pub fn has_one_of(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}

/// Holds the operators in force.
#[derive(Debug, Default)]
pub struct Operators(ArcSwap<Vec<Operator>>);

impl Operators {
    /// Begins with these.
    #[must_use]
    pub fn new(operators: Vec<Operator>) -> Self {
        Self(ArcSwap::from_pointee(operators))
    }

    /// Puts others in their place, from the next call on.
    pub fn replace(&self, operators: Vec<Operator>) {
        self.0.store(Arc::new(operators));
    }

    /// Finds out whose token it is.
    ///
    /// # Errors
    /// Fails unless the token is that of an operator whose time isn't over.
    pub fn recognize(
        &self,
        authorization: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Operator, Unauthenticated> {
        let given = TokenDigest::of(tokens::bearer(authorization)?);
        let operators = self.0.load();
        let mut found = None;
        for operator in operators.iter() {
            // To the end, whoever it is: the place in the list isn't to be told by the time.
            if verify_slices_are_equal(&operator.token.0, &given.0).is_ok() {
                found = Some(operator);
            }
        }
        match found {
            Some(operator) if now < operator.expires => Ok(operator.clone()),
            Some(_) => Err(Unauthenticated::Expired),
            None => Err(Unauthenticated::Invalid),
        }
    }
}

#[cfg(test)]
mod tests;
