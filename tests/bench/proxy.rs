//! A proxy on loopback that counts the bytes of both directions, as they are on the wire (TLS included).

use anyhow::{Context as _, Result};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What went through.
#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
}

/// What had gone through at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Connections.
    pub connections: u64,
    /// Bytes from the program.
    pub up: u64,
    /// Bytes to the program.
    pub down: u64,
}

/// A running proxy. It ends with the process; its connections with those who hold them.
pub struct Proxy {
    counts: Arc<Counts>,
    port: u16,
}

impl Proxy {
    /// A proxy to a server such as `https://127.0.0.1:6443`.
    pub fn to(server: &str) -> Result<Proxy> {
        let address = server.strip_prefix("https://").context("the server has no https address")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let counts = Arc::new(Counts::default());
        let theirs = Arc::clone(&counts);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&address) else { continue };
                theirs.connections.fetch_add(1, Ordering::Relaxed);
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else { continue };
                let (up, down) = (Arc::clone(&theirs), Arc::clone(&theirs));
                std::thread::spawn(move || copy(client, server, &up.up));
                std::thread::spawn(move || copy(server_too, client_too, &down.down));
            }
        });
        Ok(Proxy { counts, port })
    }

    /// What went through so far.
    pub fn counted(&self) -> Counted {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counted { connections: get(&self.counts.connections), up: get(&self.counts.up), down: get(&self.counts.down) }
    }

    /// A copy in `dir` of a kubeconfig whose server is `server`, with the proxy in its place.
    pub fn kubeconfig(&self, of: &Path, server: &str, dir: &Path) -> Result<PathBuf> {
        let text = std::fs::read_to_string(of)?.replace(server, &format!("https://127.0.0.1:{}", self.port));
        let path = dir.join("proxied-kubeconfig");
        std::fs::write(&path, text)?;
        Ok(path)
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        count.fetch_add(read as u64, Ordering::Relaxed);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
