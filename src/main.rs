//! The `skylark` command.
fn main() {}
