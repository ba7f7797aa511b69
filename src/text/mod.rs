//! The only way from foreign bytes to a screen, and the texts of our own.

pub mod catalog;
pub mod csv;
pub mod sanitize;
pub mod width;
