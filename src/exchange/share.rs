//! Out of whose part of the registry's budget is a question asked?
//!
//! Reads weight and class at the moment of each look-up, since a client's registration changes while the gateway runs. Whether
//! a look-up may serve others follows from its class: nobody at a counter waits for a batch's turn. Decides nothing else.

use std::num::NonZeroU32;

use super::{Admitted, Within};
use crate::policy::clients::Client;
use crate::registry::budget::{Asking, Class};

/// Tells out of whose part of the budget a question is asked, by what its client may do at this moment.
pub(super) fn share(client: &Client, within: Within) -> Asking {
    let weight = NonZeroU32::new(client.allowance.registry_weight).unwrap_or(NonZeroU32::MIN);
    Asking {
        client: client.id.clone(),
        weight,
        class: class(within),
    }
}

fn class(within: Within) -> Class {
    match within {
        Within::Call | Within::Check => Class::Interactive,
        Within::Batch => Class::Batch,
    }
}

/// Tells whether others may wait for this look-up; nobody at a counter waits for a batch's turn.
pub(super) fn leads(admitted: &Admitted) -> bool {
    class(admitted.question.within) == Class::Interactive
}
