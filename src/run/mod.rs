//! Wires everything: the command line, `get`, the cockpit.

pub mod args;
pub mod cockpit;
mod complete;
mod config;
mod copied;
mod diag;
mod duration;
pub mod fleet;
pub mod get;
mod kinds;
mod lend;
#[cfg(feature = "embedded-fleet")]
mod serve;

use crate::link::Console;
use args::{Args, Command, Serve, Sizes};
use cockpit::Opening;
use fleet::{Made, NoFleet, Request};
use get::Exit;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

/// Runs the command line; gives the exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if complete::answer(&args) {
        return ExitCode::SUCCESS;
    }
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
            Ok(runtime) => {
                diag::begin_if_asked();
                runtime.block_on(get::run(args, get))
            }
            Err(error) => fail(&error),
        },
        Command::Completions(shell) => match shell.script().and_then(|script| std::io::stdout().write_all(&script)) {
            Ok(()) => Exit::Complete,
            Err(error) => fail(&error),
        },
        Command::CheckConfig => check_config(args),
        Command::Cockpit { kind } => cockpit(args, |console| {
            let request = Request {
                kubeconfig: args.kubeconfig.as_deref(),
                contexts: &args.contexts,
                act_as: args.act_as.as_ref(),
                console,
            };
            Ok((fleet::whole(&request)?, kind.clone()))
        }),
        Command::Demo(sizes) => demo(args, *sizes),
        Command::Serve(sizes, serve) => serve_fleet(*sizes, serve),
    }
}

/// Opens the cockpit over the fleet that `make` makes.
fn cockpit(args: &Args, make: impl FnOnce(Console) -> Result<(Made, Option<String>), NoFleet>) -> Exit {
    let settings = match config::load(&args.chosen) {
        Ok(settings) => settings,
        Err(error) => {
            get::complain(&format!("error: {error}"));
            return Exit::Usage;
        }
    };
    if let Some(refusal) = unfit_terminal() {
        return refusal;
    }
    diag::begin();
    let (console, counter) = lend::counter();
    match make(console) {
        Ok((made, kind)) => {
            let read_only = args.read_only || settings.read_only;
            let opening = Opening { kind, namespaces: args.namespaces.clone(), read_only, settings, counter };
            cockpit::run(made, opening)
        }
        Err(error) => {
            get::complain(&format!("error: {error}"));
            Exit::Usage
        }
    }
}

fn check_config(args: &Args) -> Exit {
    match config::check(&args.chosen) {
        Ok((report, problems)) => {
            let _ = write!(std::io::stdout(), "{}", crate::text::sanitize::sanitize_block(&report));
            for problem in &problems {
                get::complain(problem);
            }
            if problems.is_empty() { Exit::Complete } else { Exit::Other }
        }
        Err(error) => {
            get::complain(&format!("error: {error}"));
            Exit::Usage
        }
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn fail(error: &std::io::Error) -> Exit {
    let _ = writeln!(std::io::stderr(), "error: {error}");
    Exit::Other
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
fn demo(args: &Args, sizes: Sizes) -> Exit {
    // The clusters live for as long as the cockpit is open.
    let mut clusters = Vec::new();
    cockpit(args, |_| {
        let (made, theirs) = fleet::demo(&sizes.wanted())?;
        clusters = theirs;
        Ok((made, None))
    })
}

#[cfg(not(feature = "embedded-fleet"))]
fn demo(_: &Args, _: Sizes) -> Exit {
    no_fleet()
}

#[cfg(feature = "embedded-fleet")]
fn serve_fleet(sizes: Sizes, serve: &Serve) -> Exit {
    match runtime() {
        Ok(runtime) => runtime.block_on(serve::run(&sizes.wanted(), serve)),
        Err(error) => fail(&error),
    }
}

#[cfg(not(feature = "embedded-fleet"))]
fn serve_fleet(_: Sizes, _: &Serve) -> Exit {
    no_fleet()
}

#[cfg(not(feature = "embedded-fleet"))]
fn no_fleet() -> Exit {
    get::complain("error: this build has no embedded fleet; build it with the default features");
    Exit::Usage
}
