//! Faithful stand-ins for everything that the gateway talks to, in one process.
//!
//! A call to the registry is read by [`registry`], answered from the [`register`] (personas and changes over the
//! procedural [`population`]) and put on the wire by [`delivery`], which carries out whatever [`faults`] says.
//! The [`issuer`] signs tokens, the [`one_stop`] takes dossiers and has the [`gateway`] check them, the [`portal`] keeps what
//! it is told, and [`control`] lets tests look and meddle.
//! Always true: everything follows from the seed but keys and ids; nothing outlives the process.
//! Deliberately absent: any line of the gateway. The wire is written twice, so that a slip on one side shows.

pub mod chance;
pub mod clock;
pub mod control;
pub mod delivery;
pub mod faults;
pub mod gateway;
pub mod issuer;
pub mod one_stop;
pub mod person;
pub mod personas;
pub mod population;
pub mod portal;
pub mod register;
pub mod registry;
mod running;
mod start;
pub mod stats;
pub mod territory;
pub mod tls;

pub use registry::credentials::Credentials;
pub use running::Running;
pub use start::{OauthClient, Settings, StartError, start};
