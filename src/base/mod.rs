//! Foundations without Kubernetes and without a terminal.

pub mod age;
pub mod arena;
