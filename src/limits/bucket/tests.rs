//! Does a bucket hold to its rate, with tokens given back at any time?

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::clock::ManualClock;

const MILLISECOND: Duration = Duration::from_millis(1);

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::stopped_at(Timestamp::UNIX_EPOCH))
}

fn bucket(per_second: u32, burst: u32, clock: &Arc<ManualClock>) -> Bucket {
    Bucket::new(per_second, burst, &Steady::new(clock.clone()))
}

fn take(bucket: &Bucket) -> Option<u64> {
    bucket.take(Limit::Burst).ok()
}

#[test]
fn it_empties_and_fills_at_its_rate() {
    let clock = clock();
    let bucket = bucket(2, 3, &clock);
    assert_eq!([0; 4].map(|_| take(&bucket)), [Some(2), Some(1), Some(0), None]);
    let refused = bucket.take(Limit::Burst).unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_millis(500));
    assert_eq!(refused.limit, Limit::Burst);
    clock.advance(refused.retry_after - MILLISECOND);
    assert_eq!(take(&bucket), None, "a moment too early");
    clock.advance(MILLISECOND);
    assert_eq!([0; 2].map(|_| take(&bucket)), [Some(0), None]);
    clock.advance(Duration::from_hours(1));
    assert_eq!(take(&bucket), Some(2), "it never holds more than its burst");
}

#[test]
fn what_is_given_back_is_there_again_however_late() {
    let clock = clock();
    let bucket = bucket(1, 5, &clock);
    assert_eq!([0; 5].map(|_| take(&bucket)).last(), Some(&Some(0)));
    for _ in 0..5 {
        bucket.give_back();
    }
    clock.advance(Duration::from_millis(900));
    assert_eq!([0; 3].map(|_| take(&bucket)), [Some(4), Some(3), Some(2)]);
    clock.advance(Duration::from_millis(1_100));
    assert_eq!(take(&bucket), Some(3), "two returned, two new, one taken");
}

#[test]
fn what_is_given_back_to_a_full_bucket_is_let_go() {
    let clock = clock();
    let bucket = bucket(10, 2, &clock);
    take(&bucket);
    clock.advance(Duration::from_secs(1));
    bucket.give_back();
    assert_eq!([0; 3].map(|_| take(&bucket)), [Some(1), Some(0), None]);
}

#[derive(Debug, Clone, Copy)]
enum Happening {
    Take,
    GiveBack,
    Pass(u64),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        4 => Just(Happening::Take),
        2 => Just(Happening::GiveBack),
        1 => (0..3_000_u64).prop_map(Happening::Pass),
    ];
    proptest::collection::vec(one, 0..200)
}

proptest! {
    /// The models count thousandths of a token; one holds the burst, the other a token more.
    #[test]
    fn it_is_the_plain_bucket_of_the_books_to_within_a_token(
        per_second in proptest::sample::select(vec![1_u32, 2, 5, 10, 100, 1_000]),
        over in 0..20_u32,
        happenings in happenings(),
    ) {
        let (clock, burst) = (clock(), per_second + over);
        let bucket = bucket(per_second, burst, &clock);
        let whole = u64::from(burst) * 1_000;
        let sizes = [whole, whole + 1_000];
        let (mut models, mut out) = ([whole; 2], 0);
        for happening in happenings {
            let added = match happening {
                Happening::Take => {
                    let (taken, [least, most]) = (take(&bucket), models);
                    prop_assert!(taken.is_some() || least < 1_000, "a token was lost");
                    prop_assert!(taken.is_none() || most >= 1_000, "a token came from nowhere");
                    if let Some(left) = taken {
                        models = models.map(|held| held.saturating_sub(1_000));
                        out += 1;
                        prop_assert!(models[0] / 1_000 <= left && left <= models[1] / 1_000);
                    }
                    0
                }
                Happening::GiveBack if out > 0 => {
                    bucket.give_back();
                    out -= 1;
                    1_000
                }
                Happening::GiveBack => 0,
                Happening::Pass(milliseconds) => {
                    clock.advance(Duration::from_millis(milliseconds));
                    milliseconds * u64::from(per_second)
                }
            };
            for (held, size) in models.iter_mut().zip(sizes) {
                *held = (*held + added).min(size);
            }
        }
    }
}

#[test]
fn each_officer_of_each_client_has_a_bucket_of_its_own() {
    let clock = clock();
    let buckets = KeyedBuckets::new(100, Steady::new(clock.clone()));
    let take = |client: &str, officer: &str| {
        let bucket = buckets.bucket(&client.parse().unwrap(), &officer.parse().unwrap(), 1);
        bucket.take(Limit::Officer).is_ok()
    };
    assert!(take("a", "100185000900"));
    assert!(!take("a", "100185000900"), "the same");
    assert!(take("a", "100185000901"), "a colleague");
    assert!(take("b", "100185000900"), "the same through another system");
}

#[test]
fn only_so_many_officers_are_kept() {
    let clock = clock();
    let buckets = KeyedBuckets::new(10, Steady::new(clock.clone()));
    let client = "a".parse().unwrap();
    for number in 0..1_000 {
        let officer = format!("{:012}", 100_185_000_000_u64 + number).parse().unwrap();
        buckets.bucket(&client, &officer, 1);
    }
    buckets.trim();
    assert!(buckets.buckets.entry_count() <= 10);
}
