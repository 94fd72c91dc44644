//! Does a bucket admit what its rate says, and does a returned call count as one that never came?

use super::*;

const MILLISECOND: u64 = 1_000_000;

fn rate(per_second: u32, burst: u32) -> Rate {
    Rate::of(Figures { per_second, burst })
}

#[test]
fn a_burst_may_come_at_once_and_then_one_a_period() {
    let (rate, mut bucket) = (rate(10, 3), Bucket::default());
    for left in [2, 1, 0] {
        assert_eq!(bucket.take(rate, 0), Ok(()));
        assert_eq!(bucket.left(rate, 0), left);
    }
    assert_eq!(bucket.take(rate, 0), Err(Duration::from_millis(100)));
    assert_eq!(bucket.take(rate, 99 * MILLISECOND), Err(Duration::from_millis(1)));
    assert_eq!(bucket.take(rate, 100 * MILLISECOND), Ok(()));
    assert_eq!(bucket.full_in(100 * MILLISECOND), Duration::from_millis(300));
}

#[test]
fn a_rate_that_divides_no_second_is_never_exceeded() {
    let (rate, mut bucket) = (rate(3, 1), Bucket::default());
    let admitted = (0..1_000_000_u64)
        .step_by(7)
        .filter(|at| bucket.take(rate, at * 100_000).is_ok())
        .count();
    assert!(
        (290..=300).contains(&admitted),
        "{admitted} in 100 s at 3 a second"
    );
}

#[test]
fn what_is_given_back_can_be_taken_again_but_makes_nothing_more_than_full() {
    let (rate, mut bucket) = (rate(10, 2), Bucket::default());
    bucket.take(rate, 0).unwrap();
    bucket.take(rate, 0).unwrap();
    bucket.give_back(rate, 0);
    assert_eq!(bucket.take(rate, 0), Ok(()));
    assert!(bucket.take(rate, 0).is_err());
    let later = 1_000 * MILLISECOND;
    bucket.give_back(rate, later);
    assert_eq!(bucket.left(rate, later), 2);
}

#[test]
fn a_part_for_each_gateway_is_no_more_than_the_whole_together() {
    let parted = rate(100, 200).shared_among(NonZeroU32::new(3).unwrap());
    assert_eq!(
        parted,
        Rate {
            period: 30 * MILLISECOND,
            burst: 67
        }
    );
}

#[test]
fn what_is_heard_replaces_what_was_told_and_keeps_what_came_since() {
    let (rate, mut bucket) = (rate(10, 10), Bucket::default());
    bucket.take(rate, 0).unwrap();
    bucket.take(rate, 0).unwrap();
    assert_eq!(bucket.tell(), 2);
    bucket.take(rate, 0).unwrap();
    // Others took five: seven in all, and the one since.
    bucket.hear(rate, 700 * MILLISECOND, 0);
    assert_eq!(bucket.left(rate, 0), 2);
    assert_eq!(bucket.tell(), 1);
    // Nothing was heard: it is told again, with what came since.
    bucket.give_back(rate, 0);
    assert_eq!(bucket.tell(), 0);
    bucket.hear(rate, 0, 0);
    assert!(bucket.is_spare(0));
}

#[test]
fn of_a_changed_rate_what_was_spent_stays_spent_and_comes_back_at_the_new_one() {
    let (slow, fast) = (rate(1, 60), rate(2_000, 4_000));
    let mut bucket = Bucket::default();
    for _ in 0..60 {
        bucket.take(slow, 0).unwrap();
    }
    assert_eq!(bucket.take(slow, 0), Err(Duration::from_secs(1)));
    assert_eq!(bucket.take(fast, 0), Ok(()), "a raised limit helps at once");
    assert_eq!(bucket.left(fast, 0), 4_000 - 61);
    assert_eq!(
        bucket.take(slow, 0),
        Err(Duration::from_secs(2)),
        "and a lowered one holds at once"
    );
}

#[test]
fn who_stood_still_between_clock_and_bucket_pays_for_nobody_s_time() {
    // A millisecond's worth of a million a second: one that comes with an older time would find it all taken.
    let (rate, mut bucket) = (rate(1_000_000, 1_000), Bucket::default());
    for at in 0..100 * 1_000 {
        assert_eq!(bucket.take(rate, at * 1_000), Ok(()));
    }
    assert_eq!(bucket.take(rate, 50 * MILLISECOND), Ok(()));
    assert_eq!(bucket.wait(rate, 50 * MILLISECOND), Ok(()));
    // The time of the others counts, and no more comes of it than at that time.
    let more = (0..2_000).filter(|_| bucket.take(rate, 50 * MILLISECOND).is_ok());
    assert_eq!(more.count(), 998);
}
