//! The view task's side of a screen: it owns rows' order, filter, cursor and marks, and hands over
//! immutable windows of what is visible. Nothing here draws, nothing here does I/O.

pub mod clusters;
pub mod crumbs;
pub mod filter;
pub mod joint;
pub mod limits;
pub mod live;
pub mod notes;
pub mod opening;
pub mod order;
pub mod page;
pub mod reader;
pub mod reading;
mod search;
mod slice;
pub mod snapshot;
pub mod spec;
mod spread;
pub mod table;
pub mod term;
mod write;
