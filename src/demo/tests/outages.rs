//! The last cluster drops off, and comes back.

use super::super::{DemoCluster, Wanted, fleet};
use super::client;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep, timeout};

/// A fleet that is built: while the clock stands still nobody waits for that.
fn clusters(clusters: usize, churn: u32) -> Vec<DemoCluster> {
    let fleet = fleet(&Wanted { clusters, churn, nodes: 7, pods: 85, ..Wanted::default() }).unwrap();
    for cluster in &fleet {
        cluster.server();
    }
    fleet
}

/// Whether a new connection is answered; `None` when nothing comes of it for a while.
async fn answers(cluster: &DemoCluster) -> Option<bool> {
    let mut stream = cluster.dial();
    let asked = async {
        if stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: demo\r\n\r\n").await.is_err() {
            return false;
        }
        let mut first = [0; 15];
        stream.read_exact(&mut first).await.is_ok() && first.starts_with(b"HTTP/1.1 200")
    };
    timeout(Duration::from_secs(2), asked).await.ok()
}

/// Asks again and again until the answer is another one; says when that was.
async fn until(cluster: &DemoCluster, wanted: impl Fn(Option<bool>) -> bool) -> Instant {
    for _ in 0..1000 {
        if wanted(answers(cluster).await) {
            return Instant::now();
        }
        sleep(Duration::from_secs(1)).await;
    }
    panic!("it stays as it is");
}

#[tokio::test(start_paused = true)]
async fn the_last_of_three_drops_off_and_comes_back() {
    let clusters = clusters(3, 5);
    let (first, last) = (&clusters[0], &clusters[2]);
    let begin = Instant::now();
    let path = "/api/v1/namespaces?watch=true";
    let mut well = client::watch(first, path, "", false).await;
    let cut = client::watch(last, path, "", false).await;
    well.next().await.unwrap();
    cut.until_cut().await;
    let dropped = begin.elapsed().as_secs();
    assert!((100..=140).contains(&dropped), "after {dropped} s");
    assert_eq!(answers(last).await, Some(false), "the first time it refuses");
    assert_eq!(answers(first).await, Some(true), "the others are well");
    let down = Instant::now();
    let back = until(last, |it| it == Some(true)).await;
    let lasted = (back - down).as_secs();
    assert!((20..=55).contains(&lasted), "for {lasted} s");
    // The next time, nobody answers.
    until(last, |it| it.is_none()).await;
    until(last, |it| it == Some(true)).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_drops_off_of_two_or_without_churn() {
    for clusters in [clusters(2, 5), clusters(3, 0)] {
        let last = clusters.last().unwrap();
        for _ in 0..60 {
            assert_eq!(answers(last).await, Some(true));
            sleep(Duration::from_secs(10)).await;
        }
    }
}
