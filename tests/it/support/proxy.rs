//! A TCP proxy that misbehaves on demand, and a kubeconfig that leads through it.

#![allow(dead_code, reason = "not every helper is in use at all times")]
#![allow(clippy::panic, reason = "a failing proxy is a failing test")]

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::sleep;

/// What the proxy does with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Passes everything on.
    #[default]
    Pass,
    /// Nobody listens: new connections are refused, open ones are reset.
    Refuse,
    /// Keeps connections open, accepts new ones, and reads nothing. What was sent meanwhile arrives when it passes
    /// again, as over a network that was away for a while.
    Stall,
    /// Keeps connections open, accepts new ones, and swallows every byte of both sides. A connection that has lost
    /// bytes is reset when it is to pass again.
    BlackHole,
    /// Holds each piece back for this long.
    Delay(Duration),
    /// Passes on this many bytes a second in each direction.
    Throttle(u64),
    /// Passes everything on, and resets the connection after this many more bytes from the server.
    CutAfter(u64),
}

/// How a connection is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Reset,
    Fin,
}

/// What a connection is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Be(Mode),
    End(End),
}

/// What went through the proxy so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections accepted.
    pub accepted: u64,
    /// Connections open now.
    pub open: u64,
    /// Connections for which the server could not be reached.
    pub failed: u64,
    /// Bytes passed on from clients to the server.
    pub from_clients: u64,
    /// Bytes passed on from the server to clients.
    pub from_server: u64,
    /// Bytes swallowed, in both directions.
    pub swallowed: u64,
}

#[derive(Default)]
struct Counters {
    accepted: AtomicU64,
    failed: AtomicU64,
    from_clients: AtomicU64,
    from_server: AtomicU64,
    swallowed: AtomicU64,
}

struct Shared {
    target: Mutex<SocketAddr>,
    next_mode: Mutex<Mode>,
    open: Mutex<HashMap<u64, watch::Sender<Order>>>,
    counters: Counters,
}

/// The proxy. It runs on a thread of its own, so its methods may be called from anywhere; they have taken effect for
/// new connections when they return. Dropping it resets every connection.
pub struct FaultProxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    listening: mpsc::UnboundedSender<(bool, std::sync::mpsc::Sender<io::Result<()>>)>,
    quit: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl FaultProxy {
    /// Listens on a free port of 127.0.0.1 and passes everything on to `target`.
    pub fn start(target: SocketAddr) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            target: Mutex::new(target),
            next_mode: Mutex::new(Mode::Pass),
            open: Mutex::new(HashMap::new()),
            counters: Counters::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (place, listener) = {
            let _guard = runtime.enter();
            // This socket never listens: it keeps the port ours while nobody does.
            let place = socket(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            let listener = listen(place.local_addr()?)?;
            (place, listener)
        };
        let addr = place.local_addr()?;
        let (quit, quitting) = oneshot::channel();
        let (listening, orders) = mpsc::unbounded_channel();
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                runtime.block_on(async move {
                    tokio::select! {
                        () = serve(addr, listener, orders, &shared) => {}
                        _ = quitting => {}
                    }
                    for order in lock(&shared.open).values() {
                        order.send_replace(Order::End(End::Reset));
                    }
                    // The connections' tasks get a turn to end the way they were told.
                    for _ in 0..100 {
                        if lock(&shared.open).is_empty() {
                            break;
                        }
                        sleep(Duration::from_millis(1)).await;
                    }
                });
                drop(place);
            }
        });
        Ok(Self { addr, shared, listening, quit: Some(quit), thread: Some(thread) })
    }

    /// Where it listens. The port stays the same, also while it refuses.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Leads new connections to another server.
    pub fn set_target(&self, target: SocketAddr) {
        *lock(&self.shared.target) = target;
    }

    /// Sets the mode of all connections, open ones and those to come.
    pub fn set(&self, mode: Mode) {
        self.set_new(mode);
        self.set_open(mode);
    }

    /// Sets the mode of the connections to come; open ones stay as they are.
    pub fn set_new(&self, mode: Mode) {
        *lock(&self.shared.next_mode) = mode;
        let (done, wait) = std::sync::mpsc::channel();
        self.listening.send((mode != Mode::Refuse, done)).ok();
        match wait.recv_timeout(Duration::from_secs(10)) {
            Ok(result) => result.unwrap_or_else(|error| panic!("the proxy cannot listen again: {error}")),
            Err(error) => panic!("the proxy does not answer: {error}"),
        }
    }

    /// Sets the mode of the connections that are open now; those to come get the mode of [`FaultProxy::set_new`].
    pub fn set_open(&self, mode: Mode) {
        self.order(Order::Be(mode));
    }

    /// Resets (RST) all connections that are open now.
    pub fn cut(&self) {
        self.order(Order::End(End::Reset));
    }

    /// Closes (FIN) all connections that are open now, as a load balancer does with idle ones.
    pub fn close(&self) {
        self.order(Order::End(End::Fin));
    }

    /// What went through so far.
    pub fn stats(&self) -> Stats {
        let counters = &self.shared.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            accepted: get(&counters.accepted),
            open: lock(&self.shared.open).len() as u64,
            failed: get(&counters.failed),
            from_clients: get(&counters.from_clients),
            from_server: get(&counters.from_server),
            swallowed: get(&counters.swallowed),
        }
    }

    fn order(&self, order: Order) {
        for connection in lock(&self.shared.open).values() {
            connection.send_replace(order);
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.quit.take().map(|quit| quit.send(()));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn socket(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(addr)?;
    Ok(socket)
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    socket(addr)?.listen(1024)
}

type ListenOrders = mpsc::UnboundedReceiver<(bool, std::sync::mpsc::Sender<io::Result<()>>)>;

async fn serve(addr: SocketAddr, listener: TcpListener, mut orders: ListenOrders, shared: &Arc<Shared>) {
    let mut listener = Some(listener);
    let mut number = 0;
    loop {
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            order = orders.recv() => {
                let Some((wanted, done)) = order else { return };
                let result = match (wanted, listener.is_some()) {
                    (true, false) => listen(addr).map(|new| listener = Some(new)),
                    (false, _) => {
                        listener = None;
                        Ok(())
                    }
                    (true, true) => Ok(()),
                };
                done.send(result).ok();
            }
            accepted = accepted => {
                let Ok((client, _)) = accepted else {
                    sleep(Duration::from_millis(10)).await;
                    continue;
                };
                number += 1;
                shared.counters.accepted.fetch_add(1, Ordering::Relaxed);
                let (order, orders) = watch::channel(Order::Be(*lock(&shared.next_mode)));
                lock(&shared.open).insert(number, order);
                tokio::spawn(connection(number, client, orders, Arc::clone(shared)));
            }
        }
    }
}

async fn connection(number: u64, client: TcpStream, orders: watch::Receiver<Order>, shared: Arc<Shared>) {
    let end = relay(client, orders, &shared).await;
    lock(&shared.open).remove(&number);
    drop(end); // the sockets: closed, or reset where that was asked for
}

/// Passes bytes on until both sides have closed, or one of them, or an order, ends it.
async fn relay(mut client: TcpStream, mut orders: watch::Receiver<Order>, shared: &Shared) -> [Option<TcpStream>; 2] {
    let target = *lock(&shared.target);
    client.set_nodelay(true).ok();
    let Ok(mut server) = reach(target, &mut orders).await else {
        shared.counters.failed.fetch_add(1, Ordering::Relaxed);
        client.set_zero_linger().ok();
        return [Some(client), None];
    };
    server.set_nodelay(true).ok();
    let result = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let counters = &shared.counters;
        let up = Pump { passed: &counters.from_clients, swallowed: &counters.swallowed, is_server: false };
        let down = Pump { passed: &counters.from_server, swallowed: &counters.swallowed, is_server: true };
        tokio::try_join!(up.run(from_client, to_server, orders.clone()), down.run(from_server, to_client, orders),)
    };
    match result {
        Ok(_) => {}
        Err(End::Reset) => {
            client.set_zero_linger().ok();
            server.set_zero_linger().ok();
        }
        Err(End::Fin) => {
            client.shutdown().await.ok();
            server.shutdown().await.ok();
            // Bytes that nobody reads would turn the close into a reset.
            let mut rest = [0; 4096];
            let drain = async { while client.read(&mut rest).await.is_ok_and(|count| count > 0) {} };
            tokio::time::timeout(Duration::from_secs(1), drain).await.ok();
        }
    }
    [Some(client), Some(server)]
}

/// Connects to the server, unless the connection is not to get that far.
async fn reach(target: SocketAddr, orders: &mut watch::Receiver<Order>) -> io::Result<TcpStream> {
    loop {
        let order = *orders.borrow_and_update();
        match order {
            Order::Be(Mode::Refuse) | Order::End(_) => return Err(io::ErrorKind::ConnectionReset.into()),
            // The server is not to see it, the client is to wait.
            Order::Be(Mode::Stall | Mode::BlackHole) => {}
            Order::Be(_) => return TcpStream::connect(target).await,
        }
        if orders.changed().await.is_err() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
    }
}

/// One direction of a connection.
struct Pump<'a> {
    passed: &'a AtomicU64,
    swallowed: &'a AtomicU64,
    is_server: bool,
}

impl Pump<'_> {
    async fn run(
        self,
        mut from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
        mut orders: watch::Receiver<Order>,
    ) -> Result<(), End> {
        let mut buffer = vec![0; 64 * 1024];
        let mut lost = false;
        let mut left = None; // until CutAfter cuts
        loop {
            let order = *orders.borrow_and_update();
            let mode = match order {
                Order::End(end) => return Err(end),
                Order::Be(mode) => mode,
            };
            match mode {
                Mode::Refuse => return Err(End::Reset),
                Mode::Stall => {
                    orders.changed().await.map_err(|_| End::Reset)?;
                    left = None;
                    continue;
                }
                Mode::BlackHole => {}
                _ if lost => return Err(End::Reset),
                Mode::CutAfter(bytes) => left = left.or(Some(bytes)),
                _ => {}
            }
            // A throttled pump takes no more than a twentieth of a second's worth at once.
            let size = match mode {
                Mode::Throttle(rate) => usize::try_from(rate / 20).unwrap_or(usize::MAX).clamp(1, buffer.len()),
                _ => buffer.len(),
            };
            let count = tokio::select! {
                biased;
                changed = orders.changed() => {
                    changed.map_err(|_| End::Reset)?;
                    left = None;
                    continue;
                }
                read = from.read(&mut buffer[..size]) => read.map_err(|_| End::Reset)?,
            };
            if mode == Mode::BlackHole {
                lost = true; // also when it was the end: the other side never hears of it
                self.swallowed.fetch_add(count as u64, Ordering::Relaxed);
                if count == 0 {
                    orders.changed().await.map_err(|_| End::Reset)?;
                }
                continue;
            }
            if count == 0 {
                return to.shutdown().await.map_err(|_| End::Reset);
            }
            let wait = match mode {
                Mode::Delay(delay) => delay,
                Mode::Throttle(rate) => Duration::from_secs_f64(count as f64 / rate.max(1) as f64),
                _ => Duration::ZERO,
            };
            if !wait.is_zero() {
                tokio::select! {
                    () = sleep(wait) => {}
                    end = ending(&orders) => return Err(end),
                }
            }
            let mut piece = &buffer[..count];
            let mut cut = false;
            if let (true, Some(left)) = (self.is_server, left.as_mut()) {
                let allowed = usize::try_from(*left).unwrap_or(usize::MAX);
                cut = count >= allowed;
                piece = &piece[..count.min(allowed)];
                *left -= piece.len() as u64;
            }
            tokio::select! {
                biased;
                written = to.write_all(piece) => written.map_err(|_| End::Reset)?,
                // The other side takes nothing, so that no order but these would be heard.
                end = ending(&orders) => return Err(end),
            }
            self.passed.fetch_add(piece.len() as u64, Ordering::Relaxed);
            if cut {
                // Let the bytes leave first: a reset takes along what was not sent.
                sleep(Duration::from_millis(20)).await;
                return Err(End::Reset);
            }
        }
    }
}

/// Waits for the order that ends the connection.
async fn ending(orders: &watch::Receiver<Order>) -> End {
    let mut orders = orders.clone();
    loop {
        let order = *orders.borrow_and_update();
        match order {
            Order::End(end) => return end,
            Order::Be(Mode::Refuse) => return End::Reset,
            Order::Be(_) => {}
        }
        if orders.changed().await.is_err() {
            return End::Reset;
        }
    }
}

/// A kubeconfig with only this context of `source`, its server being the proxy. The certificate of a rig's API
/// server is good for every port of 127.0.0.1, so nothing else changes.
pub fn rewrite_kubeconfig(source: &Path, context: &str, proxy: SocketAddr) -> String {
    rewrite_kubeconfig_as(source, context, proxy, context)
}

/// [`rewrite_kubeconfig`], with new names for the context, the cluster and the user, so that several fit together.
pub fn rewrite_kubeconfig_as(source: &Path, context: &str, proxy: SocketAddr, name: &str) -> String {
    rewrite_kubeconfig_to(source, context, &format!("https://{proxy}"), name)
}

/// The same with the server's URL.
pub fn rewrite_kubeconfig_to(source: &Path, context: &str, server: &str, name: &str) -> String {
    let text = std::fs::read_to_string(source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let config: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let find = |list: &str, kind: &str, name: &Value| -> Value {
        let entries = config[list].as_array().into_iter().flatten();
        let found = entries.clone().find(|entry| entry["name"] == *name);
        found.map_or_else(|| panic!("no {kind} {name}"), |entry| entry[kind].clone())
    };
    let mut entry = find("contexts", "context", &json!(context));
    let mut cluster = find("clusters", "cluster", &entry["cluster"]);
    let user = find("users", "user", &entry["user"]);
    cluster["server"] = json!(server);
    entry["cluster"] = json!(name);
    entry["user"] = json!(name);
    // JSON is YAML too.
    format!(
        "{:#}\n",
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": cluster}],
            "contexts": [{"name": name, "context": entry}],
            "users": [{"name": name, "user": user}],
        })
    )
}
