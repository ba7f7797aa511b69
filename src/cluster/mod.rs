//! Everything between a link and the store: discovery, wire formats, lists and watches, the state
//! machine of a cluster, and the fleet.

pub mod ask;
#[allow(clippy::module_inception, reason = "the folder is about clusters, the file is one of them")]
pub mod cluster;
pub mod discovery;
pub mod fleet;
pub mod fold;
pub mod gate;
pub mod machine;
pub mod open;
pub mod project;
pub mod relate;
pub mod shape;
pub mod watch;
pub mod wire;

#[cfg(test)]
mod tests;
