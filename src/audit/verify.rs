//! Is the log what was written, whole and in order?
//!
//! Reads every row and trusts none: numbers without a gap, the leaf recomputed from the body, the columns against the
//! body, the tree's root against every stored checkpoint and its signature, and at last against the checkpoint kept
//! outside and the receipt shown. Reports the first bad place. Memory doesn't grow with the log.
//! What it can't see: rows after the newest checkpoint taken away from the end, unless a receipt for one is shown.

use std::fmt;

use std::collections::VecDeque;

use super::checkpoint::{Checkpoint, Verifier, VerifierKey};
use super::receipt::{LogName, Receipt};
use super::row::agrees;
use super::store::{Archive, Failure, Kept};
use super::tree::{self, Frontier};

const PAGE: u32 = 1_024;

/// Says what is wrong at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// No row stands here, but one after it.
    #[error("the row is missing")]
    Missing,
    /// The leaf isn't that of the body at this place.
    #[error("the row's hash does not fit its content and place")]
    Leaf,
    /// The columns for indexes say something else than the body.
    #[error("the row's columns do not agree with its content")]
    Columns,
    /// A stored checkpoint isn't signed by the log's key, or is filed under another size.
    #[error("the checkpoint over the rows before this one is not signed with the log's key")]
    Forged,
    /// The rows up to here aren't those that the checkpoint commits to.
    #[error("the rows before this one are not those that the checkpoint commits to")]
    Root,
    /// A checkpoint commits to rows that aren't there any more.
    #[error("the log ends here, but a checkpoint commits to more rows")]
    Truncated,
    /// There are rows, but no checkpoint at all.
    #[error("no checkpoint covers the rows")]
    Unsigned,
    /// The checkpoint kept outside isn't signed by the log's key.
    #[error("the checkpoint kept outside is not signed with the log's key")]
    ForgedOutside,
    /// The receipt's row isn't in the log.
    #[error("the receipt's row is not in the log")]
    ReceiptMissing,
    /// The receipt names this row with another hash, or another log.
    #[error("the receipt is not that of this row")]
    Receipt,
    /// The store is another log's.
    #[error("the store holds another log than the key's")]
    OtherLog,
}

/// Says why the log isn't verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The first place that is wrong.
    #[error("row {index}: {why}")]
    Bad {
        /// The row's number, from 0 on.
        index: u64,
        /// What is wrong.
        why: Why,
    },
    /// The store can't be read.
    #[error(transparent)]
    Store(#[from] Failure),
}

/// Holds what the log is checked against beside itself.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The newest checkpoint kept outside the store, read before the verification starts.
    pub kept_outside: Option<String>,
    /// A receipt whose row must be there.
    pub receipt: Option<Receipt>,
}

/// Tells what was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The log.
    pub log: LogName,
    /// How many rows were checked.
    pub rows: u64,
    /// How many stored checkpoints were checked.
    pub checkpoints: u64,
    /// How many rows at the end no checkpoint covers yet.
    pub unsigned: u64,
    /// The count of rows of the checkpoint kept outside, where there is one.
    pub kept_outside: Option<u64>,
    /// What each of the log's keys signed, the newest key first.
    pub signed: Vec<SignedBy>,
}

/// Tells what one key of the log's signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// The key.
    pub key: VerifierKey,
    /// How many stored checkpoints it signed.
    pub checkpoints: u64,
    /// The count of rows of the last one.
    pub last: Option<u64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            log,
            rows,
            checkpoints,
            unsigned,
            ..
        } = self;
        write!(
            f,
            "log {log}, {rows} rows, {checkpoints} signed checkpoints, {unsigned} rows since the last one"
        )?;
        match self.kept_outside {
            Some(size) => write!(f, "; agrees with the checkpoint of {size} rows kept outside")?,
            None => f.write_str("; no checkpoint is kept outside the store")?,
        }
        if self.signed.len() > 1 {
            for SignedBy {
                key,
                checkpoints,
                last,
            } in &self.signed
            {
                write!(f, "\n  {key}: {checkpoints} checkpoints")?;
                if let Some(size) = last {
                    write!(f, ", the last of {size} rows")?;
                }
            }
        }
        Ok(())
    }
}

/// Verifies the whole log.
///
/// # Errors
/// The first bad place, or the store's failure.
pub async fn verify<A: Archive + ?Sized>(
    archive: &A,
    verifier: &Verifier,
    evidence: Evidence,
) -> Result<Report, Fault> {
    let held = archive.held().await?;
    if held.log.as_ref().is_some_and(|log| log != verifier.log()) {
        return bad(0, Why::OtherLog);
    }
    let outside = evidence.kept_outside.map(|note| verifier.open(&note)).transpose();
    let Ok(outside) = outside else {
        return bad(0, Why::ForgedOutside);
    };
    let unused = |key: &VerifierKey| SignedBy {
        key: key.clone(),
        checkpoints: 0,
        last: None,
    };
    let mut reading = Reading {
        signed: verifier.keys().iter().map(unused).collect(),
        verifier,
        receipt: evidence.receipt,
        outside,
        frontier: Frontier::default(),
    };
    let mut stored = Stored::new(archive);
    reading.check_commitments(&mut stored).await?;
    while reading.frontier.size() < held.rows {
        let page = archive
            .rows(reading.frontier.size(), i64::MIN..i64::MAX, PAGE)
            .await?;
        if page.is_empty() {
            return bad(reading.frontier.size(), Why::Missing);
        }
        for kept in &page {
            reading.check_row(kept)?;
            reading.check_commitments(&mut stored).await?;
        }
    }
    reading.conclude(&stored, held.newest)
}

fn bad<T>(index: u64, why: Why) -> Result<T, Fault> {
    Err(Fault::Bad { index, why })
}

struct Reading<'a> {
    verifier: &'a Verifier,
    receipt: Option<Receipt>,
    outside: Option<Checkpoint>,
    frontier: Frontier,
    signed: Vec<SignedBy>,
}

impl Reading<'_> {
    fn check_row(&mut self, kept: &Kept) -> Result<(), Fault> {
        let index = self.frontier.size();
        if kept.index != index {
            return bad(index, Why::Missing);
        }
        let leaf = tree::leaf(self.verifier.log(), index, &kept.body);
        if kept.leaf != leaf {
            return bad(index, Why::Leaf);
        }
        if !agrees(kept) {
            return bad(index, Why::Columns);
        }
        let shown = self.receipt.as_ref().filter(|receipt| receipt.index == index);
        if shown.is_some_and(|receipt| receipt.leaf != leaf || receipt.log != *self.verifier.log()) {
            return bad(index, Why::Receipt);
        }
        self.frontier.push(leaf);
        Ok(())
    }

    async fn check_commitments<A: Archive + ?Sized>(
        &mut self,
        stored: &mut Stored<'_, A>,
    ) -> Result<(), Fault> {
        let size = self.frontier.size();
        let kept = self.outside.as_ref().filter(|kept| kept.size() == size);
        if kept.is_some_and(|kept| *kept.root() != self.frontier.root()) {
            return bad(size, Why::Root);
        }
        while let Some(note) = stored.next_of(size).await? {
            let Ok(checkpoint) = self.verifier.open(&note) else {
                return bad(size, Why::Forged);
            };
            if checkpoint.size() != size {
                return bad(size, Why::Forged);
            }
            if *checkpoint.root() != self.frontier.root() {
                return bad(size, Why::Root);
            }
            let mut keys = self.signed.iter_mut();
            if let Some(signed) = keys.find(|signed| signed.key == *checkpoint.signed_by()) {
                signed.checkpoints = signed.checkpoints.saturating_add(1);
                signed.last = Some(size);
            }
        }
        Ok(())
    }

    fn conclude<A: Archive + ?Sized>(
        self,
        stored: &Stored<'_, A>,
        newest: Option<(u64, String)>,
    ) -> Result<Report, Fault> {
        let rows = self.frontier.size();
        // The stored checkpoints were checked where they fell due; one beyond the end never does.
        if let Some((size, note)) = newest.filter(|(size, _)| *size > rows) {
            let signed = self.verifier.open(&note);
            let genuine = signed.is_ok_and(|checkpoint| checkpoint.size() == size);
            return bad(rows, if genuine { Why::Truncated } else { Why::Forged });
        }
        let outside = self.outside.as_ref().map(Checkpoint::size);
        if outside.is_some_and(|size| size > rows) {
            return bad(rows, Why::Truncated);
        }
        let signed = stored.newest.max(outside);
        if signed.is_none() && rows > 0 {
            return bad(0, Why::Unsigned);
        }
        if self.receipt.as_ref().is_some_and(|receipt| receipt.index >= rows) {
            return bad(rows, Why::ReceiptMissing);
        }
        Ok(Report {
            log: self.verifier.log().clone(),
            rows,
            checkpoints: stored.count,
            unsigned: rows.saturating_sub(signed.unwrap_or_default()),
            kept_outside: outside,
            signed: self.signed,
        })
    }
}

/// Gives the stored checkpoints one by one, smallest first.
struct Stored<'a, A: ?Sized> {
    archive: &'a A,
    page: VecDeque<(u64, String)>,
    from: Option<u64>,
    count: u64,
    newest: Option<u64>,
}

impl<'a, A: Archive + ?Sized> Stored<'a, A> {
    fn new(archive: &'a A) -> Self {
        Self {
            archive,
            page: VecDeque::new(),
            from: Some(0),
            count: 0,
            newest: None,
        }
    }

    /// Gives the note of the next checkpoint if it is filed under this size.
    async fn next_of(&mut self, size: u64) -> Result<Option<String>, Failure> {
        if self.page.is_empty()
            && let Some(from) = self.from
        {
            self.page = self.archive.checkpoints(from, PAGE).await?.into();
            // What is written while we read is for the next verification.
            self.from = self.page.back().map(|(last, _)| last.saturating_add(1));
        }
        let due = self.page.pop_front_if(|(filed, _)| *filed == size);
        if due.is_some() {
            self.count = self.count.saturating_add(1);
            self.newest = Some(size);
        }
        Ok(due.map(|(_, note)| note))
    }
}

#[cfg(test)]
mod tests;
