//! HTTP proxies: which one is meant, and a tunnel through it.

use std::env;

use base64::Engine as _;
use http::Uri;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{error::flatten, no_proxy, target::Server};

/// A longer answer to `CONNECT` is none.
const LONGEST_HEAD: u64 = 8 << 10;

/// An `http://` proxy.
#[derive(Clone)]
pub(super) struct Proxy {
    pub host: String,
    pub port: u16,
    /// The value of `Proxy-Authorization`; a secret.
    authorization: Option<String>,
}

impl Proxy {
    /// `proxy-url` of the cluster; for TLS servers else `HTTPS_PROXY`, unless `NO_PROXY` names the host.
    pub fn choose(configured: Option<&str>, server: &Server) -> Result<Option<Self>, String> {
        if let Some(url) = configured.filter(|url| !url.is_empty()) {
            return Self::parse(url).map(Some);
        }
        let variable = |name: &str| env::var(name).or_else(|_| env::var(name.to_lowercase())).ok();
        let everything_else = variable("HTTPS_PROXY").filter(|url| server.tls && !url.is_empty());
        match everything_else {
            Some(url) if !no_proxy::applies(&variable("NO_PROXY").unwrap_or_default(), &server.host, server.port) => {
                Self::parse(&url).map(Some)
            }
            _ => Ok(None),
        }
    }

    pub fn parse(url: &str) -> Result<Self, String> {
        let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let uri: Uri = whole.parse().map_err(|_| "the proxy URL is not a URL".to_owned())?;
        match uri.scheme_str() {
            Some("http") => {}
            other => {
                return Err(format!("{} proxies are not supported, only http", other.unwrap_or_default()));
            }
        }
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let login = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@'));
        let authorization = login.map(|(login, _)| {
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(percent_decoded(login)))
        });
        Ok(Self { host, port: uri.port_u16().unwrap_or(80), authorization })
    }

    /// Has the proxy connect to `target`, a host and port.
    pub async fn tunnel(&self, mut stream: TcpStream, target: &str) -> Result<TcpStream, String> {
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if let Some(authorization) = &self.authorization {
            request.extend(["Proxy-Authorization: ", authorization, "\r\n"]);
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.map_err(|error| flatten(&error))?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            // Byte by byte: what follows the head belongs to TLS.
            let byte = stream.read_u8().await.map_err(|error| flatten(&error))?;
            head.push(byte);
            if head.len() as u64 > LONGEST_HEAD {
                return Err("the answer to CONNECT is not HTTP".to_owned());
            }
        }
        let head = String::from_utf8_lossy(&head);
        let status = head.split_ascii_whitespace().nth(1).unwrap_or_default();
        match status {
            "200" => Ok(stream),
            "407" => Err("the proxy asks for a login".to_owned()),
            _ => {
                let digits: String = status.chars().filter(char::is_ascii_digit).take(3).collect();
                Err(format!("the proxy refuses to connect (status {digits})"))
            }
        }
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        if let Some((high, low)) = escaped {
            out.push((high * 16 + low) as u8);
            rest = &rest[3..];
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}
