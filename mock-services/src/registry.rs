//! What does the population database answer to this call?
//!
//! The whole decision between a call's bytes and its reply: who is calling, what is asked, whether unit, officer
//! and procedure may, whether the triple matches, and how the record is written. `http` puts it on the wire.
//! Always true: a wrong name and an unknown number give the same empty collection; a refusal names its reason by
//! a code and never shows data.
//! Deliberately absent: sockets and faults of the transport; those are `delivery`'s.
//! Every failure is a SOAP fault with a code of the README.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use uuid::Uuid;

use crate::clock::{ServiceClock, vietnamese};
use crate::delivery::Reply;
use crate::faults::{Faults, Kind, Service, Strike};
use crate::register::{Found, Register};
use crate::stats::Stats;

pub mod answer;
pub mod credentials;
pub mod events;
pub mod folding;
pub mod http;
pub mod request;
pub mod rules;
pub mod xml;

use answer::{Stamp, Style};
use credentials::{Credentials, Presented, Stranger};
use folding::fold;
use request::{Birth, Number, Operation, Request, Subject};
use rules::{Refusal, Rules};

const XML: &str = "text/xml; charset=utf-8";
const MOST_REMEMBERED: usize = 10_000;

/// The population database.
pub struct Registry {
    register: Arc<Register>,
    credentials: Credentials,
    clock: ServiceClock,
    faults: Arc<Faults>,
    stats: Arc<Stats>,
    rules: RwLock<Rules>,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    by_unit: HashMap<String, u64>,
    // Questions that may be asked for later, oldest first.
    asked: VecDeque<(String, Timestamp, Request)>,
}

impl Registry {
    /// Opens the database.
    pub fn new(
        register: Arc<Register>,
        credentials: Credentials,
        clock: ServiceClock,
        faults: Arc<Faults>,
        stats: Arc<Stats>,
    ) -> Self {
        let (rules, used) = (RwLock::default(), Mutex::default());
        Self {
            register,
            credentials,
            clock,
            faults,
            stats,
            rules,
            used,
        }
    }

    /// Returns the rules in force.
    pub fn rules(&self) -> Rules {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts other rules in force and forgets what units have used.
    pub fn set_rules(&self, rules: Rules) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
        self.used().by_unit.clear();
    }

    /// Checks a caller's headers for a path.
    pub fn authenticate(&self, path: &str, presented: Presented<'_>) -> Result<(), Stranger> {
        self.credentials
            .check(path, presented, self.clock.now().as_second())
    }

    /// Answers one call to `POST /dancu` and says which fault strikes it.
    pub fn answer(&self, presented: Presented<'_>, body: &str) -> (Reply, Strike) {
        let rules = self.rules();
        let request = request::read(body, rules.strict_order);
        let (operation, pin) = match &request {
            Ok(request) => (
                request.operation.name(),
                request.subject.as_ref().map(|s| s.number.digits()),
            ),
            Err(_) => ("unreadable", None),
        };
        let strike = self.faults.strike(Service::Registry, operation, pin);
        if let Err(stranger) = self.authenticate("/dancu", presented) {
            return (self.turn_away(&stranger), strike);
        }
        if request.is_ok() {
            self.stats.count(Service::Registry, operation);
        }
        if let Some(fault) = strike
            .fault
            .as_ref()
            .filter(|fault| fault.kind == Kind::SoapFault)
        {
            let code = fault.code.as_deref().unwrap_or("MAINTENANCE");
            return (soap_fault("Server", code, "the service is disturbed"), strike);
        }
        let reply = request
            .map_err(|unreadable| Refusal::Request(unreadable.to_string()))
            .and_then(|request| self.admitted(&rules, request, &strike))
            .unwrap_or_else(|refusal| self.refuse(&refusal));
        (reply, strike)
    }

    fn admitted(&self, rules: &Rules, request: Request, strike: &Strike) -> Result<Reply, Refusal> {
        rules.admit(&request)?;
        self.spend(rules, &request.unit)?;
        let now = self.clock.now();
        if request.operation == Operation::Result {
            return self.later(rules, &request, now);
        }
        if rules.late_answers_ms.is_some() || strike.is_struck {
            self.keep(&request, now);
        }
        if rules.late_answers_ms.is_some() {
            return Ok(reply(answer::not_ready(&request.request_id)));
        }
        Ok(self.told(&request, now, strike))
    }

    fn later(&self, rules: &Rules, request: &Request, now: Timestamp) -> Result<Reply, Refusal> {
        let asked = self
            .used()
            .asked
            .iter()
            .rev()
            .find(|(id, ..)| *id == request.request_id)
            .map(|(_, at, question)| (*at, question.clone()));
        let Some((at, question)) = asked.filter(|(_, question)| question.unit == request.unit) else {
            return Err(Refusal::Request("MaYeuCau is not known".to_owned()));
        };
        let waited = now.duration_since(at).as_millis();
        if waited < i128::from(rules.late_answers_ms.unwrap_or(0)) {
            return Ok(reply(answer::not_ready(&request.request_id)));
        }
        Ok(self.told(&question, now, &Strike::default()))
    }

    fn told(&self, request: &Request, now: Timestamp, strike: &Strike) -> Reply {
        let stamp = Stamp {
            data_time: vietnamese(now),
            id: Uuid::new_v4().to_string(),
        };
        let style = Style {
            wrong_namespace: strike.is(Kind::WrongNamespace),
            split_name: strike.is(Kind::SplitName),
        };
        let found = request
            .subject
            .as_ref()
            .and_then(|subject| self.matching(subject));
        reply(match request.operation {
            Operation::Verify => answer::exists(found.is_some(), style),
            Operation::Household => {
                let household = found.and_then(|found| self.register.household(&found.person.household));
                answer::household(household.as_ref(), &stamp, style)
            }
            Operation::Lookup | Operation::Result => {
                self.records(found, strike.is(Kind::TwoRecords), &stamp, style)
            }
        })
    }

    fn records(&self, found: Option<Found>, with_stranger: bool, stamp: &Stamp, style: Style) -> String {
        let mut people = Vec::new();
        if let Some(found) = found {
            if with_stranger {
                people.extend(self.stranger_to(&found.person.pin));
            }
            people.extend(found.twins);
            people.push(found.person);
        }
        let homes: Vec<_> = people
            .iter()
            .map(|person| self.register.household(&person.household))
            .collect();
        let records: Vec<_> = people.iter().zip(homes.iter().map(Option::as_ref)).collect();
        answer::records(&records, stamp, style)
    }

    fn stranger_to(&self, pin: &str) -> Option<crate::person::Person> {
        self.register
            .sample(7, 0..2)
            .into_iter()
            .find(|person| person.pin != pin)
    }

    fn matching(&self, subject: &Subject) -> Option<Found> {
        let found = match &subject.number {
            Number::Pin(pin) => self.register.found(pin),
            Number::Old(old_number) => self.register.found_by_old_number(old_number),
        }?;
        let is_born_then = match &subject.birth {
            Birth::Day(day) => found.person.birth.compact() == *day,
            // The year alone finds only those who are held by the year alone.
            Birth::Year(year) => found.person.birth.text() == *year,
        };
        (is_born_then && fold(&subject.full_name) == fold(&found.person.full_name)).then_some(found)
    }

    fn spend(&self, rules: &Rules, unit: &str) -> Result<(), Refusal> {
        let Some(quota) = rules.quota_per_unit else {
            return Ok(());
        };
        let mut used = self.used();
        let spent = used.by_unit.entry(unit.to_owned()).or_default();
        if *spent >= quota {
            return Err(Refusal::Quota);
        }
        *spent = spent.saturating_add(1);
        Ok(())
    }

    fn keep(&self, request: &Request, now: Timestamp) {
        let mut used = self.used();
        if used.asked.len() >= MOST_REMEMBERED {
            used.asked.pop_front();
        }
        used.asked
            .push_back((request.request_id.clone(), now, request.clone()));
    }

    fn turn_away(&self, stranger: &Stranger) -> Reply {
        self.stats.count(Service::Registry, "refused");
        let code = match stranger {
            Stranger::Timestamp => "AUTH_TIMESTAMP",
            Stranger::Signature => "AUTH_SIGNATURE",
            Stranger::Client => "AUTH_CLIENT",
        };
        Reply {
            status: 401,
            ..soap_fault("Client", code, &stranger.to_string())
        }
    }

    fn refuse(&self, refusal: &Refusal) -> Reply {
        self.stats.count(Service::Registry, "refused");
        soap_fault(refusal.side(), refusal.code(), &refusal.to_string())
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn reply(body: String) -> Reply {
    Reply {
        status: 200,
        content_type: XML,
        body,
    }
}

fn soap_fault(side: &str, code: &str, text: &str) -> Reply {
    Reply {
        status: 500,
        content_type: XML,
        body: answer::fault(side, code, text),
    }
}
