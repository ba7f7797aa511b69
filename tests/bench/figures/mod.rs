//! The figures, a group a file.

mod churn;
mod keys;
mod launch;
mod process;
mod small;
mod wire;

use crate::options::Options;
use crate::report::Report;
use crate::rig::Rig;
use anyhow::{Context as _, Result};

/// Measures what is wanted.
pub fn measure(options: &Options) -> Result<Report> {
    let mut report = Report::default();
    let on_rig = ["launch", "wire", "keys", "churn"];
    if on_rig.iter().any(|group| options.wants(group)) {
        let mut rig = Rig::start(options.pods(), options.kubernetes.as_deref())?;
        if options.wants("launch") {
            launch::measure(options, &rig, &mut report).context("launch")?;
        }
        if options.wants("wire") {
            wire::measure(options, &rig, &mut report).context("wire")?;
        }
        if options.wants("keys") {
            keys::measure(options, &rig, &mut report).context("keys")?;
        }
        if options.wants("churn") {
            churn::measure(options, &mut rig, &mut report).context("churn")?;
        }
    }
    if options.wants("small") {
        small::measure(options, &mut report).context("small")?;
    }
    if options.wants("process") {
        process::measure(options, &mut report).context("process")?;
    }
    Ok(report)
}
