//! How are many people asked about in one go, without anybody else waiting for it?
//!
//! For now the port alone: how a batch is kept while it comes in, is worked on, and is read (`store`).

pub mod store;
