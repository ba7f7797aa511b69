//! The store and its vocabulary: rows, columns, kinds and states. Pure: no I/O, no terminal.

pub mod cell;
pub mod column;
pub mod draft;
pub mod kind;
pub mod rows;
pub mod selector;
pub mod source;
pub mod state;
