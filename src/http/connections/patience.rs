//! Has somebody had time enough?
//!
//! One timer that is started where something is waited for, and not stopped when it comes: stopping it would cost every
//! request more than letting it go off now and then. When it goes off, the mark tells whether anything has come since it was
//! started; if so it starts again. So who brings nothing is found out after one to two times the patience.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use actix_web::rt::time::{Sleep, sleep};

/// Waits for a mark to move on.
pub(super) struct Patience {
    within: Duration,
    running: Option<(Pin<Box<Sleep>>, u64)>,
}

impl Patience {
    pub fn new(within: Duration) -> Self {
        Self {
            within,
            running: None,
        }
    }

    /// Tells whether the mark has stood where it is for too long; wakes the task when it may be time to ask again.
    pub fn is_over(&mut self, mark: u64, cx: &mut Context<'_>) -> bool {
        loop {
            let (timer, at_start) = self
                .running
                .get_or_insert_with(|| (Box::pin(sleep(self.within)), mark));
            if timer.as_mut().poll(cx).is_pending() {
                return false;
            }
            if *at_start == mark {
                return true;
            }
            self.running = None;
        }
    }

    /// Ends the waiting, so that the next one has its whole time.
    pub fn end(&mut self) {
        self.running = None;
    }
}
