//! What does the registry hold about one person and one household?
//!
//! The ground truth of the mock: the population and the personas make these values, the control port shows and
//! patches them, the registry writes them into its answers.
//! Always true: a [`Household`] has exactly one head, and every member's number finds that household again.
//! Deliberately absent: any wire form; XML and JSON are written where they leave.
//! Everything here is invented; no real person's data can be among it.

use jiff::civil::Date;

/// A person as the registry holds one.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The number in force.
    pub pin: String,
    /// Numbers of this person that were cancelled.
    pub cancelled_pins: Vec<String>,
    /// The nine-digit number of before, if the registry knows one.
    pub old_id_number: Option<String>,
    /// The whole name, upper case with its marks, as the registry writes it.
    pub full_name: String,
    /// The birth date, perhaps the year alone.
    pub birth: BirthDate,
    /// The sex.
    pub sex: Sex,
    /// Code of the ethnic group, two digits.
    pub ethnicity: String,
    /// Code of the religion, two digits.
    pub religion: String,
    /// Nationality, ISO alpha-2; `None` is written as an empty element.
    pub nationality: Option<String>,
    /// Marital status; `None` is written as an empty element.
    pub marital_status: Option<MaritalStatus>,
    /// Code of the blood group, `00` when unknown.
    pub blood_group: String,
    /// Whether the record stands, and why not.
    pub status: Status,
    /// Where the birth was registered.
    pub birth_registration: Option<Address>,
    /// The place of origin.
    pub origin: Option<Address>,
    /// The permanent residence.
    pub permanent_residence: Option<Address>,
    /// Where the person lives now.
    pub current_residence: Option<Address>,
    /// A registered temporary residence.
    pub temporary_residence: Option<TemporaryResidence>,
    /// The father.
    pub father: Option<Relative>,
    /// The mother.
    pub mother: Option<Relative>,
    /// The spouse.
    pub spouse: Option<Relative>,
    /// The legal representative of a child.
    pub representative: Option<Relative>,
    /// The household that the person belongs to.
    pub household: String,
}

/// A person named in another one's record.
#[derive(Debug, Clone, PartialEq)]
pub struct Relative {
    /// The whole name.
    pub full_name: String,
    /// The number, where the registry knows it.
    pub pin: Option<String>,
}

/// A birth date of which the day may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BirthDate {
    /// The whole date.
    Day(Date),
    /// The year alone.
    Year(i16),
}

impl BirthDate {
    /// Returns the year.
    pub fn year(self) -> i16 {
        match self {
            Self::Day(date) => date.year(),
            Self::Year(year) => year,
        }
    }

    /// Writes `1990-04-12` or `1950`.
    pub fn text(self) -> String {
        match self {
            Self::Day(date) => date.to_string(),
            Self::Year(year) => year.to_string(),
        }
    }

    /// Writes `19900412`, or nothing for a year alone.
    pub fn compact(self) -> String {
        match self {
            Self::Day(date) => format!("{:04}{:02}{:02}", date.year(), date.month(), date.day()),
            Self::Year(_) => String::new(),
        }
    }

    /// Reads `1990-04-12` or `1950`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() == 4 {
            return text.parse().ok().map(Self::Year);
        }
        text.parse().ok().map(Self::Day)
    }
}

/// The sex, with the registry's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// `1`.
    Male,
    /// `2`.
    Female,
}

impl Sex {
    /// Returns the registry's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
        }
    }

    /// Returns the word of the gateway's contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// The marital status, with the registry's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaritalStatus {
    /// `1`.
    Single,
    /// `2`.
    Married,
    /// `3`: the registry doesn't tell the two apart.
    DivorcedOrWidowed,
}

impl MaritalStatus {
    /// Returns the registry's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Single => "1",
            Self::Married => "2",
            Self::DivorcedOrWidowed => "3",
        }
    }

    /// Returns the word of the gateway's contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Married => "married",
            Self::DivorcedOrWidowed => "divorced_or_widowed",
        }
    }
}

/// Whether a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The ordinary case.
    Active,
    /// The person has died.
    Deceased,
    /// The person is declared missing.
    Missing,
    /// The record is locked while it is being verified.
    Locked,
    /// The number was cancelled and has no successor.
    Cancelled,
}

impl Status {
    /// Returns the code of our extension element `TrangThai`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "hoat_dong",
            Self::Deceased => "da_chet",
            Self::Missing => "mat_tich",
            Self::Locked => "bi_khoa",
            Self::Cancelled => "da_huy",
        }
    }

    /// Returns the word that the control port shows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deceased => "deceased",
            Self::Missing => "missing",
            Self::Locked => "locked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the word that the control port takes.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Active,
            Self::Deceased,
            Self::Missing,
            Self::Locked,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|status| status.word() == word)
    }
}

/// An address in one of the two code sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Province code, two digits.
    pub province: String,
    /// District code: present only in an address of before 1 July 2025.
    pub district: Option<String>,
    /// Commune code, five digits.
    pub commune: String,
    /// The written rest.
    pub detail: String,
}

impl Address {
    /// Returns a date at which the codes are valid.
    pub fn as_of(&self) -> &'static str {
        if self.district.is_some() {
            "2025-06-30"
        } else {
            "2025-07-01"
        }
    }
}

/// A temporary residence and its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemporaryResidence {
    /// Where.
    pub address: Address,
    /// Since when.
    pub since: Date,
}

/// People registered together.
#[derive(Debug, Clone, PartialEq)]
pub struct Household {
    /// The household's own identifier.
    pub id: String,
    /// Where it is registered.
    pub address: Address,
    /// Everyone in it, the head first.
    pub members: Vec<Member>,
}

impl Household {
    /// Returns the head; `None` only for a household that everyone has left.
    pub fn head(&self) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| member.relation == Relation::Head)
    }
}

/// One person's place in a household.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The number.
    pub pin: String,
    /// The whole name.
    pub full_name: String,
    /// The birth date.
    pub birth: BirthDate,
    /// The sex.
    pub sex: Sex,
    /// The relation to the head.
    pub relation: Relation,
    /// The kind of residence.
    pub kind: ResidenceKind,
    /// Since when the person is registered here.
    pub since: Date,
}

/// The kind of a registered residence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResidenceKind {
    /// Permanent.
    Permanent,
    /// Temporary.
    Temporary,
}

impl ResidenceKind {
    /// Returns the registry's word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Permanent => "thuong_tru",
            Self::Temporary => "tam_tru",
        }
    }

    /// Returns the word that the control port shows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Temporary => "temporary",
        }
    }
}

/// A relation to the head of the household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `00`.
    Head,
    /// `01`.
    Wife,
    /// `02`.
    Husband,
    /// `03`.
    Father,
    /// `04`.
    Mother,
    /// `05`.
    YoungerSibling,
    /// `08`.
    Child,
    /// `09`.
    Grandchild,
    /// `19`.
    DaughterInLaw,
    /// `99`.
    Other,
}

impl Relation {
    /// Returns the two-digit code of the household list.
    pub fn code(self) -> &'static str {
        match self {
            Self::Head => "00",
            Self::Wife => "01",
            Self::Husband => "02",
            Self::Father => "03",
            Self::Mother => "04",
            Self::YoungerSibling => "05",
            Self::Child => "08",
            Self::Grandchild => "09",
            Self::DaughterInLaw => "19",
            Self::Other => "99",
        }
    }

    /// Returns the word of the gateway's contract, read as "is the head's …".
    pub fn word(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Wife | Self::Husband => "spouse",
            Self::Father | Self::Mother => "parent",
            Self::YoungerSibling => "sibling",
            Self::Child => "child",
            Self::Grandchild => "grandchild",
            Self::DaughterInLaw | Self::Other => "other",
        }
    }
}
