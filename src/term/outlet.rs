//! Where frames go: straight to a writer, or through a thread so that a slow terminal holds up nobody.

use super::guard;
use parking_lot::{Condvar, Mutex};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use tokio::sync::Notify;

/// Takes whole frames.
pub trait Outlet {
    /// Whether a frame can be taken now.
    fn is_free(&self) -> bool {
        true
    }

    /// Takes a frame out of `frame`, which is empty afterwards. Only when free.
    fn put(&mut self, frame: &mut Vec<u8>) -> io::Result<()>;
}

impl<W: Write> Outlet for W {
    fn put(&mut self, frame: &mut Vec<u8>) -> io::Result<()> {
        self.write_all(frame)?;
        frame.clear();
        self.flush()
    }
}

/// A thread that writes one frame at a time. While it writes, nothing can be put; what happens
/// meanwhile is all in the frame after.
#[derive(Debug)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    slot: Mutex<Slot>,
    filled: Condvar,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Slot {
    frame: Vec<u8>,
    taken: bool,
    closed: bool,
    error: Option<io::ErrorKind>,
}

impl Mailbox {
    /// A mailbox to the terminal.
    pub fn stdout() -> io::Result<Mailbox> {
        Mailbox::new(File::from(io::stdout().as_fd().try_clone_to_owned()?))
    }

    /// A mailbox to a writer; a frame is one `write_all`.
    pub fn new(to: impl Write + Send + 'static) -> io::Result<Mailbox> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new().name("terminal".into()).spawn(move || theirs.serve(to))?;
        Ok(Mailbox { shared })
    }

    /// Waits until a frame can be put.
    pub async fn freed(&self) {
        while !self.is_free() {
            self.shared.freed.notified().await;
        }
    }
}

impl Outlet for Mailbox {
    fn is_free(&self) -> bool {
        !self.shared.slot.lock().taken
    }

    fn put(&mut self, frame: &mut Vec<u8>) -> io::Result<()> {
        let mut slot = self.shared.slot.lock();
        if let Some(kind) = slot.error {
            return Err(kind.into());
        }
        if slot.taken {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        slot.frame.clear();
        std::mem::swap(&mut slot.frame, frame);
        slot.taken = true;
        self.shared.filled.notify_one();
        Ok(())
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.shared.slot.lock().closed = true;
        self.shared.filled.notify_one();
    }
}

impl Shared {
    fn serve(&self, mut to: impl Write) {
        let mut slot = self.slot.lock();
        loop {
            while !slot.taken && !slot.closed {
                self.filled.wait(&mut slot);
            }
            if !slot.taken {
                return;
            }
            let frame = std::mem::take(&mut slot.frame);
            drop(slot);
            let result = guard::while_entered(|| to.write_all(&frame).and_then(|()| to.flush()));
            slot = self.slot.lock();
            slot.frame = frame;
            slot.taken = false;
            slot.error = result.err().map(|error| error.kind());
            self.freed.notify_one();
        }
    }
}
