//! May the officer ask for a paper, which, and by when?
//!
//! Stands behind the exchange: takes a dossier's people in their roles, asks the register about each through whole exchanges,
//! all at once and under one deadline, and gives one decision with the facts that it rests on (`decision`), the papers that
//! may be asked for, and the legal deadline (`working_time`). Where nothing need be asked for, a confirmation is issued. While
//! the registry can't be asked the check waits, kept sealed (`kept`), and goes on by itself (`waiting`). Always true: no
//! decision without its audit row, none from missing data, and one end for each check. Knows nothing of HTTP: requests are
//! read and answers written by the form that it is given. On failure: a refusal, recorded, and nothing is decided.

mod confirming;
pub mod decision;
pub mod filling;
mod inquiry;
pub mod kept;
mod names;
mod waiting;
pub mod working_time;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::timeout;
use uuid::Uuid;

use crate::audit;
use crate::auth::{Caller, Scope};
use crate::clock::Clock;
use crate::confirmations::{Confirmations, Issued};
use crate::domain::context::Context;
use crate::domain::field::Fields;
use crate::domain::pin::IdNumber;
use crate::domain::problem::Code;
use crate::domain::role::Role;
use crate::exchange::{
    self, Asked, Call, Cause, Exchange, Moment, Opened, Outcome, Question, Refusal, Repeatable, Within, Work,
};
use crate::limits::Remaining;
use crate::policy::Mandate;
use crate::policy::clients::Client;
use crate::policy::procedures::Procedure;
use crate::records::freshness::Wanted;
use crate::sealing::{Pseudonym, Sealer};
use decision::{Decision, Finding, Supplement, Term, Verdict, decide, supplements};
use filling::{Filling, Misplaced, fill};
use inquiry::{Answers, Inquiry, tell_people_apart};
use kept::{Drawer, Held, Row, Store, Waits};
use working_time::{Calendar, day_of};

/// The other ways that the law gives while the registry can't be asked (Decree 104/2022/NĐ-CP, art. 14(2)(b) and (c)).
const OTHER_WAYS: [&str; 2] = ["vneid", "card_qr_or_chip"];

/// How much longer than one look-up all of a check's together may take.
const GRACE: Duration = Duration::from_millis(500);

/// States what checks must know.
#[derive(Debug, Clone)]
pub struct Config {
    /// When offices are open.
    pub calendar: Calendar,
    /// How often the registry is tried again while checks wait for it.
    pub retry_every: Duration,
    /// How long a gateway has a check in hand; longer than a try takes, or another begins the same.
    pub taken_for: Duration,
    /// How long a check's answer can be read again.
    pub kept_for: Duration,
}

/// Is a dossier's people and the work that they are looked up for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The work.
    pub context: Context,
    /// When the dossier came in; with the call, where it isn't said.
    pub received_at: Option<Timestamp>,
    /// Who stands in which role.
    pub fillings: Vec<Filling>,
}

/// Is a call for a check.
#[derive(Debug, Clone)]
pub struct Asking {
    /// What it asks.
    pub request: Request,
    /// The body, as it came.
    pub body: Bytes,
    /// How old the records behind the answer may be.
    pub wanted: Wanted,
    /// The caller's key, where the call may be repeated safely.
    pub repeatable: Option<Repeatable>,
}

/// Reads requests and writes answers as the edge's protocol has them.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Reads a body that was read before, as of the time at which it came.
    pub read: fn(&[u8], Timestamp) -> Option<Request>,
    /// Writes an answer.
    pub write: fn(&Answer) -> Bytes,
}

/// Is what the caller is told.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The check's name.
    pub id: Uuid,
    /// The decision.
    pub decision: Decision,
    /// What it rests on.
    pub facts: Vec<Finding>,
    /// The papers that may be asked for.
    pub supplement: Vec<Supplement>,
    /// By when the citizen must be told, where there is something to tell.
    pub deadline: Option<Timestamp>,
    /// The other ways that the law gives, where the registry couldn't be asked.
    pub other_ways: &'static [&'static str],
    /// The confirmation for the dossier, where no paper is required.
    pub confirmation: Option<Issued>,
    /// What is told of a check that waits.
    pub pending: Option<Pending>,
    /// Our id of the call.
    pub transaction_id: Uuid,
    /// When it was given.
    pub answered_at: Timestamp,
}

/// Is what is told of a check that waits.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The proof that it was asked for: a place in the log, which signed checkpoints cover.
    pub receipt: String,
    /// When the registry is tried again.
    pub retry_at: Timestamp,
}

/// Is an answer on its way to the caller.
#[derive(Debug)]
pub struct Told {
    /// The body.
    pub body: Bytes,
    /// Whether the check waits.
    pub is_pending: bool,
    /// The client, for the limits' headers.
    pub client: Arc<Client>,
    /// Where the client stands, unless nothing was spent.
    pub nearest: Option<Remaining>,
}

/// Is a refused call, with what didn't fit the procedure.
#[derive(Debug)]
pub struct Refused {
    /// The refusal.
    pub refusal: Refusal,
    /// What didn't fit.
    pub misplaced: Vec<Misplaced>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            misplaced: Vec::new(),
        }
    }
}

/// Names what [`Checks`] are made of.
#[expect(missing_docs, reason = "each part is documented where it is made")]
pub struct Parts {
    pub config: Config,
    pub exchange: Arc<Exchange>,
    pub confirmations: Arc<Confirmations>,
    pub store: Arc<dyn Store>,
    pub sealer: Sealer,
    pub form: Form,
    pub clock: Arc<dyn Clock>,
}

/// Checks what a procedure still needs of whom.
pub struct Checks {
    config: ArcSwap<Config>,
    exchange: Arc<Exchange>,
    confirmations: Arc<Confirmations>,
    drawer: Drawer,
    form: Form,
    clock: Arc<dyn Clock>,
    stopping: AtomicBool,
}

/// Is what the register said about everybody.
struct Gathered {
    findings: Vec<Finding>,
    people: Vec<IdNumber>,
    living: Vec<Pseudonym>,
    begun: Moment,
    nearest: Option<Remaining>,
}

/// Is a check that is to be answered: who asked, what, and what it is called.
struct Matter<'a> {
    id: Uuid,
    call: &'a Call,
    mandate: &'a Mandate,
    context: &'a Context,
    deadline: Timestamp,
    procedure: Option<&'a Procedure>,
}

impl Checks {
    /// Joins the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            config: ArcSwap::from_pointee(parts.config),
            exchange: parts.exchange,
            confirmations: parts.confirmations,
            drawer: Drawer {
                store: parts.store,
                sealer: parts.sealer,
            },
            form: parts.form,
            clock: parts.clock,
            stopping: AtomicBool::new(false),
        }
    }

    /// Goes by other settings from now on; a deadline that was told stays.
    pub fn adjust(&self, config: Config) {
        self.config.store(Arc::new(config));
        self.warn_of_calendar();
    }

    /// Checks what the procedure still needs, or says that this must wait.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn check(&self, call: &Call, caller: &Caller, asking: Asking) -> Result<Told, Refused> {
        let Asking {
            request,
            body,
            wanted,
            repeatable,
        } = asking;
        let context = &request.context;
        let opened = self
            .exchange
            .open(call, caller, Scope::Checks, context, repeatable.as_ref());
        let work = match opened.await? {
            Opened::Begun(work) => work,
            Opened::Repeated(repeated) => return Ok(unwrapped(repeated.body, repeated.client)),
        };
        let procedure = Arc::clone(work.procedure());
        let roles = match fill(&procedure, &request.fillings) {
            Ok(roles) => roles,
            Err(misplaced) => {
                let cause = Cause::Edge(Code::InvalidRequest);
                let refusal = self.exchange.refuse_work(call, work, context, cause).await;
                return Err(Refused { refusal, misplaced });
            }
        };
        let inquiries = inquiries(&roles, &request.fillings);
        if let Err(denied) = work.covers(fields_of(&inquiries)) {
            return Err(self
                .exchange
                .refuse_work(call, work, context, denied.into())
                .await
                .into());
        }
        let gathered = match self.gather(call, &work, context, wanted, &inquiries).await {
            Ok(gathered) => gathered,
            Err(refusal) => {
                self.exchange.give_up(work).await;
                return Err(refusal.into());
            }
        };
        self.answer(call, work, &request, body, gathered)
            .await
            .map_err(Refused::from)
    }

    async fn answer(
        &self,
        call: &Call,
        work: Work,
        request: &Request,
        body: Bytes,
        gathered: Gathered,
    ) -> Result<Told, Refusal> {
        let mandate = work.mandate();
        let procedure = Arc::clone(work.procedure());
        let matter = Matter {
            id: Uuid::new_v4(),
            call,
            mandate: &mandate,
            context: &request.context,
            deadline: self.deadline(request, call.received_at),
            procedure: Some(&procedure),
        };
        let nearest = gathered.nearest;
        let concluded = match self.conclude(&matter, gathered).await {
            Ok(answer) => self.keep(&matter, &answer, body).await.map(|text| (text, answer)),
            Err(cause) => Err(cause),
        };
        let (text, answer) = match concluded {
            Ok(concluded) => concluded,
            Err(cause) => {
                return Err(self
                    .exchange
                    .refuse_work(call, work, &request.context, cause)
                    .await);
            }
        };
        let (client, is_pending) = (Arc::clone(work.client()), answer.pending.is_some());
        self.exchange.close(work, &wrapped(&text, is_pending)).await;
        Ok(Told {
            body: text,
            is_pending,
            client,
            nearest,
        })
    }

    /// Reads a check again; nothing where the client has none of that name.
    ///
    /// # Errors
    /// When the store can't say.
    pub async fn read(&self, id: Uuid, caller: &Caller) -> Result<Option<Bytes>, kept::Unavailable> {
        let Some(sealed) = self.drawer.store.find(id, caller.client_id()).await? else {
            return Ok(None);
        };
        self.drawer
            .open_answer(id, &sealed)
            .map(|text| Some(Bytes::from(text)))
    }

    fn deadline(&self, request: &Request, came_at: Timestamp) -> Timestamp {
        let received_at = request.received_at.unwrap_or(came_at);
        self.config
            .load()
            .calendar
            .deadline(request.context.channel, received_at)
    }

    /// Asks about everybody at once.
    async fn gather(
        &self,
        call: &Call,
        work: &Work,
        context: &Context,
        wanted: Wanted,
        inquiries: &[Inquiry<'_>],
    ) -> Result<Gathered, Refusal> {
        let begun = self.exchange.moment();
        let asking = inquiries.iter().map(|inquiry| async move {
            let question = |asked| Question {
                subject: inquiry.subject().clone(),
                asked,
                within: Within::Check,
                context: context.clone(),
                wanted,
                repeatable: None,
            };
            let person = self.ask(call, work, question(Asked::Verify(inquiry.claims().to_vec())));
            let household = async {
                if inquiry.predicates().is_empty() {
                    return Ok(None);
                }
                let predicates = inquiry.predicates().to_vec();
                self.ask(call, work, question(Asked::Household(predicates))).await
            };
            futures_util::future::join(person, household).await
        });
        let mut gathered = Gathered {
            findings: Vec::new(),
            people: Vec::new(),
            living: Vec::new(),
            begun,
            nearest: None,
        };
        let accepts_close = work.client().accept_close_identity;
        let mut found = Vec::new();
        for (inquiry, (person, household)) in inquiries.iter().zip(join_all(asking).await) {
            let (person, household) = (person?, household?);
            let told = |outcome: &Option<Outcome>| outcome.as_ref().and_then(|outcome| outcome.nearest);
            gathered.nearest = told(&household).or(told(&person)).or(gathered.nearest);
            let (person, household) = (told_by(person.as_ref()), told_by(household.as_ref()));
            gathered.people.push(inquiry.subject().number);
            found.extend(
                person
                    .and_then(|answer| answer.person)
                    .map(|person| (inquiry.role(), person.pin)),
            );
            let lives = person.and_then(|answer| answer.person);
            gathered.living.extend(lives.and_then(|person| {
                let residence = person.residence?;
                Some(self.confirmations.living(&person.pin, residence))
            }));
            gathered.people.extend(
                person
                    .and_then(|answer| answer.person)
                    .map(|person| IdNumber::Pin(person.pin)),
            );
            let answers = Answers {
                person: person.map(|answer| &answer.disclosure),
                household: household.map(|answer| &answer.disclosure),
            };
            gathered.findings.extend(inquiry.findings(answers, accepts_close));
        }
        tell_people_apart(&mut gathered.findings, &found);
        Ok(gathered)
    }

    /// Asks one question; nothing where the registry can't be asked.
    async fn ask(&self, call: &Call, work: &Work, question: Question) -> Result<Option<Outcome>, Refusal> {
        let limit = self.exchange.deadline().saturating_add(GRACE);
        match timeout(limit, self.exchange.ask(call.clone(), work, question)).await {
            Ok(asked) => inquiry::answered(asked),
            // The question runs on and has its row; the check has no more time for it.
            Err(_) => Ok(None),
        }
    }

    /// Decides, records the decision, and confirms it where no paper is required.
    async fn conclude(&self, matter: &Matter<'_>, gathered: Gathered) -> Result<Answer, Cause> {
        let Gathered {
            findings,
            people,
            living,
            begun,
            ..
        } = gathered;
        let now = self.clock.now();
        let term = if now < matter.deadline {
            Term::Running
        } else {
            Term::Over
        };
        let decision = decide(&findings, term);
        let receipt = self
            .exchange
            .decide(matter.call, matter.mandate, matter.context, decision.as_str())
            .await
            .map_err(|refusal| refusal.cause)?;
        let confirmation = match (decision, matter.procedure) {
            (Decision::PaperNotRequired, Some(procedure)) => {
                let issue = self.issue(matter, procedure, &findings, (&people, living), now)?;
                Some(self.confirm(issue, &people, begun).await?)
            }
            _ => None,
        };
        let pending = (decision == Decision::Pending).then(|| Pending {
            receipt: receipt.to_string(),
            retry_at: self.next_try(now),
        });
        let is_down = findings
            .iter()
            .any(|finding| finding.verdict == Verdict::Unavailable);
        let supplement = if decision == Decision::SupplementRequired {
            supplements(&findings, day_of(now))
        } else {
            Vec::new()
        };
        Ok(Answer {
            id: matter.id,
            decision,
            supplement,
            deadline: (decision != Decision::PaperNotRequired).then_some(matter.deadline),
            other_ways: if is_down { &OTHER_WAYS } else { &[] },
            confirmation,
            pending,
            transaction_id: matter.call.transaction_id,
            answered_at: now,
            facts: findings,
        })
    }

    fn next_try(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.config.load().retry_every).unwrap_or(now)
    }

    /// Keeps a new check, with its request while it waits, and gives its answer as it is told.
    async fn keep(&self, matter: &Matter<'_>, answer: &Answer, body: Bytes) -> Result<Bytes, Cause> {
        let text = (self.form.write)(answer);
        let kept = async {
            let waits = match &answer.pending {
                Some(pending) => {
                    let held = Held {
                        mandate: matter.mandate.clone(),
                        call: matter.call.clone(),
                        received_at: matter.call.received_at,
                        body: body.to_vec(),
                    };
                    Some(Waits {
                        request: self.drawer.seal_request(matter.id, &held)?,
                        retry_at: pending.retry_at,
                        due: matter.deadline,
                    })
                }
                None => None,
            };
            let row = Row {
                id: matter.id,
                client: matter.mandate.client.clone(),
                entered_at: answer.answered_at,
                answer: self.drawer.seal_answer(matter.id, &text)?,
                waits,
            };
            self.drawer.store.enter(row).await
        };
        // What can't be read again, or would never end, isn't told.
        kept.await
            .map_err(|kept::Unavailable| Cause::Audit(audit::Unavailable))?;
        Ok(text)
    }
}

fn inquiries<'p>(roles: &[&'p Role], fillings: &[Filling]) -> Vec<Inquiry<'p>> {
    roles
        .iter()
        .zip(fillings)
        .map(|(role, filling)| Inquiry::new(role, filling, fillings))
        .collect()
}

fn fields_of(inquiries: &[Inquiry<'_>]) -> Fields {
    inquiries
        .iter()
        .flat_map(|inquiry| inquiry.fields().iter())
        .collect()
}

fn told_by(outcome: Option<&Outcome>) -> Option<&exchange::Answer> {
    outcome.and_then(|outcome| outcome.told.as_deref())
}

/// Puts before an answer that is kept for repetition whether its check waits.
fn wrapped(text: &[u8], is_pending: bool) -> Vec<u8> {
    let mut kept = Vec::with_capacity(text.len().saturating_add(1));
    kept.push(u8::from(is_pending));
    kept.extend_from_slice(text);
    kept
}

fn unwrapped(mut kept: Bytes, client: Arc<Client>) -> Told {
    let is_pending = kept.first() == Some(&1);
    let body = kept.split_off(kept.len().min(1));
    Told {
        body,
        is_pending,
        client,
        nearest: None,
    }
}
