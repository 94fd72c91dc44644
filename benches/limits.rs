//! What does a call cost at the limits, and what would it cost at bare governor?
//!
//! Ten thousand clients with an officer each ask about changing people, and every call is admitted and settled. Beside it,
//! in the same run, governor's keyed limiter is asked about the same officers: one limit where ours are eight and can be given
//! back. `cargo bench --bench limits [-- CALLS]`; the goal is a microsecond. On a busy machine the figures mean nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use dancu::auth::Scope;
use dancu::clock::{Clock, SystemClock};
use dancu::config::shipped_catalogue;
use dancu::domain::context::{Channel, Context};
use dancu::domain::field::Field;
use dancu::domain::labels::CodeTables;
use dancu::domain::pin::{IdNumber, Pin};
use dancu::domain::territory::Territory;
use dancu::limits::link::{Rules, WhenApart};
use dancu::limits::{Config, Gate, Limits};
use dancu::policy::clients::{Allowance, Client, Clients, Guesses, Status};
use dancu::policy::{Grant, Mandate, Policy, Tables};
use governor::{Quota, RateLimiter};

/// The gateway's own allocator, so that the figures are the gateway's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLIENTS: u32 = 10_000;
const PEOPLE: usize = 50_000;
const PROCEDURE: &str = "1.001193";

const PLENTY: Allowance = Allowance {
    officer_per_second: 1_000_000,
    officer_burst: 2_000_000,
    officers_per_subject: 1_000,
    guesses: Guesses {
        per_officer: 1_000,
        per_person: 1_000,
        per_client: 1_000,
    },
    rate_per_second: 1_000_000,
    burst: 2_000_000,
    concurrency: 1_000,
    per_day: u64::MAX,
    per_month: u64::MAX,
    registry_weight: 1,
    batch_rows_per_day: 1,
};

const CONFIG: Config = Config {
    refused_per_second: 50,
    officers_kept: 100_000,
    persons_kept: 1_000_000,
    alert_at: 30,
    synchronized_every: Duration::from_millis(25),
    when_apart: Rules {
        guesses: WhenApart::Refuse,
        rates: WhenApart::Share,
        quotas: WhenApart::Share,
    },
};

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn print(what: &str, calls: usize, took: Duration) {
    let nanoseconds = took.as_nanos() as f64 / calls as f64;
    println!("{what}: {calls} calls, {nanoseconds:.0} ns a call");
}

fn client(number: u32) -> anyhow::Result<Client> {
    Ok(Client {
        id: format!("system-{number}").parse()?,
        name: String::new(),
        province: "46".parse().ok().context("a province")?,
        units: BTreeSet::from(["H57.12".parse()?]),
        procedures: BTreeSet::from([PROCEDURE.parse().ok().context("a procedure")?]),
        fields: Field::all().collect(),
        scopes: [Scope::CitizensVerify].into_iter().collect(),
        allowance: PLENTY,
        procedure_limits: BTreeMap::new(),
        thumbprints: Vec::new(),
        accept_close_identity: false,
        status: Status::Active,
        valid_from: jiff::Timestamp::UNIX_EPOCH,
        valid_until: jiff::Timestamp::MAX,
    })
}

fn officer(number: u32) -> anyhow::Result<Pin> {
    format!("100185{number:06}").parse().ok().context("a number")
}

fn grants(clients: &[Client]) -> anyhow::Result<Vec<Grant>> {
    let tables = Tables {
        territory: Arc::new(Territory::shipped()?),
        codes: Arc::new(CodeTables::shipped()?),
    };
    let catalogue = shipped_catalogue().ok().context("the catalogue")?;
    let policy = Policy::new(Clients::new(clients.iter().cloned())?, catalogue, tables);
    let context = Context {
        procedure: PROCEDURE.parse().ok().context("a procedure")?,
        dossier: "000.00.12.H57-260822-0001".parse().ok().context("a dossier")?,
        channel: Channel::Counter,
    };
    let grant = |(number, client): (u32, &Client)| {
        let mandate = Mandate {
            client: client.id.clone(),
            officer: officer(number)?,
            unit: "H57.12".parse()?,
        };
        Ok(policy.resume(&mandate, Scope::CitizensVerify, &context, SystemClock.now())?)
    };
    (0..CLIENTS).zip(clients).map(grant).collect()
}

fn main() -> anyhow::Result<()> {
    let calls: usize = std::env::args()
        .nth(1)
        .and_then(|calls| calls.parse().ok())
        .unwrap_or(4_000_000);
    let clients: Vec<Client> = (0..CLIENTS).map(client).collect::<anyhow::Result<_>>()?;
    let grants = grants(&clients)?;
    let registered: Vec<_> = clients.into_iter().map(Arc::new).collect();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let limits = Limits::new(CONFIG, &registered, BTreeMap::new(), None, &clock);
    let people: Vec<IdNumber> = (0..PEOPLE)
        .map(|number| Ok(IdNumber::Pin(format!("1001900{number:05}").parse()?)))
        .collect::<anyhow::Result<_>>()?;
    let now = clock.now();
    let asked = || grants.iter().cycle().zip(people.iter().cycle());
    for round in ["limits, first round", "limits"] {
        let begun = clock.steady();
        for (grant, person) in asked().take(calls) {
            let mut admission = limits.admit(grant, person, now)?;
            let _ = black_box(admission.settle(Gate::Passed));
        }
        print(round, calls, clock.steady().duration_since(begun));
    }
    let figures = |number| NonZeroU32::new(number).context("a figure");
    let quota = Quota::per_second(figures(1_000_000)?).allow_burst(figures(2_000_000)?);
    let governor = RateLimiter::keyed(quota);
    let officers: Vec<Pin> = (0..CLIENTS).map(officer).collect::<anyhow::Result<_>>()?;
    for round in ["governor, first round", "governor"] {
        let begun = clock.steady();
        for officer in officers.iter().cycle().take(calls) {
            let _ = black_box(governor.check_key(officer));
        }
        print(round, calls, clock.steady().duration_since(begun));
    }
    Ok(())
}
