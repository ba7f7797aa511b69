//! An API server in this process: what `skylark demo` and `skylark serve` talk to.
//!
//! It serves JSON and Tables, as a gateway would; what it does it does as a real API server does, and what
//! neither the demo nor the conformance suite needs it leaves out.

mod classes;
mod discovery;
mod door;
mod fields;
mod handle;
mod inside;
mod kubelet;
mod list;
mod listen;
mod mirror;
mod negotiate;
mod openapi;
mod options;
mod patch;
pub mod quantity;
mod rbac;
pub mod registry;
pub mod resource;
mod review;
mod route;
mod schema;
mod select;
mod serve;
mod status;
pub mod store;
mod table;
mod user;
mod watch;
mod write;

pub use door::{Door, Shut};
pub use inside::{Inside, Refused};
pub use kubelet::{Idle, Kubelet, LogLine, LogWanted};
pub use listen::{Identity, listen};
pub use select::Labels;
pub use serve::{Tasks, pipe};
pub use user::User;
#[cfg(test)]
pub use write::BEGINNING;
#[cfg(test)]
pub use write::misfits;
pub use write::quota;
pub use write::{moment, now, stamp, suffix, uid};

use rustc_hash::FxHashMap;
use std::sync::Arc;
use store::Store;

/// One API server.
pub struct Server {
    /// Its objects.
    pub store: Arc<Store>,
    /// Its version, such as `v1.36.3`.
    pub git_version: String,
    /// Its users by their tokens.
    pub users: FxHashMap<String, User>,
    /// Who asks without a token; `None` where nobody may.
    pub anonymous: Option<User>,
    /// What stands for the machines that run its pods.
    pub kubelet: Arc<dyn Kubelet>,
}
