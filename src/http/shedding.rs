//! May one more request come in?
//!
//! Decides at the door, before anything is read, by two signals: how many requests are under way, which is what memory
//! goes by, and how long a call has lately waited for its durable row, which is what every answer waits for at last. What
//! matters least goes first: pages and descriptions, then batches, then calls; changes of the register come in as long as
//! there is a place. Of calls a share is refused that grows from none, at the longest wait that was promised, to nearly
//! all at twice that; one in 64 passes, to find out whether it is over. Pure but for its counters: what was seen and
//! how much time passed is handed in. No lock, and one counter more than nothing on the way of a request that gets in.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

/// The share of one whole.
const WHOLE: u32 = 1_024;

/// The largest share that is refused.
const MOST_REFUSED: u32 = WHOLE - WHOLE / 64;

/// Tells how much is lost with a request that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// A page or a description, which the caller can do without.
    Page,
    /// A batch, which nobody waits for at a counter.
    Batch,
    /// A call with a citizen waiting for it.
    Call,
    /// A change of the register: without it something would be held to be true that isn't any more.
    Event,
}

impl Rank {
    /// Tells the rank by the address.
    pub fn of(path: &str) -> Self {
        if let Some(rest) = path.strip_prefix("/v1/") {
            if rest.starts_with("batches") {
                Self::Batch
            } else {
                Self::Call
            }
        } else if path.starts_with("/events/") || path.starts_with("/admin/") {
            Self::Event
        } else {
            Self::Page
        }
    }

    /// Gives how many requests may be under way for one of this rank to come in.
    fn places(self, most: usize) -> usize {
        match self {
            Self::Page => most.div_ceil(2),
            Self::Batch => most.saturating_sub(most / 4),
            Self::Call => most,
            Self::Event => most.saturating_add(most / 16),
        }
    }

    /// Gives the share of this rank that is refused where so much is of calls.
    fn share(self, of_calls: u32) -> u32 {
        match self {
            Self::Page if of_calls > 0 => MOST_REFUSED,
            Self::Batch => of_calls.saturating_mul(2).min(MOST_REFUSED),
            Self::Page | Self::Call => of_calls,
            Self::Event => 0,
        }
    }
}

/// Is what was seen of the log since it was last looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    /// How long the last row took that became durable, if one did.
    pub wait: Option<Duration>,
    /// Whether rows wait.
    pub rows_wait: bool,
}

/// Keeps count of the requests under way, and refuses some.
#[derive(Debug)]
pub(super) struct Shedding {
    most: usize,
    longest_wait: Duration,
    under_way: AtomicUsize,
    refused_share: AtomicU32,
    drawn: AtomicU32,
}

impl Shedding {
    /// Has room for `most` requests at once, and lets none wait for much longer than `longest_wait` for its row.
    pub fn new(most: usize, longest_wait: Duration) -> Self {
        Self {
            most,
            longest_wait,
            under_way: AtomicUsize::new(0),
            refused_share: AtomicU32::new(0),
            drawn: AtomicU32::new(0),
        }
    }

    /// Gives a request its place, or none.
    pub fn admit(&self, rank: Rank) -> Option<Place<'_>> {
        let place = Place::take(&self.under_way);
        if place.number > rank.places(self.most) {
            return None;
        }
        let of_calls = self.refused_share.load(Ordering::Relaxed);
        (of_calls == 0 || !self.draw(rank.share(of_calls))).then_some(place)
    }

    /// Takes in how long a call waits for its row now, and tells whether calls are refused for it.
    pub fn set_wait(&self, wait: Duration) -> bool {
        let share = refused_share(wait, self.longest_wait);
        self.refused_share.store(share, Ordering::Relaxed);
        share > 0
    }

    /// Draws one that is refused, so that of many in a row the share is evenly spread.
    fn draw(&self, share: u32) -> bool {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        // Multiples of the golden ratio fall evenly into the whole.
        number.wrapping_mul(0x9E37_79B9) >> 22 < share
    }
}

/// Follows how long calls wait for their rows.
#[derive(Debug, Default)]
pub(super) struct Watch {
    wait: Duration,
}

impl Watch {
    /// Takes in what was seen since the last look, so long ago.
    pub fn look(&mut self, seen: Seen, since_last: Duration) -> Duration {
        self.wait = match (seen.wait, seen.rows_wait) {
            (Some(wait), _) => wait,
            // Nothing gets through at all: whoever waits has waited for longer than at the last look.
            (None, true) => self.wait.saturating_add(since_last),
            (None, false) => Duration::ZERO,
        };
        self.wait
    }
}

/// Gives the share of calls, in 1 024ths, that is refused where a call waits for so long.
fn refused_share(wait: Duration, longest: Duration) -> u32 {
    let beyond = wait.saturating_sub(longest);
    if beyond.is_zero() {
        return 0;
    }
    let share = beyond.as_micros().saturating_mul(WHOLE.into()) / longest.as_micros().max(1);
    u32::try_from(share).map_or(MOST_REFUSED, |share| share.clamp(1, MOST_REFUSED))
}

/// Is a request's place among those under way; given back when it is answered, or given up.
#[derive(Debug)]
pub(super) struct Place<'d> {
    number: usize,
    under_way: &'d AtomicUsize,
}

impl<'d> Place<'d> {
    fn take(under_way: &'d AtomicUsize) -> Self {
        Self {
            number: under_way.fetch_add(1, Ordering::Relaxed).saturating_add(1),
            under_way,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
