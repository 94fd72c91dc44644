//! How many papers were asked for, and how many were spared?
//!
//! Counts the dossiers by level and channel. Always true: the counters follow from the dossiers that are kept.
//! Deliberately absent: anything about people.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::dossier::{Channel, Dossier, Level, State};

/// The counts of one level and channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Dossiers taken.
    pub dossiers: u64,
    /// Papers that citizens were asked for.
    pub papers_asked: u64,
    /// Papers that the register spared them.
    pub papers_spared: u64,
    /// Dossiers whose citizen wasn't told in time.
    pub overdue: u64,
    /// Dossiers that wait for the gateway or the registry.
    pub waiting: u64,
}

/// Counts dossiers by level and channel.
pub fn count(dossiers: &[Dossier], now: Timestamp) -> BTreeMap<(Level, Channel), Count> {
    let mut counts: BTreeMap<_, Count> = BTreeMap::new();
    for dossier in dossiers {
        let count = counts.entry((dossier.level, dossier.channel)).or_default();
        let is_waiting = matches!(dossier.state, State::Received | State::Waiting | State::Pending);
        count.dossiers = count.dossiers.saturating_add(1);
        count.papers_asked = count.papers_asked.saturating_add(dossier.papers_asked());
        count.papers_spared = count.papers_spared.saturating_add(dossier.papers_spared);
        count.overdue = count.overdue.saturating_add(u64::from(dossier.is_overdue(now)));
        count.waiting = count.waiting.saturating_add(u64::from(is_waiting));
    }
    counts
}

/// Writes the counts for the control port.
pub fn json(counts: &BTreeMap<(Level, Channel), Count>) -> Value {
    counts
        .iter()
        .map(|((level, channel), count)| {
            json!({
                "level": level.as_str(),
                "channel": channel.as_str(),
                "dossiers": count.dossiers,
                "papers_asked": count.papers_asked,
                "papers_spared": count.papers_spared,
                "overdue": count.overdue,
                "waiting": count.waiting,
            })
        })
        .collect()
}
