//! The store and its vocabulary: rows, columns, kinds, states and documents. Pure: no I/O, no terminal.

pub mod cell;
pub mod column;
pub mod document;
pub mod draft;
pub mod kind;
pub mod reference;
pub mod relation;
pub mod rows;
pub mod selector;
pub mod source;
pub mod state;
pub mod within;
