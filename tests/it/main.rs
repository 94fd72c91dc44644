//! The one test binary of the gateway: everything that is tested from outside the crate.
//!
//! Pure rules are tested beside their code, in `src/**/tests.rs`. Here stand the tests that need the whole: the tree itself,
//! the running gateway, its faults.

mod tidy;
