//! Skylark: a terminal cockpit for fleets of Kubernetes clusters.
//!
//! Data flows one way: cluster → store → view → bytes; keys → command → effect → cluster.
//! The modules below stand in dependency order: each may use those above it, and
//! `tests/it/layers.rs` holds the exact edges.

pub mod base; // arena of strings, ages, clock: no Kubernetes, no terminal
pub mod text; // sanitiser and display width: the only way from foreign bytes to a screen
pub mod model; // rows, columns, kinds, states, selectors: the store and its vocabulary
pub mod kinds; // kinds whose columns are computed here: slim structs and their cells
pub mod describe; // an object and what stands around it, as a text to read
pub mod yaml; // an object's manifest as a text to read, with secrets masked
pub mod link; // kubeconfig, credentials and one authenticated HTTP link to a cluster
pub mod cluster; // discovery, wire formats, lists and watches, the state machine, the fleet
#[cfg(feature = "embedded-fleet")]
pub mod server; // the embedded API server
#[cfg(feature = "embedded-fleet")]
pub mod demo; // the embedded clusters of `skylark demo`
pub mod view; // owns order, filter, cursor and marks; hands over visible windows
pub mod command; // the table of commands, the keymap, the command line and its completion
pub mod app; // the reducer: keys and snapshots in, state and effects out
pub mod theme; // themes and how they degrade to the terminal's colours
pub mod draw; // state → ratatui buffer
pub mod clip; // to the clipboard of where the user sits, or to a file
pub mod term; // the terminal: one write a frame, signals, restore on every way out
pub mod run; // wires everything: the cockpit, `get`, the command line
