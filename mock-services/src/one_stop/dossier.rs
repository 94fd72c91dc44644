//! What is in a dossier, and how far has it come?
//!
//! Always true: its state follows from the gateway's last answer; its history only grows; the papers asked for are those
//! of the check's supplement and no others. Deliberately absent: calls.
//! A request that can't be a dossier is refused with a sentence.

use actix_web::web::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clock::vietnamese;

/// The officer who sits at the counter unless a request names another.
pub const OFFICER: &str = "001090000001";

/// How the citizen came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To the counter.
    #[default]
    Counter,
    /// Over the portal.
    Online,
    /// Over the portal, with somebody's help.
    Assisted,
    /// By post.
    Post,
}

impl Channel {
    /// Lists every channel.
    pub const ALL: [Self; 4] = [Self::Counter, Self::Online, Self::Assisted, Self::Post];

    /// Returns the word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Online => "online",
            Self::Assisted => "assisted",
            Self::Post => "post",
        }
    }
}

/// At which level of government the dossier lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A province's offices.
    Province,
    /// A commune.
    #[default]
    Commune,
}

impl Level {
    /// Returns the word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Commune => "commune",
        }
    }

    // The code of a province's own office has no dot: `H57`, but `H57.12`.
    fn of_unit(unit: &str) -> Self {
        if unit.contains('.') {
            Self::Commune
        } else {
            Self::Province
        }
    }
}

/// What a citizen brings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The administrative procedure.
    pub procedure: String,
    /// How the citizen came.
    #[serde(default)]
    pub channel: Channel,
    /// Who it is about: `{"role","subject","claims"?}`, handed on to the gateway as they are.
    pub subjects: Vec<Map<String, Value>>,
    /// The officer; the usual one if left out.
    #[serde(default)]
    pub officer: Option<String>,
    /// The unit; the client's first if left out.
    #[serde(default)]
    pub unit: Option<String>,
    /// The level; the unit's if left out.
    #[serde(default)]
    pub level: Option<Level>,
}

/// How far a dossier has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// It lies on the desk.
    #[default]
    Received,
    /// The gateway couldn't be asked; it will be asked again.
    Waiting,
    /// The gateway waits for the registry.
    Pending,
    /// Nothing is missing: the procedure goes on.
    InProcess,
    /// The citizen has been asked for a paper.
    SupplementAsked,
    /// The gateway won't check it.
    Refused,
}

impl State {
    /// Returns the word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Waiting => "waiting",
            Self::Pending => "pending",
            Self::InProcess => "in_process",
            Self::SupplementAsked => "supplement_asked",
            Self::Refused => "refused",
        }
    }
}

/// What the gateway decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// No paper may be asked for.
    PaperNotRequired,
    /// A paper may be asked for.
    SupplementRequired,
    /// It can't be told yet.
    Pending,
    /// Nothing was said.
    None,
}

impl Decision {
    /// Reads the decision of a check; an unknown word decides nothing.
    pub fn of(check: &Value) -> Self {
        match check.get("decision").and_then(Value::as_str) {
            Some("paper_not_required") => Self::PaperNotRequired,
            Some("supplement_required") => Self::SupplementRequired,
            Some("pending") => Self::Pending,
            _ => Self::None,
        }
    }

    /// Returns the word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaperNotRequired => "paper_not_required",
            Self::SupplementRequired => "supplement_required",
            Self::Pending => "pending",
            Self::None => "none",
        }
    }
}

/// What happened to a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It came in.
    Received,
    /// The gateway couldn't be asked, or refused.
    NotChecked,
    /// The gateway waits for the registry.
    PutOff,
    /// No paper is needed.
    NoPaperNeeded,
    /// The citizen was asked for a paper.
    PaperAsked,
    /// The confirmation was put into the dossier.
    Filed,
    /// The portal was told.
    Reported,
    /// The portal couldn't be told.
    NotReported,
}

impl Event {
    /// Returns the word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::NotChecked => "not_checked",
            Self::PutOff => "put_off",
            Self::NoPaperNeeded => "no_paper_needed",
            Self::PaperAsked => "paper_asked",
            Self::Filed => "confirmation_filed",
            Self::Reported => "reported",
            Self::NotReported => "not_reported",
        }
    }
}

/// A dossier.
#[derive(Debug, Clone, Default)]
pub struct Dossier {
    /// Its code.
    pub code: String,
    /// The administrative procedure.
    pub procedure: String,
    /// How the citizen came.
    pub channel: Channel,
    /// The level at which it lies.
    pub level: Level,
    /// The unit that took it.
    pub unit: String,
    /// The officer who took it.
    pub officer: String,
    /// When it came in.
    pub received_at: Timestamp,
    /// Who it is about.
    pub subjects: Vec<Map<String, Value>>,
    /// How far it has come.
    pub state: State,
    /// The gateway's last answer.
    pub check: Value,
    /// Why the gateway gave none.
    pub problem: Value,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// The confirmation's page, a PDF.
    pub page: Option<Bytes>,
    /// How many papers the register spared the citizen.
    pub papers_spared: u64,
    /// What happened, oldest first.
    pub history: Vec<(Timestamp, Event)>,
}

impl Dossier {
    pub(super) fn open(code: String, unit: String, request: Request, now: Timestamp) -> Self {
        Self {
            code,
            procedure: request.procedure,
            channel: request.channel,
            level: request.level.unwrap_or_else(|| Level::of_unit(&unit)),
            officer: request.officer.unwrap_or_else(|| OFFICER.to_owned()),
            unit,
            received_at: now,
            subjects: request.subjects,
            history: vec![(now, Event::Received)],
            ..Self::default()
        }
    }

    /// Returns a text of the gateway's last answer, or null.
    pub fn told(&self, pointer: &str) -> Value {
        self.check.pointer(pointer).cloned().unwrap_or_default()
    }

    /// Returns the decision.
    pub fn decision(&self) -> Decision {
        Decision::of(&self.check)
    }

    /// Returns the id of the check that the gateway has in hand.
    pub(super) fn check_id(&self) -> Option<&str> {
        self.check.get("id").and_then(Value::as_str)
    }

    /// Counts the papers that the citizen was asked for: one for each entry of the supplement.
    pub fn papers_asked(&self) -> u64 {
        if self.state != State::SupplementAsked {
            return 0;
        }
        let asked = self.check.get("supplement").and_then(Value::as_array);
        asked.map_or(0, |asked| u64::try_from(asked.len()).unwrap_or(u64::MAX))
    }

    /// Tells whether it waits and may be moved on now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        match self.state {
            State::Waiting => true,
            State::Pending => self
                .time("/pending/retry_at")
                .is_none_or(|retry_at| retry_at <= now),
            State::Received | State::InProcess | State::SupplementAsked | State::Refused => false,
        }
    }

    /// Tells whether the citizen wasn't told in time what becomes of the dossier.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        // Where no deadline is known yet, no law allows more than a working day, which a long holiday can make ten days of.
        let longest = SignedDuration::from_hours(10 * 24);
        let deadline = self
            .time("/deadline")
            .or_else(|| self.received_at.checked_add(longest).ok());
        deadline.is_some_and(|deadline| self.decided_at.unwrap_or(now) > deadline)
    }

    fn time(&self, pointer: &str) -> Option<Timestamp> {
        self.check.pointer(pointer)?.as_str()?.parse().ok()
    }

    pub(super) fn decided(&mut self, decision: Decision, check: Value, now: Timestamp) {
        let (state, event) = match decision {
            Decision::PaperNotRequired => (State::InProcess, Event::NoPaperNeeded),
            Decision::SupplementRequired => (State::SupplementAsked, Event::PaperAsked),
            Decision::Pending => (State::Pending, Event::PutOff),
            Decision::None => (State::Refused, Event::NotChecked),
        };
        if state != self.state {
            self.note(event, now);
        }
        if matches!(state, State::InProcess | State::SupplementAsked) {
            self.decided_at = self.decided_at.or(Some(now));
        }
        self.state = state;
        self.check = check;
        self.problem = Value::Null;
    }

    pub(super) fn file(&mut self, page: Option<Bytes>, now: Timestamp) {
        if page.is_some() && self.page.is_none() {
            self.page = page;
            self.note(Event::Filed, now);
        }
    }

    pub(super) fn note(&mut self, event: Event, now: Timestamp) {
        self.history.push((now, event));
    }

    /// Writes it for the control port.
    pub fn json(&self, now: Timestamp) -> Value {
        let history: Vec<_> = self
            .history
            .iter()
            .map(|(at, event)| json!({"at": vietnamese(*at), "event": event.as_str()}))
            .collect();
        json!({
            "dossier": self.code,
            "procedure": self.procedure,
            "channel": self.channel.as_str(),
            "level": self.level.as_str(),
            "unit": self.unit,
            "received_at": vietnamese(self.received_at),
            "state": self.state.as_str(),
            "decision": self.decision().as_str(),
            "deadline": self.told("/deadline"),
            "decided_at": self.decided_at.map(vietnamese),
            "is_overdue": self.is_overdue(now),
            "papers_asked": self.papers_asked(),
            "papers_spared": self.papers_spared,
            "supplement": self.told("/supplement"),
            "confirmation": self.told("/confirmation"),
            "confirmation_page_bytes": self.page.as_ref().map(Bytes::len),
            "check": self.check,
            "problem": self.problem,
            "history": history,
        })
    }
}
