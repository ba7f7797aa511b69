//! `skylark config check`: everything that is wrong with the configuration, and what is in force.

use super::{Chosen, KEYMAPS, THEMES, folder, keymap, read, theme};
use std::ffi::OsString;
use std::fmt::Write as _;

/// What there is to say of the configuration: lines for stdout, and problems for stderr.
pub fn check(chosen: &Chosen) -> Result<(String, Vec<String>), String> {
    with(chosen, |name| std::env::var_os(name))
}

pub(super) fn with(
    chosen: &Chosen,
    var: impl Fn(&str) -> Option<OsString> + Copy,
) -> Result<(String, Vec<String>), String> {
    let settings = read(chosen, var)?;
    let folder = folder(var);
    let folder = folder.as_deref();
    let mut problems = settings.problems;
    let mut out = String::new();
    match folder {
        Some(folder) => {
            let there = if folder.is_dir() { "" } else { " (does not exist)" };
            let _ = writeln!(out, "configuration: {}{there}", folder.display());
        }
        None => out.push_str("configuration: none, since neither XDG_CONFIG_HOME nor HOME is set\n"),
    }
    let _ = writeln!(out, "keymaps: {}", KEYMAPS.names(folder).join(", "));
    let _ = writeln!(out, "themes: {}", THEMES.names(folder).join(", "));
    // Those that are not in force are looked at, too.
    let mut more = Vec::new();
    for name in KEYMAPS.names(folder) {
        keymap(Some(&name), folder, &mut more);
    }
    for name in THEMES.names(folder) {
        drop(theme(Some(&name), folder, &mut more));
    }
    for problem in more {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Ok((out, problems))
}
