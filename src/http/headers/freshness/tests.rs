use actix_web::http::header::HeaderValue;

use super::*;
use crate::exchange::From;

fn read(lines: &[&'static str]) -> Wanted {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(CACHE_CONTROL, HeaderValue::from_static(line));
    }
    wanted(&headers)
}

fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

#[test]
fn directives_are_read() {
    assert_eq!(read(&[]), Wanted::default());
    assert_eq!(
        read(&["no-cache"]),
        Wanted {
            no_cache: true,
            ..Wanted::default()
        }
    );
    assert_eq!(
        read(&["ONLY-IF-CACHED"]),
        Wanted {
            only_if_cached: true,
            ..Wanted::default()
        }
    );
    assert_eq!(
        read(&["max-age=60 , max-stale=\"30\""]),
        Wanted {
            max_age: seconds(60),
            max_stale: seconds(30),
            ..Wanted::default()
        }
    );
    assert_eq!(
        read(&["max-stale"]),
        Wanted {
            max_stale: Some(Duration::MAX),
            ..Wanted::default()
        }
    );
}

#[test]
fn the_later_of_two_decides() {
    assert_eq!(read(&["max-age=60, max-age=5"]).max_age, seconds(5));
    assert_eq!(read(&["max-age=60", "max-age=7"]).max_age, seconds(7));
    assert_eq!(read(&["max-age=60", "max-age=x"]).max_age, seconds(60));
}

#[test]
fn what_cannot_be_read_counts_as_not_sent() {
    for line in [
        "max-age",
        "max-age=",
        "max-age=-1",
        "max-age=1.5",
        "max-age=+1",
        "no-store",
        "=",
        ",,",
        "no-cache=x",
    ] {
        assert_eq!(read(&[line]), Wanted::default(), "{line}");
    }
    assert_eq!(
        read(&["max-age=99999999999999999999999"]).max_age,
        seconds(u64::MAX)
    );
}

#[test]
fn cache_status_is_a_structured_field() {
    let told = |cache| {
        cache_status(&Source {
            from: From::Registry,
            as_of: jiff::Timestamp::UNIX_EPOCH,
            age: 0,
            cache,
        })
    };
    let cases = [
        (CacheUse::Hit(Some(41)), "dancu; hit; ttl=41"),
        (CacheUse::Hit(None), "dancu; hit"),
        (CacheUse::Miss, "dancu; fwd=miss"),
        (CacheUse::Collapsed, "dancu; fwd=miss; collapsed"),
        (CacheUse::Forced, "dancu; fwd=request"),
        (
            CacheUse::Stale(Some(30)),
            "dancu; hit; ttl=-30; detail=registry-unavailable",
        ),
        (CacheUse::Stale(None), "dancu; hit; detail=registry-unavailable"),
    ];
    for (cache, expected) in cases {
        assert_eq!(told(cache), expected);
        assert!(
            sfv::Parser::new(expected).parse::<sfv::List>().is_ok(),
            "{expected}"
        );
    }
}
