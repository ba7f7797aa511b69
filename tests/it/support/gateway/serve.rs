//! From a connection to an answer.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, Request, Response, Version};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use super::answers::{Answer, PAGE, refusal, whole};
use super::body::pump;
use super::{Asked, End, Fault, Shared, lock};

pub(super) async fn serve(listener: TcpListener, acceptor: TlsAcceptor, shared: &Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (acceptor, shared) = (acceptor.clone(), Arc::clone(shared));
        tokio::spawn(async move {
            stream.set_nodelay(true).ok();
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service = hyper::service::service_fn(move |request| answer(request, Arc::clone(&shared)));
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            // A body that breaks off ends the connection; that is what was wanted.
            builder.serve_connection(TokioIo::new(stream), service).await.ok();
        });
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> io::Result<Answer> {
    let (number, fault, request) = receive(request, &shared);
    let refused = match (&fault, request) {
        (Some(Fault::Silence), _) => {
            std::future::pending::<()>().await;
            refusal(504, None)
        }
        (Some(Fault::Status(status)), _) => refusal(*status, None),
        (Some(Fault::TooMany(seconds)), _) => refusal(429, Some(*seconds)),
        (Some(Fault::Html(status)), _) => whole(*status, "text/html; charset=utf-8", PAGE.into()),
        (Some(Fault::Body(kind, bytes)), _) => whole(200, kind, bytes.clone()),
        (_, Err(status)) => refusal(status, None),
        (_, Ok(request)) => {
            let (order, orders) = watch::channel(None);
            lock(&shared.state).open.insert(number, order);
            let answer = pass(request, fault, orders, number, &shared).await;
            if answer.is_err() {
                lock(&shared.state).open.remove(&number);
            }
            answer.unwrap_or_else(|error| {
                let text = format!("the gateway cannot reach the server: {error}");
                whole(502, "text/plain", text.into())
            })
        }
    };
    let mut state = lock(&shared.state);
    let asked = &mut state.asked[number];
    asked.status = refused.status().as_u16();
    asked.content_type = header(refused.headers(), CONTENT_TYPE);
    asked.gzip = header(refused.headers(), CONTENT_ENCODING) == "gzip";
    Ok(refused)
}

type Received = (usize, Option<Fault>, Result<Request<Incoming>, u16>);

/// Notes the request, finds what is to be done to it, and rewrites it as the gateway's manners are.
fn receive(request: Request<Incoming>, shared: &Shared) -> Received {
    let (mut head, body) = request.into_parts();
    let mut state = lock(&shared.state);
    let manners = state.manners.clone();
    let asked = Asked {
        path: manners.within(head.uri.path()).unwrap_or_else(|| head.uri.path()).to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        accept: header(&head.headers, ACCEPT),
        http: head.version,
        status: 0,
        content_type: String::new(),
        gzip: false,
        at: Instant::now(),
    };
    let found = state.rules.iter_mut().find(|rule| rule.left > 0 && (rule.matches)(&asked));
    let fault = found.map(|rule| {
        rule.left -= 1;
        rule.fault.clone()
    });
    let number = state.asked.len();
    state.asked.push(asked);
    drop(state);

    let result = manners.rewrite(&mut head, &shared.target.to_string());
    (number, fault, result.map(|()| Request::from_parts(head, body)))
}

/// Asks the server, on a connection of its own.
async fn pass(
    request: Request<Incoming>,
    fault: Option<Fault>,
    orders: watch::Receiver<Option<End>>,
    number: usize,
    shared: &Arc<Shared>,
) -> Result<Answer, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let stream = TcpStream::connect(shared.target).await.map_err(|error| text(&error))?;
    stream.set_nodelay(true).ok();
    let name = ServerName::from(shared.target.ip());
    let stream = shared.connector.connect(name, stream).await.map_err(|error| text(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| text(&error))?;
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|error| text(&error))?;
    let (mut head, body) = answer.into_parts();
    for name in [CONNECTION, TRANSFER_ENCODING] {
        head.headers.remove(name);
    }
    if fault.is_some() {
        head.headers.remove(CONTENT_LENGTH);
    }
    head.version = Version::HTTP_11;
    let (send, pieces) = mpsc::channel(1);
    tokio::spawn({
        let shared = Arc::clone(shared);
        async move {
            // Held as long as the body comes.
            let _sender = sender;
            pump(body, fault, orders, &send).await;
            lock(&shared.state).open.remove(&number);
        }
    });
    let pieces = futures::stream::unfold(pieces, |mut pieces| async move { Some((pieces.recv().await?, pieces)) });
    Ok(Response::from_parts(head, StreamBody::new(pieces).boxed()))
}

fn header(headers: &HeaderMap, name: http::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
