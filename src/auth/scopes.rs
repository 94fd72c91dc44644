//! For which kinds of work was a token made?
//!
//! The scopes of the API, as a set in one byte. A token may carry scopes of other services: they are passed over,
//! since refusing them would tie every client's sign-in to ours. Citizens' scopes are deliberately absent: no client
//! has one.

use std::fmt;
use std::str::FromStr;

/// Names a kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Comparing claims about a person.
    CitizensVerify,
    /// Reading licensed fields of a person.
    CitizensLookup,
    /// Comparing claims about a household.
    HouseholdsVerify,
    /// Reading the members of a household.
    HouseholdsLookup,
    /// Checking what a procedure needs.
    Checks,
    /// Asking about many persons at once.
    Batches,
}

/// Says that a text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scope")]
pub struct UnknownScope;

impl Scope {
    /// Lists every scope.
    pub const ALL: [Self; 6] = [
        Self::CitizensVerify,
        Self::CitizensLookup,
        Self::HouseholdsVerify,
        Self::HouseholdsLookup,
        Self::Checks,
        Self::Batches,
    ];

    /// Gives the scope's name in tokens and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CitizensVerify => "citizens.verify",
            Self::CitizensLookup => "citizens.lookup",
            Self::HouseholdsVerify => "households.verify",
            Self::HouseholdsLookup => "households.lookup",
            Self::Checks => "checks",
            Self::Batches => "batches",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::CitizensVerify => 1,
            Self::CitizensLookup => 1 << 1,
            Self::HouseholdsVerify => 1 << 2,
            Self::HouseholdsLookup => 1 << 3,
            Self::Checks => 1 << 4,
            Self::Batches => 1 << 5,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(UnknownScope)
    }
}

/// Holds a set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// Gives the empty set.
    pub const NONE: Self = Self(0);

    /// Reads the `scope` claim: names parted by spaces, the unknown ones passed over.
    #[must_use]
    pub fn from_claim(text: &str) -> Self {
        text.split(' ').filter_map(|name| name.parse().ok()).collect()
    }

    /// Tells whether the scope belongs to the set.
    #[must_use]
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Gives the scopes that belong to both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Lists the scopes in the order in which they are documented.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Scope::as_str)).finish()
    }
}

#[cfg(test)]
mod tests;
