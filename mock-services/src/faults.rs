//! Which fault strikes this call?
//!
//! Holds what `PUT /_mock/faults` has set; each service asks before it answers. Delays add up, of the other kinds
//! the one set last strikes.
//! Always true: a fault with a `count` strikes no more often than that, and how often each struck can be read.
//! Deliberately absent: carrying it out on the wire, which is `delivery`'s.
//! A fault that its service can't commit (two records from the issuer, say) is refused when it is set.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::chance::Chance;

/// The services that faults can be set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// The population database.
    Registry,
    /// The single sign-on.
    Issuer,
    /// The service portal.
    Portal,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The answer comes late.
    Delay,
    /// The call is accepted and never answered.
    Hang,
    /// The connection is reset in the middle of the answer.
    Reset,
    /// The connection is closed in the middle of the answer.
    Truncate,
    /// The body comes a byte at a time.
    SlowDrip,
    /// Another status, `status`.
    Status,
    /// An HTML page with status 200.
    #[serde(rename = "html_200")]
    Html200,
    /// A SOAP fault, `code`.
    SoapFault,
    /// The right answer in the wrong namespace.
    WrongNamespace,
    /// The right answer behind a byte order mark.
    Bom,
    /// Status 200 and nothing.
    Empty,
    /// A stranger's record before the right one.
    TwoRecords,
    /// The name split over three elements.
    SplitName,
    /// The TLS listener shows an expired certificate.
    ExpiredCertificate,
}

/// A fault as it is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Where.
    pub service: Service,
    /// Only for this operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Only for questions about this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// What goes wrong.
    pub kind: Kind,
    /// How long it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// How much longer it may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<u64>,
    /// The status of [`Kind::Status`]; 503 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The code of [`Kind::SoapFault`]; `MAINTENANCE` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Of how many calls it strikes which share; all if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// How often it strikes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// A fault and how often it struck.
#[derive(Debug, Clone, Serialize)]
pub struct Armed {
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// How often it struck.
    pub struck: u64,
}

/// What to do to one answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strike {
    /// Wait this long first.
    pub delay: Duration,
    /// The fault that strikes, other than delays.
    pub fault: Option<Fault>,
    /// Whether anything struck, a delay included.
    pub is_struck: bool,
}

impl Strike {
    /// Tells whether a fault of this kind strikes.
    pub fn is(&self, kind: Kind) -> bool {
        self.fault.as_ref().is_some_and(|fault| fault.kind == kind)
    }
}

/// Why a fault can't be set.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unfit {
    /// The service has no such answer to spoil.
    #[error("this service cannot commit this kind of fault")]
    Kind,
    /// The rate isn't between 0 and 1.
    #[error("rate must lie between 0.0 and 1.0")]
    Rate,
    /// The status isn't an HTTP status.
    #[error("status must lie between 200 and 599")]
    Status,
}

/// All faults that are set.
#[derive(Debug)]
pub struct Faults {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    armed: Vec<Armed>,
    chance: Chance,
}

impl Faults {
    /// Starts with none; draws by the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            state: Mutex::new(State {
                armed: Vec::new(),
                chance: Chance::new(seed, &[0xFA]),
            }),
        }
    }

    /// Sets one more.
    pub fn add(&self, fault: Fault) -> Result<(), Unfit> {
        fault.check()?;
        self.lock().armed.push(Armed { fault, struck: 0 });
        Ok(())
    }

    /// Sets exactly these.
    pub fn replace(&self, faults: Vec<Fault>) -> Result<(), Unfit> {
        faults.iter().try_for_each(Fault::check)?;
        self.lock().armed = faults
            .into_iter()
            .map(|fault| Armed { fault, struck: 0 })
            .collect();
        Ok(())
    }

    /// Takes all away.
    pub fn clear(&self) {
        self.lock().armed.clear();
    }

    /// Lists what is set.
    pub fn list(&self) -> Vec<Armed> {
        self.lock().armed.clone()
    }

    /// Decides what strikes a call.
    pub fn strike(&self, service: Service, operation: &str, pin: Option<&str>) -> Strike {
        let mut state = self.lock();
        let State { armed, chance } = &mut *state;
        let mut strike = Strike::default();
        for armed in armed.iter_mut().rev() {
            let is_spent = armed.fault.count.is_some_and(|count| armed.struck >= count);
            let is_delay = armed.fault.kind == Kind::Delay;
            if is_spent
                || armed.fault.kind == Kind::ExpiredCertificate
                || (!is_delay && strike.fault.is_some())
                || !armed.fault.concerns(service, operation, pin)
                || !armed.fault.is_drawn(chance)
            {
                continue;
            }
            armed.struck = armed.struck.saturating_add(1);
            strike.is_struck = true;
            if is_delay || armed.fault.kind != Kind::SlowDrip {
                strike.delay = strike.delay.saturating_add(armed.fault.pause(chance));
            }
            if !is_delay {
                strike.fault = Some(armed.fault.clone());
            }
        }
        strike
    }

    /// Decides whether a TLS handshake is to show the expired certificate.
    pub fn strikes_handshake(&self, service: Service) -> bool {
        let mut state = self.lock();
        let State { armed, chance } = &mut *state;
        let hit = armed.iter_mut().find(|armed| {
            armed.fault.kind == Kind::ExpiredCertificate
                && armed.fault.service == service
                && armed.fault.count.is_none_or(|count| armed.struck < count)
                && armed.fault.is_drawn(chance)
        });
        if let Some(armed) = hit {
            armed.struck = armed.struck.saturating_add(1);
            return true;
        }
        false
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault {
    fn check(&self) -> Result<(), Unfit> {
        let is_for_registry = matches!(
            self.kind,
            Kind::SoapFault
                | Kind::WrongNamespace
                | Kind::TwoRecords
                | Kind::SplitName
                | Kind::ExpiredCertificate
        );
        if is_for_registry && self.service != Service::Registry {
            return Err(Unfit::Kind);
        }
        if self.rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
            return Err(Unfit::Rate);
        }
        if self.status.is_some_and(|status| !(200..600).contains(&status)) {
            return Err(Unfit::Status);
        }
        Ok(())
    }

    fn concerns(&self, service: Service, operation: &str, pin: Option<&str>) -> bool {
        self.service == service
            && self.operation.as_deref().is_none_or(|wanted| wanted == operation)
            && self.pin.as_deref().is_none_or(|wanted| pin == Some(wanted))
    }

    fn is_drawn(&self, chance: &mut Chance) -> bool {
        const FINENESS: u32 = 1_000_000;
        self.rate.is_none_or(|rate| {
            let drawn = u32::try_from(chance.below(u64::from(FINENESS))).unwrap_or(0);
            f64::from(drawn) < rate * f64::from(FINENESS)
        })
    }

    fn pause(&self, chance: &mut Chance) -> Duration {
        let jitter = self
            .jitter_ms
            .map_or(0, |most| chance.below(most.saturating_add(1)));
        Duration::from_millis(self.delay_ms.unwrap_or(0).saturating_add(jitter))
    }
}

#[cfg(test)]
mod tests;
