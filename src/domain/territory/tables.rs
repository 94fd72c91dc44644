//! How are the shipped tables of provinces and communes read?
//!
//! Four plain CSV files without quotes, compiled in, so that the program needs no file at run time and can't start with
//! half a table. A line that isn't of its table's form stops the reading and is named.

use std::collections::HashMap;
use std::str::FromStr;

use super::{Commune, Corrupt, Former, FormerProvince, Territory};

const PROVINCES: Table = Table {
    name: "provinces34.csv",
    text: include_str!("../../../config/territory/provinces34.csv"),
};
const FORMER_PROVINCES: Table = Table {
    name: "provinces63.csv",
    text: include_str!("../../../config/territory/provinces63.csv"),
};
const COMMUNES: Table = Table {
    name: "communes2025.csv",
    text: include_str!("../../../config/territory/communes2025.csv"),
};
const REUSED_CODES: Table = Table {
    name: "commune_code_reuse.csv",
    text: include_str!("../../../config/territory/commune_code_reuse.csv"),
};

struct Table {
    name: &'static str,
    text: &'static str,
}

impl Table {
    /// Reads each line with `read`, which answers nothing where the line is malformed.
    fn each<const COLUMNS: usize>(
        &self,
        mut read: impl FnMut([&'static str; COLUMNS]) -> Option<()>,
    ) -> Result<(), Corrupt> {
        for (index, line) in self.text.lines().enumerate().skip(1) {
            let columns: Vec<&'static str> = line.split(',').collect();
            columns.try_into().ok().and_then(&mut read).ok_or(Corrupt {
                table: self.name,
                line: index + 1,
            })?;
        }
        Ok(())
    }
}

pub(super) fn read() -> Result<Territory, Corrupt> {
    let mut provinces = HashMap::new();
    PROVINCES.each(|[code, name, _, _, _, _]| {
        provinces.insert(parsed(code)?, name.to_owned());
        Some(())
    })?;
    let mut former_provinces = HashMap::new();
    FORMER_PROVINCES.each(|[prefix, name, _, successor]| {
        let successor = parsed(successor)?;
        let name = name.to_owned();
        former_provinces.insert(
            parsed(prefix.strip_prefix('0')?)?,
            FormerProvince { name, successor },
        );
        Some(())
    })?;
    let mut communes = HashMap::new();
    COMMUNES.each(|[code, name, kind, province]| {
        let commune = Commune {
            name: full_name(kind, name),
            province: parsed(province)?,
            former: None,
        };
        communes.insert(parsed(code)?, commune);
        Some(())
    })?;
    REUSED_CODES.each(|[code, name, _, _, province, _, _, _, _, _]| {
        let commune: &mut Commune = communes.get_mut(&parsed(code)?)?;
        if !province.is_empty() {
            commune.former = Some(Former {
                name: name.to_owned(),
                province: parsed(province)?,
            });
        }
        Some(())
    })?;
    Ok(Territory {
        provinces,
        former_provinces,
        communes,
    })
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// Writes "phường" and "Đăk Cấm" as "Phường Đăk Cấm", as the older list has it.
fn full_name(kind: &str, name: &str) -> String {
    let mut letters = kind.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain([' ']).chain(name.chars()).collect()
}
