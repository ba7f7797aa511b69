//! Tests against files, fake plugins and servers on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod credentials;
mod faults;
mod goaway;
mod http;
mod interactive;
mod kubeconfig;
mod oidc;
mod plugins;
mod proxies;
mod server;
mod tls;

use std::{future::Future, time::Duration};

use super::{Console, Lend, exec::Call};

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever asks for a credential has nobody in front of it.
fn quietly(limit: Duration) -> Call<'static> {
    static NOBODY: Console = Console { lend: Lend::Never, notices: None };
    Call { limit, console: &NOBODY, cluster: "test" }
}

/// Waits for `future`, within reason.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes too long")
}

/// Waits until `condition` holds, within reason.
async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
