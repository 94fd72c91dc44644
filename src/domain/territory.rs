//! Which place does a code name, on a given day?
//!
//! On 1 July 2025 the 63 provinces became 34, the districts went, and most commune codes that stayed changed their
//! meaning (Resolution 202/2025/QH15, Decision 19/2025/QĐ-TTg): `23284` was a ward of Kon Tum and is one of Quảng Ngãi. A
//! code is therefore read in a list, and every reading gives a place of today or says that none is known. The tables
//! are compiled in and read once by whoever puts the program together; nothing here is global. What became of a
//! commune that was dissolved isn't in the tables, and isn't guessed.

use std::collections::HashMap;

use jiff::civil::{Date, date};

use super::address::{CodeSet, CommuneCode, ProvinceCode};

mod tables;

/// The first day of the 34 provinces.
pub const REFORM: Date = date(2025, 7, 1);

/// Says that a shipped table can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the table {table} can't be read at line {line}")]
pub struct Corrupt {
    /// The table's file name.
    pub table: &'static str,
    /// The line, from 1.
    pub line: usize,
}

/// Is a place of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The province.
    pub province: ProvinceCode,
    /// The commune, where one was named.
    pub commune: Option<CommuneCode>,
}

/// Tells what codes mean today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// They are today's.
    Current(Place),
    /// They are of before July 2025 and survive: the place that bears the code today.
    Mapped(Place),
    /// They are old or unknown, and no place of today is known; at most today's province.
    Uncertain(Option<ProvinceCode>),
}

impl Reading {
    /// Gives the place of today, where it is known.
    #[must_use]
    pub fn place(self) -> Option<Place> {
        match self {
            Self::Current(place) | Self::Mapped(place) => Some(place),
            Self::Uncertain(_) => None,
        }
    }

    /// Tells whether the place was carried over from old codes.
    #[must_use]
    pub fn is_mapped(self) -> bool {
        matches!(self, Self::Mapped(_))
    }
}

/// Tells which list was in force on a day.
#[must_use]
pub fn list_in_force(day: Date) -> CodeSet {
    if day < REFORM {
        CodeSet::Before2025
    } else {
        CodeSet::Since2025
    }
}

#[derive(Debug)]
struct Former {
    name: String,
    province: ProvinceCode,
}

#[derive(Debug)]
struct Commune {
    name: String,
    province: ProvinceCode,
    former: Option<Former>,
}

#[derive(Debug)]
struct FormerProvince {
    name: String,
    successor: ProvinceCode,
}

/// Knows the provinces and communes of before and since 1 July 2025.
#[derive(Debug)]
pub struct Territory {
    provinces: HashMap<ProvinceCode, String>,
    former_provinces: HashMap<ProvinceCode, FormerProvince>,
    communes: HashMap<CommuneCode, Commune>,
}

impl Territory {
    /// Reads the tables that ship with the program.
    ///
    /// # Errors
    ///
    /// Says which line of which table can't be read; the tables are compiled in, so a test would have said it first.
    pub fn shipped() -> Result<Self, Corrupt> {
        tables::read()
    }

    /// Reads the codes of an address in the list in which they were written; none where there are no codes.
    #[must_use]
    pub fn reading(
        &self,
        province: Option<ProvinceCode>,
        commune: Option<CommuneCode>,
        list: CodeSet,
    ) -> Option<Reading> {
        match (commune, province) {
            (None, None) => None,
            (Some(commune), province) => Some(match list {
                CodeSet::Since2025 => self.commune_of_today(commune, province),
                CodeSet::Before2025 => self.commune_of_before(commune, province),
            }),
            (None, Some(province)) => Some(match list {
                CodeSet::Since2025 => self.province_of_today(province),
                CodeSet::Before2025 => self.province_of_before(province),
            }),
        }
    }

    /// Gives the name of a province in a list, without "Tỉnh" or "Thành phố".
    #[must_use]
    pub fn province_name(&self, code: ProvinceCode, list: CodeSet) -> Option<&str> {
        match list {
            CodeSet::Since2025 => self.provinces.get(&code).map(String::as_str),
            CodeSet::Before2025 => self
                .former_provinces
                .get(&code)
                .map(|former| former.name.as_str()),
        }
    }

    /// Gives the name of a commune in a list, with its kind: "Phường Duy Tân" before, "Phường Đăk Cấm" since.
    ///
    /// Of the old list only the codes that survive have a name here.
    #[must_use]
    pub fn commune_name(&self, code: CommuneCode, list: CodeSet) -> Option<&str> {
        let commune = self.communes.get(&code)?;
        match list {
            CodeSet::Since2025 => Some(commune.name.as_str()),
            CodeSet::Before2025 => commune.former.as_ref().map(|former| former.name.as_str()),
        }
    }

    /// Gives today's province of a province of before July 2025.
    #[must_use]
    pub fn successor(&self, former: ProvinceCode) -> Option<ProvinceCode> {
        self.former_provinces.get(&former).map(|former| former.successor)
    }

    fn commune_of_today(&self, commune: CommuneCode, province: Option<ProvinceCode>) -> Reading {
        let Some(known) = self.communes.get(&commune) else {
            return Reading::Uncertain(province.filter(|code| self.provinces.contains_key(code)));
        };
        match province {
            Some(stated) if !self.provinces.contains_key(&stated) => {
                // The province is gone, so the codes are old ones that came without their date.
                Reading::Uncertain(self.successor(stated))
            }
            stated => Reading::Current(Place {
                // A commune under another province stays so, and will equal no place of the register.
                province: stated.unwrap_or(known.province),
                commune: Some(commune),
            }),
        }
    }

    fn commune_of_before(&self, commune: CommuneCode, province: Option<ProvinceCode>) -> Reading {
        let uncertain = || Reading::Uncertain(province.and_then(|code| self.successor(code)));
        let Some(known) = self.communes.get(&commune) else {
            return uncertain();
        };
        match &known.former {
            Some(former) if province.is_none_or(|stated| stated == former.province) => {
                Reading::Mapped(Place {
                    province: known.province,
                    commune: Some(commune),
                })
            }
            _ => uncertain(),
        }
    }

    fn province_of_today(&self, province: ProvinceCode) -> Reading {
        if self.provinces.contains_key(&province) {
            Reading::Current(Place {
                province,
                commune: None,
            })
        } else {
            Reading::Uncertain(self.successor(province))
        }
    }

    fn province_of_before(&self, province: ProvinceCode) -> Reading {
        match self.successor(province) {
            Some(successor) if successor == province && self.is_unmerged(successor) => {
                Reading::Mapped(Place {
                    province,
                    commune: None,
                })
            }
            successor => Reading::Uncertain(successor),
        }
    }

    /// Tells whether a province of today is one of before, unchanged.
    fn is_unmerged(&self, province: ProvinceCode) -> bool {
        self.former_provinces
            .values()
            .filter(|former| former.successor == province)
            .count()
            == 1
    }
}

#[cfg(test)]
mod tests;
