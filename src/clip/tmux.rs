//! tmux, asked itself: in its default settings it takes no OSC 52 from programs, but hands on what is
//! loaded into a buffer of its own.

use super::Failure;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long tmux may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked at.
const STEP: Duration = Duration::from_millis(5);

pub(super) fn copy(text: &str) -> Result<(), Failure> {
    load("tmux", text)
}

fn load(program: &str, text: &str) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Tmux(error.to_string());
    let mut child = Command::new(program)
        .args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(&error))?;
    let mut stdin = child.stdin.take();
    let text = text.to_owned();
    // A pipe holds less than a text may be: what does not read must not hold us up.
    let writing = std::thread::spawn(move || stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(text.as_bytes())));
    let begun = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < PATIENCE => std::thread::sleep(STEP),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(&"it does not answer"));
            }
            Err(error) => return Err(failed(&error)),
        }
    };
    let written = writing.join().is_ok_and(|written| written.is_ok());
    if status.success() && written { Ok(()) } else { Err(failed(&"it does not take `load-buffer -w`")) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn script(text: &str) -> (tempfile::TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tmux");
        std::fs::write(&path, format!("#!/bin/sh\n{}\n", text.replace("DIR", &directory.path().to_string_lossy())))
            .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = path.to_string_lossy().into_owned();
        (directory, path)
    }

    #[test]
    fn it_is_given_the_text() {
        let (directory, program) = script("echo \"$@\" > DIR/arguments; cat > DIR/text");
        let text = "生産\n".repeat(20_000);
        load(&program, &text).unwrap();
        let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
        assert_eq!((read("arguments").as_str(), read("text")), ("load-buffer -w -\n", text));
    }

    #[test]
    fn refusals_and_silence_are_said() {
        let (_kept, program) = script("exit 1");
        assert!(matches!(load(&program, "x"), Err(Failure::Tmux(_))));
        assert!(matches!(load("/nowhere/tmux", "x"), Err(Failure::Tmux(_))));
        let (_kept, program) = script("exec sleep 30");
        let begun = Instant::now();
        assert_eq!(load(&program, "x"), Err(Failure::Tmux("it does not answer".into())));
        assert!(begun.elapsed() < PATIENCE * 5);
    }
}
