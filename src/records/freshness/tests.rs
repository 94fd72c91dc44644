use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_table_of_ages_requests_and_procedures() {
    let strict = Ceiling {
        max_age: MINUTE,
        stale_for: None,
    };
    let lenient = Ceiling {
        max_age: MINUTE,
        stale_for: Some(secs(600)),
    };
    let any = Wanted::default();
    let no_cache = Wanted {
        no_cache: true,
        ..any
    };
    let young = Wanted {
        max_age: Some(secs(10)),
        ..any
    };
    let older_please = Wanted {
        max_age: Some(secs(3600)),
        ..any
    };
    let bears = Wanted {
        max_stale: Some(secs(30)),
        ..any
    };
    let table = [
        (0, any, strict, Use::Fresh(60)),
        (60, any, strict, Use::Fresh(0)),
        (61, any, strict, Use::Never),
        (61, any, lenient, Use::IfRegistryDown(1)),
        (660, any, lenient, Use::IfRegistryDown(600)),
        (661, any, lenient, Use::Never),
        (5, no_cache, lenient, Use::Never),
        (10, young, lenient, Use::Fresh(0)),
        (11, young, lenient, Use::Never),
        (61, older_please, strict, Use::Never),
        (90, bears, lenient, Use::IfRegistryDown(30)),
        (91, bears, lenient, Use::Never),
        (61, bears, strict, Use::Never),
    ];
    for (age, wanted, ceiling, expected) in table {
        assert_eq!(
            judge(secs(age), wanted, ceiling),
            expected,
            "{age} s, {wanted:?}, {ceiling:?}"
        );
    }
}
