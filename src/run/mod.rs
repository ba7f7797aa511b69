//! Wires everything: the command line, `get`, the cockpit.

pub mod args;
pub mod cockpit;
mod copied;
mod diag;
mod duration;
pub mod fleet;
pub mod get;

use args::{Args, Command};
use cockpit::Opening;
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
        Command::Cockpit { kind } => {
            if let Some(refusal) = unfit_terminal() {
                return refusal;
            }
            diag::begin();
            match fleet::whole(args.kubeconfig.as_deref(), &args.contexts) {
                Ok(made) => cockpit::run(made, opening(args, kind.clone())),
                Err(error) => {
                    get::complain(&format!("error: {error}"));
                    Exit::Usage
                }
            }
        }
        Command::Demo => demo(args),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn fail(error: &std::io::Error) -> Exit {
    let _ = writeln!(std::io::stderr(), "error: {error}");
    Exit::Other
}

fn opening(args: &Args, kind: Option<String>) -> Opening {
    Opening { kind, namespaces: args.namespaces.clone(), read_only: args.read_only }
}

/// Says why the cockpit cannot be opened here, where it cannot.
fn unfit_terminal() -> Option<Exit> {
    let why = if !crate::term::is_terminal() {
        "error: the cockpit needs a terminal for its input and output; `skylark get` writes the same rows to a pipe"
    } else if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        "error: the cockpit needs a terminal that can place text, and TERM is `dumb`; `skylark get` writes the same \
         rows line by line"
    } else {
        return None;
    };
    get::complain(why);
    Some(Exit::Usage)
}

#[cfg(feature = "embedded-fleet")]
fn demo(args: &Args) -> Exit {
    if let Some(refusal) = unfit_terminal() {
        return refusal;
    }
    diag::begin();
    match fleet::demo() {
        // The clusters live for as long as the cockpit is open.
        Ok((made, _clusters)) => cockpit::run(made, opening(args, None)),
        Err(error) => {
            get::complain(&format!("error: {error}"));
            Exit::Other
        }
    }
}

#[cfg(not(feature = "embedded-fleet"))]
fn demo(_: &Args) -> Exit {
    get::complain("error: this build has no embedded fleet; build it with the default features");
    Exit::Usage
}
