//! What the server alone needs for its part: lists that are read and thrown away.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use skylark::link::{self, Ask, Lane, Link, LinkOptions, Reply};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

const PAGE: u32 = 500;
const SILENCE: Duration = Duration::from_mins(1);

/// A plain client of one server.
pub struct Server {
    runtime: Runtime,
    kubeconfig: std::path::PathBuf,
}

/// What was read, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// From the dial to the last byte.
    pub time: Duration,
    /// Bytes of bodies.
    pub bytes: usize,
}

impl Server {
    /// The current context of a kubeconfig.
    pub fn new(kubeconfig: &Path) -> Result<Server> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Server { runtime, kubeconfig: kubeconfig.to_owned() })
    }

    /// How many pods all contexts of a kubeconfig have together.
    pub fn count_all(kubeconfig: &Path) -> Result<u32> {
        let server = Server::new(kubeconfig)?;
        let loaded = link::load(Some(kubeconfig));
        let mut sum = 0;
        for context in &loaded.contexts {
            let link = Link::new(loaded.target(&context.name)?, patient())?;
            sum += server.runtime.block_on(first(&link)).with_context(|| context.name.clone())?.count();
        }
        Ok(sum)
    }

    /// Changes of pods a second, as one more watch of the current context sees them.
    pub fn changes(&self, time: Duration) -> Result<f64> {
        let link = self.link()?;
        self.runtime.block_on(async {
            let version = first(&link).await?.resource_version;
            let path = format!("/api/v1/pods?watch=true&resourceVersion={version}&timeoutSeconds=60");
            let mut reply = ask(&link, path, "application/json", Lane::Watch).await?;
            let (began, mut events) = (Instant::now(), 0);
            while let Ok(chunk) = tokio::time::timeout(time.saturating_sub(began.elapsed()), reply.body.chunk()).await {
                let chunk = chunk?.context("the watch ended")?;
                events += memchr::memchr_iter(b'\n', &chunk).count();
            }
            Ok(events as f64 / began.elapsed().as_secs_f64())
        })
    }

    /// A link that has not dialled yet: a list begins as the program begins, with TCP and TLS.
    fn link(&self) -> Result<Link> {
        let loaded = link::load(Some(&self.kubeconfig));
        let current = loaded.current.as_deref().context("the kubeconfig has no current context")?;
        Ok(Link::new(loaded.target(current)?, patient())?)
    }

    /// All pods in pages of 500, as JSON. Only what tells the next page is looked for.
    pub fn list(&self) -> Result<Read> {
        let link = self.link()?;
        self.runtime.block_on(async {
            let (began, mut bytes, mut next) = (Instant::now(), 0, String::new());
            loop {
                let path = format!("/api/v1/pods?limit={PAGE}{next}");
                let mut reply = ask(&link, path, "application/json", Lane::Bulk).await?;
                let mut head = Vec::new();
                while let Some(chunk) = reply.body.chunk().await? {
                    bytes += chunk.len();
                    // The list's own metadata stands before its items.
                    if head.len() < 4096 {
                        head.extend_from_slice(&chunk);
                    }
                }
                match next_page(&head)? {
                    Some(token) => next = format!("&continue={token}"),
                    None => return Ok(Read { time: began.elapsed(), bytes }),
                }
            }
        })
    }

    /// All pods as a streaming list in protobuf, until the bookmark that ends the list; `None` where the
    /// server knows no streaming lists.
    pub fn stream(&self) -> Result<Option<Read>> {
        const ACCEPT: &str = "application/vnd.kubernetes.protobuf;stream=watch";
        const ENDS: &[u8] = b"k8s.io/initial-events-end";
        let link = self.link()?;
        self.runtime.block_on(async {
            let (began, mut bytes) = (Instant::now(), 0);
            let path = "/api/v1/pods?watch=true&allowWatchBookmarks=true&sendInitialEvents=true\
                        &resourceVersionMatch=NotOlderThan&timeoutSeconds=120";
            let ask = request(path.into(), ACCEPT, Lane::Watch);
            let mut reply = match link.send(ask).await? {
                reply if reply.status == 422 => return Ok(None),
                reply => granted(reply)?,
            };
            // The bookmark is small and the last for now: it is in the end of what came so far.
            let mut tail = Vec::new();
            let finder = memchr::memmem::Finder::new(ENDS);
            while let Some(chunk) = reply.body.chunk().await? {
                bytes += chunk.len();
                let from = chunk.len().saturating_sub(2048);
                tail.extend_from_slice(&chunk[from..]);
                let surplus = tail.len().saturating_sub(4096);
                tail.drain(..surplus);
                if finder.find(&tail).is_some() {
                    return Ok(Some(Read { time: began.elapsed(), bytes }));
                }
            }
            bail!("the streaming list ended before its bookmark")
        })
    }
}

/// A server that is kept busy on purpose may take its time.
fn patient() -> LinkOptions {
    LinkOptions { dial_timeout: SILENCE, ..LinkOptions::default() }
}

async fn ask(link: &Link, path: String, accept: &'static str, lane: Lane) -> Result<Reply> {
    granted(link.send(request(path, accept, lane)).await?)
}

fn request(path: String, accept: &'static str, lane: Lane) -> Ask {
    Ask { path, accept, gzip: false, lane, head_timeout: SILENCE, idle_timeout: SILENCE }
}

fn granted(reply: Reply) -> Result<Reply> {
    if reply.status != 200 {
        bail!("the server answers {} to a list of pods", reply.status);
    }
    Ok(reply)
}

/// The metadata of a list of one pod.
async fn first(link: &Link) -> Result<Meta> {
    let mut reply = ask(link, "/api/v1/pods?limit=1".into(), "application/json", Lane::Bulk).await?;
    let mut head = Vec::new();
    while let Some(chunk) = reply.body.chunk().await? {
        head.extend_from_slice(&chunk);
    }
    meta(&head)
}

/// A list's metadata.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Meta {
    #[serde(rename = "continue")]
    next: String,
    resource_version: String,
    remaining_item_count: u32,
}

impl Meta {
    /// The items of all pages, when this is the first page of one.
    fn count(&self) -> u32 {
        self.remaining_item_count + 1
    }
}

fn meta(head: &[u8]) -> Result<Meta> {
    let name = br#""metadata":"#;
    let at = memchr::memmem::find(head, name).context("the list has no metadata")?;
    let mut values = serde_json::Deserializer::from_slice(&head[at + name.len()..]).into_iter();
    Ok(values.next().context("the list has no metadata")??)
}

/// The `continue` of a list whose first bytes are these, fit for a query.
fn next_page(head: &[u8]) -> Result<Option<String>> {
    let next = meta(head)?.next;
    Ok((!next.is_empty()).then(|| skylark::cluster::watch::percent_encode(&next)))
}
