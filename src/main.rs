//! The `skylark` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    skylark::run::main(std::env::args_os())
}
