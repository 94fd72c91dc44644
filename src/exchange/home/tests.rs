//! How old are two records together, and where from?

use super::*;

fn source(from: From, age: u64, cache: CacheUse) -> Source {
    Source {
        from,
        as_of: jiff::Timestamp::from_second(1_787_000_000 - i64::try_from(age).unwrap()).unwrap(),
        age,
        cache,
    }
}

#[test]
fn two_records_are_as_old_as_the_older() {
    let registry = source(From::Registry, 0, CacheUse::Miss);
    let joined = source(From::Registry, 0, CacheUse::Collapsed);
    let cached = |age| source(From::Cache, age, CacheUse::Hit(Some(900 - age)));
    let others = source(From::Cache, 3_600, CacheUse::Hit(None));
    let stale = source(From::StaleCache, 4_000, CacheUse::Stale(Some(400)));
    let table = [
        (
            "both asked for",
            registry,
            registry,
            (From::Registry, 0, CacheUse::Miss),
        ),
        (
            "the household with others",
            registry,
            joined,
            (From::Registry, 0, CacheUse::Collapsed),
        ),
        (
            "both held",
            cached(41),
            cached(60),
            (From::Cache, 60, CacheUse::Hit(Some(840))),
        ),
        (
            "one for another client",
            cached(41),
            others,
            (From::Cache, 3_600, CacheUse::Hit(None)),
        ),
        (
            "the person held",
            cached(41),
            registry,
            (From::Cache, 41, CacheUse::Miss),
        ),
        (
            "the household held",
            registry,
            cached(41),
            (From::Cache, 41, CacheUse::Miss),
        ),
        (
            "the household stale",
            cached(41),
            stale,
            (From::StaleCache, 4_000, CacheUse::Stale(Some(400))),
        ),
        (
            "the person stale",
            stale,
            cached(41),
            (From::StaleCache, 4_000, CacheUse::Stale(Some(400))),
        ),
    ];
    for (why, person, home, expected) in table {
        let told = both(person, home);
        assert_eq!((told.from, told.age, told.cache), expected, "{why}");
        assert_eq!(told.as_of, person.as_of.min(home.as_of), "{why}");
    }
}
