//! gzip while it streams. Kubernetes 1.37 answers watches with a chain of gzip members.

use std::{io::Write as _, mem};

use flate2::write::MultiGzDecoder;

/// A decoder that hands out what it has after every piece.
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    fed: bool,
}

impl Gunzip {
    pub fn new() -> Self {
        Self { decoder: MultiGzDecoder::new(Vec::new()), fed: false }
    }

    /// What `piece` adds to the text.
    pub fn feed(&mut self, piece: &[u8]) -> Result<Vec<u8>, String> {
        self.fed |= !piece.is_empty();
        self.decoder.write_all(piece).and_then(|()| self.decoder.flush()).map_err(|_| broken())?;
        Ok(mem::take(self.decoder.get_mut()))
    }

    /// The rest, once no piece follows. An empty body is an empty text.
    pub fn finish(&mut self) -> Result<Vec<u8>, String> {
        if mem::take(&mut self.fed) {
            self.decoder.try_finish().map_err(|_| broken())?;
        }
        Ok(mem::take(self.decoder.get_mut()))
    }
}

fn broken() -> String {
    "gzip is damaged or cut off".to_owned()
}
