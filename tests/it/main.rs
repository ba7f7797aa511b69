//! All integration tests, one binary.

mod layers;
mod pty_demo;
mod pty_fleet;
mod pty_kubeconfig;
mod support {
    pub mod proxy;
    pub mod pty;
    pub mod rig;
}
