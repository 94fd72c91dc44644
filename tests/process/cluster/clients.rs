//! What do clients see who ask any gateway by chance, and how crowded was it?
//!
//! Each client has a kept connection to every gateway and asks one call after the other for as long as the test's own work
//! takes. A gateway that is gone is passed over; where it is now is looked up for every call. Times are the clients'.

use std::collections::BTreeMap;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use dancu::clock::{Clock as _, SystemClock};
use serde_json::Value;

use super::GATEWAYS;
use crate::connection::{Answer, Broken, Connection};
use crate::gateway::verify;
use crate::program::PATIENCE;

/// Longer than `limits.synchronized_every` and a round trip, also on a machine that has much to do.
const EXCHANGE: Duration = Duration::from_millis(100);

/// Is a call that a client sent, and what it heard.
pub struct Call {
    pub gateway: usize,
    pub sent: Duration,
    pub came: Duration,
    pub heard: Result<(u16, Value), Broken>,
}

impl Call {
    pub fn is_answered(&self) -> bool {
        matches!(self.heard, Ok((200, _)))
    }
}

/// Is what clients have seen so far.
pub struct Seen {
    pub calls: Vec<Call>,
    arriving: Receiver<Call>,
}

impl Seen {
    /// Waits for a call that is wanted.
    pub fn until(&mut self, mut is_wanted: impl FnMut(&Call) -> bool) {
        loop {
            let call = self.arriving.recv_timeout(PATIENCE).unwrap();
            let is_it = is_wanted(&call);
            self.calls.push(call);
            if is_it {
                return;
            }
        }
    }

    /// Waits for so many answers of every gateway that is there, counted from now on.
    pub fn answers_of_each(&mut self, gateways: &[usize], count: usize) {
        self.calls.extend(self.arriving.try_iter());
        let mut missing: BTreeMap<usize, usize> = gateways.iter().map(|&number| (number, count)).collect();
        self.until(|call| {
            if let Some(missing) = missing.get_mut(&call.gateway)
                && call.is_answered()
            {
                *missing = missing.saturating_sub(1);
            }
            missing.values().all(|missing| *missing == 0)
        });
    }
}

/// Has clients ask gateways by chance for as long as the work takes, and gives what they saw.
pub fn under_load(
    places: &RwLock<Vec<String>>,
    tokens: &[String],
    questions: &[String],
    work: impl FnOnce(&mut Seen),
) -> Vec<Call> {
    let (tell, arriving) = channel();
    let (is_over, start) = (AtomicBool::new(false), SystemClock.steady());
    let calls = Vec::new();
    let mut seen = Seen { calls, arriving };
    thread::scope(|scope| {
        // Also when the work fails: the clients would ask for ever.
        let _over = Over(&is_over);
        for (number, token) in tokens.iter().enumerate() {
            let client = Client {
                token,
                questions,
                places,
                start,
            };
            let (tell, is_over) = (tell.clone(), &is_over);
            scope.spawn(move || client.ask_until(is_over, number, &tell));
        }
        drop(tell);
        work(&mut seen);
    });
    seen.calls.extend(seen.arriving.iter());
    seen.calls
}

struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Client<'c> {
    token: &'c str,
    questions: &'c [String],
    places: &'c RwLock<Vec<String>>,
    start: Instant,
}

impl Client<'_> {
    /// Asks one gateway or another, each on a kept connection; one that is gone is passed over.
    fn ask_until(&self, is_over: &AtomicBool, number: usize, tell: &Sender<Call>) {
        let mut kept: [Option<(String, Connection)>; GATEWAYS] = Default::default();
        let mut chance = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number as u64 + 1);
        while !is_over.load(Ordering::Relaxed) {
            // Numerical Recipes' generator, of which the upper bits are good.
            chance = chance
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let drawn = usize::try_from(chance >> 33).unwrap();
            let (gateway, question) = (
                drawn % GATEWAYS,
                &self.questions[drawn / 7 % self.questions.len()],
            );
            let place = self.places.read().unwrap()[gateway].clone();
            let kept = &mut kept[gateway];
            if kept.as_ref().is_none_or(|(known, _)| *known != place) {
                *kept = Connection::open(&place).ok().map(|opened| (place, opened));
            }
            let Some((_, connection)) = kept else { continue };
            let sent = since(self.start);
            let answer = verify(connection, self.token, question);
            let came = since(self.start);
            if !answer.as_ref().is_ok_and(Answer::leaves_open) {
                *kept = None;
            }
            let heard = answer.map(|answer| (answer.status, answer.json()));
            let call = Call {
                gateway,
                sent,
                came,
                heard,
            };
            tell.send(call).unwrap();
        }
    }
}

/// Gives by how much the most crowded of all windows exceeds burst and rate.
pub fn overshoot(admitted: &[&Call], rate: f64, burst: f64) -> f64 {
    let mut worst = f64::MIN;
    for first in admitted {
        let mut within: Vec<Duration> = admitted
            .iter()
            .filter(|call| call.sent >= first.sent)
            .map(|call| call.came)
            .collect();
        within.sort_unstable();
        for (before, end) in within.iter().enumerate() {
            let window = (*end - first.sent).as_secs_f64();
            worst = f64::max(worst, before as f64 + 1.0 - burst - rate * window);
        }
    }
    worst
}

/// Gives the most that one gateway admitted within an exchange.
pub fn most_between_exchanges(admitted: &[&Call], from: Duration) -> usize {
    let of_one = |first: &Call| {
        let within = first.came..=first.came + EXCHANGE;
        let same = |call: &&&Call| call.gateway == first.gateway && within.contains(&call.came);
        admitted.iter().filter(same).count()
    };
    let later = admitted.iter().filter(|call| call.came >= from);
    later.map(|call| of_one(call)).max().unwrap_or(0)
}

/// Tells how long ago it was.
pub fn since(start: Instant) -> Duration {
    SystemClock.steady().duration_since(start)
}
