//! How does a province's one-stop system take a dossier without asking for the household book?
//!
//! Takes a dossier, signs the officer in at the issuer, has the gateway check (`POST /v1/checks`), asks for no paper where none
//! is needed, files the confirmation with its page, and reports each state to the portal. Whatever has to wait (a check that
//! is pending, a gateway that doesn't answer) is followed up by itself, under the same idempotency key.
//! Always true: a paper is asked for only where a finished check says so; what is reported holds nothing personal.
//! Deliberately absent: any look at the registry of its own, and any memory beyond this process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::{ServiceClock, vietnamese, vietnamese_day};

pub mod calls;
pub mod counters;
pub mod dossier;
pub mod http;
pub mod page;
mod words;

use calls::{Calls, Failed};
use dossier::{Decision, Dossier, Event, Request, State};

/// The most dossiers that are kept; beyond them the oldest go.
const MOST_KEPT: usize = 10_000;

/// The one-stop system.
pub struct OneStop {
    calls: Calls,
    clock: ServiceClock,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    taken: u64,
    dossiers: BTreeMap<u64, Dossier>,
}

impl OneStop {
    /// Opens the counter.
    pub fn new(calls: Calls, clock: ServiceClock) -> Self {
        Self {
            calls,
            clock,
            desk: Mutex::default(),
        }
    }

    /// Takes a dossier and does with it whatever can be done at once.
    pub async fn take(&self, request: Request) -> Dossier {
        let number = self.open(request);
        self.move_on(number).await;
        self.dossier(number).unwrap_or_default()
    }

    /// Goes once over everything that waits.
    pub async fn follow_up(&self) {
        let waiting: Vec<u64> = {
            let now = self.now();
            self.desk()
                .dossiers
                .iter()
                .filter(|(_, dossier)| dossier.is_due(now))
                .map(|(number, _)| *number)
                .collect()
        };
        for number in waiting {
            self.move_on(number).await;
        }
    }

    /// Lists the dossiers, oldest first.
    pub fn dossiers(&self) -> Vec<Dossier> {
        self.desk().dossiers.values().cloned().collect()
    }

    /// Finds a dossier by its code.
    pub fn find(&self, code: &str) -> Option<Dossier> {
        self.desk()
            .dossiers
            .values()
            .find(|dossier| dossier.code == code)
            .cloned()
    }

    /// Returns this moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn open(&self, request: Request) -> u64 {
        let now = self.now();
        let mut desk = self.desk();
        desk.taken = desk.taken.saturating_add(1);
        let number = desk.taken;
        let day = vietnamese_day(now).strftime("%y%m%d").to_string();
        let unit = request
            .unit
            .clone()
            .unwrap_or_else(|| self.calls.unit().to_owned());
        let code = format!("000.00.{unit}-{day}-{number:04}");
        desk.dossiers
            .insert(number, Dossier::open(code, unit, request, now));
        if desk.dossiers.len() > MOST_KEPT {
            desk.dossiers.pop_first();
        }
        number
    }

    /// Asks the gateway what is to be done, and does it.
    async fn move_on(&self, number: u64) {
        let Some(dossier) = self.dossier(number) else {
            return;
        };
        let answered = match dossier.check_id() {
            Some(id) => self.calls.read_check(&dossier, id).await,
            None => self.calls.check(&dossier, &vietnamese(dossier.received_at)).await,
        };
        let (state_before, now) = (dossier.state, self.now());
        match answered {
            Ok(check) => self.decide(number, check, now).await,
            Err(failed) => self.change(number, |dossier| put_off(dossier, failed, now)),
        }
        if let Some(dossier) = self
            .dossier(number)
            .filter(|dossier| dossier.state != state_before)
        {
            self.report(number, &dossier).await;
        }
    }

    async fn decide(&self, number: u64, check: Value, now: Timestamp) {
        let decision = Decision::of(&check);
        let Some(dossier) = self.dossier(number) else {
            return;
        };
        let (page, papers_spared) = if decision == Decision::Pending {
            (None, 0)
        } else {
            let page = self.calls.confirmation_page(&dossier, &check).await;
            (page, self.calls.papers_spared(&dossier, &check).await)
        };
        self.change(number, |dossier| {
            dossier.decided(decision, check, now);
            dossier.papers_spared = papers_spared;
            dossier.file(page, now);
        });
    }

    async fn report(&self, number: u64, dossier: &Dossier) {
        let report = json!({
            "dossier": dossier.code,
            "procedure": dossier.procedure,
            "state": dossier.state.as_str(),
            "decision": dossier.decision().as_str(),
            "deadline": dossier.told("/deadline"),
            "confirmation": dossier.told("/confirmation/id"),
            "at": vietnamese(self.now()),
        });
        let is_told = self.calls.report(&report).await;
        let now = self.now();
        let event = if is_told {
            Event::Reported
        } else {
            Event::NotReported
        };
        self.change(number, |dossier| dossier.note(event, now));
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Dossier)) {
        if let Some(dossier) = self.desk().dossiers.get_mut(&number) {
            change(dossier);
        }
    }

    fn dossier(&self, number: u64) -> Option<Dossier> {
        self.desk().dossiers.get(&number).cloned()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn put_off(dossier: &mut Dossier, failed: Failed, now: Timestamp) {
    let has_changed = dossier.problem != failed.problem;
    dossier.problem = failed.problem;
    if dossier.state == State::Pending {
        // The gateway has it in hand; that it can't be asked now changes nothing.
        return;
    }
    dossier.state = if failed.may_help_later {
        State::Waiting
    } else {
        State::Refused
    };
    if has_changed {
        dossier.note(Event::NotChecked, now);
    }
}
