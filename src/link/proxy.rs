//! Which proxy a cluster is reached through: `proxy-url`, or what the environment says.

use std::env;

use base64::Engine as _;
use http::Uri;

use super::{no_proxy, target::Server};

/// What a proxy speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Speech {
    /// `CONNECT` over plain TCP.
    Http,
    /// `CONNECT` over TLS.
    Https,
    /// SOCKS 5; the proxy looks names up, as it does for Go's clients.
    Socks,
}

/// A proxy.
#[derive(Clone)]
pub(super) struct Proxy {
    pub speech: Speech,
    /// Without the brackets of an IPv6 address.
    pub host: String,
    pub port: u16,
    /// Name and password; a secret.
    login: Option<(String, String)>,
}

impl Proxy {
    /// `proxy-url` of the cluster; else what the environment names for it, unless `NO_PROXY` does.
    pub fn choose(configured: Option<&str>, server: &Server) -> Result<Option<Self>, String> {
        Self::among(configured, server, |name| env::var(name).ok())
    }

    /// As Go does: the first name that is set to something counts, in capitals before small letters. A
    /// `proxy-url` is obeyed whatever `NO_PROXY` says.
    pub fn among(
        configured: Option<&str>,
        server: &Server,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        if let Some(url) = configured.filter(|url| !url.is_empty()) {
            return Self::parse(url).map(Some);
        }
        let variable = |name: &str| {
            [name.to_owned(), name.to_lowercase()].iter().filter_map(|name| env(name)).find(|value| !value.is_empty())
        };
        let name = if server.tls { "HTTPS_PROXY" } else { "HTTP_PROXY" };
        let Some(url) = variable(name) else { return Ok(None) };
        if no_proxy::applies(&variable("NO_PROXY").unwrap_or_default(), &server.host, server.port) {
            return Ok(None);
        }
        Self::parse(&url).map(Some).map_err(|cause| format!("{name}: {cause}"))
    }

    /// Reads a URL. Errors never hold it: there may be a password in it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let whole = if url.contains("://") { url.trim().to_owned() } else { format!("http://{}", url.trim()) };
        let uri: Uri = whole.parse().map_err(|_| "the proxy URL is not a URL".to_owned())?;
        let (speech, port) = match uri.scheme_str().unwrap_or_default() {
            "http" => (Speech::Http, 80),
            "https" => (Speech::Https, 443),
            "socks5" | "socks5h" => (Speech::Socks, 1080),
            other => return Err(format!("{other} proxies are not supported; http, https and socks5 are")),
        };
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err("the proxy URL names no host".to_owned());
        }
        let user_info = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@'));
        let login = user_info.map(|(user_info, _)| {
            let (name, password) = user_info.split_once(':').unwrap_or((user_info, ""));
            (percent_decoded(name), percent_decoded(password))
        });
        if speech == Speech::Socks
            && login.as_ref().is_some_and(|(name, password)| name.len().max(password.len()) > 255)
        {
            return Err("a SOCKS proxy takes no longer name or password than 255 bytes".to_owned());
        }
        Ok(Self { speech, host, port: uri.port_u16().unwrap_or(port), login })
    }

    /// `host:port`, with brackets where they belong.
    pub fn label(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Name and password.
    pub fn login(&self) -> Option<(&str, &str)> {
        self.login.as_ref().map(|(name, password)| (name.as_str(), password.as_str()))
    }

    /// The value of `Proxy-Authorization`.
    pub fn authorization(&self) -> Option<String> {
        let (name, password) = self.login()?;
        Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"))))
    }
}

fn percent_decoded(text: &str) -> String {
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
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod unit {
    use super::{Proxy, Speech};
    use crate::link::target::Server;
    use kube::config::Cluster;
    use proptest::prelude::*;

    fn chosen(proxy_url: &str, server: &str, env: &[(&str, &str)]) -> String {
        let server = Server::parse(server, &Cluster::default()).unwrap();
        let env = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        match Proxy::among(Some(proxy_url), &server, env) {
            Ok(Some(proxy)) => format!("{:?} {}", proxy.speech, proxy.label()),
            Ok(None) => "none".to_owned(),
            Err(cause) => cause,
        }
    }

    #[test]
    fn the_environment_counts_as_it_does_for_go() {
        let api = "https://api.test:6443";
        for (server, env, want) in [
            (api, &[][..], "none"),
            (api, &[("HTTPS_PROXY", "http://p:3128")], "Http p:3128"),
            (api, &[("https_proxy", "p:3128")], "Http p:3128"),
            (api, &[("HTTPS_PROXY", ""), ("https_proxy", "https://p")], "Https p:443"),
            (api, &[("HTTPS_PROXY", "socks5://p"), ("https_proxy", "q")], "Socks p:1080"),
            (api, &[("HTTP_PROXY", "p"), ("ALL_PROXY", "q")], "none"),
            ("http://api.test", &[("HTTP_PROXY", "p"), ("HTTPS_PROXY", "q")], "Http p:80"),
            (api, &[("HTTPS_PROXY", "socks5h://p"), ("NO_PROXY", ".test")], "none"),
            (api, &[("HTTPS_PROXY", "p"), ("no_proxy", "api.test:6443")], "none"),
            (api, &[("HTTPS_PROXY", "p"), ("NO_PROXY", "api.test:443")], "Http p:80"),
            ("https://127.0.0.1", &[("HTTPS_PROXY", "p")], "none"),
            (
                api,
                &[("HTTPS_PROXY", "ftp://u:secret@p")],
                "HTTPS_PROXY: ftp proxies are not supported; http, https and socks5 are",
            ),
        ] {
            assert_eq!(chosen("", server, env), want, "{env:?}");
        }
        let env = [("HTTPS_PROXY", "http://p"), ("NO_PROXY", "*")];
        assert_eq!(chosen("socks5://[fd00::1]:9", api, &env), "Socks [fd00::1]:9", "proxy-url goes before all of it");
    }

    #[test]
    fn logins() {
        let login = |url: &str| Proxy::parse(url).unwrap().login().map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(login("http://u:p%20w@h"), Some(("u".to_owned(), "p w".to_owned())));
        assert_eq!(login("http://u@h"), Some(("u".to_owned(), String::new())));
        assert_eq!(login("http://u:a%3Ab:c@h"), Some(("u".to_owned(), "a:b:c".to_owned())));
        assert_eq!(login("http://h"), None);
        assert_eq!(Proxy::parse("http://u@h").unwrap().authorization().unwrap(), "Basic dTo=");
    }

    proptest! {
        #[test]
        fn no_url_is_repeated_in_an_error(url in "\\PC{0,30}") {
            if let Err(cause) = Proxy::parse(&format!("http://u:SECRET@{url}")) {
                prop_assert!(!cause.contains("SECRET"));
            }
        }

        #[test]
        fn what_is_escaped_is_read_back(name in "[a-z:@%/ ]{0,9}") {
            let escaped = name.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
            let proxy = Proxy::parse(&format!("socks5://{escaped}:x@h:1")).unwrap();
            prop_assert_eq!((proxy.speech, proxy.login()), (Speech::Socks, Some((name.as_str(), "x"))));
        }
    }
}
