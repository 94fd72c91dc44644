//! Which number does the n-th person of the population carry, and who carries this number?
//!
//! A number has only six free digits; the prefix, the sex digit and the birth year must agree with the person's
//! place in a household. So these three are made to carry information instead of being drawn:
//!
//! - People sit in **blocks**. A block holds one household of each of the 32 shapes, 108 seats in all, so
//!   `index = block × 108 + seat`, and the seat alone tells the household's shape and the member in it.
//! - A block's remainder by 4 096, shuffled differently for each shape, gives the household's province slot (of
//!   128, weighted by people) and its anchor year (of 32 from the shape's first); the quotient is its *round*.
//! - A member's prefix is the household's slot, moved by a fixed mask for those who married in; the birth year
//!   is the anchor year plus the seat's offset plus a little that slot, seat and round decide.
//! - The six free digits are (round, copy of the slot, seat), shuffled within prefix, sex digit and year.
//!
//! Reading a number undoes these steps and needs no table, so a hundred million people cost nothing.
//! Always true: `index_of(pin(i)) == Some(i)` for every `i` in the population, and any other twelve digits give
//! `None`. Deliberately absent: names and everything else about the person.

use super::shapes::{SHAPES, Seat, Shape};
use crate::chance::{key, permute, unpermute};
use crate::person::Sex;

/// The most people that the six free digits can carry, rounded down.
pub const LARGEST_POPULATION: u64 = 200_000_000;

const PROVINCE_SLOTS: u64 = 128;
const YEAR_SLOTS: u64 = 32;
const CLASSES: u64 = PROVINCE_SLOTS * YEAR_SLOTS;
const COPIES: u64 = 16;
const SEAT_CODES: u64 = 128;
const SERIALS: u64 = 1_000_000;

/// Prefixes with their share of the 128 slots, after the census of 2019.
const PREFIXES: [(u16, u8); 63] = [
    (1, 10),
    (2, 1),
    (4, 1),
    (6, 1),
    (8, 1),
    (10, 1),
    (11, 1),
    (12, 1),
    (14, 2),
    (15, 1),
    (17, 1),
    (19, 2),
    (20, 1),
    (22, 2),
    (24, 2),
    (25, 2),
    (26, 2),
    (27, 2),
    (30, 2),
    (31, 2),
    (33, 2),
    (34, 2),
    (35, 1),
    (36, 2),
    (37, 1),
    (38, 4),
    (40, 4),
    (42, 2),
    (44, 1),
    (45, 1),
    (46, 2),
    (48, 2),
    (49, 2),
    (51, 2),
    (52, 2),
    (54, 1),
    (56, 2),
    (58, 1),
    (60, 2),
    (62, 1),
    (64, 2),
    (66, 2),
    (67, 1),
    (68, 2),
    (70, 1),
    (72, 2),
    (74, 3),
    (75, 4),
    (77, 2),
    (79, 11),
    (80, 2),
    (82, 2),
    (83, 2),
    (84, 1),
    (86, 2),
    (87, 2),
    (89, 2),
    (91, 2),
    (92, 2),
    (93, 1),
    (94, 2),
    (95, 1),
    (96, 2),
];

// Labels that keep the draws apart.
const CLASS: u64 = 1;
const SHIFT: u64 = 2;
const SERIAL: u64 = 3;
const MARRIED_IN: u64 = 4;

/// The two-way numbering of one population.
#[derive(Debug)]
pub struct Numbering {
    seed: u64,
    population: u64,
    seats: Vec<(u64, usize, &'static Seat)>,
    // Where each shape's seats begin and how many it has.
    spans: Vec<(u64, u64)>,
    slots: Vec<(u16, u64)>,
}

/// Where a person sits.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The household's number.
    pub household: u64,
    /// The member's position in the household's shape.
    pub member: usize,
    /// What the shape says of the member.
    pub seat: &'static Seat,
    /// Birth year.
    pub year: i16,
    /// The three-digit prefix: where the birth was registered.
    pub prefix: u16,
    /// The prefix of the household's own province.
    pub home: u16,
}

struct Placement {
    province_slot: u64,
    anchor_year: i16,
    round: u64,
}

impl Numbering {
    /// Prepares the numbering of `population` people.
    pub fn new(seed: u64, population: u64) -> Self {
        let seats = (0_u64..)
            .zip(SHAPES.iter())
            .flat_map(|(shape, Shape { seats, .. })| {
                seats
                    .iter()
                    .enumerate()
                    .map(move |(member, seat)| (shape, member, seat))
            })
            .collect();
        let spans = SHAPES
            .iter()
            .scan(0_u64, |next, shape| {
                let (start, size) = (*next, u64::try_from(shape.seats.len()).ok()?);
                *next = start.checked_add(size)?;
                Some((start, size))
            })
            .collect();
        let slots = PREFIXES
            .iter()
            .flat_map(|(prefix, copies)| (0..u64::from(*copies)).map(move |copy| (*prefix, copy)))
            .collect();
        Self {
            seed,
            population,
            seats,
            spans,
            slots,
        }
    }

    /// Counts the people.
    pub fn population(&self) -> u64 {
        self.population
    }

    /// Finds the place of the `index`-th person; `None` outside the population.
    pub fn place(&self, index: u64) -> Option<Place> {
        if index >= self.population {
            return None;
        }
        let (block, code) = self.block_and_seat(index)?;
        let (shape, member, seat) = *self.seats.get(usize::try_from(code).ok()?)?;
        let placement = self.placement(block, shape)?;
        let slot = placement.province_slot ^ self.mask(code, seat);
        Some(Place {
            household: block.checked_mul(shapes())?.checked_add(shape)?,
            member,
            seat,
            year: placement
                .anchor_year
                .checked_add(self.year_offset(code, seat, &placement))?,
            prefix: self.slot(slot)?.0,
            home: self.slot(placement.province_slot)?.0,
        })
    }

    /// Writes the number of the `index`-th person; `None` outside the population.
    pub fn pin(&self, index: u64) -> Option<String> {
        let place = self.place(index)?;
        let (block, code) = self.block_and_seat(index)?;
        let (shape, ..) = *self.seats.get(usize::try_from(code).ok()?)?;
        let placement = self.placement(block, shape)?;
        let (prefix, copy) = self.slot(placement.province_slot ^ self.mask(code, place.seat))?;
        let free = placement.round.checked_mul(COPIES)?.checked_add(copy)?;
        let free = free.checked_mul(SEAT_CODES)?.checked_add(code)?;
        if free >= SERIALS {
            return None;
        }
        let digit = sex_digit(place.seat.sex, place.year);
        let short_year = u64::try_from(place.year.rem_euclid(100)).ok()?;
        let serial = permute(self.serial_key(prefix, digit, short_year), SERIALS, free);
        Some(format!("{prefix:03}{digit}{short_year:02}{serial:06}"))
    }

    /// Finds who carries a number; `None` if nobody does.
    pub fn index_of(&self, pin: &str) -> Option<u64> {
        if pin.len() != 12 || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let prefix: u16 = pin.get(0..3)?.parse().ok()?;
        let digit: u64 = pin.get(3..4)?.parse().ok()?;
        let short_year: u64 = pin.get(4..6)?.parse().ok()?;
        let serial: u64 = pin.get(6..12)?.parse().ok()?;
        let free = unpermute(self.serial_key(prefix, digit, short_year), SERIALS, serial);
        let (code, rest) = (free % SEAT_CODES, free / SEAT_CODES);
        let (copy, round) = (rest % COPIES, rest / COPIES);
        let (shape, _, seat) = *self.seats.get(usize::try_from(code).ok()?)?;
        let slot = self.slots.iter().position(|slot| *slot == (prefix, copy))?;
        let province_slot = u64::try_from(slot).ok()? ^ self.mask(code, seat);
        let year = i16::try_from(1900_u64.checked_add(digit.checked_div(2)?.checked_mul(100)?)?)
            .ok()?
            .checked_add(i16::try_from(short_year).ok()?)?;
        if sex_digit(seat.sex, year) != digit {
            return None;
        }
        let known = Placement {
            province_slot,
            anchor_year: 0,
            round,
        };
        let anchor = year.checked_sub(self.year_offset(code, seat, &known))?;
        let year_slot = u64::try_from(anchor.checked_sub(first_year(shape)?)?).ok()?;
        if year_slot >= YEAR_SLOTS {
            return None;
        }
        let class = province_slot.checked_mul(YEAR_SLOTS)?.checked_add(year_slot)?;
        let remainder = unpermute(key(self.seed, &[CLASS, shape]), CLASSES, class);
        let block = round.checked_mul(CLASSES)?.checked_add(remainder)?;
        let index = block.checked_mul(self.seat_count())?.checked_add(code)?;
        (index < self.population).then_some(index)
    }

    /// Lists the indices of everyone in a household, the head first.
    pub fn household(&self, household: u64) -> Vec<u64> {
        let (block, shape) = (household / shapes(), household % shapes());
        let span = usize::try_from(shape)
            .ok()
            .and_then(|shape| self.spans.get(shape));
        let (start, size) = span.copied().unwrap_or_default();
        let head = block
            .checked_mul(self.seat_count())
            .and_then(|first| first.checked_add(start));
        head.map_or_else(Vec::new, |head| {
            (head..head.saturating_add(size).min(self.population)).collect()
        })
    }

    /// Returns the shape of a household.
    pub fn shape(household: u64) -> Option<&'static Shape> {
        SHAPES.get(usize::try_from(household % shapes()).ok()?)
    }

    fn seat_count(&self) -> u64 {
        u64::try_from(self.seats.len()).unwrap_or(1).max(1)
    }

    fn block_and_seat(&self, index: u64) -> Option<(u64, u64)> {
        Some((
            index.checked_div(self.seat_count())?,
            index.checked_rem(self.seat_count())?,
        ))
    }

    fn placement(&self, block: u64, shape: u64) -> Option<Placement> {
        let class = permute(key(self.seed, &[CLASS, shape]), CLASSES, block % CLASSES);
        Some(Placement {
            province_slot: class / YEAR_SLOTS,
            anchor_year: first_year(shape)?.checked_add(i16::try_from(class % YEAR_SLOTS).ok()?)?,
            round: block / CLASSES,
        })
    }

    // The anchor year must not matter here: reading a number knows everything else before it knows that.
    fn year_offset(&self, code: u64, seat: &Seat, placement: &Placement) -> i16 {
        let drawn = key(
            self.seed,
            &[SHIFT, code, placement.province_slot, placement.round],
        );
        let shift = drawn % u64::from(seat.spread.max(1));
        seat.offset.saturating_add(i16::try_from(shift).unwrap_or(0))
    }

    fn mask(&self, code: u64, seat: &Seat) -> u64 {
        let drawn = key(self.seed, &[MARRIED_IN, code]);
        // Of those who married in, six of ten come from the same province.
        if seat.married_in && drawn % 10 >= 6 {
            (drawn >> 8) % PROVINCE_SLOTS
        } else {
            0
        }
    }

    fn slot(&self, slot: u64) -> Option<(u16, u64)> {
        self.slots.get(usize::try_from(slot).ok()?).copied()
    }

    fn serial_key(&self, prefix: u16, digit: u64, short_year: u64) -> u64 {
        key(self.seed, &[SERIAL, u64::from(prefix), digit, short_year])
    }
}

fn first_year(shape: u64) -> Option<i16> {
    SHAPES
        .get(usize::try_from(shape).ok()?)
        .map(|shape| shape.first_year)
}

fn shapes() -> u64 {
    u64::try_from(SHAPES.len()).unwrap_or(1).max(1)
}

fn sex_digit(sex: Sex, year: i16) -> u64 {
    let century = u64::try_from(year.saturating_sub(1900).max(0) / 100).unwrap_or(0);
    let female = match sex {
        Sex::Male => 0,
        Sex::Female => 1,
    };
    century.saturating_mul(2).saturating_add(female)
}
