//! Does the script reckon as `shares` does, and do gateways share one budget over a real Redis?
//!
//! Each test starts a server of its own, and ends it.

use std::num::NonZeroU32;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestRunner};
use secrecy::SecretString;
use tokio::runtime::{Handle, Runtime};

use super::super::shares::{Shares, Terms, Wanted};
use super::super::{Among, Asking, Budget, Class, Config, WhenApart, Withheld};
use super::*;
use crate::clock::{Clock as _, SystemClock};
use crate::fleet;

#[expect(
    dead_code,
    clippy::duplicate_mod,
    reason = "the tests of the whole gateway use more of it, and those of the limits use it too"
)]
#[path = "../../../../tests/it/redis_server.rs"]
mod redis_server;

use redis_server::RedisServer;

const PATIENCE: Duration = Duration::from_secs(20);

/// Is a Redis of the test's own.
struct Server(RedisServer);

impl Server {
    /// Joins the gateways, with the patience that a busy machine takes.
    async fn fleet(&self) -> Arc<Fleet> {
        let url = SecretString::from(self.0.url());
        let config = fleet::Config::new(&url, None, PATIENCE).unwrap();
        let fleet = Arc::new(Fleet::join(config).await.unwrap());
        let joined = Arc::clone(&fleet);
        tokio::spawn(async move { joined.keep_joined().await });
        fleet
    }

    async fn joined(&self) -> InRedis {
        InRedis::new(self.fleet().await)
    }

    async fn budget(&self, config: Config) -> Budget {
        let shared = Arc::new(self.joined().await);
        let budget = Budget::new(
            config,
            Some(shared),
            Arc::new(SystemClock),
            &Handle::current(),
            Arc::new(|_, _, _| {}),
        );
        becomes(async || budget.standing().gateways > 0).await;
        budget
    }
}

async fn becomes(is_so: impl AsyncFn() -> bool) {
    let asking = async {
        let mut pause = tokio::time::interval(Duration::from_millis(5));
        while !is_so().await {
            pause.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap();
}

fn config(per_second: u32, at_once: u32, when_apart: WhenApart) -> Config {
    Config {
        per_second: NonZeroU32::new(per_second).unwrap(),
        at_once: NonZeroU32::new(at_once).unwrap(),
        wait: Duration::from_millis(100),
        batch_reserve: 75,
        when_apart,
    }
}

fn asking(client: &str) -> Asking {
    Asking {
        client: client.parse().unwrap(),
        weight: NonZeroU32::MIN,
        class: Class::Interactive,
    }
}

fn told(terms: Terms, wanted: Vec<Wanted>) -> Told {
    Told {
        terms,
        wanted,
        made_apart: 0,
    }
}

/// Is the script with one line changed: the time is told to it.
fn with_told_time() -> String {
    let line = "local now = tonumber(time[1]) * 1000000 + tonumber(time[2])";
    assert!(SCRIPT.contains(line));
    SCRIPT.replace(line, "local now = tonumber(redis.call('GET', 'test:now'))")
}

type Asks = Vec<(u64, Vec<(usize, u32, u32)>)>;

fn asks() -> impl Strategy<Value = Asks> {
    let wanted = vec((0..6_usize, 0..40_u32, 0..10_u32), 0..5);
    vec((prop_oneof![0..2_000_u64, 0..200_000_u64], wanted), 1..60)
}

/// Asks script and `shares` the same at the same times.
async fn must_agree(fleet: &Arc<Fleet>, terms: Terms, weights: &[u64], asks: &Asks) {
    let script = InRedis::with_script(Arc::clone(fleet), &with_told_time());
    let mut redis = fleet.connection();
    let mut now = 1_000_000;
    let () = redis::cmd("FLUSHALL").query_async(&mut redis).await.unwrap();
    let mut shares = Shares::empty(now);
    // The script begins when it is first asked.
    for (after, wanted) in [(0, Vec::new())].iter().chain(asks) {
        now += after;
        let mut wanted: Vec<_> = wanted
            .iter()
            .map(|(number, interactive, batch)| Wanted {
                client: format!("c{number}").parse().unwrap(),
                weight: weights[*number],
                interactive: *interactive,
                batch: *batch,
            })
            .collect();
        wanted.sort_by(|one, other| one.client.cmp(&other.client));
        wanted.dedup_by(|one, other| one.client == other.client);
        let () = redis::cmd("SET")
            .arg("test:now")
            .arg(now)
            .query_async(&mut redis)
            .await
            .unwrap();
        let expected = shares.ask(now, &terms, &wanted);
        let heard = script.ask(&told(terms, wanted)).await.unwrap();
        assert_eq!(heard.given, expected, "at {now}");
        assert_eq!(heard.gateways, 1);
    }
}

#[test]
fn the_script_reckons_as_the_gateway_does() {
    let runtime = Runtime::new().unwrap();
    let Some(server) = RedisServer::start().map(Server) else {
        return;
    };
    let fleet = runtime.block_on(server.fleet());
    let cases = (1..2_000_u64, 1..300_u64, 0..=100_u64, vec(1..20_u64, 6), asks());
    let mut runner = TestRunner::new(Runs {
        cases: 60,
        failure_persistence: None,
        ..Runs::default()
    });
    let run = runner.run(&cases, |(per_second, at_once, batch_reserve, weights, asks)| {
        let terms = Terms {
            per_second,
            at_once,
            batch_reserve,
            clients: 6,
            weights: weights.iter().sum(),
        };
        runtime.block_on(must_agree(&fleet, terms, &weights, &asks));
        Ok(())
    });
    drop(server);
    run.unwrap();
}

#[tokio::test]
async fn the_script_lives_by_the_server_s_clock_and_counts_the_gateways() {
    let Some(server) = RedisServer::start().map(Server) else {
        return;
    };
    let one = server.joined().await;
    let other = server.joined().await;
    let terms = Terms {
        per_second: 1_000,
        at_once: 10,
        batch_reserve: 75,
        clients: 1,
        weights: 1,
    };
    let wanted = vec![Wanted {
        client: "a".parse().unwrap(),
        weight: 1,
        interactive: 1_000,
        batch: 0,
    }];
    let first = one.ask(&told(terms, wanted.clone())).await.unwrap();
    // What has just begun is empty.
    assert_eq!((first.given[0].interactive, first.gateways), (0, 1));
    let begun = SystemClock.steady();
    let mut got = 0;
    becomes(async || other.ask(&told(terms, wanted.clone())).await.unwrap().gateways == 2).await;
    while got < 50 {
        got += one.ask(&told(terms, wanted.clone())).await.unwrap().given[0].interactive;
    }
    let took = SystemClock.steady().saturating_duration_since(begun);
    assert!(took >= Duration::from_millis(39), "{took:?}");
    // What was made apart is taken from the whole.
    let owed = Told {
        made_apart: 1_000,
        ..told(terms, wanted)
    };
    assert_eq!(one.ask(&owed).await.unwrap().given[0].interactive, 0);
}

#[tokio::test]
async fn gateways_together_make_no_more_calls_than_one() {
    let Some(server) = RedisServer::start().map(Server) else {
        return;
    };
    let (per_second, at_once) = (200, 20);
    let config = config(per_second, at_once, WhenApart::Refuse);
    let gateways = [
        server.budget(config).await,
        server.budget(config).await,
        server.budget(config).await,
    ];
    for gateway in &gateways {
        gateway.share_among(Among {
            clients: 2,
            weights: 2,
        });
    }
    let begun = SystemClock.steady();
    let enough = Duration::from_secs(1);
    let flood = |gateway: Budget, client: &'static str| async move {
        let (mut got, asking) = (0_u32, asking(client));
        while SystemClock.steady().saturating_duration_since(begun) < enough {
            got += u32::from(gateway.take(&asking, PATIENCE).await.is_ok());
            tokio::task::yield_now().await;
        }
        got
    };
    // Ten at a time of one client at two gateways, two of the other at the third.
    let many = (0..20).map(|number| tokio::spawn(flood(gateways[number % 2].clone(), "many")));
    let few = (0..2).map(|_| tokio::spawn(flood(gateways[2].clone(), "few")));
    let (many, few): (Vec<_>, Vec<_>) = (many.collect(), few.collect());
    let (mut got_many, mut got_few) = (0, 0);
    for task in many {
        got_many += task.await.unwrap();
    }
    for task in few {
        got_few += task.await.unwrap();
    }
    let took = SystemClock.steady().saturating_duration_since(begun);
    let most = f64::from(per_second) * (took.as_secs_f64() + 0.25) + f64::from(at_once);
    assert!(
        f64::from(got_many + got_few) <= most,
        "{got_many} + {got_few} of {most}"
    );
    // Most of what there is gets used, however busy the machine, and the few aren't starved by the many.
    assert!(got_many + got_few >= 100, "{got_many} + {got_few}");
    assert!(got_few * 3 >= got_many, "{got_few} beside {got_many}");
}

#[tokio::test]
async fn a_server_that_goes_away_and_comes_back_is_noticed_both_times() {
    let Some(mut server) = RedisServer::start().map(Server) else {
        return;
    };
    let budget = server.budget(config(1_000, 100, WhenApart::Refuse)).await;
    let asking = asking("a");
    becomes(async || budget.take(&asking, PATIENCE).await.is_ok()).await;
    server.0.kill();
    becomes(async || {
        let refused = budget.take(&asking, PATIENCE).await;
        matches!(refused, Err(Withheld::Apart(_)))
    })
    .await;
    assert!(budget.standing().is_apart);
    server.0.start_again();
    becomes(async || !budget.standing().is_apart).await;
    becomes(async || budget.take(&asking, PATIENCE).await.is_ok()).await;
}

#[tokio::test]
async fn apart_a_gateway_goes_on_with_its_part_where_so_configured() {
    let Some(mut server) = RedisServer::start().map(Server) else {
        return;
    };
    let config = config(1_000, 100, WhenApart::Share);
    let (one, other) = (server.budget(config).await, server.budget(config).await);
    becomes(async || other.standing().gateways == 2).await;
    let asking = asking("a");
    server.0.kill();
    becomes(async || {
        let _ = other.take(&asking, PATIENCE).await;
        other.standing().is_apart
    })
    .await;
    becomes(async || other.take(&asking, PATIENCE).await.is_ok()).await;
    assert!(other.standing().is_apart);
    server.0.start_again();
    becomes(async || !one.standing().is_apart && !other.standing().is_apart).await;
}

#[test]
fn an_answer_that_is_none_means_being_apart() {
    assert_eq!(read(&[], 0), None);
    assert_eq!(read(&[1, 2, 3], 1), None);
    assert_eq!(read(&[1, 2, 3, 4], 2), None);
    assert_eq!(read(&[1, u64::MAX, 3, 4], 1), None);
    let heard = read(&[2, 3, 4, 5], 1).unwrap();
    assert_eq!(heard.gateways, 2);
    assert_eq!((heard.given[0].interactive, heard.given[0].batch), (3, 4));
}
