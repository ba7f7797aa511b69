//! Tests against files, fake plugins and servers on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod credentials;
mod faults;
mod http;
mod kubeconfig;
mod plugins;
mod proxies;
mod server;
mod tls;

use std::{future::Future, time::Duration};

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(30);

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
