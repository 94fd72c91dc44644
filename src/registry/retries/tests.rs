//! Are retries never more than their share, and never none for who asks seldom?

use proptest::prelude::*;

use super::*;
use crate::clock::{Clock as _, SystemClock};

const TERMS: Terms = Terms {
    percent: 10,
    at_least: 2,
};

#[test]
fn a_quiet_gateway_has_a_few_and_a_busy_one_a_tenth() {
    let mut retries = Retries::new(TERMS);
    let now = SystemClock.steady();
    let spent = |retries: &mut Retries, now| (0..1_000).filter(|_| retries.spend(now)).count();
    retries.sent(now);
    assert_eq!(spent(&mut retries, now), 2);
    (0..499).for_each(|_| retries.sent(now));
    assert_eq!(
        spent(&mut retries, now),
        48,
        "a tenth of five hundred, less the two"
    );
    let later = now + OVER;
    assert_eq!(
        spent(&mut retries, later),
        2,
        "and with the calls their share is forgotten"
    );
}

proptest! {
    #[test]
    fn over_any_window_the_share_is_kept(acts in proptest::collection::vec((0..400_u64, any::<bool>()), 0..800)) {
        let mut retries = Retries::new(TERMS);
        let (begun, mut at) = (SystemClock.steady(), Duration::ZERO);
        let (mut calls, mut spent) = (Vec::new(), Vec::new());
        for (pause, is_call) in acts {
            at += Duration::from_millis(pause);
            if is_call {
                retries.sent(begun + at);
                calls.push(at);
            } else if retries.spend(begun + at) {
                spent.push(at);
                // A part of the window that is let go of holds up to a tenth of it.
                let recent = |times: &[Duration], over| times.iter().filter(|then| at - **then < over).count();
                let bound = (recent(&calls, OVER) / 10).max(2);
                prop_assert!(recent(&spent, OVER * 9 / 10) <= bound);
            }
        }
    }
}
