//! How is a procedure of the catalogue written down?
//!
//! Written as it is described: the types serve the answers and the OpenAPI document both. Codes of facts, papers and sources
//! are the domain's words; times are days, ages are seconds.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::role::{NeededFact, Role};
use crate::policy::procedures::{LegalGround, Procedure};

/// Every procedure of the catalogue.
#[derive(Serialize, ToSchema)]
#[schema(as = ProcedureList)]
pub(in crate::http) struct Listed {
    procedures: Vec<Shown>,
}

impl Listed {
    /// Writes the procedures in their order.
    pub fn of<'c>(procedures: impl Iterator<Item = &'c Procedure>) -> Self {
        Self {
            procedures: procedures.map(Shown::of).collect(),
        }
    }
}

/// What a procedure needs to know, and on what ground.
#[derive(Serialize, ToSchema)]
#[schema(as = Procedure)]
pub(in crate::http) struct Shown {
    #[schema(example = "1.001193")]
    code: String,
    name: Names,
    /// Lĩnh vực.
    sector: String,
    /// Who handles it: `commune`, `province`, `ministry`, or `unstated` where the national list is silent.
    level: String,
    /// The rules of law on which the look-up rests.
    legal_ground: Vec<Ground>,
    roles: Vec<RoleShown>,
    /// How old a record may be, in seconds.
    max_age: u64,
    /// Whether an older one will do while the register can't be asked.
    stale_allowed: bool,
    /// Whether its records may serve other such procedures.
    shares_cache: bool,
}

/// The name of a procedure.
#[derive(Serialize, ToSchema)]
struct Names {
    vi: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    en: Option<String>,
}

/// A rule of law, while it is in force.
#[derive(Serialize, ToSchema)]
struct Ground {
    #[schema(example = "Nghị định 104/2022/NĐ-CP, Điều 14")]
    article: String,
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The last day, where one is fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    until: Option<String>,
}

/// In which role somebody stands, and what must be known.
#[derive(Serialize, ToSchema)]
#[schema(as = ProcedureRole)]
struct RoleShown {
    #[schema(example = "mother")]
    role: String,
    /// Whether somebody must fill it.
    required: bool,
    facts: Vec<FactShown>,
}

/// A fact, the papers that nobody may ask for where it is known, and the database that the law takes it from.
#[derive(Serialize, ToSchema)]
#[schema(as = ProcedureFact)]
struct FactShown {
    #[schema(example = "permanent_residence")]
    fact: String,
    replaces: Vec<&'static str>,
    /// `population` is asked here; a fact of any other is answered `elsewhere`.
    source: &'static str,
}

impl Shown {
    /// Writes a procedure.
    pub fn of(procedure: &Procedure) -> Self {
        Self {
            code: procedure.code.to_string(),
            name: Names {
                vi: procedure.name_vi.clone(),
                en: procedure.name_en.clone(),
            },
            sector: procedure.sector.clone(),
            level: procedure.level.clone(),
            legal_ground: procedure.legal_ground.iter().map(ground).collect(),
            roles: procedure.roles.iter().map(role).collect(),
            max_age: procedure.max_age.as_secs(),
            stale_allowed: procedure.stale_for.is_some(),
            shares_cache: procedure.shares_cache,
        }
    }
}

fn ground(ground: &LegalGround) -> Ground {
    Ground {
        article: ground.article.clone(),
        from: ground.from.to_string(),
        until: ground.until.map(|day| day.to_string()),
    }
}

fn role(role: &Role) -> RoleShown {
    RoleShown {
        role: role.name.to_string(),
        required: role.required,
        facts: role.facts.iter().map(fact).collect(),
    }
}

fn fact(needed: &NeededFact) -> FactShown {
    FactShown {
        fact: needed.fact.to_string(),
        replaces: needed.replaces.iter().map(|paper| paper.as_str()).collect(),
        source: needed.source.as_str(),
    }
}
