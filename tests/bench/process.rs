//! What the kernel says about a process.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::time::Duration;

/// A process by its id.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

impl Process {
    /// `VmRSS`, `VmHWM` and the like in MB of 1024 * 1024 bytes.
    pub fn memory(self, field: &str) -> Result<f64> {
        let path = format!("/proc/{}/status", self.0);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kib.with_context(|| format!("{path} has no {field}"))? / 1024.0)
    }

    /// User and system time of all its threads, those that ended as well; counted in ticks of 10 ms.
    pub fn ticks(self) -> Result<Duration> {
        let path = format!("/proc/{}/stat", self.0);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let field = |n: usize| rest.split_whitespace().nth(n).and_then(|word| word.parse::<u64>().ok());
        match (field(11), field(12)) {
            (Some(user), Some(system)) => Ok(Duration::from_millis((user + system) * 10)),
            _ => bail!("{path} is not understood"),
        }
    }

    /// Time on a processor of the threads that live now, to the nanosecond; where the kernel does not
    /// count it, [`Process::ticks`].
    pub fn on_cpu(self) -> Result<Duration> {
        let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", self.0)) else { return self.ticks() };
        let mut sum = 0;
        for task in tasks {
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { return self.ticks() };
            sum += text.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(sum))
    }
}
