//! A TCP stream that does not wake us for every few bytes.

use std::{
    future::Future as _,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;
use tokio::time::{Instant, Sleep};

/// The longest rest between two bursts: a thousand changes a second are read a dozen at a time.
const PACE: Duration = Duration::from_millis(12);
/// The shortest: for less the clock is too coarse.
const SHORTEST: Duration = Duration::from_millis(1);
/// How long a connection is young: what opens a screen does not wait.
const YOUNG: Duration = Duration::from_secs(2);
/// So many bytes may wait to be read.
const MOST: usize = 24 << 10;
/// When so many waited, the window of a young connection may have stopped the server: it is not calm changes
/// that come but a list, which is read without rests for a while.
const FULL: usize = 56 << 10;
/// How long that is.
const WHILE: Duration = Duration::from_millis(50);
/// So much is read at once while more waits than is asked for: TLS asks for four KiB at a time.
const AHEAD: usize = 32 << 10;

/// What came is read at once, and then nothing for a while, in which the kernel does not tell us of more:
/// each packet would wake the thread that polls.
pub(super) struct Paced {
    stream: Place,
    /// No rests before this.
    busy: Instant,
    /// When all was read the last time, and the bytes that came since.
    drained: Instant,
    burst: usize,
    rest: Option<Pin<Box<Sleep>>>,
    ahead: Ahead,
}

/// What was read before it was asked for. It holds memory only while much comes.
#[derive(Default)]
struct Ahead {
    bytes: Vec<u8>,
    /// So many of them were handed over.
    used: usize,
    /// The last read filled all the room there was: more waits.
    wanted: bool,
}

impl Ahead {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.used..]
    }

    fn hand_over(&mut self, buf: &mut ReadBuf<'_>) {
        let len = self.rest().len().min(buf.remaining());
        buf.put_slice(&self.rest()[..len]);
        self.used += len;
    }
}

/// Where the socket is.
enum Place {
    /// With the poller.
    Polled(TcpStream),
    /// Out of its sight.
    Aside(std::net::TcpStream),
    /// Between the two; it stays there only when the system refuses.
    Lost,
}

impl Paced {
    pub fn new(stream: TcpStream) -> Paced {
        let now = Instant::now();
        Paced {
            stream: Place::Polled(stream),
            busy: now + YOUNG,
            drained: now,
            burst: 0,
            rest: None,
            ahead: Ahead::default(),
        }
    }

    /// The stream, with the poller.
    fn polled(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if let Place::Aside(_) = self.stream
            && let Place::Aside(stream) = std::mem::replace(&mut self.stream, Place::Lost)
        {
            self.stream = Place::Polled(TcpStream::from_std(stream)?);
        }
        match &mut self.stream {
            Place::Polled(stream) => Ok(Pin::new(stream)),
            Place::Aside(_) | Place::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn put_aside(&mut self) -> io::Result<()> {
        if let Place::Polled(_) = self.stream
            && let Place::Polled(stream) = std::mem::replace(&mut self.stream, Place::Lost)
        {
            self.stream = Place::Aside(stream.into_std()?);
        }
        Ok(())
    }

    /// Reads from the socket: as much as is asked for, or more where more waits.
    fn fill(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buf.remaining();
        let read = if self.ahead.wanted && room < AHEAD {
            let mut bytes = std::mem::take(&mut self.ahead.bytes);
            bytes.clear();
            bytes.reserve_exact(AHEAD);
            let read = pin!(self.polled()?.read_buf(&mut bytes)).poll(cx);
            self.ahead.bytes = bytes;
            self.ahead.used = 0;
            let read = ready!(read)?;
            self.ahead.hand_over(buf);
            read
        } else {
            let before = buf.filled().len();
            ready!(self.polled()?.poll_read(cx, buf))?;
            let read = buf.filled().len() - before;
            self.ahead.wanted = read == room;
            read
        };
        self.burst = self.burst.saturating_add(read);
        Poll::Ready(Ok(()))
    }

    /// How long to rest after what came, now that all of it is read.
    fn due(&mut self, now: Instant) -> Option<Duration> {
        if self.burst >= FULL {
            self.busy = self.busy.max(now + WHILE);
        }
        let due = rest_after(self.burst, now - self.drained);
        let rests = self.burst > 0 && now >= self.busy;
        (self.drained, self.burst) = (now, 0);
        rests.then_some(due)
    }
}

/// As long as it takes until [`MOST`] bytes wait, if they come as fast as these did.
fn rest_after(bytes: usize, time: Duration) -> Duration {
    let per_second = bytes as f64 / time.as_secs_f64().max(1e-6);
    Duration::from_secs_f64(MOST as f64 / per_second.max(1.0)).clamp(SHORTEST, PACE)
}

impl AsyncRead for Paced {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if let Some(rest) = &mut self.rest {
                ready!(rest.as_mut().poll(cx));
                self.rest = None;
            }
            if !self.ahead.rest().is_empty() {
                // It counts as a read, so that who handles it gets his turn as often.
                let turn = ready!(coop::poll_proceed(cx));
                self.ahead.hand_over(buf);
                turn.made_progress();
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(result) = self.fill(cx, buf) {
                return Poll::Ready(result);
            }
            self.ahead = Ahead::default();
            let Some(due) = self.due(Instant::now()) else { return Poll::Pending };
            self.put_aside()?;
            self.rest = Some(Box::pin(tokio::time::sleep(due)));
        }
    }
}

impl AsyncWrite for Paced {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.polled()?.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.polled()?.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// What is written to a socket is on its way; there is nothing to flush, and no reason to end a rest.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.polled()?.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    #[test]
    fn rests_are_as_long_as_the_bytes_allow() {
        let second = Duration::from_secs(1);
        assert_eq!(rest_after(5_000, second), PACE);
        assert_eq!(rest_after(500 << 20, second), SHORTEST);
        let middle = rest_after(MOST * 200, second);
        assert!(middle > Duration::from_millis(4) && middle < Duration::from_millis(6), "{middle:?}");
        assert_eq!(rest_after(1, Duration::ZERO), PACE.min(rest_after(1_000_000, second)));
    }

    #[tokio::test]
    async fn a_list_is_read_without_rests() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut paced = Paced::new(TcpStream::connect(listener.local_addr()?).await?);
        let mut now = paced.drained;
        let mut after = |bytes: usize, time: Duration| {
            now += time;
            paced.burst = bytes;
            paced.due(now)
        };
        let millis = Duration::from_millis;
        assert_eq!(after(5_000, millis(100)), None, "what opens a screen does not wait");
        assert_eq!(after(5_000, YOUNG), Some(PACE));
        assert_eq!(after(0, millis(12)), None, "nothing came: the next byte is read at once");
        assert_eq!(after(FULL, millis(12)), None);
        assert_eq!(after(5_000, WHILE / 2), None);
        assert!(after(5_000, WHILE).is_some());
        Ok(())
    }

    /// Whatever the rests, every byte comes through in order, both ways, and the end is seen.
    #[tokio::test]
    async fn nothing_is_lost_while_it_rests() -> io::Result<()> {
        const PIECES: usize = 30;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await?;
            let mut echoed = Vec::new();
            for number in 0..PIECES {
                stream.write_all(&[number as u8; 1000]).await?;
                let mut byte = [0];
                stream.read_exact(&mut byte).await?;
                echoed.push(byte[0]);
            }
            io::Result::Ok(echoed)
        });
        let mut paced = Paced::new(TcpStream::connect(address).await?);
        // No longer young.
        paced.busy = Instant::now();
        let mut seen = Vec::new();
        for _ in 0..PIECES {
            let mut piece = [0; 1000];
            paced.read_exact(&mut piece).await?;
            // Written while it rests.
            let mut more = [0; 1];
            let nothing = tokio::time::timeout(Duration::ZERO, paced.read(&mut more)).await;
            assert!(nothing.is_err(), "the server waits for us");
            paced.write_all(&piece[..1]).await?;
            seen.push(piece[0]);
        }
        let wanted: Vec<u8> = (0..PIECES).map(|number| number as u8).collect();
        assert_eq!(seen, wanted);
        assert_eq!(server.await.map_err(io::Error::other)??, wanted);
        assert_eq!(paced.read(&mut [0; 10]).await?, 0);
        Ok(())
    }

    /// What is read ahead comes in order and whole, whatever is asked for, and holds no memory afterwards.
    #[tokio::test]
    async fn much_is_read_ahead() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let sent: Vec<u8> = (0..500_000_u32).map(|at| (at % 251) as u8).collect();
        let wanted = sent.clone();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await?;
            stream.write_all(&sent).await?;
            // Until the reader has all of it, and nothing more waits.
            let mut byte = [0];
            stream.read_exact(&mut byte).await?;
            io::Result::Ok(())
        });
        let mut paced = Paced::new(TcpStream::connect(address).await?);
        let (mut seen, mut ahead) = (Vec::new(), 0);
        for size in [1000, 7, AHEAD + 1, 4096].into_iter().cycle() {
            let mut piece = vec![0; size.min(wanted.len() - seen.len())];
            paced.read_exact(&mut piece).await?;
            ahead = ahead.max(paced.ahead.rest().len());
            seen.extend_from_slice(&piece);
            if seen.len() == wanted.len() {
                break;
            }
        }
        assert!(seen == wanted, "as it was sent");
        assert!(ahead > 0 && ahead <= AHEAD, "{ahead}");
        let mut more = [0; 1];
        assert!(tokio::time::timeout(Duration::ZERO, paced.read(&mut more)).await.is_err());
        assert_eq!(paced.ahead.bytes.capacity(), 0);
        paced.write_all(&[1]).await?;
        server.await.map_err(io::Error::other)?
    }
}
