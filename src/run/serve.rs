//! `serve`: the embedded fleet for other programs.

use super::args::Serve;
use super::get::{Exit, complain};
use crate::demo::serving::Serving;
use crate::demo::{DemoCluster, Wanted, fleet};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Serves until a signal comes.
pub async fn run(wanted: &Wanted, serve: &Serve) -> Exit {
    let clusters = match fleet(wanted) {
        Ok(clusters) => clusters,
        Err(error) => {
            complain(&format!("error: {error}"));
            return Exit::Usage;
        }
    };
    if serve.still {
        clusters.iter().for_each(DemoCluster::calm);
    }
    // Before the file is there, or who waits for it could signal too early.
    let stop = match stopped() {
        Ok(stop) => stop,
        Err(error) => return failed("wait for signals", &error),
    };
    let serving = match Serving::start(clusters, serve.listen).await {
        Ok(serving) => serving,
        Err(error) => return failed(&format!("listen on {}", serve.listen), &error),
    };
    // The admins' file is the last: once it is there, all are.
    let limited = serving.limited().into_iter().map(|(user, text)| (beside(&serve.kubeconfig, user), text));
    for (path, text) in limited.chain([(serve.kubeconfig.clone(), serving.admin())]) {
        if let Err(error) = place(&path, &text) {
            return failed(&format!("write {}", path.display()), &error);
        }
    }
    stop(&serving).await;
    Exit::Complete
}

fn failed(what: &str, error: &io::Error) -> Exit {
    complain(&format!("error: cannot {what}: {error}"));
    Exit::Other
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    name.into()
}

/// Writes a file that only its owner may read, and that is there whole or not at all.
fn place(path: &Path, text: &str) -> io::Result<()> {
    let draft = beside(path, &format!("{}.new", std::process::id()));
    let write = || {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&draft)))
}

/// Until a signal asks to stop. At `SIGUSR1` the clusters forget their history on the way.
#[cfg(unix)]
fn stopped() -> io::Result<impl AsyncFnOnce(&Serving)> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut compact = signal(SignalKind::user_defined1())?;
    Ok(async move |serving: &Serving| {
        loop {
            tokio::select! {
                _ = interrupt.recv() => return,
                _ = terminate.recv() => return,
                Some(()) = compact.recv() => serving.compact(),
            }
        }
    })
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
fn stopped() -> io::Result<impl AsyncFnOnce(&Serving)> {
    Ok(async |_: &Serving| {
        let _ = tokio::signal::ctrl_c().await;
    })
}
