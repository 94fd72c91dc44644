//! How are questions and answers written down?
//!
//! Our DTOs: JSON at one side, the domain's types at the other. `request` reads a body into a question and tells
//! everything that is wrong with it at once; `reply` writes an answer, `catalogue` a procedure; `schemas` describes both for the OpenAPI
//! document. The domain knows none of this: a name of the API is changed here and nowhere else.

pub(super) mod batch;
pub(super) mod batch_schemas;
pub(super) mod catalogue;
pub(super) mod check;
pub(super) mod confirmation;
pub(super) mod household;
pub(super) mod moment;
pub(super) mod person;
pub(super) mod reply;
pub(super) mod request;
pub(super) mod schemas;
