//! Texts in files that only their user may read.

use super::Failure;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Files of one name that are told apart by a number.
const MOST: u32 = 1000;

/// Puts a text into the file that stands for a clipboard.
pub(super) fn clipboard(state: Option<&Path>, text: &str) -> Result<PathBuf, Failure> {
    let directory = directory(state, "")?;
    let path = directory.join("clipboard.txt");
    let new = directory.join(format!("clipboard.{}.new", std::process::id()));
    let written = write(&new, text).or_else(|error| match error.kind() {
        // Left behind by a process of the same number.
        io::ErrorKind::AlreadyExists => std::fs::remove_file(&new).and_then(|()| write(&new, text)),
        _ => Err(error),
    });
    match written.and_then(|()| std::fs::rename(&new, &path)) {
        Ok(()) => Ok(path),
        Err(error) => {
            let _ = std::fs::remove_file(&new);
            Err(Failure::File(path, error.to_string()))
        }
    }
}

/// Puts a text into a file of its own; no file is overwritten.
pub(super) fn save(state: Option<&Path>, name: &str, ending: &str, text: &str) -> Result<PathBuf, Failure> {
    let directory = directory(state, "tables")?;
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().map(safe).take(100).collect();
    for number in 1..=MOST {
        let tail = if number == 1 { String::new() } else { format!("-{number}") };
        let path = directory.join(format!("{name}{tail}.{ending}"));
        match write(&path, text) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let _ = std::fs::remove_file(&path);
                return Err(Failure::File(path, error.to_string()));
            }
        }
    }
    Err(Failure::File(directory.join(name), io::Error::from(io::ErrorKind::AlreadyExists).to_string()))
}

fn directory(state: Option<&Path>, below: &str) -> Result<PathBuf, Failure> {
    let directory = state.ok_or(Failure::NoDirectory)?.join(below);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
    made.map_err(|error| Failure::File(directory.clone(), error.to_string()))?;
    Ok(directory)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}
