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
use crate::serve::Serve;
use anyhow::{Context as _, Result};

/// Measures what is wanted.
pub fn measure(options: &Options) -> Result<Report> {
    let mut report = Report::default();
    if options.scale.is_served() {
        served(options, &mut report)?;
    } else {
        real(options, &mut report)?;
    }
    if options.wants("small") {
        small::measure(options, &mut report).context("small")?;
    }
    if options.wants("process") {
        process::measure(options, &mut report).context("process")?;
    }
    Ok(report)
}

/// What is measured on a real control plane.
fn real(options: &Options, report: &mut Report) -> Result<()> {
    if !["launch", "wire", "keys", "churn"].iter().any(|group| options.wants(group)) {
        return Ok(());
    }
    let mut rig = Rig::start(options.pods(), options.kubernetes.as_deref())?;
    if options.wants("launch") {
        launch::measure(options, &rig, report).context("launch")?;
    }
    if options.wants("wire") {
        wire::measure(options, &rig, report).context("wire")?;
    }
    if options.wants("keys") {
        keys::measure(options, &rig.site(), report).context("keys")?;
    }
    if options.wants("churn") {
        churn::measure(options, &mut rig, report).context("churn")?;
    }
    Ok(())
}

/// What is measured on a served fleet.
fn served(options: &Options, report: &mut Report) -> Result<()> {
    if options.wants("launch") || options.wants("keys") {
        let serve = Serve::start(options, 0)?;
        if options.wants("launch") {
            launch::measure_served(options, &serve, report).context("launch")?;
        }
        if options.wants("keys") {
            keys::measure(options, &serve.site(), report).context("keys")?;
        }
    }
    if options.wants("churn") {
        churn::measure_served(options, report).context("churn")?;
    }
    Ok(())
}
