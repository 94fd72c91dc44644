//! How are questions and answers about a person written down?
//!
//! Our DTOs: JSON at one side, the domain's types at the other. `request` reads a body into a question and tells
//! everything that is wrong with it at once; `reply` writes an answer; `schemas` describes both for the OpenAPI
//! document. The domain knows none of this: a name of the API is changed here and nowhere else.

pub(super) mod confirmation;
pub(super) mod moment;
pub(super) mod person;
pub(super) mod reply;
pub(super) mod request;
pub(super) mod schemas;
