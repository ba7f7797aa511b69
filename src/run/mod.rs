//! Wires everything: the command line, `get`, the cockpit.

pub mod args;
mod duration;
pub mod fleet;
pub mod get;

use args::{Args, Command};
use get::Exit;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

/// Runs the command line; gives the exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    crate::link::install_crypto();
    let args = match args::parse(args) {
        Ok(args) => args,
        Err(refusal) => {
            let text = refusal.message.trim_end();
            let _ = if refusal.code == 0 {
                writeln!(std::io::stdout(), "{text}")
            } else {
                writeln!(std::io::stderr(), "{text}")
            };
            return ExitCode::from(refusal.code);
        }
    };
    ExitCode::from(run(&args) as u8)
}

fn run(args: &Args) -> Exit {
    match &args.command {
        Command::Version => {
            let _ = writeln!(std::io::stdout(), "skylark {}", env!("CARGO_PKG_VERSION"));
            Exit::Complete
        }
        Command::Get(get) => match runtime() {
            Ok(runtime) => runtime.block_on(get::run(args, get)),
            Err(error) => fail(&error),
        },
        Command::Cockpit { .. } | Command::Demo => Exit::Other,
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn fail(error: &std::io::Error) -> Exit {
    let _ = writeln!(std::io::stderr(), "error: {error}");
    Exit::Other
}
