//! May one more call go to the registry now?
//!
//! Stands right before the wire: one `Permit` is one call, spent by sending it and good for nothing else; it can't be
//! copied or kept. The budget is the registry's patience with all clients together, so retries and the steps of the ladder
//! pay like first queries do. Each client in force has its part by weight, which nobody else can use up; what is left idle
//! is lent to who waits (`shares`). Who finds nothing waits in line for a short while. Batches come after everybody.
//! Many gateways spend one budget through `Shared`; a gateway that can't ask there refuses or spends its part, as configured.

mod fleet;
mod lines;
mod redis;
mod shares;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use governor::clock::Clock as _;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tracing::{info, warn};

pub use self::redis::InRedis;
use crate::clock::{Clock, Steady};
use crate::domain::client::ClientId;
pub use fleet::{Apart, Heard, Shared, Told};
use lines::{Coming, Lines};
use shares::Shares;
pub use shares::{Given, Terms, Wanted};

/// Who waits is asked about again after so long at the most, so that a clock set by hand is noticed too.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// Nothing is finer than the timer.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// How often a gateway for which nobody waits shows the others that it is there.
const SHOWN_EVERY: Duration = Duration::from_secs(5);

/// How often a gateway that is apart tries to come back.
const TRIED_EVERY: Duration = Duration::from_millis(500);

/// States how the registry's patience is spent.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Calls a second, in the long run.
    pub per_second: NonZeroU32,
    /// Calls at once after a pause.
    pub at_once: NonZeroU32,
    /// How long a call waits for a permit.
    pub wait: Duration,
    /// Of a hundred calls at once, how many must be there for a batch to have one.
    pub batch_reserve: u8,
    /// What a gateway does that can't ask the shared budget.
    pub when_apart: WhenApart,
}

/// Tells what a gateway does that can't ask the shared budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenApart {
    /// It sends nothing to the registry.
    Refuse,
    /// It spends an even part of the budget, by how many gateways there were.
    Share,
}

/// Tells who waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Somebody does, at a counter.
    Interactive,
    /// Nobody does yet.
    Batch,
}

impl Class {
    /// Gives the word for metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Batch => "batch",
        }
    }
}

/// Tells for whom a permit is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The client.
    pub client: ClientId,
    /// Its weight beside the others.
    pub weight: NonZeroU32,
    /// Who waits for the answer.
    pub class: Class,
}

/// Tells among whom the budget is shared: the clients in force, whether they ask or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Among {
    /// How many there are.
    pub clients: u64,
    /// The sum of their weights.
    pub weights: u64,
}

/// Is the right to make one call.
#[derive(Debug)]
#[must_use = "a permit is spent whether used or not"]
pub struct Permit(());

/// Says why no call may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// The client has used its part, and there was nothing to lend.
    #[error("the client's part of the budget of registry calls is spent")]
    Exhausted {
        /// When the client's own part has its next call, at the latest.
        retry_after: Duration,
    },
    /// The shared budget can't be asked.
    #[error(transparent)]
    Apart(#[from] Apart),
}

/// Is told of each permit that was asked for: the class, what came of it, how long it took.
pub type Observer = Arc<dyn Fn(Class, &'static str, Duration) + Send + Sync>;

/// Tells how the budget is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Whether the budget is shared with other gateways, and they can't be asked.
    pub is_apart: bool,
    /// The gateways that share it, as far as known.
    pub gateways: u32,
    /// Calls that wait for a permit and have somebody waiting for them.
    pub waiting: usize,
    /// Calls of batches that wait for a permit.
    pub batches_waiting: usize,
}

/// Hands out permits.
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    config: ArcSwap<Config>,
    clock: Steady,
    shared: Option<Arc<dyn Shared>>,
    state: Mutex<State>,
    /// Wakes who serves the lines.
    come: Arc<Notify>,
    /// Up to which place in the lines it has been heard what there is.
    heard_to: watch::Sender<u64>,
    observer: Observer,
}

struct State {
    among: Among,
    lines: Lines,
    /// The budget of this gateway alone; with a shared one, the part that it spends while it is apart.
    own: Shares,
    is_apart: bool,
    /// The gateways that share the budget; none where that was never heard.
    gateways: u32,
    made_apart: u64,
    /// When a gateway that is apart tries to come back, by its own clock.
    tried_next: Duration,
    /// Whether who serves the lines is awake.
    is_served: bool,
}

impl Budget {
    /// Makes a full budget, whose lines are served on `runtime`; shared with other gateways where `shared` is given.
    #[must_use]
    pub fn new(
        config: Config,
        shared: Option<Arc<dyn Shared>>,
        clock: Arc<dyn Clock>,
        runtime: &Handle,
        observer: Observer,
    ) -> Self {
        let clock = Steady::new(clock);
        let own = Shares::full(micros(&clock), &terms(&config, Among::default(), 1));
        let gateways = u32::from(shared.is_none());
        let inner = Arc::new(Inner {
            config: ArcSwap::from_pointee(config),
            clock,
            shared,
            state: Mutex::new(State {
                among: Among::default(),
                lines: Lines::default(),
                own,
                is_apart: false,
                gateways,
                made_apart: 0,
                tried_next: Duration::ZERO,
                is_served: true,
            }),
            come: Arc::new(Notify::new()),
            heard_to: watch::Sender::new(0),
            observer,
        });
        runtime.spawn(serve(Arc::downgrade(&inner)));
        Self(inner)
    }

    /// Spends by other figures from now on; what was spent stays spent.
    pub fn adjust(&self, config: Config) {
        self.0.config.store(Arc::new(config));
    }

    /// Says among whom the budget is shared from now on.
    pub fn share_among(&self, among: Among) {
        self.0.state().among = among;
    }

    /// Takes one permit; waits for it `within` so long, an interactive call no longer than configured from when it is known
    /// what there is.
    ///
    /// # Errors
    /// `Exhausted` where the client has used its part and nothing was lent; `Apart` where nobody can tell.
    pub async fn take(&self, asking: &Asking, within: Duration) -> Result<Permit, Withheld> {
        let begun = self.0.clock.now();
        let outcome = self.wait(asking, within).await;
        let took = self.0.clock.now().saturating_sub(begun);
        let word = match &outcome {
            Ok(_) if took < SHORTEST_PAUSE => "at_once",
            Ok(_) => "waited",
            Err(Withheld::Exhausted { .. }) => "exhausted",
            Err(Withheld::Apart(_)) => "apart",
        };
        (self.0.observer)(asking.class, word, took);
        outcome
    }

    async fn wait(&self, asking: &Asking, within: Duration) -> Result<Permit, Withheld> {
        let turn = match asking.class {
            Class::Interactive => within.min(self.0.config().wait),
            Class::Batch => within,
        };
        let mut place = self.0.join(asking)?;
        if let Ok(outcome) = place.coming.try_recv() {
            return outcome;
        }
        let heard = self.0.heard_of(place.number);
        let coming = &mut place.coming;
        let waiting = async {
            // A budget that is still being asked isn't spent: the turn begins when something is heard of it.
            tokio::select! {
                biased;
                outcome = &mut *coming => return Some(outcome),
                () = heard => {}
            }
            tokio::time::timeout(turn, coming).await.ok()
        };
        match tokio::time::timeout(within, waiting).await {
            Ok(Some(Ok(outcome))) => outcome,
            // Who serves the lines has gone: the gateway is being taken down.
            Ok(Some(Err(_))) => Err(Withheld::Apart(Apart)),
            Ok(None) | Err(_) => place.give_up(),
        }
    }

    /// Tells how the budget is doing.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let state = self.0.state();
        let (waiting, batches_waiting) = state.lines.count();
        Standing {
            is_apart: state.is_apart,
            gateways: state.gateways,
            waiting,
            batches_waiting,
        }
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Budget").field(&self.standing()).finish()
    }
}

/// Is a place in the line, left when it is dropped.
struct Place<'a> {
    inner: &'a Inner,
    asking: &'a Asking,
    number: u64,
    coming: Coming,
}

impl Place<'_> {
    /// Goes away without a permit, unless it has come at the last moment.
    fn give_up(mut self) -> Result<Permit, Withheld> {
        let left = self.inner.state().lines.leave(self.asking, self.number);
        match left {
            Some(_) if *self.inner.heard_to.borrow() < self.number => Err(Withheld::Apart(Apart)),
            Some(retry_after) => Err(Withheld::Exhausted { retry_after }),
            None => self.coming.try_recv().unwrap_or(Err(Withheld::Apart(Apart))),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.inner.state().lines.leave(self.asking, self.number);
    }
}

impl Inner {
    fn config(&self) -> Config {
        **self.config.load()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join<'a>(&'a self, asking: &'a Asking) -> Result<Place<'a>, Withheld> {
        let mut state = self.state();
        if state.is_apart && self.refuses(&state) {
            return Err(Withheld::Apart(Apart));
        }
        let (number, coming) = state.lines.join(asking);
        let by_itself = self.shared.is_none() || state.is_apart;
        if by_itself {
            self.turn(&mut state);
        }
        if state.lines.has_anybody() && !(by_itself && state.is_served) {
            self.come.notify_one();
        }
        drop(state);
        Ok(Place {
            inner: self,
            asking,
            number,
            coming,
        })
    }

    /// Waits until it has been heard what there is for a place in the lines.
    async fn heard_of(&self, number: u64) {
        let mut heard_to = self.heard_to.subscribe();
        // The sender stays as long as whoever waits here does.
        let _ = heard_to.wait_for(|to| *to >= number).await;
    }

    fn have_heard(&self, to: u64) {
        let is_new = |before: &mut u64| std::mem::replace(before, to.max(*before)) < to;
        self.heard_to.send_if_modified(is_new);
    }

    /// Serves the lines from what this gateway has by itself.
    fn turn(&self, state: &mut State) {
        let gateways = state.gateways;
        let wanted = state.lines.wanted();
        let terms = terms(&self.config(), state.among.with(&wanted), gateways);
        let given = state.own.ask(micros(&self.clock), &terms, &wanted);
        state.lines.hand_out(&wanted, &given);
        self.have_heard(state.lines.last());
        if state.is_apart {
            state.made_apart = state.made_apart.saturating_add(made(&given));
        }
    }

    /// Serves the lines once, and tells how long to leave them alone.
    async fn turn_and_pause(&self) -> Duration {
        let (shared, told, last) = {
            let mut state = self.state();
            match &self.shared {
                Some(shared) if !state.is_apart || self.clock.now() >= state.tried_next => {
                    (shared, self.told(&mut state), state.lines.last())
                }
                Some(_) if self.refuses(&state) => return self.pause(&mut state),
                _ => {
                    self.turn(&mut state);
                    return self.pause(&mut state);
                }
            }
        };
        let heard = shared.ask(&told).await;
        let mut state = self.state();
        match heard {
            Ok(heard) => {
                if state.is_apart {
                    info!("the shared budget of registry calls can be asked again");
                }
                state.made_apart = state.made_apart.saturating_sub(told.made_apart);
                state.is_apart = false;
                state.gateways = heard.gateways.max(1);
                state.lines.hand_out(&told.wanted, &heard.given);
                self.have_heard(last);
            }
            Err(apart) => self.be_apart(&mut state, apart),
        }
        self.pause(&mut state)
    }

    fn told(&self, state: &mut State) -> Told {
        let wanted = state.lines.wanted();
        Told {
            terms: terms(&self.config(), state.among.with(&wanted), 1),
            wanted,
            made_apart: state.made_apart,
        }
    }

    fn be_apart(&self, state: &mut State, apart: Apart) {
        if !state.is_apart {
            warn!("the shared budget of registry calls can't be asked");
            state.is_apart = true;
            // What the others may just have spent isn't there a second time.
            state.own = Shares::empty(micros(&self.clock));
        }
        state.tried_next = self.clock.now().saturating_add(TRIED_EVERY);
        if self.refuses(state) {
            state.lines.withhold(apart.into());
        } else {
            self.turn(state);
        }
    }

    /// Tells what to do when apart; who never heard how many share the budget doesn't know its part.
    fn refuses(&self, state: &State) -> bool {
        self.config().when_apart == WhenApart::Refuse || state.gateways == 0
    }

    /// Tells when somebody who waits may be served next, or where nobody waits, when to show itself or come back.
    fn pause(&self, state: &mut State) -> Duration {
        state.is_served = state.lines.has_anybody();
        if !state.is_served {
            return match (&self.shared, state.is_apart) {
                (None, _) => Duration::MAX,
                (Some(_), false) => SHOWN_EVERY,
                (Some(_), true) => TRIED_EVERY,
            };
        }
        let one_call = Duration::from_secs(1) / self.config().per_second.get();
        state.lines.soonest().map_or(LONGEST_PAUSE, |own_in| {
            own_in.min(one_call).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.come.notify_one();
    }
}

impl Among {
    /// Counts those who ask in where the register doesn't, such as a client that was suspended this moment.
    fn with(self, wanted: &[Wanted]) -> Self {
        let weights = wanted.iter().map(|want| want.weight).max().unwrap_or(1);
        Self {
            clients: self.clients.max(1),
            weights: self.weights.max(weights),
        }
    }
}

/// Serves the lines whenever somebody waits, until the budget is gone.
async fn serve(budget: Weak<Inner>) {
    loop {
        let Some(inner) = budget.upgrade() else { return };
        let pause = inner.turn_and_pause().await;
        let come = Arc::clone(&inner.come);
        drop(inner);
        // Either way the lines are looked at again.
        let _ = tokio::time::timeout(pause, come.notified()).await;
    }
}

fn terms(config: &Config, among: Among, gateways: u32) -> Terms {
    let part = |whole: NonZeroU32| u64::from(whole.get() / gateways.max(1)).max(1);
    Terms {
        per_second: part(config.per_second),
        at_once: part(config.at_once),
        batch_reserve: u64::from(config.batch_reserve),
        clients: among.clients.max(1),
        weights: among.weights.max(1),
    }
}

fn made(given: &[Given]) -> u64 {
    let calls = given
        .iter()
        .map(|given| u64::from(given.interactive) + u64::from(given.batch));
    calls.sum()
}

fn micros(clock: &Steady) -> u64 {
    u64::try_from(clock.now().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
