//! Stand-ins.
pub mod chance;
pub mod person;
pub mod population;
pub mod territory;
