//! The kubectl that tests compare with, in one place.

#![allow(dead_code, reason = "not every helper is in use at all times")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use super::rig::runs;

/// The kubectl to run: `$KUBECTL`, else the one that `tests/control-plane/kubectl` has fetched, else that on the PATH.
pub fn kubectl() -> &'static Path {
    static KUBECTL: OnceLock<PathBuf> = OnceLock::new();
    KUBECTL.get_or_init(|| {
        let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kubectl/kubectl");
        match env::var_os("KUBECTL").filter(|path| !path.is_empty()) {
            Some(path) => path.into(),
            None if fetched.is_file() => fetched,
            None => "kubectl".into(),
        }
    })
}

/// Runs it to its end, with nothing to read.
pub fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("kubectl: {error}"))
}

/// What it printed; it must have succeeded.
#[track_caller]
pub fn printed(arguments: &[&str], output: &Output) -> String {
    let printed = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "kubectl {arguments:?}: {}", printed(&output.stderr));
    printed(&output.stdout)
}

/// Whether there is one.
pub fn has_kubectl() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| runs(kubectl(), &["version", "--client"]))
}
