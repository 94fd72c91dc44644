use super::*;
use crate::clock::ManualClock;

fn number(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

#[test]
fn hands_out_the_burst_then_says_when_to_come_back() {
    let clock = Arc::new(ManualClock::default());
    let budget = Budget::new(number(1), number(3), clock.clone());
    for _ in 0..3 {
        assert!(budget.take().is_ok());
    }
    let exhausted = budget.take().unwrap_err();
    assert!(exhausted.retry_after > Duration::ZERO && exhausted.retry_after <= Duration::from_secs(1));
    clock.advance(exhausted.retry_after);
    assert!(budget.take().is_ok());
    assert!(budget.take().is_err());
}

#[test]
fn is_one_budget_for_all_who_hold_it() {
    let budget = Budget::new(number(1), number(2), Arc::new(ManualClock::default()));
    let same = budget.clone();
    assert!(budget.take().is_ok());
    assert!(same.take().is_ok());
    assert!(budget.take().is_err());
}
