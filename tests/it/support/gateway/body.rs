//! The body of an answer, handed on as the fault and the orders want it.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::{End, Fault};

pub(super) type Piece = io::Result<Frame<Bytes>>;

/// Hands on the body as the fault and the orders want it.
pub(super) async fn pump(
    mut body: Incoming,
    fault: Option<Fault>,
    mut orders: watch::Receiver<Option<End>>,
    to: &mpsc::Sender<Piece>,
) {
    let limit = match fault {
        Some(Fault::CutAfter(limit) | Fault::EndAfter(limit) | Fault::StallAfter(limit)) => limit,
        _ => usize::MAX,
    };
    let mut passed = 0;
    loop {
        let piece = tokio::select! {
            biased;
            end = ordered(&mut orders) => {
                if end == End::Cut {
                    to.send(Err(io::ErrorKind::ConnectionReset.into())).await.ok();
                }
                return;
            }
            () = to.closed() => return,
            piece = body.frame() => piece,
        };
        let mut bytes = match piece {
            None => return,
            Some(Err(error)) => {
                to.send(Err(io::Error::other(error))).await.ok();
                return;
            }
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        let full = passed + bytes.len() >= limit;
        bytes.truncate(limit - passed);
        passed += bytes.len();
        if let Some(Fault::Trickle(size, wait)) = fault {
            while !bytes.is_empty() {
                let piece = bytes.split_to(size.min(bytes.len()));
                if to.send(Ok(Frame::data(piece))).await.is_err() {
                    return;
                }
                sleep(wait).await;
            }
        } else if !bytes.is_empty() && to.send(Ok(Frame::data(bytes))).await.is_err() {
            return;
        }
        match fault {
            Some(Fault::CutAfter(_)) if full => {
                // The bytes before it are to arrive.
                sleep(Duration::from_millis(20)).await;
                to.send(Err(io::ErrorKind::ConnectionReset.into())).await.ok();
                return;
            }
            Some(Fault::EndAfter(_)) if full => return,
            Some(Fault::StallAfter(_)) if full => {
                to.closed().await;
                return;
            }
            _ => {}
        }
    }
}

async fn ordered(orders: &mut watch::Receiver<Option<End>>) -> End {
    match orders.wait_for(Option::is_some).await.map(|order| *order) {
        Ok(Some(end)) => end,
        _ => std::future::pending().await,
    }
}
