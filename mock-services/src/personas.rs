//! Who are the people with a known trouble, and what must a gateway answer about each?
//!
//! Twenty-five personas, one for each edge case that integrators have met: each carries what it is for, a
//! question ready to be sent to the gateway and the outcome that is due.
//! Always true: numbers begin with 100 (P10 with 101), names are plainly invented, and no procedural person can
//! collide with them. Deliberately absent: the procedural population.
//! Nothing here fails; a test holds that every persona's question matches its record.

use jiff::civil::{Date, date};
use serde_json::Value;

use crate::person::{BirthDate, Household, Member, Person, Relation, ResidenceKind};

mod people;

/// One person with a known trouble.
#[derive(Debug, Clone)]
pub struct Persona {
    /// `P01` to `P25`.
    pub id: &'static str,
    /// What the persona is for.
    pub purpose: &'static str,
    /// The outcome that `POST /v1/citizens/verify` owes to `ask`.
    pub expected: &'static str,
    /// The warning that comes with it.
    pub warning: Option<&'static str>,
    /// The number that the persona is known by; for P07 the cancelled one.
    pub pin: &'static str,
    /// `subject` and `claims`, ready to be sent.
    pub ask: Value,
}

/// All personas with their records and households.
#[derive(Debug, Default)]
pub struct Cast {
    /// What they are for.
    pub personas: Vec<Persona>,
    /// Their records, second people included.
    pub people: Vec<Person>,
    /// Their households.
    pub households: Vec<Household>,
    /// Numbers that wrongly lead to a second record too.
    pub twins: Vec<(String, String)>,
}

/// Assembles the personas.
pub fn cast() -> Cast {
    let mut cast = Cast::default();
    people::plain(&mut cast);
    people::spelling(&mut cast);
    people::other_numbers(&mut cast);
    people::digits_and_gaps(&mut cast);
    people::commune_codes(&mut cast);
    people::written_addresses(&mut cast);
    people::household_of_three(&mut cast);
    people::kin(&mut cast);
    people::records(&mut cast);
    cast.personas.sort_by_key(|persona| persona.id);
    cast
}

impl Cast {
    fn add(
        &mut self,
        id: &'static str,
        purpose: &'static str,
        pin: &'static str,
        ask: Value,
        person: Person,
    ) {
        self.question(id, purpose, pin, ask);
        self.alone(person);
    }

    fn question(&mut self, id: &'static str, purpose: &'static str, pin: &'static str, ask: Value) {
        self.personas.push(Persona {
            id,
            purpose,
            expected: "confirmed",
            warning: None,
            pin,
            ask,
        });
    }

    fn expecting(&mut self, expected: &'static str) {
        if let Some(last) = self.personas.last_mut() {
            last.expected = expected;
        }
    }

    fn warn(&mut self, warning: &'static str) {
        if let Some(last) = self.personas.last_mut() {
            last.warning = Some(warning);
        }
    }

    // Registers someone who is cast already as temporarily resident with the household cast last.
    fn lodge(&mut self, pin: &str, since: Date) {
        let lodger = self.people.iter().find(|person| person.pin == pin);
        if let (Some(lodger), Some(host)) = (lodger, self.households.last_mut()) {
            let kind = ResidenceKind::Temporary;
            host.members.push(Member {
                kind,
                since,
                ..member(lodger, Relation::Other)
            });
        }
    }

    fn alone(&mut self, person: Person) {
        if let Some(address) = person.permanent_residence.clone() {
            let members = vec![member(&person, Relation::Head)];
            self.households.push(Household {
                id: person.household.clone(),
                address,
                members,
            });
        }
        self.people.push(person);
    }
}

fn member(person: &Person, relation: Relation) -> Member {
    let since = match person.birth {
        BirthDate::Day(born) => born.max(date(2015, 3, 1)),
        BirthDate::Year(_) => date(2015, 3, 1),
    };
    Member {
        pin: person.pin.clone(),
        full_name: person.full_name.clone(),
        birth: person.birth,
        sex: person.sex,
        relation,
        kind: ResidenceKind::Permanent,
        since,
    }
}
