//! Ownership of fields: server-side apply and `managedFields`.

pub mod apply;
pub mod managers;
pub mod set;
pub mod walk;

#[cfg(test)]
mod tests;
