//! Which place does a code name, on a given day?
