//! Does the limiter do what a plain model does that remembers everything and recounts it at each call?
//!
//! The model keeps one list of all that happened and no counters. What it says is read off that list each time, by loops that a
//! reader can follow; it is slow and has nothing to forget. Time is a clock that the steps move, the time of day also back.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::auth::{Caller, Scope, Scopes};
use crate::policy::tests::sample::{UNIT, grant_over, tables};

/// What happens to a call in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Passed,
    Failed,
    Unasked,
    GivenBack,
    Dropped,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Step {
    Call {
        client: usize,
        officer: usize,
        number: usize,
        /// How it ends, or that it stays under way.
        end: Option<End>,
    },
    /// One of those under way ends.
    End(usize, End),
    Wait(Duration),
    /// Sets the time of day, by seconds.
    SetClock(i64),
}

/// The world of a run: two clients, of which the first has limits for the procedure.
pub struct World {
    pub clients: Vec<Arc<Client>>,
    pub grants: Vec<Vec<Grant>>,
    pub numbers: Vec<IdNumber>,
}

pub fn world(allowance: Allowance, narrowing: Option<Narrowing>) -> World {
    let scopes = || Scope::ALL.into_iter().collect::<Scopes>();
    let tables = tables();
    let clients: Vec<_> = ["one-stop", "another"]
        .into_iter()
        .enumerate()
        .map(|(at, id)| Client {
            id: id.parse().unwrap(),
            allowance,
            procedure_limits: narrowing
                .filter(|_| at == 0)
                .map(|narrowing| (LICENSED.parse().unwrap(), narrowing))
                .into_iter()
                .collect(),
            ..client()
        })
        .collect();
    let grants = clients.iter().map(|client| {
        let officers = ["100185000900", "100185000901", "100185000902"];
        let grant = |officer: &str| {
            let caller = Caller::for_tests(client.id.as_str(), Some(officer), Some(UNIT), scopes());
            grant_over(tables.clone(), client.clone(), &caller, all_fields())
        };
        officers.map(grant).into()
    });
    World {
        grants: grants.collect(),
        clients: clients.into_iter().map(Arc::new).collect(),
        numbers: ["100190000001", "100190000002", "100190000003"]
            .map(|number| IdNumber::Pin(number.parse().unwrap()))
            .into(),
    }
}

/// Is a call that the limiter admitted.
#[derive(Debug, Clone)]
struct Admitted {
    client: usize,
    officer: usize,
    number: usize,
    at: u64,
    /// The days by which subject and quotas counted it.
    asked_on: Day,
    day: Day,
    month: Day,
    /// When its guess was settled, and whether it failed.
    settled: Option<(u64, bool)>,
    /// When what it took went back, and as which of all that happened.
    given_back: Option<(u64, usize)>,
    /// As which of all that happened it was admitted.
    turn: usize,
    is_under_way: bool,
}

/// Remembers everything.
struct Model {
    allowance: Allowance,
    narrowing: Option<Narrowing>,
    calls: Vec<Admitted>,
    turns: usize,
    /// The latest days that were seen where a call got as far as the number, and as the client.
    day_of_number: BTreeMap<(usize, usize), Day>,
    day_of_client: BTreeMap<usize, (Day, Day)>,
}

impl Model {
    /// Plays a bucket from its first call on: each call adds a period of debt, time pays it off, a return takes one away.
    fn must_wait(&self, of: impl Fn(&Admitted) -> bool, rate: rate::Rate, now: u64) -> bool {
        let mut moves: Vec<(usize, u64, bool)> = Vec::new();
        for call in self.calls.iter().filter(|call| of(call)) {
            moves.push((call.turn, call.at, true));
            moves.extend(call.given_back.map(|(at, turn)| (turn, at, false)));
        }
        moves.sort_unstable();
        let (mut debt, mut then) = (0_u64, 0_u64);
        for (_, at, is_taken) in moves {
            debt = debt.saturating_sub(at - then);
            then = at;
            debt = if is_taken {
                debt + rate.period
            } else {
                debt.saturating_sub(rate.period)
            };
        }
        debt.saturating_sub(now - then) + rate.period > rate.period * u64::from(rate.burst)
    }

    /// Plays failures and lock-outs from the first one on.
    fn is_locked(&self, of: impl Fn(&Admitted) -> bool, budget: guesses::Budget, now: u64) -> bool {
        let ns = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap();
        let mut times: Vec<u64> = Vec::new();
        let mut open = 0;
        for call in self.calls.iter().filter(|call| of(call)) {
            match call.settled {
                Some((at, true)) => times.push(at),
                Some((_, false)) => {}
                None => open += 1,
            }
        }
        times.sort_unstable();
        let (mut counted, mut locks): (Vec<u64>, Vec<(u64, u32)>) = (Vec::new(), Vec::new());
        for at in times {
            counted.retain(|failed| failed + ns(budget.window) > at);
            counted.push(at);
            let lock = locks.last().copied().unwrap_or((0, 0));
            let is_locked = !locks.is_empty() && lock.0 > at;
            if !is_locked && counted.len() >= usize::try_from(budget.limit).unwrap() {
                let is_forgotten = locks.is_empty() || lock.0 + 86_400_000_000_000 <= at;
                let strikes = if is_forgotten { 0 } else { lock.1 };
                let length = (budget.window * 2_u32.pow(strikes.min(10))).min(Duration::from_secs(86_400));
                locks.push((at + ns(length), strikes + 1));
                counted.clear();
            }
        }
        counted.retain(|failed| failed + ns(budget.window) > now);
        locks.last().is_some_and(|(until, _)| *until > now)
            || counted.len() + open >= usize::try_from(budget.limit).unwrap()
    }

    fn call(&mut self, client: usize, officer: usize, number: usize, now: Moment) -> Option<Limit> {
        let allowance = self.allowance;
        let of_officer = |call: &Admitted| (call.client, call.officer) == (client, officer);
        let of_person = |call: &Admitted| (call.client, call.number) == (client, number);
        let of_client = |call: &Admitted| call.client == client;
        if self.must_wait(of_officer, officer_rate(&allowance), now.steady) {
            return Some(Limit::Officer);
        }
        let today = now.today();
        let asked_on = self.day_of_number.entry((client, number)).or_insert(today);
        *asked_on = today.max(*asked_on);
        let asked_on = *asked_on;
        let counting =
            |call: &&Admitted| of_person(call) && call.asked_on == asked_on && call.given_back.is_none();
        let mut officers: BTreeSet<_> = self
            .calls
            .iter()
            .filter(counting)
            .map(|call| call.officer)
            .collect();
        officers.insert(officer);
        if officers.len() > usize::try_from(allowance.officers_per_subject).unwrap() {
            return Some(Limit::Subject);
        }
        if self.is_locked(of_officer, officer_budget(&allowance), now.steady)
            || self.is_locked(of_person, person_budget(&allowance), now.steady)
        {
            return Some(Limit::Guesses);
        }
        let month = today.first_of_month();
        let days = self.day_of_client.entry(client).or_insert((today, month));
        *days = (today.max(days.0), month.max(days.1));
        let (day, month) = *days;
        if self.is_locked(of_client, client::client_budget(&allowance), now.steady) {
            return Some(Limit::Guesses);
        }
        let narrowing = self.narrowing.filter(|_| client == 0).unwrap_or_default();
        let rates = [
            narrowing.rate.map(rate::Rate::of),
            Some(client::own_rate(&allowance)),
        ];
        if rates
            .into_iter()
            .flatten()
            .any(|rate| self.must_wait(of_client, rate, now.steady))
        {
            return Some(Limit::Burst);
        }
        let count = |counts: &dyn Fn(&Admitted) -> bool| {
            let calls = self.calls.iter().filter(|call| of_client(call) && counts(call));
            u64::try_from(calls.count()).unwrap()
        };
        if count(&|call| call.is_under_way) >= u64::from(allowance.concurrency) {
            return Some(Limit::Concurrency);
        }
        let in_day = count(&|call| call.day == day && call.given_back.is_none());
        let in_month = count(&|call| call.month == month && call.given_back.is_none());
        if in_day >= allowance.per_day.min(narrowing.per_day.unwrap_or(u64::MAX)) {
            return Some(Limit::Day);
        }
        if in_month >= allowance.per_month.min(narrowing.per_month.unwrap_or(u64::MAX)) {
            return Some(Limit::Month);
        }
        self.calls.push(Admitted {
            client,
            officer,
            number,
            at: now.steady,
            asked_on,
            day,
            month,
            settled: None,
            given_back: None,
            turn: self.turns,
            is_under_way: true,
        });
        self.turns += 1;
        None
    }

    fn end(&mut self, at: usize, end: End, now: u64) {
        let call = &mut self.calls[at];
        call.is_under_way = false;
        call.settled = Some((now, matches!(end, End::Failed | End::Dropped)));
        call.given_back = (end == End::GivenBack).then_some((now, self.turns));
        self.turns += 1;
    }
}

pub fn finish(mut admission: Admission, end: End) {
    let gate = match end {
        End::Passed => Gate::Passed,
        End::Failed => Gate::Failed,
        End::Unasked => Gate::Unasked,
        End::GivenBack => return admission.give_back(),
        End::Dropped => return,
    };
    let _ = admission.settle(gate);
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::Passed),
        4 => Just(End::Failed),
        1 => Just(End::Unasked),
        2 => Just(End::GivenBack),
        1 => Just(End::Dropped),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let call = (
        0..2_usize,
        0..3_usize,
        0..3_usize,
        proptest::option::weighted(0.7, ends()),
    );
    let step = prop_oneof![
        12 => call.prop_map(|(client, officer, number, end)| Step::Call { client, officer, number, end }),
        3 => (any::<usize>(), ends()).prop_map(|(at, end)| Step::End(at, end)),
        3 => (0..2_000_u64).prop_map(|ms| Step::Wait(Duration::from_millis(ms))),
        1 => (0..30_u64).prop_map(|hours| Step::Wait(Duration::from_secs(1_800 * hours))),
        1 => (-90_000..90_000_i64).prop_map(Step::SetClock),
    ];
    proptest::collection::vec(step, 1..160)
}

prop_compose! {
    pub fn allowances()(
        (officer_per_second, officer_more, rate_per_second, more) in (1..4_u32, 0..4_u32, 1..6_u32, 0..8_u32),
        (per_officer, per_person, per_client) in (1..6_u32, 1..6_u32, 2..12_u32),
        (officers_per_subject, concurrency) in (1..4_u32, 1..6_u32),
        (per_day, month_more) in (1..30_u64, 0..40_u64),
    ) -> Allowance {
        Allowance {
            officer_per_second,
            officer_burst: officer_per_second + officer_more,
            officers_per_subject,
            guesses: Guesses { per_officer, per_person, per_client },
            rate_per_second,
            burst: rate_per_second + more,
            concurrency,
            per_day,
            per_month: per_day + month_more,
            ..PLENTY
        }
    }
}

fn narrowings() -> impl Strategy<Value = Option<Narrowing>> {
    let rate = proptest::option::of((1..4_u32, 0..4_u32)).prop_map(|rate| {
        rate.map(|(per_second, more)| Rate {
            per_second,
            burst: per_second + more,
        })
    });
    let narrowing = (
        rate,
        proptest::option::of(1..20_u64),
        proptest::option::of(1..30_u64),
    );
    proptest::option::of(narrowing.prop_map(|(rate, per_day, per_month)| Narrowing {
        rate,
        per_day,
        per_month,
    }))
}

/// Runs the steps through limiter and model; tells how many calls each limit refused, and none of them.
fn run(allowance: Allowance, narrowing: Option<Narrowing>, steps: Vec<Step>) -> BTreeMap<&'static str, u32> {
    let world = world(allowance, narrowing);
    let clock = Arc::new(ManualClock::stopped_at(
        "2028-02-28T23:59:50+07:00".parse().unwrap(),
    ));
    let shared: Arc<dyn Clock> = clock.clone();
    let limits = Limits::new(CONFIG, &world.clients, BTreeMap::new(), None, &shared);
    let mut model = Model {
        allowance,
        narrowing,
        calls: Vec::new(),
        turns: 0,
        day_of_number: BTreeMap::new(),
        day_of_client: world
            .clients
            .iter()
            .enumerate()
            .map(|(at, _)| (at, (day_of(clock.now()), day_of(clock.now()).first_of_month())))
            .collect(),
    };
    let mut under_way: Vec<(usize, Admission)> = Vec::new();
    let mut seen: BTreeMap<&'static str, u32> = BTreeMap::new();
    for step in steps {
        let now = limits.0.at(clock.now());
        match step {
            Step::Call {
                client,
                officer,
                number,
                end,
            } => {
                let told = limits.admit(&world.grants[client][officer], &world.numbers[number], now.of_day);
                let expected = model.call(client, officer, number, now);
                let refused = told.as_ref().err().map(|exceeded| exceeded.limit);
                assert_eq!(refused, expected, "{allowance:?} {narrowing:?} at {now:?}");
                *seen.entry(refused.map_or("admitted", Limit::as_str)).or_default() += 1;
                let Ok(admission) = told else { continue };
                let at = model.calls.len() - 1;
                match end {
                    Some(end) => {
                        finish(admission, end);
                        model.end(at, end, now.steady);
                    }
                    None => under_way.push((at, admission)),
                }
            }
            Step::End(which, end) => {
                if !under_way.is_empty() {
                    let (at, admission) = under_way.swap_remove(which % under_way.len());
                    finish(admission, end);
                    model.end(at, end, now.steady);
                }
            }
            Step::Wait(by) => clock.advance(by),
            Step::SetClock(by) => {
                let to = clock
                    .now()
                    .checked_add(jiff::SignedDuration::from_secs(by))
                    .unwrap();
                clock.set(to);
            }
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]
    #[test]
    fn the_limiter_refuses_what_the_model_refuses(
        allowance in allowances(),
        narrowing in narrowings(),
        steps in steps(),
    ) {
        run(allowance, narrowing, steps);
    }
}

#[test]
fn such_runs_meet_every_limit() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::new();
    for _ in 0..60 {
        let (allowance, narrowing, steps) = (allowances(), narrowings(), steps())
            .new_tree(&mut runner)
            .unwrap()
            .current();
        for (limit, calls) in run(allowance, narrowing, steps) {
            *seen.entry(limit).or_insert(0) += calls;
        }
    }
    for limit in [
        "admitted",
        "officer",
        "subject",
        "guess",
        "burst",
        "concurrency",
        "day",
        "month",
    ] {
        assert!(
            seen.get(limit).is_some_and(|calls| *calls >= 10),
            "{limit}: {seen:?}"
        );
    }
}
