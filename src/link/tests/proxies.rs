//! Through an HTTP proxy.

use std::fs;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{
    server::{ask, handler, listen, text},
    soon,
};
use crate::link::{Link, LinkError, LinkOptions, kubeconfig::load_from};

/// A proxy that wants the login `u:p w` and connects only to `known`.
async fn proxy(known: std::net::SocketAddr) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
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
            tokio::spawn(async move {
                let mut server = TcpStream::connect(known).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    address
}

fn link(server: &str, proxy: &str) -> Result<Link, LinkError> {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "clusters: [{{name: c, cluster: {{server: '{server}', proxy-url: '{proxy}'}}}}]\n\
         contexts: [{{name: c, context: {{cluster: c}}}}]\n"
    );
    fs::write(dir.path().join("config"), text).unwrap();
    let target = load_from(Some(&dir.path().join("config")), None, None).target("c")?;
    Link::new(target, LinkOptions::default())
}

#[tokio::test]
async fn a_tunnel_is_dug() {
    let (server, _) = listen(handler(|_| text("through"))).await;
    let proxy = proxy(server).await;
    let open = link("http://api.test:6443", &format!("http://u:p%20w@{proxy}")).unwrap();
    let reply = soon(open.send(ask("/"))).await.unwrap();
    assert_eq!(soon(reply.body.collect(99)).await.unwrap(), b"through");
    assert!(open.rtt().is_some());
    for (server, login, want) in [
        ("api.test:6443", "", "the proxy asks for a login"),
        ("other.test:6443", "u:p%20w@", "the proxy refuses to connect (status 403)"),
    ] {
        let shut = link(&format!("http://{server}"), &format!("http://{login}{proxy}")).unwrap();
        let error = soon(shut.send(ask("/"))).await.unwrap_err();
        assert_eq!(error.to_string(), format!("dial {server}: proxy {proxy}: {want}"));
        assert!(error.is_link());
    }
    let error = link("http://api.test", "socks5://u:secret@localhost:1").unwrap_err().to_string();
    assert_eq!(error, "api.test:80: socks5 proxies are not supported, only http");
}
