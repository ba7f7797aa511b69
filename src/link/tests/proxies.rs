//! Through proxies: HTTP, HTTPS with an authority of its own, SOCKS 5.

use std::{fs, net::SocketAddr, sync::Arc};

use parking_lot::Mutex;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::{
    server::{ask, handler, listen, text},
    soon,
};
use crate::link::{Link, LinkError, LinkOptions, install_crypto, kubeconfig::load_from};

pub const CA: &str = include_str!("pem/proxy-ca.pem");
const CERTIFICATE: &str = include_str!("pem/proxy.pem");
const KEY: &str = include_str!("pem/proxy.key");
const OTHER_CA: &str = include_str!("pem/other-ca.pem");

/// TLS as a server for `127.0.0.1`.
pub fn acceptor() -> TlsAcceptor {
    install_crypto();
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Answers `CONNECT`: it wants the login `u:p w` and connects only to `known`.
async fn answer_connect(stream: impl AsyncRead + AsyncWrite + Unpin, known: SocketAddr) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        stream.read_line(&mut head).await.unwrap();
    }
    let answer = if !head.contains("Proxy-Authorization: Basic dTpwIHc=\r\n") {
        "407 Login"
    } else if !head.starts_with("CONNECT api.test:6443 HTTP/1.1\r\n") {
        "403 Forbidden"
    } else {
        "200 Connected"
    };
    stream.write_all(format!("HTTP/1.1 {answer}\r\nVia: test\r\n\r\n").as_bytes()).await.unwrap();
    let mut server = TcpStream::connect(known).await.unwrap();
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
}

/// An HTTP proxy, over TLS or not.
async fn http_proxy(known: SocketAddr, tls: Option<TlsAcceptor>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                match tls {
                    None => answer_connect(stream, known).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            answer_connect(stream, known).await;
                        }
                    }
                }
            });
        }
    });
    address
}

/// A SOCKS 5 proxy (RFC 1928, 1929) that wants `login` and connects `api.test` to `known`; it notes which
/// addresses it was asked for.
async fn socks_proxy(
    known: SocketAddr,
    login: Option<(&'static str, &'static str)>,
) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let notes = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_socks(stream, known, login, Arc::clone(&notes)));
        }
    });
    (address, asked)
}

async fn counted(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(stream.read_u8().await.unwrap())];
    stream.read_exact(&mut bytes).await.unwrap();
    bytes
}

async fn answer_socks(
    mut stream: TcpStream,
    known: SocketAddr,
    login: Option<(&str, &str)>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    assert_eq!(stream.read_u8().await.unwrap(), 5);
    let methods = counted(&mut stream).await;
    let method = if login.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        stream.write_all(&[5, 0xFF]).await.unwrap();
        return;
    }
    stream.write_all(&[5, method]).await.unwrap();
    if let Some((name, password)) = login {
        assert_eq!(stream.read_u8().await.unwrap(), 1);
        let good = counted(&mut stream).await == name.as_bytes() && counted(&mut stream).await == password.as_bytes();
        stream.write_all(&[1, u8::from(!good)]).await.unwrap();
        if !good {
            return;
        }
    }
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[..3], [5, 1, 0], "connect");
    let host = match head[3] {
        3 => String::from_utf8(counted(&mut stream).await).unwrap(),
        4 => {
            let mut bytes = [0; 16];
            stream.read_exact(&mut bytes).await.unwrap();
            std::net::Ipv6Addr::from(bytes).to_string()
        }
        _ => std::net::Ipv4Addr::from(stream.read_u32().await.unwrap()).to_string(),
    };
    let port = stream.read_u16().await.unwrap();
    let code = if host == "other.test" { 2 } else { 0 };
    asked.lock().push(format!("{host}:{port}"));
    stream.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
    if code == 0 {
        let mut server = TcpStream::connect(known).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
    }
}

fn link_with(server: &str, proxy: &str, more: &str) -> Result<Link, LinkError> {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "clusters: [{{name: c, cluster: {{server: '{server}', proxy-url: '{proxy}'{more}}}}}]\n\
         contexts: [{{name: c, context: {{cluster: c}}}}]\n"
    );
    fs::write(dir.path().join("config"), text).unwrap();
    let target = load_from(Some(&dir.path().join("config")), None, None).target("c")?;
    Link::new(target, LinkOptions::default())
}

fn link(server: &str, proxy: &str) -> Result<Link, LinkError> {
    link_with(server, proxy, "")
}

async fn goes_through(link: &Link) {
    let reply = soon(link.send(ask("/"))).await.unwrap();
    assert_eq!(soon(reply.body.collect(99)).await.unwrap(), b"through");
    assert!(link.rtt().is_some());
}

async fn fails(link: &Link) -> String {
    let error = soon(link.send(ask("/"))).await.unwrap_err();
    assert!(error.is_link());
    error.to_string()
}

#[tokio::test]
async fn a_tunnel_is_dug() {
    let (server, _) = listen(handler(|_| text("through"))).await;
    let proxy = http_proxy(server, None).await;
    goes_through(&link("http://api.test:6443", &format!("http://u:p%20w@{proxy}")).unwrap()).await;
    for (server, login, want) in [
        ("api.test:6443", "", "the proxy asks for a login"),
        ("api.test:6443", "u:x@", "the proxy does not accept the login"),
        ("other.test:6443", "u:p%20w@", "the proxy refuses to connect (status 403)"),
    ] {
        let shut = link(&format!("http://{server}"), &format!("http://{login}{proxy}")).unwrap();
        assert_eq!(fails(&shut).await, format!("dial {server}: proxy {proxy}: {want}"));
    }
    let error = link("http://api.test", "ftp://u:secret@localhost:1").unwrap_err().to_string();
    assert_eq!(error, "api.test:80: ftp proxies are not supported; http, https and socks5 are");
}

#[tokio::test]
async fn a_proxy_may_be_reached_over_tls() {
    let base64 = |pem: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pem);
    let (server, _) = listen(handler(|_| text("through"))).await;
    let proxy = http_proxy(server, Some(acceptor())).await;
    let url = format!("https://u:p%20w@{proxy}");
    let trusting = format!(", certificate-authority-data: {}", base64(&format!("{OTHER_CA}{CA}")));
    goes_through(&link_with("http://api.test:6443", &url, &trusting).unwrap()).await;
    goes_through(&link_with("http://api.test:6443", &url, ", insecure-skip-tls-verify: true").unwrap()).await;
    for more in [String::new(), format!(", certificate-authority-data: {}", base64(OTHER_CA))] {
        let text = fails(&link_with("http://api.test:6443", &url, &more).unwrap()).await;
        assert!(text.starts_with(&format!("dial api.test:6443: proxy {proxy}: TLS: ")), "{text}");
    }
    let plain = http_proxy(server, None).await;
    let text = fails(&link_with("http://api.test:6443", &format!("https://{plain}"), &trusting).unwrap()).await;
    assert!(text.contains("TLS: "), "{text}");
}

#[tokio::test]
async fn socks_proxies_look_names_up_themselves() {
    let (server, _) = listen(handler(|_| text("through"))).await;
    let (open, asked) = socks_proxy(server, None).await;
    for scheme in ["socks5", "socks5h"] {
        goes_through(&link("http://api.test:6443", &format!("{scheme}://{open}")).unwrap()).await;
    }
    goes_through(&link("http://[fd00::1]:6443", &format!("socks5://{open}")).unwrap()).await;
    goes_through(&link("http://10.1.2.3:6443", &format!("socks5://{open}")).unwrap()).await;
    assert_eq!(*asked.lock(), ["api.test:6443", "api.test:6443", "fd00::1:6443", "10.1.2.3:6443"]);
    let (guarded, _) = socks_proxy(server, Some(("u", "p w"))).await;
    goes_through(&link("http://api.test:6443", &format!("socks5://u:p%20w@{guarded}")).unwrap()).await;
    for (proxy, server, want) in [
        (format!("u:x@{guarded}"), "api.test", "the proxy does not accept the login"),
        (guarded.to_string(), "api.test", "the proxy asks for a login"),
        (open.to_string(), "other.test", "the proxy refuses to connect (connection not allowed)"),
        (server.to_string(), "api.test", "the answer is not SOCKS 5"),
    ] {
        let address = proxy.rsplit('@').next().unwrap().to_owned();
        let text = fails(&link(&format!("http://{server}:1"), &format!("socks5://{proxy}")).unwrap()).await;
        assert_eq!(text, format!("dial {server}:1: proxy {address}: {want}"));
    }
}
