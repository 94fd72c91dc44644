//! What stands in the table of a batch?
//!
//! CSV as it comes, cut anywhere (RFC 4180: quotes, CRLF; a byte order mark is passed over). The first line names the four
//! columns, to the letter; each other is a row, numbered from 1 in their order, and is handed on in the form of a line of
//! JSON, so that one reader judges both. An empty cell is one that was left out.

use csv_core::{ReadFieldResult, Reader};
use serde_json::{Map, Value, json};

use super::lines::LONGEST_LINE;
use super::sending::{Faulty, Found};
use crate::http::faults::{Kind, Pointer};
use crate::http::wire::batch::WRONG_COLUMNS;

/// The columns.
pub(in crate::http) const COLUMNS: [&str; 4] = ["pin", "old_id_number", "full_name", "date_of_birth"];

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a table.
pub(super) struct Table {
    reader: Reader,
    /// The cells of the line so far, and of the cell that is being read its first bytes.
    cells: Vec<String>,
    cell: Vec<u8>,
    /// The bytes of the line so far.
    length: usize,
    line: usize,
    /// Whether the line so far has an odd number of quotes.
    has_open_quote: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            reader: Reader::new(),
            cells: Vec::new(),
            cell: Vec::new(),
            length: 0,
            line: 0,
            has_open_quote: false,
        }
    }
}

impl Table {
    /// Reads what has come.
    pub fn feed(&mut self, piece: &[u8], found: &mut Vec<Found>) -> Result<(), Faulty> {
        let mut rest = piece;
        // To the reader, nothing means that there is nothing more.
        while !rest.is_empty() {
            let (_, read) = self.read(rest, found)?;
            rest = rest.get(read..).unwrap_or_default();
        }
        Ok(())
    }

    /// Reads what is left when all has come.
    pub fn end(&mut self, found: &mut Vec<Found>) -> Result<(), Faulty> {
        if self.has_open_quote {
            // What follows an opened quote would all be one cell.
            return Err(Faulty::at(&Pointer::Root.item(self.line), Kind::ColumnCount));
        }
        loop {
            let (result, _) = self.read(&[], found)?;
            if matches!(result, ReadFieldResult::End) {
                break;
            }
        }
        if self.line == 0 {
            return Err(Faulty::at(&Pointer::Root.item(0), Kind::CsvHeader));
        }
        Ok(())
    }

    fn read(&mut self, piece: &[u8], found: &mut Vec<Found>) -> Result<(ReadFieldResult, usize), Faulty> {
        let mut room = [0; 1_024];
        let (result, read, written) = self.reader.read_field(piece, &mut room);
        self.cell
            .extend_from_slice(room.get(..written).unwrap_or_default());
        self.length = self.length.saturating_add(read);
        let quotes = piece.iter().take(read).filter(|byte| **byte == b'"').count();
        self.has_open_quote ^= quotes % 2 == 1;
        if self.length > LONGEST_LINE {
            return Err(Faulty::at(&Pointer::Root.item(self.line), Kind::LineLength));
        }
        if let ReadFieldResult::Field { record_end } = result {
            // What is no UTF-8 becomes a character that no number, name or date has.
            let cell = String::from_utf8_lossy(&std::mem::take(&mut self.cell)).into_owned();
            self.cells.push(cell);
            if record_end {
                self.read_line(found)?;
            }
        }
        Ok((result, read))
    }

    fn read_line(&mut self, found: &mut Vec<Found>) -> Result<(), Faulty> {
        let cells = std::mem::take(&mut self.cells);
        let place = self.line;
        if place == 0 {
            let mut names = cells.iter().map(String::as_str);
            let first = names.next().map(|name| name.trim_start_matches(BYTE_ORDER_MARK));
            if !first.into_iter().chain(names).eq(COLUMNS) {
                return Err(Faulty::at(&Pointer::Root.item(0), Kind::CsvHeader));
            }
        } else {
            let row = u32::try_from(place).map_err(|_| Faulty::at(&Pointer::Root, Kind::RowCount))?;
            found.push(Found::Row {
                line: place,
                row,
                content: as_line(row, cells),
            });
        }
        self.has_open_quote = false;
        (self.length, self.line) = (0, place.saturating_add(1));
        Ok(())
    }
}

/// Writes a row as a line of JSON has it.
fn as_line(row: u32, cells: Vec<String>) -> Vec<u8> {
    if cells.len() != COLUMNS.len() {
        return WRONG_COLUMNS.to_vec();
    }
    let given = COLUMNS
        .into_iter()
        .zip(cells)
        .filter(|(_, cell)| !cell.is_empty());
    let subject: Map<_, _> = given
        .map(|(name, cell)| (name.to_owned(), Value::String(cell)))
        .collect();
    json!({"row": row, "subject": subject}).to_string().into_bytes()
}

#[cfg(test)]
mod tests;
