//! The diagnostic log: a file of ours only, without bodies and without secrets.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Larger logs are begun anew.
const LARGEST: u64 = 4 << 20;

/// The directory for what Skylark keeps: `$XDG_STATE_HOME/skylark`, else below `~/.local/state`.
pub fn state() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("skylark"))
}

/// Where the log is: `skylark.log` in there.
pub fn path() -> Option<PathBuf> {
    Some(state()?.join("skylark.log"))
}

/// Begins to log; what cannot be opened is done without. `SKYLARK_LOG` sets what is logged.
pub fn begin() {
    log(asked());
}

/// Begins to log where `SKYLARK_LOG` is set: a command of a script leaves nothing behind by itself.
pub fn begin_if_asked() {
    if let Some(asked) = asked() {
        log(Some(asked));
    }
}

fn asked() -> Option<String> {
    std::env::var("SKYLARK_LOG").ok().filter(|asked| !asked.is_empty())
}

fn log(asked: Option<String>) {
    let Some(file) = open() else { return };
    // Other crates log bodies and headers: only our own words reach the file.
    let ours = || Targets::new().with_target("skylark", LevelFilter::INFO);
    let filter = asked.and_then(|asked| asked.parse().ok()).unwrap_or_else(ours);
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::sync::Mutex::new(file));
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

fn open() -> Option<File> {
    let path = path()?;
    std::fs::create_dir_all(path.parent()?).ok()?;
    let large = std::fs::metadata(&path).is_ok_and(|meta| meta.len() > LARGEST);
    OpenOptions::new().create(true).append(!large).write(true).truncate(large).mode(0o600).open(path).ok()
}
