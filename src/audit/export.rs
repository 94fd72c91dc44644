//! How does the log leave the gateway for those who read it?
//!
//! As lines of JSON, one a row, in the log's order, page by page, so that memory doesn't grow with the log. The members
//! are the stored body's own bytes with `index` and `leaf` after them: whoever takes these two off again can compute the leaf.

use std::io::{self, Write};

use jiff::Timestamp;

use super::row::exported;
use super::store::{Archive, Failure};

const PAGE: u32 = 1_024;

/// Says why the export broke off.
#[derive(Debug, thiserror::Error)]
pub enum ExportFailed {
    /// The store fails.
    #[error(transparent)]
    Store(#[from] Failure),
    /// The lines can't be written.
    #[error("the rows could not be written out")]
    Out(#[from] io::Error),
}

/// Bounds the rows by their time; an open end leaves none out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// The first moment that belongs to it.
    pub since: Option<Timestamp>,
    /// The first moment that no longer belongs to it.
    pub until: Option<Timestamp>,
}

/// Writes the rows of a period as lines of JSON and counts them.
///
/// # Errors
/// When the store fails, a row is damaged, or `out` can't be written to.
pub async fn export<A: Archive + ?Sized>(
    archive: &A,
    period: Period,
    out: &mut impl Write,
) -> Result<u64, ExportFailed> {
    let since = period.since.map_or(i64::MIN, Timestamp::as_microsecond);
    let until = period.until.map_or(i64::MAX, Timestamp::as_microsecond);
    let mut count = 0_u64;
    let mut from = 0;
    loop {
        let page = archive.rows(from, since..until, PAGE).await?;
        for kept in &page {
            let line = exported(kept).ok_or(Failure::Corrupt)?;
            writeln!(out, "{line}")?;
            count = count.saturating_add(1);
        }
        let Some(last) = page.last() else { break };
        from = last.index.saturating_add(1);
    }
    out.flush()?;
    Ok(count)
}
