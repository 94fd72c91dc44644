//! What can be asked of the program on the command line?

pub mod audit;
