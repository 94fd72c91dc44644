//! What becomes of a change that the registry tells of?
//!
//! The exchange's side of `events`: what is held of the person is let go of, and the change is entered in the log like
//! everything else that the gateway did by itself; there is no caller. A pushed event that nobody can vouch for is a failed
//! authentication, and recorded as one.

use super::row::Row;
use super::{Call, Cause, Exchange, Refusal};
use crate::audit::Operation;
use crate::domain::pin::{IdNumber, Pin};
use crate::domain::problem::Code;
use crate::records::Moment;

impl Exchange {
    /// Lets go of everything that is held of the people whom these numbers name.
    pub fn forget_person(&self, numbers: &[IdNumber]) {
        self.upstream.forget_person(numbers);
    }

    /// Waits until other gateways know of every change up to now, or can't be told now; then they are told later.
    pub async fn tell_others(&self) {
        self.upstream.tell_others().await;
    }

    /// Gives the moment with which changes told later can be seen.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.upstream.moment()
    }

    /// Tells whether the registry has told since then of a change of anybody whom these numbers name.
    #[must_use]
    pub fn have_changed(&self, numbers: &[IdNumber], since: Moment) -> bool {
        self.upstream.have_changed(numbers, since)
    }

    /// Enters a change of a person, told under `number`, who now carries `person`; `what` is the registry's word for it.
    ///
    /// # Errors
    /// `AuditUnavailable` where it couldn't be recorded.
    pub async fn enter_change(&self, what: &'static str, number: Pin, person: Pin) -> Result<(), Refusal> {
        let call = Call::begin(None, None, self.clock.as_ref());
        let mut row = Row::new(&call, Operation::Admin);
        row.changed(what, number, person, &self.pseudonyms);
        self.record(&call, row).await.map(|_| ())
    }

    /// Turns away a pushed event whose signature doesn't hold, or can't be judged; recorded at a bounded rate.
    pub async fn turn_away_event(&self, call: &Call, code: Code) -> Refusal {
        self.turn_away_unknown(call, Cause::Edge(code)).await
    }
}
