//! Which papers did citizens bring, and which of them may still be asked for?
//!
//! Two lists that must not be mixed up. A fact that was found replaces papers, some of which are dead (the household book
//! since 1 January 2023). A fact that can't be found lets the officer ask for one of the few papers that the law gives value
//! to (Decree 104/2022, art. 14(4)): never a dead one, never two.

use std::str::FromStr;

use super::fact::{Fact, FactSource, UnknownWord};

/// Is a kind of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Paper {
    /// Thẻ căn cước, thẻ căn cước công dân, giấy chứng nhận căn cước.
    IdentityCard,
    /// Giấy xác nhận thông tin về cư trú (CT07).
    ResidenceConfirmation,
    /// Giấy thông báo số định danh cá nhân và thông tin công dân trong CSDLQGVDC.
    PersonalInformationNotice,
    /// Sổ hộ khẩu.
    HouseholdBook,
    /// Sổ tạm trú.
    TemporaryResidenceBook,
    /// Giấy xác nhận số chứng minh nhân dân.
    OldIdConfirmation,
    /// Giấy khai sinh.
    BirthCertificate,
    /// Giấy chứng nhận kết hôn.
    MarriageCertificate,
    /// Giấy xác nhận tình trạng hôn nhân.
    MaritalStatusCertificate,
    /// Trích lục khai tử.
    DeathCertificate,
    /// Trích lục đăng ký giám hộ.
    GuardianshipExtract,
    /// Thẻ bảo hiểm y tế.
    HealthInsuranceCard,
    /// Sổ bảo hiểm xã hội.
    SocialInsuranceBook,
    /// Giấy chứng nhận quyền sử dụng đất.
    LandCertificate,
    /// Giấy phép lái xe.
    DrivingLicence,
    /// Giấy chứng nhận đăng ký doanh nghiệp, hộ kinh doanh.
    BusinessCertificate,
}

/// Each with the word of the API, its name in Vietnamese and in English.
const NAMES: [(Paper, &str, &str, &str); 16] = [
    (
        Paper::IdentityCard,
        "identity_card",
        "Thẻ căn cước",
        "Identity card",
    ),
    (
        Paper::ResidenceConfirmation,
        "residence_confirmation",
        "Giấy xác nhận thông tin về cư trú",
        "Confirmation of residence (CT07)",
    ),
    (
        Paper::PersonalInformationNotice,
        "personal_information_notice",
        "Giấy thông báo số định danh cá nhân và thông tin công dân trong Cơ sở dữ liệu quốc gia về dân cư",
        "Notice of the personal number and data",
    ),
    (
        Paper::HouseholdBook,
        "household_book",
        "Sổ hộ khẩu",
        "Household book",
    ),
    (
        Paper::TemporaryResidenceBook,
        "temporary_residence_book",
        "Sổ tạm trú",
        "Book of temporary residence",
    ),
    (
        Paper::OldIdConfirmation,
        "old_id_confirmation",
        "Giấy xác nhận số chứng minh nhân dân",
        "Confirmation of the old identity number",
    ),
    (
        Paper::BirthCertificate,
        "birth_certificate",
        "Giấy khai sinh",
        "Birth certificate",
    ),
    (
        Paper::MarriageCertificate,
        "marriage_certificate",
        "Giấy chứng nhận kết hôn",
        "Marriage certificate",
    ),
    (
        Paper::MaritalStatusCertificate,
        "marital_status_certificate",
        "Giấy xác nhận tình trạng hôn nhân",
        "Certificate of marital status",
    ),
    (
        Paper::DeathCertificate,
        "death_certificate",
        "Trích lục khai tử",
        "Death certificate",
    ),
    (
        Paper::GuardianshipExtract,
        "guardianship_extract",
        "Trích lục đăng ký giám hộ",
        "Extract of guardianship",
    ),
    (
        Paper::HealthInsuranceCard,
        "health_insurance_card",
        "Thẻ bảo hiểm y tế",
        "Health insurance card",
    ),
    (
        Paper::SocialInsuranceBook,
        "social_insurance_book",
        "Sổ bảo hiểm xã hội",
        "Social insurance book",
    ),
    (
        Paper::LandCertificate,
        "land_certificate",
        "Giấy chứng nhận quyền sử dụng đất",
        "Land-use certificate",
    ),
    (
        Paper::DrivingLicence,
        "driving_licence",
        "Giấy phép lái xe",
        "Driving licence",
    ),
    (
        Paper::BusinessCertificate,
        "business_certificate",
        "Giấy chứng nhận đăng ký doanh nghiệp, hộ kinh doanh",
        "Business registration certificate",
    ),
];

impl Paper {
    /// Lists every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().map(|(paper, ..)| paper)
    }

    fn names(self) -> (&'static str, &'static str, &'static str) {
        NAMES
            .into_iter()
            .find_map(|(paper, word, vi, en)| (paper == self).then_some((word, vi, en)))
            .unwrap_or_default()
    }

    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.names().0
    }

    /// Gives the name in Vietnamese.
    #[must_use]
    pub fn name_vi(self) -> &'static str {
        self.names().1
    }

    /// Gives the name in English.
    #[must_use]
    pub fn name_en(self) -> &'static str {
        self.names().2
    }

    /// Tells whether the paper has lost its value, so that nobody may ask for it whatever happens (Residence Law, art. 38(3)).
    #[must_use]
    pub fn is_dead(self) -> bool {
        matches!(self, Self::HouseholdBook | Self::TemporaryResidenceBook)
    }

    /// Tells whether the fact is one that the paper proved.
    #[must_use]
    pub fn proved(self, fact: &Fact) -> bool {
        match self {
            Self::IdentityCard => {
                fact.source() == FactSource::Population && !fact.is_of_household()
                    || matches!(fact, Fact::Birth)
            }
            Self::PersonalInformationNotice => fact.source() == FactSource::Population,
            Self::ResidenceConfirmation | Self::HouseholdBook => {
                matches!(
                    fact,
                    Fact::PermanentResidence
                        | Fact::CurrentResidence
                        | Fact::TemporaryResidence
                        | Fact::HeadOfHousehold
                        | Fact::ResidenceHistory
                        | Fact::Kinship
                ) || fact.is_of_household()
            }
            Self::TemporaryResidenceBook => matches!(fact, Fact::TemporaryResidence | Fact::CurrentResidence),
            Self::OldIdConfirmation => matches!(fact, Fact::OldIdNumber),
            Self::BirthCertificate => matches!(fact, Fact::Birth | Fact::Parentage | Fact::Kinship),
            Self::MarriageCertificate => matches!(fact, Fact::Marriage | Fact::MaritalStatus | Fact::Kinship),
            Self::MaritalStatusCertificate => matches!(fact, Fact::MaritalStatus),
            Self::DeathCertificate => matches!(fact, Fact::Death),
            Self::GuardianshipExtract => matches!(fact, Fact::Guardianship),
            Self::HealthInsuranceCard => matches!(fact, Fact::HealthInsurance),
            Self::SocialInsuranceBook => matches!(fact, Fact::SocialInsurance),
            Self::LandCertificate => matches!(fact, Fact::LandUseRight),
            Self::DrivingLicence => matches!(fact, Fact::DrivingLicence),
            Self::BusinessCertificate => matches!(fact, Fact::BusinessRegistration),
        }
    }
}

impl FromStr for Paper {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::all()
            .find(|paper| paper.as_str() == text)
            .ok_or(UnknownWord)
    }
}

#[cfg(test)]
mod tests;
