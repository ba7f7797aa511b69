//! (see lib.rs)

pub mod args;
mod duration;
