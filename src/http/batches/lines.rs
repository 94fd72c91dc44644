//! What stands in the lines of a batch?
//!
//! NDJSON as it comes, cut anywhere: the first line says for which work, each other is a row. Of a row only its number is
//! read here, for it names the row's result; whatever else is wrong with it becomes that result. A line that has no readable
//! number ends the batch, since what came of it could be told to nobody. Empty lines are passed over.

use super::sending::{Faulty, Found};
use crate::http::faults::{Faults, Kind, Pointer};
use crate::http::json::Json;
use crate::http::wire::batch;

/// The most bytes of a line.
pub(super) const LONGEST_LINE: usize = 64 * 1024;

/// Reads lines.
#[derive(Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
    line: usize,
    has_context: bool,
}

impl Lines {
    /// Reads what has come.
    pub fn feed(&mut self, piece: &[u8], found: &mut Vec<Found>) -> Result<(), Faulty> {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            if self.partial.len().saturating_add(part.len()) > LONGEST_LINE {
                return Err(Faulty::at(&Pointer::Root.item(self.line), Kind::LineLength));
            }
            self.partial.extend_from_slice(part);
            if part.last() == Some(&b'\n') {
                self.read_line(found)?;
            }
        }
        Ok(())
    }

    /// Reads what is left when all has come.
    pub fn end(&mut self, found: &mut Vec<Found>) -> Result<(), Faulty> {
        self.read_line(found)?;
        if self.has_context {
            Ok(())
        } else {
            Err(Faulty::Malformed)
        }
    }

    fn read_line(&mut self, found: &mut Vec<Found>) -> Result<(), Faulty> {
        let line = std::mem::take(&mut self.partial);
        let place = self.line;
        self.line = place.saturating_add(1);
        let text = line.trim_ascii();
        if text.is_empty() {
            return Ok(());
        }
        let root = Pointer::Root;
        let at = root.item(place);
        let mut faults = Faults::default();
        if !self.has_context {
            // What doesn't begin with a line of JSON isn't a batch.
            let json = Json::read(text).map_err(|_| Faulty::Malformed)?;
            let context = batch::context_of_line(&json, &at, &mut faults).filter(|_| faults.is_empty());
            found.push(Found::Context(context.ok_or(Faulty::Invalid(faults))?));
            self.has_context = true;
            return Ok(());
        }
        let json = Json::read(text).map_err(|_| Faulty::at(&at, Kind::NotJson))?;
        let row = batch::row_number(&json, &at, &mut faults).filter(|_| faults.is_empty());
        found.push(Found::Row {
            line: place,
            row: row.ok_or(Faulty::Invalid(faults))?,
            content: text.to_vec(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
