//! What must be known of somebody, and which database does the law take it from?
//!
//! A fact is what a paper used to prove. The population database answers for identity, residence and household; births,
//! marriages and deaths are facts of the civil-status database, and so on (Resolution 66.7/2025, art. 4). What belongs to
//! another database is named here so that it can be said to be there; it is never concluded from this one.

use std::fmt;
use std::str::FromStr;

use super::address::AddressKind;
use super::field::{AddressPart, Field, Fields};
use super::household::Relationship;
use super::role::RoleName;

/// Says that a text isn't one of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the words")]
pub struct UnknownWord;

impl FromStr for Relationship {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|relationship| relationship.as_str() == text)
            .ok_or(UnknownWord)
    }
}

/// Names the database from which the law takes a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactSource {
    /// CSDL quốc gia về dân cư: the only one that is asked here.
    Population,
    /// CSDL hộ tịch điện tử.
    CivilStatus,
    /// CSDL về cư trú, which keeps the history of every change.
    Residence,
    /// CSDL quốc gia về bảo hiểm.
    Insurance,
    /// CSDL quốc gia về đất đai.
    Land,
    /// CSDL giấy phép lái xe.
    DrivingLicence,
    /// CSDL quốc gia về đăng ký doanh nghiệp.
    Business,
}

impl FactSource {
    /// Lists every one.
    pub const ALL: [Self; 7] = [
        Self::Population,
        Self::CivilStatus,
        Self::Residence,
        Self::Insurance,
        Self::Land,
        Self::DrivingLicence,
        Self::Business,
    ];

    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Population => "population",
            Self::CivilStatus => "civil_status",
            Self::Residence => "residence",
            Self::Insurance => "insurance",
            Self::Land => "land",
            Self::DrivingLicence => "driving_licence",
            Self::Business => "business",
        }
    }
}

impl FromStr for FactSource {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|source| source.as_str() == text)
            .ok_or(UnknownWord)
    }
}

/// Is something that must be known of who fills a role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// That the person is who is named: number, full name, birth date.
    Identity,
    /// Giới tính.
    Sex,
    /// Dân tộc.
    Ethnicity,
    /// Quốc tịch.
    Nationality,
    /// Số chứng minh nhân dân.
    OldIdNumber,
    /// Nơi thường trú.
    PermanentResidence,
    /// Nơi ở hiện tại.
    CurrentResidence,
    /// Nơi tạm trú.
    TemporaryResidence,
    /// Whether the person is the head of the household.
    HeadOfHousehold,
    /// That both live in one household.
    SameHousehold {
        /// The other person's role.
        with: RoleName,
    },
    /// How the person stands to another of the household.
    Relationship {
        /// The other person's role.
        to: RoleName,
        /// What the person is to the other.
        is: Relationship,
    },
    /// How many live in the household.
    MemberCount,
    /// Who lives in the household.
    HouseholdMembers,
    /// Where the person lived before, and from when until when.
    ResidenceHistory,
    /// Khai sinh.
    Birth,
    /// Kết hôn.
    Marriage,
    /// Tình trạng hôn nhân.
    MaritalStatus,
    /// Khai tử.
    Death,
    /// Cha, mẹ, con.
    Parentage,
    /// Quan hệ nhân thân: kinship of any other degree.
    Kinship,
    /// Giám hộ.
    Guardianship,
    /// Bảo hiểm y tế.
    HealthInsurance,
    /// Bảo hiểm xã hội, with its periods.
    SocialInsurance,
    /// Quyền sử dụng đất.
    LandUseRight,
    /// Giấy phép lái xe.
    DrivingLicence,
    /// Đăng ký doanh nghiệp, hộ kinh doanh.
    BusinessRegistration,
}

/// The facts whose word stands for itself.
const PLAIN: [(Fact, &str); 24] = [
    (Fact::Identity, "identity"),
    (Fact::Sex, "sex"),
    (Fact::Ethnicity, "ethnicity"),
    (Fact::Nationality, "nationality"),
    (Fact::OldIdNumber, "old_id_number"),
    (Fact::PermanentResidence, "permanent_residence"),
    (Fact::CurrentResidence, "current_residence"),
    (Fact::TemporaryResidence, "temporary_residence"),
    (Fact::HeadOfHousehold, "head_of_household"),
    (Fact::MemberCount, "member_count"),
    (Fact::HouseholdMembers, "household_members"),
    (Fact::ResidenceHistory, "residence_history"),
    (Fact::Birth, "birth"),
    (Fact::Marriage, "marriage"),
    (Fact::MaritalStatus, "marital_status"),
    (Fact::Death, "death"),
    (Fact::Parentage, "parentage"),
    (Fact::Kinship, "kinship"),
    (Fact::Guardianship, "guardianship"),
    (Fact::HealthInsurance, "health_insurance"),
    (Fact::SocialInsurance, "social_insurance"),
    (Fact::LandUseRight, "land_use_right"),
    (Fact::DrivingLicence, "driving_licence"),
    (Fact::BusinessRegistration, "business_registration"),
];

/// What stands before the other person's role.
const SAME_HOUSEHOLD: &str = "same_household_with_";

impl Fact {
    /// Tells which database the law takes it from.
    #[must_use]
    pub fn source(&self) -> FactSource {
        match self {
            Self::Identity
            | Self::Sex
            | Self::Ethnicity
            | Self::Nationality
            | Self::OldIdNumber
            | Self::PermanentResidence
            | Self::CurrentResidence
            | Self::TemporaryResidence
            | Self::HeadOfHousehold
            | Self::SameHousehold { .. }
            | Self::Relationship { .. }
            | Self::MemberCount
            | Self::HouseholdMembers => FactSource::Population,
            Self::ResidenceHistory => FactSource::Residence,
            Self::Birth
            | Self::Marriage
            | Self::MaritalStatus
            | Self::Death
            | Self::Parentage
            | Self::Kinship
            | Self::Guardianship => FactSource::CivilStatus,
            Self::HealthInsurance | Self::SocialInsurance => FactSource::Insurance,
            Self::LandUseRight => FactSource::Land,
            Self::DrivingLicence => FactSource::DrivingLicence,
            Self::BusinessRegistration => FactSource::Business,
        }
    }

    /// Names the field of a person's record in which it is held; none for identity, which is the gate to the record, for what
    /// the household's record holds, and for what another database does.
    #[must_use]
    pub fn field(&self) -> Option<Field> {
        let residence = |kind| Some(Field::Address(kind, AddressPart::Commune));
        match self {
            Self::Sex => Some(Field::Sex),
            Self::Ethnicity => Some(Field::Ethnicity),
            Self::Nationality => Some(Field::Nationality),
            Self::OldIdNumber => Some(Field::OldIdNumber),
            Self::HeadOfHousehold => Some(Field::HeadOfHousehold),
            Self::PermanentResidence => residence(AddressKind::PermanentResidence),
            Self::CurrentResidence => residence(AddressKind::CurrentResidence),
            Self::TemporaryResidence => residence(AddressKind::TemporaryResidence),
            _ => None,
        }
    }

    /// Names the fields without which a claim about it can't be answered.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let province = match self.field() {
            Some(Field::Address(kind, _)) => Some(Field::Address(kind, AddressPart::Province)),
            _ => None,
        };
        self.field().into_iter().chain(province).collect()
    }

    /// Tells whether the household's record holds it, not the person's.
    #[must_use]
    pub fn is_of_household(&self) -> bool {
        matches!(
            self,
            Self::SameHousehold { .. }
                | Self::Relationship { .. }
                | Self::MemberCount
                | Self::HouseholdMembers
        )
    }

    /// Names the other role that it is about, where there is one.
    #[must_use]
    pub fn other_role(&self) -> Option<&RoleName> {
        match self {
            Self::SameHousehold { with: other } | Self::Relationship { to: other, .. } => Some(other),
            _ => None,
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameHousehold { with } => write!(f, "{SAME_HOUSEHOLD}{with}"),
            Self::Relationship { to, is } => write!(f, "{}_of_{to}", is.as_str()),
            _ => {
                let word = PLAIN
                    .iter()
                    .find_map(|(fact, word)| (fact == self).then_some(*word));
                f.write_str(word.unwrap_or_default())
            }
        }
    }
}

impl FromStr for Fact {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if let Some((fact, _)) = PLAIN.iter().find(|(_, word)| *word == text) {
            return Ok(fact.clone());
        }
        let role = |name: &str| name.parse::<RoleName>().map_err(|_| UnknownWord);
        if let Some(other) = text.strip_prefix(SAME_HOUSEHOLD) {
            return Ok(Self::SameHousehold { with: role(other)? });
        }
        let (is, other) = text.split_once("_of_").ok_or(UnknownWord)?;
        Ok(Self::Relationship {
            to: role(other)?,
            is: is.parse()?,
        })
    }
}

#[cfg(test)]
mod tests;
