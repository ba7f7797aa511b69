//! A forward proxy (CONNECT) that is far away: what leads through it has a round trip to measure.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// See the module.
pub struct Tunnel {
    addr: SocketAddr,
    opened: Arc<AtomicU64>,
    quit: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Tunnel {
    /// Listens on a free port of 127.0.0.1; each tunnel takes so long to open.
    pub fn start(distance: Duration) -> io::Result<Tunnel> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let addr = listener.local_addr()?;
        let (quit, quitting) = oneshot::channel();
        let opened = Arc::<AtomicU64>::default();
        let counter = opened.clone();
        let thread = thread::spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    () = serve(listener, distance, counter) => {}
                    _ = quitting => {}
                }
            });
        });
        Ok(Tunnel { addr, opened, quit: Some(quit), thread: Some(thread) })
    }

    /// For `proxy-url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// How many tunnels were opened.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.quit.take().map(|quit| quit.send(()));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

async fn serve(listener: TcpListener, distance: Duration, opened: Arc<AtomicU64>) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let opened = opened.clone();
        tokio::spawn(async move {
            opened.fetch_add(1, Ordering::Relaxed);
            tunnel(client, distance).await.ok();
        });
    }
}

async fn tunnel(mut client: TcpStream, distance: Duration) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 4096 {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let mut server = TcpStream::connect(target.ok_or(io::ErrorKind::InvalidInput)?).await?;
    sleep(distance).await;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
