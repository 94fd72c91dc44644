//! Who lives in the n-th household, where, and what does the registry say of each?
//!
//! Takes places from the numbering and draws everything else: names by line of descent, ethnic group by
//! province, a commune that exists, dates, marital status, old numbers.
//! Always true: all is a pure function of seed and household; every member tells the same household.
//! Deliberately absent: changes, which overlay this, and the personas.

use jiff::civil::Date;

use super::{Population, names, peoples};
use crate::chance::Chance;
use crate::person::{
    Address, BirthDate, Household, MaritalStatus, Member, Person, Relation, Relative, ResidenceKind, Sex,
    Status, TemporaryResidence,
};
use crate::population::numbering::{Numbering, Place};

// Labels that keep the draws apart; the numbering uses those below 10.
const KIN: u64 = 10;
const LINE: u64 = 11;
const NAME: u64 = 12;
const BIRTH: u64 = 13;
const HOME: u64 = 14;
const DETAILS: u64 = 15;
const SINCE: u64 = 16;
const ELSEWHERE: u64 = 17;

/// Everyone is of one of these lines of descent, which decides the family name.
#[derive(Clone, Copy)]
enum Line {
    Head = 0,
    Spouse = 1,
    HeadsMother = 2,
    SonsWife = 3,
}

impl Population {
    /// Tells everything about the `index`-th person; `None` outside the population.
    pub fn person(&self, index: u64) -> Option<Person> {
        let place = self.numbering.place(index)?;
        let household = self.household(place.household)?;
        let at = self
            .numbering
            .household(place.household)
            .iter()
            .position(|other| *other == index)?;
        let own = household.members.get(at)?.clone();
        let mut chance = Chance::new(self.seed, &[DETAILS, index]);
        let father = self.parent(&household, &own, &place, Sex::Male);
        let mother = self.parent(&household, &own, &place, Sex::Female);
        let spouse = spouse_in(&household, own.relation);
        let is_child = own.birth.year() > 2011;
        let marital_status = marital_status(&own, spouse.is_some(), &mut chance);
        let religion = chance
            .weighted(&[("00", 86), ("01", 6), ("02", 6), ("04", 1), ("05", 1)])?
            .to_owned();
        let blood_group = chance
            .weighted(&[("00", 60), ("01", 8), ("02", 12), ("03", 3), ("04", 17)])?
            .to_owned();
        let birth_registration = self.some_address(place.prefix, &mut chance);
        let origin = self.some_address(place.prefix, &mut chance);
        let temporary_residence = self.temporary_residence(&own, index);
        let current = temporary_residence
            .as_ref()
            .map_or(&household.address, |elsewhere| &elsewhere.address);
        Some(Person {
            pin: own.pin,
            cancelled_pins: Vec::new(),
            old_id_number: self.old_number(index, own.birth.year()),
            full_name: own.full_name,
            birth: own.birth,
            sex: own.sex,
            ethnicity: self.ethnicity(place.household, place.home).to_owned(),
            religion,
            nationality: Some("VN".to_owned()),
            marital_status,
            blood_group,
            status: Status::Active,
            birth_registration,
            origin,
            permanent_residence: Some(household.address.clone()),
            current_residence: Some(current.clone()),
            temporary_residence,
            representative: if is_child {
                mother.clone().or_else(|| father.clone())
            } else {
                None
            },
            father,
            mother,
            spouse,
            household: household.id,
        })
    }

    /// Tells who lives in a household; `None` if the population has no such household.
    pub fn household(&self, number: u64) -> Option<Household> {
        let indices = self.numbering.household(number);
        let head = self.numbering.place(*indices.first()?)?;
        let address = self.address_of(number, head.home)?;
        let members = indices
            .into_iter()
            .filter_map(|index| self.member(index))
            .collect();
        Some(Household {
            id: Self::household_id(number),
            address,
            members,
        })
    }

    fn member(&self, index: u64) -> Option<Member> {
        let place = self.numbering.place(index)?;
        let birth = self.birth(index, place.year)?;
        Some(Member {
            pin: self.numbering.pin(index)?,
            full_name: self.name(index, &place),
            birth,
            sex: place.seat.sex,
            relation: place.seat.relation,
            kind: ResidenceKind::Permanent,
            since: self.since(place.household, birth),
        })
    }

    fn name(&self, index: u64, place: &Place) -> String {
        let line = match place.seat.relation {
            Relation::Head | Relation::Father | Relation::YoungerSibling | Relation::Other => Line::Head,
            Relation::Wife | Relation::Husband => Line::Spouse,
            Relation::Mother => Line::HeadsMother,
            Relation::DaughterInLaw => Line::SonsWife,
            Relation::Child | Relation::Grandchild => Self::fathers_line(place.household),
        };
        let ethnicity = self.ethnicity(place.household, place.home);
        let family = self.family(place.household, place.home, line);
        let mut chance = Chance::new(self.seed, &[NAME, index]);
        names::full_name(ethnicity, family, place.seat.sex, place.year, &mut chance)
    }

    // Children bear the father's name: the head's, unless she has a husband.
    fn fathers_line(household: u64) -> Line {
        let has_husband = Numbering::shape(household)
            .is_some_and(|shape| shape.seats.iter().any(|seat| seat.relation == Relation::Husband));
        if has_husband { Line::Spouse } else { Line::Head }
    }

    fn family(&self, household: u64, home: u16, line: Line) -> &'static str {
        let mut chance = Chance::new(self.seed, &[LINE, household, line as u64]);
        names::family(self.ethnicity(household, home), home >= 48, &mut chance)
    }

    fn ethnicity(&self, household: u64, home: u16) -> &'static str {
        let mut chance = Chance::new(self.seed, &[KIN, household]);
        chance.weighted(peoples::shares(home)).unwrap_or("01")
    }

    fn birth(&self, index: u64, year: i16) -> Option<BirthDate> {
        let mut chance = Chance::new(self.seed, &[BIRTH, index]);
        // Of the old, some are held by the year alone: no certificate was ever written.
        if chance.percent(if year < 1945 {
            12
        } else if year < 1965 {
            4
        } else {
            0
        }) {
            return Some(BirthDate::Year(year));
        }
        let month = i8::try_from(chance.below(12)).ok()?.checked_add(1)?;
        let days = u64::try_from(Date::new(year, month, 1).ok()?.days_in_month()).ok()?;
        let day = i8::try_from(chance.below(days)).ok()?.checked_add(1)?;
        Date::new(year, month, day).ok().map(BirthDate::Day)
    }

    fn since(&self, household: u64, birth: BirthDate) -> Date {
        let mut chance = Chance::new(self.seed, &[SINCE, household]);
        let year = i16::try_from(chance.below(18)).unwrap_or(0).saturating_add(2006);
        let day = i8::try_from(chance.below(28)).unwrap_or(0).saturating_add(1);
        let month = i8::try_from(chance.below(12)).unwrap_or(0).saturating_add(1);
        let moved_in = Date::new(year, month, day).unwrap_or(Date::constant(2010, 1, 1));
        match birth {
            BirthDate::Day(born) => moved_in.max(born),
            BirthDate::Year(_) => moved_in,
        }
    }

    fn address_of(&self, household: u64, home: u16) -> Option<Address> {
        let mut chance = Chance::new(self.seed, &[HOME, household]);
        // Every seventh household has moved to one of the cities that draw people.
        let province = if chance.percent(14) {
            self.territory
                .province(chance.word(&["79", "79", "01", "75", "48"]))
        } else {
            self.territory.province_of_prefix(&format!("{home:03}"))
        };
        let province = province?;
        let commune = province.commune(&mut chance)?;
        Some(Address {
            province: province.code.to_owned(),
            district: None,
            commune: commune.code.to_owned(),
            detail: written_rest(commune.kind, &mut chance),
        })
    }

    fn some_address(&self, prefix: u16, chance: &mut Chance) -> Option<Address> {
        let province = self.territory.province_of_prefix(&format!("{prefix:03}"))?;
        let commune = province.commune(chance)?;
        Some(Address {
            province: province.code.to_owned(),
            district: None,
            commune: commune.code.to_owned(),
            detail: String::new(),
        })
    }

    fn temporary_residence(&self, own: &Member, index: u64) -> Option<TemporaryResidence> {
        let mut chance = Chance::new(self.seed, &[ELSEWHERE, index]);
        let may_work_elsewhere = (1985..2007).contains(&own.birth.year());
        if !may_work_elsewhere || own.relation == Relation::Head || !chance.percent(12) {
            return None;
        }
        let province = self
            .territory
            .province(chance.word(&["79", "01", "75", "24", "31"]))?;
        let commune = province.commune(&mut chance)?;
        let address = Address {
            province: province.code.to_owned(),
            district: None,
            commune: commune.code.to_owned(),
            detail: written_rest(commune.kind, &mut chance),
        };
        let month = i8::try_from(chance.below(6)).ok()?.checked_add(1)?;
        Some(TemporaryResidence {
            address,
            since: Date::new(2026, month, 15).ok()?,
        })
    }

    fn parent(&self, household: &Household, own: &Member, place: &Place, sex: Sex) -> Option<Relative> {
        let with = |relations: &[Relation]| {
            household
                .members
                .iter()
                .find(|other| other.sex == sex && relations.contains(&other.relation))
                .map(|other| Relative {
                    full_name: other.full_name.clone(),
                    pin: Some(other.pin.clone()),
                })
        };
        let at_home = match own.relation {
            Relation::Head | Relation::YoungerSibling => with(&[Relation::Father, Relation::Mother]),
            Relation::Child => with(&[Relation::Head, Relation::Wife, Relation::Husband]),
            Relation::Grandchild => with(&[Relation::Child, Relation::DaughterInLaw]),
            Relation::Wife
            | Relation::Husband
            | Relation::Father
            | Relation::Mother
            | Relation::DaughterInLaw
            | Relation::Other => None,
        };
        if at_home.is_some() || own.relation == Relation::Child {
            return at_home;
        }
        self.parent_elsewhere(household, own, place, sex)
    }

    // The registry knows the names of older people's parents, but rarely their numbers.
    fn parent_elsewhere(
        &self,
        household: &Household,
        own: &Member,
        place: &Place,
        sex: Sex,
    ) -> Option<Relative> {
        let line = match (sex, own.relation) {
            (Sex::Male, Relation::Head | Relation::YoungerSibling) => Line::Head,
            (Sex::Male, Relation::DaughterInLaw) => Line::SonsWife,
            (Sex::Male, _) => Line::Spouse,
            (Sex::Female, _) => Line::HeadsMother,
        };
        let at = household.members.iter().position(|other| other.pin == own.pin)?;
        let labels = [
            NAME,
            place.household,
            u64::try_from(at).ok()?,
            1000_u64.saturating_add(line as u64),
        ];
        let mut chance = Chance::new(self.seed, &labels);
        let ethnicity = self.ethnicity(place.household, place.home);
        let family = self.family(place.household, place.home, line);
        let year = own.birth.year().saturating_sub(27);
        let full_name = names::full_name(ethnicity, family, sex, year, &mut chance);
        Some(Relative { full_name, pin: None })
    }

    fn household_id(number: u64) -> String {
        format!("HGD-{number:010}")
    }

    /// Reads a procedural household's number back from its identifier.
    pub fn household_number(id: &str) -> Option<u64> {
        id.strip_prefix("HGD-")?.parse().ok()
    }
}

fn spouse_in(household: &Household, relation: Relation) -> Option<Relative> {
    let (of_son, of_father) = ([Relation::Child, Relation::Grandchild], Relation::Father);
    let wanted: &[Relation] = match relation {
        Relation::Head => &[Relation::Wife, Relation::Husband],
        Relation::Wife | Relation::Husband => &[Relation::Head],
        Relation::Mother => &[of_father],
        Relation::Father => &[Relation::Mother],
        Relation::DaughterInLaw => of_son.get(..1).unwrap_or_default(),
        Relation::Child
            if household
                .members
                .iter()
                .any(|other| other.relation == Relation::DaughterInLaw) =>
        {
            &[Relation::DaughterInLaw]
        }
        Relation::Child | Relation::Grandchild | Relation::YoungerSibling | Relation::Other => &[],
    };
    household
        .members
        .iter()
        .find(|other| wanted.contains(&other.relation))
        .map(|other| Relative {
            full_name: other.full_name.clone(),
            pin: Some(other.pin.clone()),
        })
}

fn marital_status(own: &Member, has_spouse: bool, chance: &mut Chance) -> Option<MaritalStatus> {
    if has_spouse {
        return Some(MaritalStatus::Married);
    }
    let once_married = match own.relation {
        Relation::Father | Relation::Mother => true,
        Relation::Head => own.birth.year() < 1970 || chance.percent(40),
        _ => false,
    };
    Some(if once_married {
        MaritalStatus::DivorcedOrWidowed
    } else {
        MaritalStatus::Single
    })
}

fn written_rest(commune_kind: &str, chance: &mut Chance) -> String {
    let number = chance.below(240).saturating_add(1);
    if commune_kind == "phường" {
        let street = chance.word(&[
            "Lê Lợi",
            "Trần Hưng Đạo",
            "Nguyễn Trãi",
            "Hai Bà Trưng",
            "Lý Thường Kiệt",
            "Quang Trung",
            "Hùng Vương",
            "Phan Bội Châu",
        ]);
        return format!("Số {number} đường {street}").to_uppercase();
    }
    let hamlet = chance.word(&[
        "Đông",
        "Đoài",
        "Thượng",
        "Hạ",
        "Trung",
        "Tân Lập",
        "Hòa Bình",
        "Đồng Tâm",
    ]);
    let kind = chance.word(&["Thôn", "Ấp", "Xóm", "Thôn"]);
    format!("Tổ {}, {kind} {hamlet}", number % 12 + 1).to_uppercase()
}
