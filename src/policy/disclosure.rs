//! What is the caller told?
//!
//! The only thing that can become an answer's body. Made by a `Grant` alone, after the filter; whoever holds one needn't
//! ask again whether the caller may see it. A failed identity gate is one value whatever
//! its cause: unknown number, wrong name or wrong birth date leave nothing behind to tell them apart.

use crate::domain::field::Field;
use crate::domain::household::Standing;
use crate::domain::predicate::PredicateVerdict;
use crate::domain::record::Status;
use crate::matching::{ClaimVerdict, Identity};

/// Is the answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Everything matches.
    Confirmed,
    /// The person was found, and something is close or mismatched.
    Differs,
    /// The person was found, and a fact that was asked for isn't held or can't be told.
    Incomplete,
    /// Nobody was found by number, name and birth date together.
    NoMatch,
    /// The person is dead, or the number was cancelled without another.
    Inactive,
}

impl Outcome {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Differs => "differs",
            Self::Incomplete => "incomplete",
            Self::NoMatch => "no_match",
            Self::Inactive => "inactive",
        }
    }
}

/// Is something that the officer should know beside the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Warning {
    /// The number asked by was cancelled; the record is its successor's.
    NumberReplaced,
    /// The digits for sex or year disagree with the record.
    PinStructureMismatch,
    /// The register is verifying the record.
    UnderReview,
    /// The identity is only close, so nothing was released: type the name as on the card.
    NotPermitted,
}

impl Warning {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NumberReplaced => "number_replaced",
            Self::PinStructureMismatch => "pin_structure_mismatch",
            Self::UnderReview => "under_review",
            Self::NotPermitted => "not_permitted",
        }
    }
}

/// Holds one released value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// A code with the words that it stands for.
    Coded {
        /// The code as the tables write it.
        code: String,
        /// The words, where the tables have them.
        label: Option<String>,
    },
}

/// Holds what the answer says of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// For each claim, whether it is so.
    Verdicts(Vec<(&'static str, ClaimVerdict)>),
    /// For each field asked for, its value; `None` where the register holds none.
    Attributes(Vec<(Field, Option<Value>)>),
    /// For each predicate, by its name and in the order asked, whether it is so.
    Predicates(Vec<(&'static str, PredicateVerdict)>),
    /// Everybody in the household.
    Members(Vec<Listed>),
}

/// Is one member of a household, as far as released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// How the member stands to the head, where the register holds it.
    pub standing: Option<Standing>,
    /// For each field asked for, its value; `None` where the register holds none.
    pub attributes: Vec<(Field, Option<Value>)>,
}

/// Is an answer that its caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    outcome: Outcome,
    identity: Identity,
    facts: Facts,
    status: Option<Status>,
    warnings: Vec<Warning>,
}

impl Disclosure {
    pub(super) fn new(
        outcome: Outcome,
        identity: Identity,
        facts: Facts,
        status: Option<Status>,
        warnings: Vec<Warning>,
    ) -> Self {
        Self {
            outcome,
            identity,
            facts,
            status,
            warnings,
        }
    }

    /// Gives the answer in one word.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Tells how well the identifying claims fit.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Gives verdicts or values.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Tells what became of the person; nothing where nobody was found.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.status
    }

    /// Lists what the officer should know beside.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}
