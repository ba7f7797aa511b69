//! Everything between a link and the store: discovery, wire formats, lists and watches, the state
//! machine of a cluster, and the fleet.

pub mod answers;
pub mod ask;
#[allow(clippy::module_inception, reason = "the folder is about clusters, the file is one of them")]
pub mod cluster;
pub mod defaults;
pub mod detail;
pub mod discovery;
mod doubt;
pub mod fleet;
pub mod gate;
pub mod identity;
pub mod limited;
pub mod machine;
pub mod meaning;
pub mod open;
pub mod project;
pub mod rights;
pub mod tail;
pub mod watch;
pub mod wire;

#[cfg(test)]
mod tests;
