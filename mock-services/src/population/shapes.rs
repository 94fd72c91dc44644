//! Which kinds of household are there, and how are their members' ages spaced?
//!
//! Thirty-two shapes in equal numbers give Viet Nam's spread of household sizes (one to seven, 3.4 on average);
//! the numbering puts one of each into every block of the population.
//! Always true: the head sits first, and nobody is born after 2025 or before 1905.
//! Deliberately absent: anything about single people; names and places are drawn elsewhere.

use crate::person::{Relation, Sex};

/// One kind of household.
#[derive(Debug)]
pub struct Shape {
    /// The earliest anchor year; the anchor lies within the 32 years from it.
    pub first_year: i16,
    /// The members, the head first.
    pub seats: &'static [Seat],
}

/// One member's place in a shape.
#[derive(Debug)]
pub struct Seat {
    /// Relation to the head.
    pub relation: Relation,
    /// Sex.
    pub sex: Sex,
    /// Years from the anchor year to the birth year, before the spread.
    pub offset: i16,
    /// In how many years the birth may fall.
    pub spread: u16,
    /// Whether the person married into the household.
    pub married_in: bool,
}

const fn seat(relation: Relation, sex: Sex, offset: i16, spread: u16) -> Seat {
    let married_in = matches!(
        relation,
        Relation::Wife | Relation::Husband | Relation::DaughterInLaw
    );
    Seat {
        relation,
        sex,
        offset,
        spread,
        married_in,
    }
}

const HE: Seat = seat(Relation::Head, Sex::Male, 0, 1);
const SHE: Seat = seat(Relation::Head, Sex::Female, 0, 1);
const WIFE: Seat = seat(Relation::Wife, Sex::Female, -1, 7);
const HUSBAND: Seat = seat(Relation::Husband, Sex::Male, -6, 8);
const SON: Seat = seat(Relation::Child, Sex::Male, 24, 4);
const DAUGHTER: Seat = seat(Relation::Child, Sex::Female, 24, 4);
const SECOND_SON: Seat = seat(Relation::Child, Sex::Male, 28, 4);
const SECOND_DAUGHTER: Seat = seat(Relation::Child, Sex::Female, 28, 4);
const LATE_SON: Seat = seat(Relation::Child, Sex::Male, 32, 3);
const LATE_DAUGHTER: Seat = seat(Relation::Child, Sex::Female, 32, 3);
const FATHER: Seat = seat(Relation::Father, Sex::Male, -30, 8);
const MOTHER: Seat = seat(Relation::Mother, Sex::Female, -28, 8);
const SISTER: Seat = seat(Relation::YoungerSibling, Sex::Female, 2, 6);
const SONS_WIFE: Seat = seat(Relation::DaughterInLaw, Sex::Female, 25, 6);
const GRANDSON: Seat = seat(Relation::Grandchild, Sex::Male, 50, 3);
const GRANDDAUGHTER: Seat = seat(Relation::Grandchild, Sex::Female, 53, 3);
const LATE_GRANDSON: Seat = seat(Relation::Grandchild, Sex::Male, 56, 3);

const fn shape(first_year: i16, seats: &'static [Seat]) -> Shape {
    Shape { first_year, seats }
}

/// All shapes; their order is part of the numbering.
pub const SHAPES: [Shape; 32] = [
    shape(1974, &[HE]),
    shape(1974, &[SHE]),
    shape(1935, &[SHE]),
    shape(1940, &[HE]),
    shape(1936, &[HE, WIFE]),
    shape(1947, &[HE, WIFE]),
    shape(1968, &[HE, WIFE]),
    shape(1966, &[SHE, DAUGHTER]),
    shape(1960, &[SHE, SON]),
    shape(1955, &[SHE, HUSBAND]),
    shape(1966, &[HE, WIFE, SON]),
    shape(1966, &[HE, WIFE, DAUGHTER]),
    shape(1964, &[HE, WIFE, SON]),
    shape(1964, &[HE, WIFE, DAUGHTER]),
    shape(1966, &[SHE, HUSBAND, SON]),
    shape(1962, &[SHE, SON, SECOND_DAUGHTER]),
    shape(1955, &[HE, MOTHER, SISTER]),
    shape(1962, &[HE, WIFE, SON, SECOND_SON]),
    shape(1962, &[HE, WIFE, SON, SECOND_DAUGHTER]),
    shape(1962, &[HE, WIFE, DAUGHTER, SECOND_SON]),
    shape(1962, &[HE, WIFE, DAUGHTER, SECOND_DAUGHTER]),
    shape(1961, &[HE, WIFE, SON, SECOND_DAUGHTER]),
    shape(1960, &[HE, WIFE, DAUGHTER, SECOND_SON]),
    shape(1962, &[SHE, HUSBAND, SON, SECOND_DAUGHTER]),
    shape(1964, &[HE, WIFE, DAUGHTER, MOTHER]),
    shape(1959, &[HE, WIFE, DAUGHTER, SECOND_DAUGHTER, LATE_SON]),
    shape(1962, &[HE, WIFE, SON, SECOND_DAUGHTER, MOTHER]),
    shape(1962, &[HE, WIFE, DAUGHTER, SECOND_SON, FATHER]),
    shape(1959, &[SHE, HUSBAND, SON, SECOND_SON, LATE_DAUGHTER]),
    shape(1962, &[HE, WIFE, SON, SECOND_SON, FATHER, MOTHER]),
    shape(1936, &[HE, WIFE, SON, SONS_WIFE, GRANDSON, GRANDDAUGHTER]),
    shape(
        1935,
        &[HE, WIFE, SON, SONS_WIFE, GRANDSON, GRANDDAUGHTER, LATE_GRANDSON],
    ),
];
