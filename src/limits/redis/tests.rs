//! Does the script do what the port says, told by a plain model, and what if the server goes?
//!
//! The time of the model's server is set by hand: the script's first line is made to read it from a key. All else is the
//! script as it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis::Commands as _;
use secrecy::SecretString;

use super::*;
use crate::fleet;
use crate::sealing::{Label, MasterSecret, Pseudonym, Pseudonyms};

#[expect(dead_code, reason = "the tests of the whole gateway use more of it")]
#[path = "../../../tests/it/redis_server.rs"]
mod redis_server;

use redis_server::RedisServer;

const SECOND: u64 = 1_000_000;

fn name(text: &str) -> Pseudonym {
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    Pseudonyms::new(&secret, Label::Limits).unwrap().of(text)
}

async fn fleet(server: &RedisServer, timeout: Duration) -> Arc<Fleet> {
    let url = SecretString::from(server.url());
    let config = fleet::Config::new(&url, None, timeout).unwrap();
    Arc::new(Fleet::join(config).await.unwrap())
}

async fn in_redis(server: &RedisServer) -> InRedis {
    InRedis::new(fleet(server, Duration::from_secs(5)).await)
}

/// Meets others in a Redis whose time is set by `set_time`.
async fn in_redis_of_set_time(server: &RedisServer) -> InRedis {
    let real = "local time = redis.call('TIME')\n";
    assert_eq!(script::EXCHANGE.matches(real).count(), 1);
    let set = "local time = redis.call('HMGET', 'time', 'seconds', 'micros')\n";
    InRedis {
        exchange: Script::new(&script::EXCHANGE.replace(real, set)),
        ..in_redis(server).await
    }
}

fn set_time(connection: &mut redis::Connection, now: u64) {
    let fields = [("seconds", now / SECOND), ("micros", now % SECOND)];
    connection.hset_multiple::<_, _, _, ()>("time", &fields).unwrap();
}

fn told(name: Pseudonym, spending: Spending) -> Told {
    Told { name, spending }
}

fn count(text: &str, taken: i64, floor: u64) -> Told {
    let spending = Spending::Count {
        expires_in: Duration::from_secs(3600),
        taken,
        floor,
    };
    told(name(text), spending)
}

/// What the port says, word for word.
#[derive(Default)]
struct Model {
    arrivals: BTreeMap<Pseudonym, i128>,
    totals: BTreeMap<Pseudonym, i128>,
    members: BTreeMap<Pseudonym, BTreeSet<Pseudonym>>,
    strikes: BTreeMap<Pseudonym, Strikes>,
}

#[derive(Default)]
struct Strikes {
    failures: Vec<(u64, u32)>,
    locked_until: u64,
    strikes: u32,
}

impl Model {
    fn hear(&mut self, told: &Told, now: u64) -> Heard {
        match &told.spending {
            Spending::Rate { period_ns, taken, .. } => {
                let now = i128::from(now) * 1_000;
                let arrival = self.arrivals.entry(told.name).or_default();
                let spent = i128::from(*taken) * i128::from(*period_ns);
                *arrival = if *taken > 0 {
                    (*arrival).max(now) + spent
                } else {
                    (*arrival + spent).max(now)
                };
                Heard::Rate {
                    ahead_ns: u64::try_from(*arrival - now).unwrap(),
                }
            }
            Spending::Count { taken, floor, .. } => {
                let total = self.totals.entry(told.name).or_default();
                *total = ((*total).max(i128::from(*floor)) + i128::from(*taken)).max(0);
                Heard::Count {
                    total: u64::try_from(*total).unwrap(),
                }
            }
            Spending::Members { members, .. } => {
                let held = self.members.entry(told.name).or_default();
                held.extend(members);
                Heard::Members {
                    members: held.iter().copied().collect(),
                }
            }
            Spending::Strikes {
                window,
                limit,
                longest,
                failed,
            } => {
                let held = self.strikes.entry(told.name).or_default();
                held.hear(now, [micros(*window), micros(*longest)], *limit, *failed)
            }
        }
    }
}

impl Strikes {
    fn hear(&mut self, now: u64, [window, longest]: [u64; 2], limit: u32, failed: u32) -> Heard {
        self.failures.retain(|(at, _)| now - at < window);
        if now >= self.locked_until + micros(STRIKES_KEPT) {
            self.strikes = 0;
        }
        self.failures.push((now, failed));
        let standing: u32 = self.failures.iter().map(|(_, failed)| failed).sum();
        if self.locked_until <= now && standing >= limit {
            self.failures.clear();
            self.locked_until = now + window.saturating_mul(1 << self.strikes.min(40)).min(longest);
            self.strikes += 1;
        }
        Heard::Strikes {
            failures: self.failures.iter().map(|(_, failed)| failed).sum(),
            locked_for: Duration::from_micros(self.locked_until.saturating_sub(now)),
            strikes: self.strikes,
        }
    }
}

/// Sets are told in any order.
fn in_order(mut heard: Heard) -> Heard {
    if let Heard::Members { members } = &mut heard {
        members.sort();
    }
    heard
}

/// Some spending of a counter out of a few; the figures of a counter are its own and don't change.
fn spending() -> impl Strategy<Value = (usize, Spending)> {
    let rates = [1_000_000_000_u64, 333_333_333, 499_999, 60_000_000_001];
    let rate = (0..rates.len(), -3..9_i64).prop_map(move |(which, taken)| {
        let spending = Spending::Rate {
            period_ns: rates[which],
            burst: 5,
            taken,
        };
        (which, spending)
    });
    let count = (0..2_usize, -5..20_i64, 0..40_u64).prop_map(|(which, taken, floor)| {
        let expires_in = Duration::from_secs(3600);
        let spending = Spending::Count {
            expires_in,
            taken,
            floor,
        };
        (which, spending)
    });
    let members = (0..2_usize, prop::collection::vec(0..6_u8, 0..4)).prop_map(|(which, members)| {
        let members = members.iter().map(|member| name(&format!("officer {member}")));
        let spending = Spending::Members {
            expires_in: Duration::from_secs(3600),
            members: members.collect(),
        };
        (which, spending)
    });
    let figures = [(600, 3, 100_000), (600, 1, 1_000), (3_600, 10, 86_400)];
    let strikes = (0..figures.len(), 0..5_u32).prop_map(move |(which, failed)| {
        let (window, limit, longest) = figures[which];
        let spending = Spending::Strikes {
            window: Duration::from_secs(window),
            limit,
            longest: Duration::from_secs(longest),
            failed,
        };
        (which, spending)
    });
    prop_oneof![rate, count, members, strikes]
}

/// How much time passes between two exchanges: none, a moment, about a window, about as long as strikes are kept.
fn passing() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        1..3 * SECOND,
        500 * SECOND..700 * SECOND,
        Just(600 * SECOND),
        86_000 * SECOND..190_000 * SECOND,
    ]
}

#[test]
fn the_script_does_what_the_model_does() {
    static CASES: AtomicU64 = AtomicU64::new(0);
    let Some(server) = RedisServer::start() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let meeting = runtime.block_on(in_redis_of_set_time(&server));
    let exchanges = prop::collection::vec((passing(), prop::collection::vec(spending(), 1..6)), 1..25);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(96));
    let outcome = runner.run(&exchanges, |exchanges| {
        let case = CASES.fetch_add(1, Ordering::Relaxed);
        let (mut model, mut connection) = (Model::default(), server.connection());
        let mut now = 1_795_341_600 * SECOND;
        for (passed, spendings) in exchanges {
            now += passed;
            set_time(&mut connection, now);
            let told: Vec<_> = spendings
                .into_iter()
                .map(|(which, spending)| told(name(&format!("{case} {} {which}", kind(&spending))), spending))
                .collect();
            let reply = runtime.block_on(meeting.exchange(&told)).unwrap();
            let heard: Vec<_> = reply.heard.into_iter().map(in_order).collect();
            let expected: Vec<_> = told.iter().map(|told| model.hear(told, now)).collect();
            prop_assert_eq!(heard, expected, "at {} of {:?}", now, told);
        }
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_gateway_spends_adds_up() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let gateways = [in_redis(&server).await, in_redis(&server).await];
    for gateway in &gateways {
        gateway.fleet.feel_pulse().await;
    }
    // More than go into one call of the script.
    let all: Vec<_> = (0..1_234)
        .map(|number| count(&format!("client {number}"), number, 0))
        .collect();
    for (round, gateway) in (1_u64..).zip([&gateways[0], &gateways[1], &gateways[0]]) {
        let reply = gateway.exchange(&all).await.unwrap();
        assert_eq!(reply.gateways, 2);
        let expected: Vec<_> = (0..1_234)
            .map(|number| Heard::Count {
                total: number * round,
            })
            .collect();
        assert_eq!(reply.heard, expected);
    }
    assert_eq!(gateways[0].exchange(&[]).await.unwrap().heard, []);
    // At the same moment, too.
    let one = [count("busy", 1, 0)];
    let many = (0..200).map(|call| gateways[call % 2].exchange(&one));
    let mut totals: Vec<_> = futures_util::future::join_all(many)
        .await
        .into_iter()
        .map(|reply| match reply.unwrap().heard[..] {
            [Heard::Count { total }] => total,
            ref other => panic!("{other:?}"),
        })
        .collect();
    totals.sort_unstable();
    assert_eq!(totals, (1..=200).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_rate_is_paid_off_in_the_servers_own_time() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let meeting = in_redis(&server).await;
    let rate = |taken| {
        let spending = Spending::Rate {
            period_ns: 1_000_000_000,
            burst: 10,
            taken,
        };
        [told(name("rate"), spending)]
    };
    let ahead = async |taken| match meeting.exchange(&rate(taken)).await.unwrap().heard[..] {
        [Heard::Rate { ahead_ns }] => ahead_ns,
        ref other => panic!("{other:?}"),
    };
    let first = ahead(100).await;
    assert_eq!(first, 100_000_000_000);
    let later = ahead(0).await;
    assert!((40_000_000_000..first).contains(&later), "{later}");
    let keys = server.keys("dancu:limit:rate:*");
    let lives: i64 = server.connection().pttl(&keys[0]).unwrap();
    assert!((40_000..=110_000).contains(&lives), "{lives}");
    assert_eq!(ahead(-100).await, 0);
    assert_eq!(server.keys("dancu:limit:*"), Vec::<String>::new());
}

#[tokio::test]
async fn every_counter_lapses() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let meeting = in_redis(&server).await;
    let day = Duration::from_secs(86_400);
    let spendings = [
        Spending::Rate {
            period_ns: 1_000_000_000,
            burst: 1,
            taken: 1,
        },
        Spending::Count {
            expires_in: day,
            taken: 1,
            floor: 0,
        },
        Spending::Members {
            expires_in: day,
            members: vec![name("officer")],
        },
        Spending::Strikes {
            window: day,
            limit: 2,
            longest: day,
            failed: 1,
        },
        Spending::Strikes {
            window: day,
            limit: 1,
            longest: day,
            failed: 1,
        },
    ];
    let told: Vec<_> = (0..)
        .zip(spendings)
        .map(|(number, spending)| told(name(&format!("{number}")), spending))
        .collect();
    meeting.exchange(&told).await.unwrap();
    let keys = server.keys("dancu:limit:*");
    assert_eq!(keys.len(), told.len());
    let mut connection = server.connection();
    for key in keys {
        let lives: i64 = connection.pttl(&key).unwrap();
        assert!((1..=2 * 86_400_000 + 60_000).contains(&lives), "{key}: {lives}");
    }
}

#[tokio::test]
async fn a_bad_key_is_no_key_and_spoils_no_other() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let meeting = in_redis(&server).await;
    let rate = Spending::Rate {
        period_ns: 1_000_000_000,
        burst: 10,
        taken: 1,
    };
    let strikes = Spending::Strikes {
        window: Duration::from_secs(600),
        limit: 5,
        longest: Duration::from_secs(600),
        failed: 1,
    };
    let members = Spending::Members {
        expires_in: Duration::from_secs(600),
        members: vec![name("officer")],
    };
    let told = [
        told(name("a"), rate),
        count("a", 1, 0),
        told(name("a"), members),
        told(name("a"), strikes),
    ];
    let sound = meeting.exchange(&told).await.unwrap().heard;
    let mut connection = server.connection();
    for make_bad in [
        |connection: &mut redis::Connection, key: &str| {
            connection.rpush::<_, _, ()>(key, "nonsense").unwrap()
        },
        |connection: &mut redis::Connection, key: &str| connection.set::<_, _, ()>(key, "nonsense").unwrap(),
        |connection: &mut redis::Connection, key: &str| {
            connection.hset::<_, _, _, ()>(key, "locked", "x").unwrap()
        },
    ] {
        for key in server.keys("dancu:limit:*") {
            connection.del::<_, ()>(&key).unwrap();
            make_bad(&mut connection, &key);
        }
        assert_eq!(meeting.exchange(&told).await.unwrap().heard, sound);
    }
}

#[tokio::test]
async fn without_the_server_it_says_so_and_a_floor_brings_the_count_back() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let meeting = InRedis::new(fleet(&server, Duration::from_millis(300)).await);
    let spend = async |taken, floor| {
        let exchanged = meeting.exchange(&[count("day", taken, floor)]).await;
        exchanged.map(|reply| reply.heard)
    };
    assert_eq!(spend(41, 0).await, Ok(vec![Heard::Count { total: 41 }]));
    server.kill();
    assert_eq!(spend(1, 0).await, Err(Unavailable));
    server.start_again();
    while !meeting.fleet.is_reachable() {
        meeting.fleet.feel_pulse().await;
    }
    // What the server has forgotten the audit store still knows.
    assert_eq!(spend(1, 42).await, Ok(vec![Heard::Count { total: 43 }]));
    server.freeze();
    assert_eq!(spend(1, 43).await, Err(Unavailable));
    assert_eq!(spend(1, 43).await, Err(Unavailable));
    server.thaw();
}
