//! What follows from what was found?
//!
//! The law's state machine, pure. Where everything that the procedure needs is held and fits, no paper may be asked for
//! (Decree 104/2022/NĐ-CP, art. 14(2); Resolution 66.7/2025/NQ-CP, art. 2(1)). What is missing, incomplete or wrong lets the
//! officer ask for that one fact's paper, one of several, with guidance to have the data put right (art. 2(2), art. 8). While
//! the registry can't be asked nothing is decided, until the legal deadline: then the supplement is asked for, and the
//! reason is told (art. 14(3)). What the law takes from another database never decides. No decision comes from missing data.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::domain::fact::Fact;
use crate::domain::paper::Paper;
use crate::domain::role::RoleName;
use crate::policy::supplement;

/// Is what came of one fact, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is so, or the register holds it.
    Match,
    /// Near enough to be explained.
    Close,
    /// It isn't so.
    Mismatch,
    /// The register doesn't hold it.
    NotHeld,
    /// Nobody was found by number, name and birth date together.
    NoMatch,
    /// The register is verifying the record.
    UnderReview,
    /// The identity is only close, so nothing was released.
    NotPermitted,
    /// The law takes it from another database.
    Elsewhere,
    /// The registry can't be asked. Never "no information".
    Unavailable,
}

impl Verdict {
    /// Lists every verdict.
    pub const ALL: [Self; 9] = [
        Self::Match,
        Self::Close,
        Self::Mismatch,
        Self::NotHeld,
        Self::NoMatch,
        Self::UnderReview,
        Self::NotPermitted,
        Self::Elsewhere,
        Self::Unavailable,
    ];

    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Close => "close",
            Self::Mismatch => "mismatch",
            Self::NotHeld => "not_held",
            Self::NoMatch => "no_match",
            Self::UnderReview => "under_review",
            Self::NotPermitted => "not_permitted",
            Self::Elsewhere => "elsewhere",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Is one fact of one role, with what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose.
    pub role: RoleName,
    /// What.
    pub fact: Fact,
    /// What came of it.
    pub verdict: Verdict,
    /// Why, in a word of the API.
    pub reason: &'static str,
    /// What differs, in the words of the API.
    pub differences: Vec<&'static str>,
    /// The papers that the fact replaces.
    pub replaces: Vec<Paper>,
}

/// Is the decision on a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// No paper may be asked for.
    PaperNotRequired,
    /// The papers of the supplement may be asked for.
    SupplementRequired,
    /// Nothing is decided: the registry can't be asked.
    Pending,
}

/// Says that a text names no decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decision")]
pub struct UnknownDecision;

impl Decision {
    /// Lists every decision.
    pub const ALL: [Self; 3] = [Self::PaperNotRequired, Self::SupplementRequired, Self::Pending];

    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaperNotRequired => "paper_not_required",
            Self::SupplementRequired => "supplement_required",
            Self::Pending => "pending",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Decision {
    type Err = UnknownDecision;

    fn from_str(text: &str) -> Result<Self, UnknownDecision> {
        Self::ALL
            .into_iter()
            .find(|decision| decision.as_str() == text)
            .ok_or(UnknownDecision)
    }
}

/// Tells how a dossier's deadline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// The registry may still come back in time.
    Running,
    /// The citizen must be told now.
    Over,
}

/// Is one paper to ask for: any one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplement {
    /// Whose.
    pub role: RoleName,
    /// For which fact.
    pub fact: Fact,
    /// The papers, the article that allows asking for one of them, and how the data are put right.
    pub allowed: supplement::Supplement,
}

/// Decides.
#[must_use]
pub fn decide(findings: &[Finding], term: Term) -> Decision {
    let is_unanswered = |finding: &Finding| finding.verdict == Verdict::Unavailable;
    let is_settled = |finding: &Finding| matches!(finding.verdict, Verdict::Match | Verdict::Elsewhere);
    if term == Term::Running && findings.iter().any(is_unanswered) {
        Decision::Pending
    } else if !findings.is_empty() && findings.iter().all(is_settled) {
        Decision::PaperNotRequired
    } else {
        Decision::SupplementRequired
    }
}

/// Lists the papers that the law of the day lets an officer ask for, each for the one fact that is missing.
#[must_use]
pub fn supplements(findings: &[Finding], day: Date) -> Vec<Supplement> {
    let is_asked_for = |finding: &&Finding| match finding.verdict {
        Verdict::Match | Verdict::Elsewhere => false,
        Verdict::Close
        | Verdict::Mismatch
        | Verdict::NotHeld
        | Verdict::NoMatch
        | Verdict::UnderReview
        | Verdict::Unavailable => true,
        // Once the name is typed as on the card the rest is found: no reason to burden the citizen with its paper.
        Verdict::NotPermitted => !is_identity_asked_for(findings, &finding.role),
    };
    let asked_for = |finding: &Finding| {
        Some(Supplement {
            role: finding.role.clone(),
            fact: finding.fact.clone(),
            allowed: supplement::supplement(&finding.fact, day)?,
        })
    };
    findings
        .iter()
        .filter(is_asked_for)
        .filter_map(asked_for)
        .collect()
}

fn is_identity_asked_for(findings: &[Finding], role: &RoleName) -> bool {
    findings.iter().any(|finding| {
        finding.role == *role
            && finding.fact == Fact::Identity
            && !matches!(
                finding.verdict,
                Verdict::Match | Verdict::Elsewhere | Verdict::NotPermitted
            )
    })
}

#[cfg(test)]
mod tests;
