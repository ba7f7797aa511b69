//! The figures of the README, measured on a real control plane: `cargo bench --bench figures`.
//!
//! Everything runs on loopback, is bounded in time, and ends with this process: the control plane when
//! its stdin closes, the cockpit when its terminal goes. See [`options::Options`] for what can be set:
//! `cargo bench --bench figures -- --quick` is over in two minutes and proves that each figure can be had;
//! `--scale 150k`, `--scale serve-150k` and `--scale serve-20x15k` measure larger ones.

mod audit;
mod cockpit;
mod figures;
mod machine;
mod options;
mod pods;
mod process;
mod proxy;
mod report;
mod rig;
mod scale;
mod serve;
mod server;
mod site;
mod stats;

use clap::Parser as _;
use options::Options;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let mut options = Options::parse();
    if !options.bench {
        // `cargo test --all-targets` runs us, too.
        eprintln!("the figures are measured by `cargo bench --bench figures`");
        return ExitCode::SUCCESS;
    }
    // It is started in another directory.
    match options.binary.canonicalize() {
        Ok(binary) => options.binary = binary,
        Err(error) => {
            eprintln!("figures: {}: {error}", options.binary.display());
            return ExitCode::FAILURE;
        }
    }
    let longest = options.longest;
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(longest));
        eprintln!("figures: not done after {longest} s");
        // Our children end when what we hold of them closes; a served fleet has to be told.
        serve::stop_all();
        std::process::exit(1);
    });
    match figures::measure(&options).and_then(|report| report.publish(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("figures: {error:#}");
            ExitCode::FAILURE
        }
    }
}
