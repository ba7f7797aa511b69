//! Foundations without Kubernetes and without a terminal.

pub mod age;
pub mod arena;
pub mod clock;
pub mod suggest;
