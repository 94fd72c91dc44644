//! Which systems may call, for which offices, procedures and fields?
//!
//! The register of clients (`config/clients.toml`): one entry for each calling system, with the licence that its
//! province holds for the exploitation of the database. Pure data; reading the file is `config`'s work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::auth::{Scope, Scopes, Thumbprint};
use crate::domain::address::ProvinceCode;
use crate::domain::client::{ClientId, UnitCode};
use crate::domain::context::ProcedureCode;
use crate::domain::field::Fields;

/// Tells whether a registration is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In use.
    Active,
    /// Switched off by an operator.
    Suspended,
    /// Ended.
    Expired,
}

impl Status {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
        }
    }
}

/// Tells whether a registration counts at a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    InForce,
    /// It is suspended.
    Suspended,
    /// It has ended or not yet begun.
    OutOfTerm,
}

/// States how much a client may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Calls a second of one officer, in the long run.
    pub officer_per_second: u32,
    /// Calls at once of one officer after a pause.
    pub officer_burst: u32,
    /// Officers of the client who may ask about one number in a calendar day.
    pub officers_per_subject: u32,
    /// How often somebody may be named wrongly.
    pub guesses: Guesses,
    /// Calls a second of the client, in the long run.
    pub rate_per_second: u32,
    /// Calls at once after a pause.
    pub burst: u32,
    /// Calls under way at once.
    pub concurrency: u32,
    /// Calls in a calendar day of Viet Nam.
    pub per_day: u64,
    /// Calls in a calendar month of Viet Nam.
    pub per_month: u64,
    /// The client's part of the registry budget, beside the parts of the others.
    pub registry_weight: u32,
    /// Rows of batches in a calendar day of Viet Nam.
    pub batch_rows_per_day: u64,
}

impl Allowance {
    /// Names every figure that can't be, and why; by its member, with those of `failed` below that.
    #[must_use]
    pub fn objections(&self) -> Vec<(&'static str, Contradiction)> {
        let Guesses {
            per_officer,
            per_person,
            per_client,
        } = self.guesses;
        let figures = [
            ("officer_per_second", u64::from(self.officer_per_second)),
            ("officers_per_subject", u64::from(self.officers_per_subject)),
            ("failed/per_officer", u64::from(per_officer)),
            ("failed/per_person", u64::from(per_person)),
            ("failed/per_client", u64::from(per_client)),
            ("rate_per_second", u64::from(self.rate_per_second)),
            ("concurrency", u64::from(self.concurrency)),
            ("per_day", self.per_day),
            ("per_month", self.per_month),
            ("registry_weight", u64::from(self.registry_weight)),
            ("batch_rows_per_day", self.batch_rows_per_day),
        ];
        let noughts = figures.into_iter().filter(|(_, figure)| *figure == 0);
        let mut objections: Vec<_> = noughts
            .map(|(member, _)| (member, Contradiction::Nought))
            .collect();
        if self.officer_burst < self.officer_per_second {
            objections.push(("officer_burst", Contradiction::BurstBelowRate));
        }
        if self.burst < self.rate_per_second {
            objections.push(("burst", Contradiction::BurstBelowRate));
        }
        if self.per_month != 0 && self.per_month < self.per_day {
            objections.push(("per_month", Contradiction::MonthBelowDay));
        }
        objections
    }
}

/// Tells why a figure can't be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradiction {
    /// Nobody could ever ask.
    Nought,
    /// The burst is below its rate.
    BurstBelowRate,
    /// The month's quota is below the day's.
    MonthBelowDay,
}

/// States how many calls may fail to name the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guesses {
    /// Of one officer in ten minutes.
    pub per_officer: u32,
    /// Of the client about one person in an hour.
    pub per_person: u32,
    /// Of the client in ten minutes.
    pub per_client: u32,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            per_officer: 30,
            per_person: 10,
            per_client: 600,
        }
    }
}

/// States how much of what a client may ask may be asked for one procedure; what isn't stated is as for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Narrowing {
    /// Calls a second, in the long run; stated together with the burst.
    pub rate: Option<Rate>,
    /// Calls in a calendar day of Viet Nam.
    pub per_day: Option<u64>,
    /// Calls in a calendar month of Viet Nam.
    pub per_month: Option<u64>,
}

/// States how fast calls may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls a second, in the long run.
    pub per_second: u32,
    /// Calls at once after a pause.
    pub burst: u32,
}

impl Narrowing {
    /// Names the client's figures that are below those of the procedure.
    #[must_use]
    pub fn wider_than(&self, own: &Allowance) -> Vec<&'static str> {
        let rate = self.rate.map(|rate| u64::from(rate.per_second));
        let burst = self.rate.map(|rate| u64::from(rate.burst));
        let pairs = [
            ("rate_per_second", rate, u64::from(own.rate_per_second)),
            ("burst", burst, u64::from(own.burst)),
            ("per_day", self.per_day, own.per_day),
            ("per_month", self.per_month, own.per_month),
        ];
        let wider = pairs
            .into_iter()
            .filter(|(_, stated, own)| stated.is_some_and(|stated| stated > *own));
        wider.map(|(member, ..)| member).collect()
    }

    /// Says what is wrong with the figures beside the client's own, if anything is.
    #[must_use]
    pub fn objection(&self, own: &Allowance) -> Option<&'static str> {
        let is_nought = self.rate.is_some_and(|rate| rate.per_second == 0)
            || [self.per_day, self.per_month].contains(&Some(0));
        let is_wider = !self.wider_than(own).is_empty();
        if is_nought {
            Some("must all be above zero; to stop a procedure, take it out of the licence")
        } else if is_wider {
            Some("no figure of a procedure may be above the client's own")
        } else if self.rate.is_some_and(|rate| rate.burst < rate.per_second)
            || self
                .per_day
                .zip(self.per_month)
                .is_some_and(|(day, month)| month < day)
        {
            Some("no burst must be below its rate, nor per_month below per_day")
        } else {
            None
        }
    }
}

/// Is the registration of one calling system.
#[derive(Debug, Clone)]
pub struct Client {
    /// The `client_id` of its tokens.
    pub id: ClientId,
    /// Who operates it.
    pub name: String,
    /// The province that answers for it.
    pub province: ProvinceCode,
    /// The agencies that may sign in through it.
    pub units: BTreeSet<UnitCode>,
    /// The procedures that it is licensed for.
    pub procedures: BTreeSet<ProcedureCode>,
    /// The fields that it may see.
    pub fields: Fields,
    /// The scopes that it may use.
    pub scopes: Scopes,
    /// How much it may ask.
    pub allowance: Allowance,
    /// How much of it for single procedures.
    pub procedure_limits: BTreeMap<ProcedureCode, Narrowing>,
    /// The certificates that its tokens must be bound to; empty where none is demanded.
    pub thumbprints: Vec<Thumbprint>,
    /// Whether an identity that is only close releases data all the same.
    pub accept_close_identity: bool,
    /// Whether it is switched on.
    pub status: Status,
    /// From when it counts.
    pub valid_from: Timestamp,
    /// Until when it counts.
    pub valid_until: Timestamp,
}

impl Client {
    /// Tells whether the registration counts at `now`.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.status {
            Status::Suspended => Standing::Suspended,
            Status::Active if self.valid_from <= now && now < self.valid_until => Standing::InForce,
            Status::Active | Status::Expired => Standing::OutOfTerm,
        }
    }

    /// Tells whether the agency is one of the client's.
    #[must_use]
    pub fn has_unit(&self, unit: &UnitCode) -> bool {
        self.units.contains(unit)
    }

    /// Tells whether its tokens must be bound to a certificate.
    #[must_use]
    pub fn needs_certificate(&self) -> bool {
        !self.thumbprints.is_empty()
    }

    /// Tells whether the certificate is one of the client's.
    #[must_use]
    pub fn accepts(&self, presented: &Thumbprint) -> bool {
        self.thumbprints.contains(presented)
    }

    /// Tells whether the client was granted the scope.
    #[must_use]
    pub fn may_use(&self, scope: Scope) -> bool {
        self.scopes.contains(scope)
    }
}

/// Says that two entries carry the same id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the client {0} is registered twice")]
pub struct Duplicate(pub ClientId);

/// Holds every registration.
#[derive(Debug, Clone, Default)]
pub struct Clients(BTreeMap<ClientId, Arc<Client>>);

impl Clients {
    /// Makes the register.
    ///
    /// # Errors
    /// `Duplicate` names an id that stands twice.
    pub fn new(entries: impl IntoIterator<Item = Client>) -> Result<Self, Duplicate> {
        let mut clients = BTreeMap::new();
        for client in entries {
            let id = client.id.clone();
            if clients.insert(id.clone(), Arc::new(client)).is_some() {
                return Err(Duplicate(id));
            }
        }
        Ok(Self(clients))
    }

    /// Finds a registration.
    #[must_use]
    pub fn find(&self, id: &ClientId) -> Option<&Arc<Client>> {
        self.0.get(id)
    }

    /// Lists the registrations by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.0.values()
    }
}

/// Of two with one id the later counts; `Clients::new` refuses them.
impl FromIterator<Arc<Client>> for Clients {
    fn from_iter<I: IntoIterator<Item = Arc<Client>>>(clients: I) -> Self {
        let named = clients.into_iter().map(|client| (client.id.clone(), client));
        Self(named.collect())
    }
}
