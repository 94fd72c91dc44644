//! What of a look-up is handed to all who wait for it?

use super::*;

#[test]
fn only_what_is_the_same_for_everybody_lands() {
    use crate::registry::{Outage, Rejection};
    let table = [
        ("nobody found", Brought::<Arc<Held>>::Ok(None), true),
        (
            "an outage",
            Err(Failure::Unavailable(Outage::Connect).into()),
            true,
        ),
        ("a timeout", Err(Failure::Timeout.into()), true),
        ("maintenance", Err(Failure::Maintenance.into()), true),
        (
            "the leader's officer",
            Err(Failure::Rejected(Rejection::Officer).into()),
            false,
        ),
        (
            "the leader's licence",
            Err(Failure::Rejected(Rejection::Licence).into()),
            false,
        ),
        (
            "the leader's quota",
            Err(Failure::Rejected(Rejection::Quota).into()),
            false,
        ),
        (
            "an unreadable answer",
            Err(Failure::Protocol("not XML").into()),
            true,
        ),
        (
            "no budget",
            Err(Failure::BudgetExhausted {
                retry_after: Duration::ZERO,
            }
            .into()),
            false,
        ),
        (
            "gateways that can't agree",
            Err(Failure::BudgetApart.into()),
            true,
        ),
    ];
    for (why, brought, lands) in table {
        let landing = Landing::of(&brought);
        assert_eq!(landing.is_some(), lands, "{why}");
        if let Some(landing) = landing {
            let same = match (landing.brought(), brought) {
                (Ok(None), Ok(None)) => true,
                (Err(landed), Err(failure)) => landed == failure,
                _ => false,
            };
            assert!(same, "{why}: each who waits gets the same");
        }
    }
}
