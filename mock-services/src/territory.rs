//! Which communes exist, and in which of today's provinces does an old province lie?
//!
//! Reads the three tables under `data/` once at start; the population takes its addresses from here.
//! Always true: every commune handed out exists in the list of 1 July 2025, under its own province.
//! Deliberately absent: districts and the communes of before; the few old addresses stand with their personas.
//! A line that can't be read is left out, and a test holds that none is.

use std::collections::HashMap;

use crate::chance::Chance;

/// The tables of provinces and communes.
#[derive(Debug)]
pub struct Territory {
    provinces: HashMap<&'static str, Province>,
    merged_into: HashMap<&'static str, &'static str>,
}

/// One of today's provinces with its communes.
#[derive(Debug)]
pub struct Province {
    /// Two digits.
    pub code: &'static str,
    /// Name with its kind, e.g. `Tỉnh Phú Thọ`.
    pub full_name: &'static str,
    /// All its communes.
    pub communes: Vec<Commune>,
}

/// One of today's communes.
#[derive(Debug, Clone, Copy)]
pub struct Commune {
    /// Five digits.
    pub code: &'static str,
    /// The bare name.
    pub name: &'static str,
    /// `xã`, `phường` or `đặc khu`.
    pub kind: &'static str,
}

const COMMUNES: &str = include_str!("../data/communes2025.csv");
const PROVINCES: &str = include_str!("../data/provinces34.csv");
const OLD_PROVINCES: &str = include_str!("../data/provinces63.csv");

impl Territory {
    /// Reads the tables.
    pub fn load() -> Self {
        let mut provinces: HashMap<&'static str, Province> = rows(PROVINCES)
            .filter_map(|row| {
                let (code, full_name) = (*row.first()?, *row.get(4)?);
                Some((
                    code,
                    Province {
                        code,
                        full_name,
                        communes: Vec::new(),
                    },
                ))
            })
            .collect();
        for row in rows(COMMUNES) {
            if let [code, name, kind, province] = row.as_slice()
                && let Some(province) = provinces.get_mut(province)
            {
                province.communes.push(Commune { code, name, kind });
            }
        }
        let merged_into = rows(OLD_PROVINCES)
            .filter_map(|row| Some((*row.first()?, *row.get(3)?)))
            .collect();
        Self {
            provinces,
            merged_into,
        }
    }

    /// Finds one of today's provinces.
    pub fn province(&self, code: &str) -> Option<&Province> {
        self.provinces.get(code)
    }

    /// Finds today's province of a number's three-digit prefix.
    pub fn province_of_prefix(&self, prefix: &str) -> Option<&Province> {
        self.province(self.merged_into.get(prefix)?)
    }

    /// Counts today's communes.
    pub fn commune_count(&self) -> usize {
        self.provinces
            .values()
            .map(|province| province.communes.len())
            .sum()
    }
}

impl Province {
    /// Draws one of the communes.
    pub fn commune(&self, chance: &mut Chance) -> Option<Commune> {
        chance.pick(&self.communes).copied()
    }
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .skip(1)
        .map(|line| line.trim_end().split(',').collect())
}

#[cfg(test)]
mod tests;
