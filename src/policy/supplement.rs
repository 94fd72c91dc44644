//! Which paper may an officer ask for when a fact can't be found, and on what ground?
//!
//! The other half of "no paper": where the database holds nothing, or something else than is claimed, the law lets the agency
//! ask for one paper out of a short list, and obliges it to tell how the data are put right (Resolution 66.7/2025, art. 2(2)
//! and 8). Pure; what isn't allowed on a day isn't in the answer, and a fact of another database is never asked for here.

use jiff::civil::{Date, date};

use crate::domain::fact::{Fact, FactSource};
use crate::domain::paper::Paper;

/// Says what may be asked for in place of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supplement {
    /// The papers of which the citizen may show any one.
    pub any_one_of: &'static [Paper],
    /// The article that allows asking.
    pub legal_ground: &'static str,
    /// The code of the procedure by which the citizen has the data put right.
    pub correction_procedure: &'static str,
}

/// An article with the first and the last day of its force.
type Rule = (&'static str, Date, Option<Date>);

/// Residence and household: one residence paper, where the information can't be exploited.
const RESIDENCE: &[Rule] = &[(
    "Nghị định 104/2022/NĐ-CP, Điều 14 khoản 3",
    date(2023, 1, 1),
    None,
)];

/// What the identity card shows. When the resolution has ended, the card's own worth as proof remains.
const IDENTITY: &[Rule] = &[
    (
        "Nghị quyết 66.7/2025/NQ-CP, Điều 2 khoản 2",
        date(2026, 1, 1),
        Some(date(2027, 2, 28)),
    ),
    ("Luật Căn cước 26/2023/QH15, Điều 20", date(2024, 7, 1), None),
];

/// The papers of value for residence (Decree 104/2022, art. 14(4)).
const OF_RESIDENCE: &[Paper] = &[
    Paper::IdentityCard,
    Paper::ResidenceConfirmation,
    Paper::PersonalInformationNotice,
];

/// The one paper that shows who else lives in the household.
const OF_HOUSEHOLD: &[Paper] = &[Paper::ResidenceConfirmation];

/// The papers that show who somebody is.
const OF_IDENTITY: &[Paper] = &[Paper::IdentityCard, Paper::PersonalInformationNotice];

/// Since 15 March 2026 nobody may ask for a paper on an old number: card, chip and VNeID hold it (Decree 70/2024, art. 12).
const OF_OLD_NUMBER: &[Paper] = &[Paper::IdentityCard];

/// Điều chỉnh thông tin về công dân trong CSDLQGVDC.
const OF_THE_PERSON: &str = "1.012564";
/// Điều chỉnh thông tin về cư trú.
const OF_THE_RESIDENCE: &str = "1.010039";
/// Thay đổi, cải chính, bổ sung thông tin hộ tịch, xác định lại dân tộc.
const OF_CIVIL_STATUS: &str = "1.004859";

/// Says what may be asked for on a day in place of a fact; nothing where no law allows it.
#[must_use]
pub fn supplement(fact: &Fact, day: Date) -> Option<Supplement> {
    if fact.source() != FactSource::Population {
        return None;
    }
    let (any_one_of, rules, correction_procedure) = match fact {
        Fact::PermanentResidence | Fact::CurrentResidence | Fact::TemporaryResidence => {
            (OF_RESIDENCE, RESIDENCE, OF_THE_RESIDENCE)
        }
        Fact::OldIdNumber => (OF_OLD_NUMBER, IDENTITY, OF_THE_PERSON),
        Fact::Ethnicity => (OF_IDENTITY, IDENTITY, OF_CIVIL_STATUS),
        Fact::HeadOfHousehold
        | Fact::SameHousehold { .. }
        | Fact::Relationship { .. }
        | Fact::MemberCount
        | Fact::HouseholdMembers => (OF_HOUSEHOLD, RESIDENCE, OF_THE_RESIDENCE),
        _ => (OF_IDENTITY, IDENTITY, OF_THE_PERSON),
    };
    let in_force = |(_, from, until): &&Rule| *from <= day && until.is_none_or(|until| day <= until);
    let (legal_ground, ..) = rules.iter().find(in_force)?;
    Some(Supplement {
        any_one_of,
        legal_ground,
        correction_procedure,
    })
}

#[cfg(test)]
mod tests;
