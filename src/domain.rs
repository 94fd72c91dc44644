//! The nouns of the population register, as values that can't be malformed.
//!
//! Stands under everything else: every gate speaks in these types, and none of them knows of HTTP, of files,
//! of a clock or of serialization. Text becomes a type once, at the edge (`FromStr`), and past that no `String`
//! stands for an idea. Whatever names a person (`Pin`, `FullName`, `BirthDate`, an address) prints as `***`.

pub mod address;
pub mod birth_date;
pub mod claim;
pub mod client;
pub mod codes;
pub mod context;
pub mod fact;
pub mod field;
pub mod household;
pub mod labels;
pub mod local_time;
pub mod maintenance;
pub mod name;
pub mod operator;
pub mod paper;
pub mod pin;
pub mod predicate;
pub mod problem;
pub mod record;
pub mod role;
pub mod subject;
pub mod territory;
