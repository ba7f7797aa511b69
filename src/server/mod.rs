//! An API server in this process: what `skylark demo` and `skylark serve` talk to.

pub mod fields;
pub mod patch;
pub mod schema;
