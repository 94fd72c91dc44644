//! Which procedures do the national lists know, beyond those that have an entry of their own?
//!
//! Reads the generated table. A row tells what was published about a procedure, not what its law demands of whom: so one
//! applicant is asked for identity, for the residence where the list speaks of it, and what belongs to other databases is said
//! to be there. Nothing stale serves them, since nobody has looked into their law.

use std::time::Duration;

use jiff::civil::date;
use serde::Deserialize;

use super::{MONTH, Part, is_whole, level, whole_code};
use crate::domain::fact::Fact;
use crate::domain::field::Fields;
use crate::domain::paper::Paper;
use crate::domain::role::{Expected, NeededFact, Role};
use crate::policy::procedures::{LegalGround, Procedure};

/// Is a row as the table has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    level: String,
    sector: String,
    name_vi: String,
    papers: Vec<String>,
    says: Vec<Remark>,
}

/// Is what the lists say of a procedure.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Remark {
    /// Its dossier part cites article 14 of Decree 104/2022.
    #[serde(rename = "cites_decree_104")]
    CitesDecree104,
    /// It asks for a proof of residence.
    AsksProofOfResidence,
    /// It names the confirmation of residence (CT07).
    NamesResidenceConfirmation,
    /// It still names the household book.
    NamesHouseholdBook,
    /// It names the population database.
    NamesPopulationDb,
    /// Annex I of Resolution 66.7/2025 has it.
    #[serde(rename = "in_resolution_66_7")]
    InResolution667,
    /// Its code lost a digit on the way into the annex.
    CorruptCode,
}

/// Is a row, read.
pub enum Listed {
    /// A procedure that can be used.
    Usable(Box<Procedure>),
    /// A code that was published broken.
    Corrupt,
    /// A row that is in disorder; that was said.
    Faulty,
}

/// The facts for which a kind of paper in the table speaks, beyond identity and residence.
const ELSEWHERE: [(Paper, Fact); 6] = [
    (Paper::BirthCertificate, Fact::Birth),
    (Paper::MarriageCertificate, Fact::Marriage),
    (Paper::MaritalStatusCertificate, Fact::MaritalStatus),
    (Paper::DeathCertificate, Fact::Death),
    (Paper::LandCertificate, Fact::LandUseRight),
    (Paper::BusinessCertificate, Fact::BusinessRegistration),
];

/// The papers that speak for the residence.
const OF_RESIDENCE: [Paper; 2] = [Paper::HouseholdBook, Paper::ResidenceConfirmation];

/// What the procedures may show.
const BASIC: [&str; 3] = ["pin", "full_name", "date_of_birth"];
const RESIDENCE: [&str; 3] = [
    "permanent_residence.province_code",
    "permanent_residence.commune_code",
    "permanent_residence.detail",
];

/// Reads a row.
pub fn read(part: &mut Part<'_>, row: toml::Value) -> Listed {
    let row: Row = match row.try_into() {
        Ok(row) => row,
        Err(error) => {
            part.mistake("", &super::entry_mistake(&error));
            return Listed::Faulty;
        }
    };
    if row.says.contains(&Remark::CorruptCode) {
        if is_whole(&row.code) {
            part.mistake("says", "corrupt_code, and the code is whole");
            return Listed::Faulty;
        }
        return Listed::Corrupt;
    }
    usable(part, row).map_or(Listed::Faulty, |procedure| Listed::Usable(Box::new(procedure)))
}

fn usable(part: &mut Part<'_>, row: Row) -> Option<Procedure> {
    let code = whole_code(part, &row.code);
    let level = level(part, row.level);
    let papers: Option<Vec<Paper>> = part.all("papers", &row.papers, "kinds of paper such as identity_card");
    let papers = papers?;
    let speaks_of_residence = row.says.iter().any(|remark| {
        matches!(
            remark,
            Remark::CitesDecree104
                | Remark::AsksProofOfResidence
                | Remark::NamesResidenceConfirmation
                | Remark::NamesHouseholdBook
        )
    });
    let needs_residence = speaks_of_residence || OF_RESIDENCE.iter().any(|paper| papers.contains(paper));
    Some(Procedure {
        code: code?,
        name_vi: row.name_vi,
        name_en: None,
        sector: row.sector,
        level: level?,
        legal_ground: grounds(needs_residence),
        fields: fields(needs_residence),
        max_age: Duration::from_mins(15),
        stale_for: None,
        shares_cache: true,
        roles: vec![applicant(&papers, needs_residence)?],
        needs_household_list: false,
        confirmation_valid_for: MONTH,
    })
}

/// Names the grounds that hold for every procedure (Resolution 66.7/2025, art. 3(2)), and for every one that means residence.
fn grounds(needs_residence: bool) -> Vec<LegalGround> {
    let decree = LegalGround {
        article: "Nghị định 104/2022/NĐ-CP, Điều 14".to_owned(),
        from: date(2023, 1, 1),
        until: None,
    };
    let resolution = LegalGround {
        article: "Nghị quyết 66.7/2025/NQ-CP, Điều 4 khoản 1".to_owned(),
        from: date(2026, 1, 1),
        until: Some(date(2027, 2, 28)),
    };
    needs_residence
        .then_some(decree)
        .into_iter()
        .chain([resolution])
        .collect()
}

fn fields(needs_residence: bool) -> Fields {
    let residence = RESIDENCE.into_iter().filter(|_| needs_residence);
    BASIC
        .into_iter()
        .chain(residence)
        .filter_map(|path| path.parse().ok())
        .collect()
}

fn applicant(papers: &[Paper], needs_residence: bool) -> Option<Role> {
    let needed = |fact: Fact, replaces: Vec<Paper>| NeededFact {
        source: fact.source(),
        fact,
        replaces,
    };
    let mut facts = vec![needed(Fact::Identity, vec![Paper::IdentityCard])];
    if needs_residence {
        let named = OF_RESIDENCE.into_iter().filter(|paper| papers.contains(paper));
        let mut replaced: Vec<Paper> = named.collect();
        if replaced.is_empty() {
            replaced.push(Paper::ResidenceConfirmation);
        }
        facts.push(needed(Fact::PermanentResidence, replaced));
    }
    for (paper, fact) in ELSEWHERE {
        if papers.contains(&paper) {
            facts.push(needed(fact, vec![paper]));
        }
    }
    Some(Role {
        name: "applicant".parse().ok()?,
        required: true,
        expects: Expected::Living,
        facts,
    })
}
