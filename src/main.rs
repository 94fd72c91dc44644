//! The program: hands its arguments and environment over to the library.

use std::process::ExitCode;

use dancu::cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
