//! Are several gateways that meet one limiter, up to what they can't know of each other?

use futures_util::future::BoxFuture;
use proptest::prelude::*;

use super::model::{End, World, allowances, finish, world};
use super::*;
use crate::limits::agreement::Exchanged;
use crate::limits::meeting::Meeting;
use crate::limits::shared::{Reply, Told, Unavailable};
use crate::sealing::{Label, MasterSecret};

const GATEWAYS: usize = 3;

/// Is a meeting place that can be closed.
struct Door {
    /// The one that gateways meet at, and an empty one that may stand in its place.
    meetings: [Meeting; 2],
    is_replaced: std::sync::atomic::AtomicBool,
    is_closed: std::sync::atomic::AtomicBool,
}

impl Shared for Door {
    fn exchange<'a>(&'a self, told: &'a [Told]) -> BoxFuture<'a, Result<Reply, Unavailable>> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(Unavailable)));
        }
        let [first, second] = &self.meetings;
        let meeting = if self.is_replaced.load(Ordering::Relaxed) {
            second
        } else {
            first
        };
        meeting.exchange(told)
    }
}

struct Cluster {
    gateways: Vec<Limits>,
    alone: Limits,
    door: Arc<Door>,
    clock: Arc<ManualClock>,
    world: World,
}

impl Cluster {
    fn of(allowance: Allowance, config: Config) -> Self {
        let world = world(allowance, None);
        let clock = Arc::new(ManualClock::stopped_at(NOW.parse().unwrap()));
        let time: Arc<dyn Clock> = clock.clone();
        let door = Arc::new(Door {
            meetings: [0; 2].map(|_| Meeting::new(u32::try_from(GATEWAYS).unwrap(), Arc::clone(&time))),
            is_replaced: false.into(),
            is_closed: false.into(),
        });
        let secret = MasterSecret::new(&[7; 32]).unwrap();
        let limits = |together| Limits::new(config, &world.clients, BTreeMap::new(), together, &time);
        let gateway = |_| {
            limits(Some(Together {
                shared: door.clone(),
                pseudonyms: Pseudonyms::new(&secret, Label::Limits).unwrap(),
            }))
        };
        Self {
            gateways: (0..GATEWAYS).map(gateway).collect(),
            alone: limits(None),
            door,
            clock,
            world,
        }
    }

    async fn exchange(&self) {
        for gateway in &self.gateways {
            gateway.exchange().await.unwrap();
        }
    }

    fn admit(
        &self,
        gateway: &Limits,
        (client, officer, number): (usize, usize, usize),
    ) -> Result<Admission, Exceeded> {
        let (grant, number) = (&self.world.grants[client][officer], &self.world.numbers[number]);
        gateway.admit(grant, number, self.clock.now())
    }

    /// Has a gateway ask where the counters stand that a call will touch, as if it had just told of one.
    async fn hear_first(&self, gateway: &Limits, (client, officer, number): (usize, usize, usize)) {
        let counting = &gateway.0;
        let now = counting.at(self.clock.now());
        let account = counting.register.account(&self.world.clients[client], now);
        let officer = Key {
            client: account.number,
            number: of_officer(self.world.grants[client][officer].officer().unwrap()),
        };
        let person = Key {
            client: account.number,
            number: of_number(&self.world.numbers[number]),
        };
        {
            let mut counters = account.lock();
            let allowance = self.world.clients[client].allowance;
            counters.move_on(&Calling {
                allowance: &allowance,
                procedure: None,
                link: Link::ALONE,
                now,
            });
            counting.touch_client(&account, &mut counters.is_touched);
        }
        let touched = counting
            .officers
            .with(officer, now, |officer| counting.is_news(&mut officer.is_touched));
        if touched == Ok(true) {
            counting.officers.touch(officer);
        }
        let touched = counting.persons.with(person, now, |person| {
            // Of which day it is asked is known from the first call of a day on.
            person.officers.look(now.today());
            counting.is_news(&mut person.is_touched)
        });
        if touched == Ok(true) {
            counting.persons.touch(person);
        }
        gateway.exchange().await.unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

/// A gateway, what is asked by whom through it, how that ends, and how long it is until the next.
type Call = (usize, (usize, usize, usize), End, u64);

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let end = prop_oneof![3 => Just(End::Passed), 4 => Just(End::Failed), 1 => Just(End::Unasked)];
    let wait = prop_oneof![6 => Just(0), 3 => 0..2_000_u64, 1 => 0..90_000_000_u64];
    let call = (0..GATEWAYS, (0..2_usize, 0..3_usize, 0..3_usize), end, wait);
    proptest::collection::vec(call, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]
    #[test]
    fn gateways_that_tell_of_each_call_are_one(allowance in allowances(), calls in calls()) {
        let roomy = Allowance { concurrency: 100, ..allowance };
        let cluster = Cluster::of(roomy, CONFIG);
        runtime().block_on(async {
            cluster.exchange().await;
            for (gateway, call, end, wait) in calls {
                let gateway = &cluster.gateways[gateway];
                cluster.hear_first(gateway, call).await;
                let (told, expected) = (cluster.admit(gateway, call), cluster.admit(&cluster.alone, call));
                assert_eq!(
                    told.as_ref().err().map(|exceeded| exceeded.limit),
                    expected.as_ref().err().map(|exceeded| exceeded.limit)
                );
                for admission in told.into_iter().chain(expected) {
                    finish(admission, end);
                }
                gateway.exchange().await.unwrap();
                cluster.clock.advance(Duration::from_millis(wait));
            }
        });
    }

    #[test]
    fn gateways_that_tell_now_and_then_overshoot_by_what_they_couldnt_tell(
        per_day in 1..60_u64,
        every in 1..20_usize,
        gateways in proptest::collection::vec(0..GATEWAYS, 200),
    ) {
        let burst = u32::try_from(per_day).unwrap();
        let by_day = Allowance { per_day, ..PLENTY };
        let by_rate = Allowance { rate_per_second: 1, burst, ..PLENTY };
        for allowance in [by_day, by_rate] {
            let cluster = Cluster::of(allowance, CONFIG);
            let admitted = runtime().block_on(async {
                cluster.exchange().await;
                let mut admitted = 0;
                for (at, gateway) in gateways.iter().enumerate() {
                    if let Ok(admission) = cluster.admit(&cluster.gateways[*gateway], (0, 0, 0)) {
                        finish(admission, End::Passed);
                        admitted += 1;
                    }
                    if at % every == 0 {
                        cluster.exchange().await;
                    }
                }
                admitted
            });
            // One gateway spends the last of it; each may admit as much again as comes its way before it next hears.
            let most = usize::try_from(per_day).unwrap() + GATEWAYS * every;
            assert!(admitted <= most, "{admitted} of {per_day}, told every {every}");
            assert!(admitted >= usize::try_from(per_day).unwrap(), "{admitted} of {per_day}");
        }
    }
}

#[test]
fn guesses_through_several_gateways_are_stopped_like_those_through_one() {
    let guesses = Guesses {
        per_person: 6,
        ..PLENTY.guesses
    };
    let cluster = Cluster::of(Allowance { guesses, ..PLENTY }, CONFIG);
    runtime().block_on(async {
        cluster.exchange().await;
        let mut failed = 0;
        for at in 0..100 {
            if let Ok(admission) = cluster.admit(&cluster.gateways[at % GATEWAYS], (0, at % 3, 0)) {
                finish(admission, End::Failed);
                failed += 1;
            }
            cluster.exchange().await;
        }
        assert!(
            (6..=8).contains(&failed),
            "{failed}: each may guess once before it hears"
        );
        for gateway in &cluster.gateways {
            let told = cluster.admit(gateway, (0, 0, 0)).map(|_| ()).unwrap_err();
            assert_eq!(told.limit, Limit::Guesses);
            assert_eq!(told.retry_after, Duration::from_secs(3_600));
        }
    });
}

/// Counts the calls that go on of so many, through all gateways in turn.
fn count(cluster: &Cluster, calls: usize) -> usize {
    (0..calls)
        .filter_map(|at| cluster.admit(&cluster.gateways[at % GATEWAYS], (0, 0, 0)).ok())
        .map(|admission| finish(admission, End::Passed))
        .count()
}

#[test]
fn gateways_that_cant_meet_keep_to_their_share_and_agree_again_by_themselves() {
    let all_shared = Config {
        when_apart: Rules {
            guesses: WhenApart::Share,
            ..CONFIG.when_apart
        },
        ..CONFIG
    };
    let cluster = Cluster::of(
        Allowance {
            per_day: 100,
            ..PLENTY
        },
        all_shared,
    );
    runtime().block_on(async {
        cluster.exchange().await;
        assert_eq!(count(&cluster, 40), 40);
        cluster.exchange().await;
        // Once told, twice heard: the second round tells everybody of what all have told.
        assert_eq!(count(&cluster, 3), 3);
        cluster.exchange().await;
        cluster.exchange().await;
        cluster.door.is_closed.store(true, Ordering::Relaxed);
        cluster.clock.advance(2 * SECOND);
        for gateway in &cluster.gateways {
            assert!(gateway.is_apart());
            assert_eq!(gateway.exchange().await, Err(Unavailable));
        }
        let apart = count(&cluster, 300);
        assert!((54..=62).contains(&apart), "{apart} of the 57 that are left");
        cluster.door.is_closed.store(false, Ordering::Relaxed);
        cluster.exchange().await;
        for gateway in &cluster.gateways {
            assert!(!gateway.is_apart());
            let now = cluster.clock.now();
            gateway.admit_reading(&cluster.world.clients[0], now).unwrap();
            assert!(matches!(gateway.exchange().await, Ok(Exchanged::Agreed(1..))));
        }
        assert_eq!(count(&cluster, 300), 0, "the day is spent");
    });
}

#[test]
fn gateways_that_cant_meet_allow_nobody_a_second_wrong_guess() {
    let cluster = Cluster::of(PLENTY, CONFIG);
    runtime().block_on(cluster.exchange());
    cluster.door.is_closed.store(true, Ordering::Relaxed);
    cluster.clock.advance(2 * SECOND);
    let guess = |gateway: &Limits, who, end| {
        let admitted = cluster.admit(gateway, who);
        admitted
            .map(|admission| finish(admission, end))
            .map_err(|exceeded| exceeded.limit)
    };
    for gateway in &cluster.gateways {
        assert!(gateway.is_apart());
        assert!(guess(gateway, (0, 0, 0), End::Failed).is_ok());
        assert_eq!(
            guess(gateway, (0, 0, 1), End::Passed).unwrap_err(),
            Limit::Guesses,
            "the officer"
        );
        assert_eq!(
            guess(gateway, (0, 1, 0), End::Passed).unwrap_err(),
            Limit::Guesses,
            "the person"
        );
        for _ in 0..20 {
            assert!(guess(gateway, (0, 1, 1), End::Passed).is_ok(), "all others go on");
        }
    }
}

#[test]
fn a_meeting_place_that_comes_back_empty_is_told_what_was_known() {
    let by_day = Allowance {
        per_day: 100,
        ..PLENTY
    };
    let cluster = Cluster::of(by_day, CONFIG);
    runtime().block_on(async {
        cluster.exchange().await;
        assert_eq!(count(&cluster, 60), 60);
        cluster.exchange().await;
        // Now each has told; this time each hears of all.
        let client = &cluster.world.clients[0];
        for gateway in &cluster.gateways {
            gateway.admit_reading(client, cluster.clock.now()).unwrap();
        }
        cluster.exchange().await;
        cluster.door.is_closed.store(true, Ordering::Relaxed);
        for gateway in &cluster.gateways {
            gateway.admit_reading(client, cluster.clock.now()).unwrap();
            assert_eq!(gateway.exchange().await, Err(Unavailable));
        }
        cluster.door.is_replaced.store(true, Ordering::Relaxed);
        cluster.door.is_closed.store(false, Ordering::Relaxed);
        cluster.exchange().await;
        let mut more = 0;
        for _ in 0..100 {
            more += count(&cluster, 1);
            cluster.exchange().await;
        }
        assert_eq!(more, 40);
    });
}
