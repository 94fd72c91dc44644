//! How do the gateways hear of each other's changes, and what if they have missed some?
//!
//! A change is told by one script that lets go of the person in Redis and appends to a stream; each gateway reads the stream
//! from where it last was, so a connection that was lost loses nothing. What can't be told now waits, in its order. The
//! stream's changes are numbered and its life has a name: a gateway that sees a gap or another name (Redis has lost its memory, or
//! the gateway was away for too long) can't vouch for anything that it holds, and lets go of all. While Redis is away each
//! gateway answers from what it holds, which its procedures' `max_age` bounds.

use std::collections::HashMap;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tracing::{error, warn};
use uuid::Uuid;

use super::{CHANGES_KEPT, Heard, MOST_UNTOLD, OVERTAKES_FOR, SecondLevel, locked, scripts};
use crate::fleet::Unreachable;
use crate::sealing::Pseudonym;

/// How long a reading waits on the server for something new; then it looks whether the stream is still the same.
const WAITS: Duration = Duration::from_secs(1);

/// How soon what couldn't be told or heard is tried again.
const RETRY: Duration = Duration::from_millis(250);

/// How many changes are read at once.
const AT_ONCE: usize = 512;

/// Is what the stream has to say to the first level.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::records) enum Word {
    /// These have changed.
    Changed(Vec<Pseudonym>),
    /// Something was missed: anybody may have changed.
    Missed,
}

/// Is an entry of the stream.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    heard: Heard,
    by: String,
    people: Vec<Pseudonym>,
}

impl Change {
    /// Reads an entry; nothing of one that none of us has written.
    fn read(id: &str, members: &[String]) -> Option<Self> {
        let [life_word, life, by_word, by, people_word, people] = members else {
            return None;
        };
        if [life_word, by_word, people_word] != ["life", "by", "people"] {
            return None;
        }
        let (number, _) = id.split_once('-')?;
        let people = people.split_ascii_whitespace().map(|person| person.parse().ok());
        Some(Self {
            heard: Heard {
                life: life.clone(),
                number: number.parse().ok()?,
            },
            by: by.clone(),
            people: people.collect::<Option<_>>()?,
        })
    }
}

/// Tells what to make of an entry, from the place up to which the gateway has heard.
fn step(place: &Heard, change: Change, own_name: &str) -> Option<Word> {
    let is_same_life = place.number == 0 || place.life == change.heard.life;
    let next = place.number.saturating_add(1);
    if is_same_life && change.heard.number < next {
        // Our own word, which we know since we told it.
        return None;
    }
    if !is_same_life || change.heard.number > next {
        return Some(Word::Missed);
    }
    (change.by != own_name).then_some(Word::Changed(change.people))
}

/// Tells whether what stands in the stream now can go on from where the gateway was.
fn goes_on(place: &Heard, last: &Heard) -> bool {
    last.number >= place.number && (place.number == 0 || place.life == last.life)
}

impl SecondLevel {
    /// Takes down that these have changed, to be told as soon as may be.
    pub(in crate::records) fn enter_change(&self, people: Vec<Pseudonym>) {
        let mut untold = locked(&self.untold);
        untold.push_back(people);
        if untold.len() > MOST_UNTOLD {
            untold.pop_front();
            drop(untold);
            error!(
                upstream.name = "redis",
                "a change could be told to no other gateway; what they hold of its person lapses by itself"
            );
        }
        self.has_untold.notify_one();
    }

    /// Tells the others what they weren't told yet.
    ///
    /// # Errors
    /// `Unreachable`; what wasn't told stays to be told.
    pub(in crate::records) async fn tell(&self) -> Result<(), Unreachable> {
        let _turn = self.telling.lock().await;
        loop {
            let Some(people) = locked(&self.untold).front().cloned() else {
                return Ok(());
            };
            let mut telling = self.change.key(scripts::CHANGES);
            telling
                .arg(Uuid::new_v4().simple().to_string())
                .arg(CHANGES_KEPT)
                .arg(u64::try_from(OVERTAKES_FOR.as_millis()).unwrap_or(u64::MAX))
                .arg(&self.name);
            for person in &people {
                telling.arg(person.to_string());
            }
            let mut connection = self.fleet.connection();
            let told = telling.invoke_async::<(String, u64)>(&mut connection);
            let (life, number) = self.fleet.ask(told).await?;
            self.pass_own(Heard { life, number });
            locked(&self.untold).pop_front();
        }
    }

    /// Tells over and over what couldn't be told at once; never ends.
    pub(in crate::records) async fn keep_telling(&self) {
        loop {
            self.has_untold.notified().await;
            while self.tell().await.is_err() {
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Hears what the others tell, and hands it to the first level; never ends.
    pub(in crate::records) async fn keep_hearing(&self, on_word: impl Fn(Word)) {
        loop {
            // Waiting on the server would hold up all others on the common connection.
            let patience = WAITS.saturating_add(self.fleet.timeout());
            if let Ok(mut connection) = self.fleet.own_connection(patience).await {
                while self.hear(&mut connection, &on_word).await.is_ok() {}
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn hear(
        &self,
        connection: &mut MultiplexedConnection,
        on_word: &impl Fn(Word),
    ) -> Result<(), Unreachable> {
        let asking = self.last.key(scripts::CHANGES);
        let asking = asking.invoke_async::<(String, u64)>(connection);
        let (life, number) = asking.await.map_err(|_| Unreachable)?;
        let last = Heard { life, number };
        let place = self.heard();
        if !place.as_ref().is_some_and(|place| goes_on(place, &last)) {
            // At the very start nothing is held yet, as a rule.
            if place.is_some() {
                warn!(
                    upstream.name = "redis",
                    "changes were missed; letting go of all records"
                );
            }
            *locked(&self.heard) = Some(last);
            on_word(Word::Missed);
        }
        let from = self.heard().unwrap_or_default().number;
        let mut reading = redis::cmd("XREAD");
        reading
            .arg("BLOCK")
            .arg(u64::try_from(WAITS.as_millis()).unwrap_or(u64::MAX))
            .arg("COUNT")
            .arg(AT_ONCE)
            .arg("STREAMS")
            .arg(scripts::CHANGES)
            .arg(format!("{from}-0"));
        type Entries = Vec<(String, Vec<String>)>;
        let read = reading
            .query_async::<Option<HashMap<String, Entries>>>(connection)
            .await;
        let entries = read.map_err(|_| Unreachable)?.unwrap_or_default();
        for (id, members) in entries.into_values().flatten() {
            match Change::read(&id, &members) {
                Some(change) => self.take(change, on_word),
                None => self.pass_foreign(&id, &members, on_word)?,
            }
        }
        Ok(())
    }

    fn take(&self, change: Change, on_word: &impl Fn(Word)) {
        let place = self.heard().unwrap_or_default();
        let heard = change.heard.clone();
        let word = step(&place, change, &self.name);
        // First what is held, then the place: a look-up that begins in between counts as begun before the change.
        if let Some(word) = word {
            on_word(word);
        }
        let mut place = locked(&self.heard);
        let is_behind = place
            .as_ref()
            .is_some_and(|place| place.life == heard.life && place.number >= heard.number);
        if !is_behind {
            *place = Some(heard);
        }
    }

    /// Steps over what none of us has written; whatever stood there instead was missed.
    fn pass_foreign(&self, id: &str, members: &[String], on_word: &impl Fn(Word)) -> Result<(), Unreachable> {
        let number = id.split_once('-').and_then(|(number, _)| number.parse().ok());
        let heard = Heard {
            life: members.get(1).cloned().unwrap_or_default(),
            number: number.ok_or(Unreachable)?,
        };
        warn!(
            upstream.name = "redis",
            "a foreign entry among the changes; letting go of all records"
        );
        *locked(&self.heard) = Some(heard);
        on_word(Word::Missed);
        Ok(())
    }

    /// Steps over this gateway's own word, where nothing else stands before it.
    fn pass_own(&self, told: Heard) {
        let mut place = locked(&self.heard);
        if let Some(place) = place.as_mut() {
            let is_same_life = place.number == 0 || place.life == told.life;
            if is_same_life && place.number.saturating_add(1) == told.number {
                *place = told;
            }
        }
    }
}

#[cfg(test)]
mod tests;
