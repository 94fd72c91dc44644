//! What is a coded value called?
//!
//! The register answers codes; who reads an answer needs the word beside it. Ethnic groups and religions come
//! from tables that are compiled in and read once; a code without a name is shown as the code alone. Words are Vietnamese,
//! as on the papers that they stand for.

use std::collections::HashMap;

use super::codes::TableCode;

/// Says that a shipped table can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the table {table} can't be read at line {line}")]
pub struct Corrupt {
    /// The table's file name.
    pub table: &'static str,
    /// The line, from 1.
    pub line: usize,
}

/// Knows the names of ethnic groups and religions.
#[derive(Debug)]
pub struct CodeTables {
    ethnic_groups: HashMap<TableCode, &'static str>,
    religions: HashMap<TableCode, &'static str>,
}

impl CodeTables {
    /// Reads the tables that ship with the program.
    ///
    /// # Errors
    ///
    /// Says which line of which table can't be read; the tables are compiled in, so a test would have said it first.
    pub fn shipped() -> Result<Self, Corrupt> {
        Ok(Self {
            ethnic_groups: read("ethnic54.csv", include_str!("../../config/codes/ethnic54.csv"))?,
            religions: read("religions.csv", include_str!("../../config/codes/religions.csv"))?,
        })
    }

    /// Gives the name of an ethnic group (dân tộc).
    #[must_use]
    pub fn ethnic_group(&self, code: TableCode) -> Option<&'static str> {
        self.ethnic_groups.get(&code).copied()
    }

    /// Gives the name of a religion (tôn giáo).
    #[must_use]
    pub fn religion(&self, code: TableCode) -> Option<&'static str> {
        self.religions.get(&code).copied()
    }
}

fn read(table: &'static str, text: &'static str) -> Result<HashMap<TableCode, &'static str>, Corrupt> {
    let mut names = HashMap::new();
    for (index, line) in text.lines().enumerate().skip(1) {
        let mut columns = line.split(',');
        let code = columns.next().and_then(|code| code.parse().ok());
        let (Some(code), Some(name)) = (code, columns.next()) else {
            let line = index + 1;
            return Err(Corrupt { table, line });
        };
        names.insert(code, name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
