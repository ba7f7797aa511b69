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
mod drill;
mod fleet;
mod layers;
mod pty_demo;
mod pty_fleet;
mod pty_kubeconfig;
mod watch;

mod support {
    pub mod proxy;
    pub mod pty;
    pub mod rig;
}
