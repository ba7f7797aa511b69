//! Where a cockpit is launched.

use crate::cockpit::Cockpit;
use crate::options::Options;
use anyhow::Result;
use std::path::Path;

/// Clusters that run, and what is on them.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The kubeconfig of all of them.
    pub kubeconfig: &'a Path,
    /// A directory that goes when they go.
    pub dir: &'a Path,
    /// The pods that they have together; `None` where that changes all the time.
    pub rows: Option<u32>,
}

impl Site<'_> {
    /// Opens a cockpit here.
    pub fn launch(&self, options: &Options) -> Result<Cockpit> {
        Cockpit::launch(&options.binary, self.kubeconfig, self.dir)
    }

    /// Opens a cockpit here and waits until it has all rows.
    pub fn launch_whole(&self, options: &Options) -> Result<Cockpit> {
        let mut cockpit = self.launch(options)?;
        match self.rows {
            Some(rows) => cockpit.until_all(rows)?,
            None => cockpit.until_exact()?,
        };
        Ok(cockpit)
    }
}
