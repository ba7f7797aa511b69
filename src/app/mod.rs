//! The reducer: keys and snapshots in, state and effects out. No I/O, no terminal.

pub mod ui;
