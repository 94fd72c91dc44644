//! What does an administrative procedure need to know, how fresh, and on what ground?
//!
//! The catalogue (`config/procedures/`): for each procedure the fields that its officer needs, which is the most that any
//! client gets for it (Law 91/2025/QH15, art. 3: necessary scope), how old a cached record may be, and what must be known
//! of whom before no paper need be asked. Laws end: a procedure on a day on which none of its grounds is in force lets
//! nobody be looked up. Pure data; reading the files is `config`'s work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use crate::domain::context::ProcedureCode;
use crate::domain::fact::Fact;
use crate::domain::field::Fields;
use crate::domain::role::{Role, RoleName};

/// Is a rule of law on which the look-up rests, while it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalGround {
    /// The article, as it is cited.
    pub article: String,
    /// The first day on which it is in force.
    pub from: Date,
    /// The last day, where one is fixed.
    pub until: Option<Date>,
}

impl LegalGround {
    /// Tells whether it is in force on the day; the first and the last day count.
    #[must_use]
    pub fn is_in_force(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// Is one entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// The code of the national portal.
    pub code: ProcedureCode,
    /// The name in Vietnamese.
    pub name_vi: String,
    /// The name in English, where there is one.
    pub name_en: Option<String>,
    /// The sector (lĩnh vực).
    pub sector: String,
    /// The level that handles it: `commune`, `province`, `ministry`, or `unstated` where the national list is silent.
    pub level: String,
    /// The rules of law on which the look-up rests.
    pub legal_ground: Vec<LegalGround>,
    /// The fields that the procedure needs.
    pub fields: Fields,
    /// How old a cached record may be.
    pub max_age: Duration,
    /// Whether an older record will do while the registry is down, and how old.
    pub stale_for: Option<Duration>,
    /// Whether its records may serve other such procedures, and theirs this one.
    pub shares_cache: bool,
    /// In which roles people stand in it, and what must be known of each.
    pub roles: Vec<Role>,
    /// Whether the whole list of a household's members is needed, and may be looked up.
    pub needs_household_list: bool,
    /// How long a confirmation of what was found is good for.
    pub confirmation_valid_for: Duration,
}

impl Procedure {
    /// Tells whether no record may be kept for it at all: neither fresh nor stale would one do, nor for another procedure.
    #[must_use]
    pub fn never_keeps(&self) -> bool {
        self.max_age.is_zero() && self.stale_for.is_none() && !self.shares_cache
    }

    /// Lists the rules of law that are in force on the day, in the order of the catalogue.
    pub fn grounds_on(&self, day: Date) -> impl Iterator<Item = &LegalGround> {
        self.legal_ground
            .iter()
            .filter(move |ground| ground.is_in_force(day))
    }

    /// Finds a role.
    #[must_use]
    pub fn role(&self, name: &RoleName) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == *name)
    }

    /// Tells whether some role needs the fact.
    #[must_use]
    pub fn needs(&self, fact: &Fact) -> bool {
        let mut needed = self.roles.iter().flat_map(|role| &role.facts);
        needed.any(|needed| needed.fact == *fact)
    }
}

/// Says that two entries carry the same code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the procedure {0} stands twice in the catalogue")]
pub struct Duplicate(pub ProcedureCode);

/// Holds every procedure.
#[derive(Debug, Default)]
pub struct Catalogue(BTreeMap<ProcedureCode, Arc<Procedure>>);

impl Catalogue {
    /// Makes the catalogue.
    ///
    /// # Errors
    /// `Duplicate` names a code that stands twice.
    pub fn new(entries: impl IntoIterator<Item = Procedure>) -> Result<Self, Duplicate> {
        let mut procedures = BTreeMap::new();
        for procedure in entries {
            let code = procedure.code.clone();
            if procedures.insert(code.clone(), Arc::new(procedure)).is_some() {
                return Err(Duplicate(code));
            }
        }
        Ok(Self(procedures))
    }

    /// Finds a procedure.
    #[must_use]
    pub fn find(&self, code: &ProcedureCode) -> Option<&Arc<Procedure>> {
        self.0.get(code)
    }

    /// Lists the procedures by code.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Procedure>> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests;
