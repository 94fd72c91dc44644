//! How does a batch come in, and how is each of its rows asked?
//!
//! Handing a batch in is a call like any other, about nobody yet: authorized, recognised by its key, held to the client's
//! rate, recorded. Its rows are asked later, without their caller, each by the road of any question from the limits on and
//! with an audit row of its own. A row that can't be read asks nobody, and has its row all the same.

use std::sync::Arc;

use uuid::Uuid;

use super::row::Row;
use super::{Authorized, Call, Cause, Exchange, Outcome, Question, Refusal, Work, Writer};
use crate::audit::Operation;
use crate::domain::context::Context;
use crate::domain::problem::Code;
use crate::limits::Remaining;

impl Exchange {
    /// Records that a batch of so many rows was taken on; tells where its client stands.
    ///
    /// # Errors
    /// The refusal, recorded as well; then nothing may be taken on.
    pub async fn accept(
        &self,
        call: &Call,
        work: &Work,
        context: &Context,
        (batch, rows): (Uuid, u32),
    ) -> Result<Remaining, Refusal> {
        let mut row = self.row_of(call, Operation::Read, &work.mandate(), context);
        let client = work.client();
        let nearest = match self.limits.admit_reading(client, call.received_at) {
            Ok(nearest) => nearest,
            Err(exceeded) => return Err(self.refuse(call, row, exceeded.into(), Some(client), None).await),
        };
        row.accepted(batch, rows);
        self.record(call, row).await?;
        Ok(nearest)
    }

    /// Asks what a row of a batch asks; it is recorded like any other question.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn ask_row(
        self: &Arc<Self>,
        call: Call,
        work: &Work,
        question: Question,
        write: Writer,
    ) -> Result<Outcome, Refusal> {
        let mut row = Row::new(&call, question.operation());
        row.mandate(&work.mandate(), &self.pseudonyms);
        row.question(&question);
        self.proceed(Box::new(Authorized {
            call,
            deadline: self.upstream.deadline_from_now(),
            grant: work.grant.clone(),
            question,
            row,
            running: None,
            write,
        }))
        .await
    }

    /// Records a row of a batch that can't be read.
    pub async fn refuse_row(&self, call: &Call, work: &Work, context: &Context) -> Refusal {
        let row = self.row_of(call, Operation::BatchRow, &work.mandate(), context);
        let cause = Cause::Edge(Code::InvalidRequest);
        self.refuse(call, row, cause, Some(work.client()), None).await
    }
}
