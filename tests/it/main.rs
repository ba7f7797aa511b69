//! All integration tests, one binary.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a broken promise is a failing test"
)]

mod api;
mod cli;
mod columns;
mod config;
mod conformance;
mod describe;
mod drill;
mod faults;
mod fleet;
mod layers;
mod pictures;
mod pty_demo;
mod pty_document;
mod pty_faults;
mod pty_first;
mod pty_fleet;
mod pty_hands;
mod pty_kubeconfig;
mod pty_login;
mod pty_real;
mod rights;
mod serve;
mod watch;
mod yaml;
mod zoo;
mod zoo_fixtures;

mod support {
    /// Waits until it is so, within reason.
    #[track_caller]
    pub fn until(what: &str, is_so: impl Fn() -> bool) {
        let deadline = std::time::Instant::now() + crate::cli::PATIENCE;
        while !is_so() {
            assert!(std::time::Instant::now() < deadline, "still not: {what}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    pub mod gateway;
    pub mod kubectl;
    pub mod proxy;
    pub mod pty;
    pub mod rig;
    pub mod served;
    pub mod server;
    pub mod svg;
    pub mod tunnel;
}
