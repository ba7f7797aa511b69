//! The legacy `auth-provider: oidc`, against a small identity provider.

use std::{fs, net::SocketAddr, sync::Arc};

use base64::Engine as _;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::net::TcpListener;

use super::{
    proxies,
    server::{Answer, ask, handler, listen, serve_later, text},
    soon,
};
use crate::link::{Console, Lend, Link, LinkOptions, kubeconfig::load_from, oidc::expiry};

/// A token that expires so many seconds from now.
fn token(name: &str, from_now: i64) -> String {
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let exp = jiff::Timestamp::now().as_second() + from_now;
    format!("{}.{}.{name}", part("{}"), part(&format!(r#"{{"exp":{exp}}}"#)))
}

/// What a provider does, and what it was sent.
#[derive(Clone, Default)]
struct Provider {
    /// Says how the client's secret is to be shown.
    methods: Option<&'static str>,
    /// Takes no secret in a header.
    only_post: bool,
    /// Gives another refresh token each time.
    rotates: bool,
    /// Refuses every refresh token.
    refuses: bool,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    async fn answer(self, address: SocketAddr, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        let authorization = head.headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
        self.seen.lock().push(format!("{} {} {body} {authorization}", head.method, head.uri.path()).trim().to_owned());
        let refused = |code: StatusCode, json: &str| {
            let mut answer = text(json.to_owned());
            *answer.status_mut() = code;
            answer
        };
        if head.uri.path() == "/realm/.well-known/openid-configuration" {
            let methods = self
                .methods
                .map_or(String::new(), |method| format!(r#","token_endpoint_auth_methods_supported":["{method}"]"#));
            return text(format!(r#"{{"token_endpoint":"https://{address}/token?a=b"{methods}}}"#));
        }
        if head.uri.path() != "/token" {
            return refused(StatusCode::NOT_FOUND, "");
        }
        if self.only_post && !authorization.is_empty() {
            return refused(StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#);
        }
        if self.refuses {
            let json = r#"{"error":"invalid_grant","error_description":"Session\u001b[31m not active"}"#;
            return refused(StatusCode::BAD_REQUEST, json);
        }
        let count = self.seen.lock().iter().filter(|line| line.starts_with("POST")).count();
        let more = if self.rotates { format!(r#","refresh_token":"r{count}""#) } else { String::new() };
        text(format!(r#"{{"id_token":"{}","access_token":"x"{more}}}"#, token(&format!("new{count}"), 3600)))
    }

    /// Listens with TLS.
    async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (provider, acceptor) = (self.clone(), proxies::acceptor());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, provider) = (acceptor.clone(), provider.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    serve_later(stream, move |request| provider.clone().answer(address, request)).await;
                });
            }
        });
        address
    }
}

/// A link to a server that takes `accepted` only, and what it is told.
async fn link(
    issuer: SocketAddr,
    config: &str,
    accepted: &Arc<Mutex<String>>,
) -> (Link, tokio::sync::mpsc::Receiver<String>, tempfile::TempDir) {
    let accepted = Arc::clone(accepted);
    let guard = move |request: Request<Incoming>| {
        let sent = request.headers().get("authorization").map_or("", |value| value.to_str().unwrap());
        let mut answer = text(String::new());
        if !sent.ends_with(accepted.lock().as_str()) {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
        answer
    };
    let (address, _) = listen(handler(guard)).await;
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("idp.pem"), proxies::CA).unwrap();
    let text = format!(
        "clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\nusers: [{{name: u, user: {{auth-provider: \
         {{name: oidc, config: {{idp-issuer-url: 'https://{issuer}/realm/', client-id: 'my app', {config}}}}}}}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    );
    let file = dir.path().join("config");
    fs::write(&file, text).unwrap();
    let target = load_from(Some(&file), None, None).target("c").unwrap();
    let (notices, told) = tokio::sync::mpsc::channel(8);
    let console = Console { lend: Lend::Never, notices: Some(notices) };
    let link = Link::new(target, LinkOptions { console, ..LinkOptions::default() }).unwrap();
    (link, told, dir)
}

async fn status(link: &Link) -> u16 {
    soon(link.send(ask("/"))).await.unwrap().status
}

fn accepts(text: &str) -> Arc<Mutex<String>> {
    Arc::new(Mutex::new(text.to_owned()))
}

fn ca() -> String {
    base64::engine::general_purpose::STANDARD.encode(proxies::CA)
}

#[tokio::test]
async fn a_good_token_is_used_and_an_old_one_replaced() {
    let provider = Provider::default();
    let issuer = provider.listen().await;
    let good = token("good", 3600);
    let config = format!("id-token: {good}, refresh-token: r0, idp-certificate-authority: idp.pem");
    let (used, _told, _dir) = link(issuer, &config, &accepts("good")).await;
    assert_eq!(status(&used).await, 200);
    assert_eq!(*provider.seen.lock(), Vec::<String>::new(), "nobody was asked");
    let old = token("old", 5);
    let config = format!("id-token: {old}, refresh-token: 'r 0&', idp-certificate-authority: idp.pem");
    let (renewed, mut told, _dir) = link(issuer, &config, &accepts("new1")).await;
    assert_eq!((status(&renewed).await, status(&renewed).await), (200, 200));
    assert_eq!(
        *provider.seen.lock(),
        [
            "GET /realm/.well-known/openid-configuration",
            "POST /token grant_type=refresh_token&refresh_token=r+0%26&client_id=my+app",
        ]
    );
    assert!(told.try_recv().is_err(), "the refresh token is still the same");
}

#[tokio::test]
async fn many_callers_refresh_once_and_a_401_again() {
    let provider = Provider { rotates: true, ..Provider::default() };
    let issuer = provider.listen().await;
    let accepted = accepts("new1");
    let config = format!("refresh-token: r0, client-secret: 's3:', idp-certificate-authority-data: {}", ca());
    let (link, mut told, _dir) = link(issuer, &config, &accepted).await;
    let all = soon(futures::future::join_all((0..20).map(|_| link.send(ask("/"))))).await;
    assert!(all.into_iter().all(|reply| reply.unwrap().status == 200));
    let posts = || provider.seen.lock().iter().filter(|line| line.starts_with("POST")).cloned().collect::<Vec<_>>();
    // base64 of `my+app:s3%3A`
    assert_eq!(posts(), ["POST /token grant_type=refresh_token&refresh_token=r0 Basic bXkrYXBwOnMzJTNB"]);
    "new2".clone_into(&mut accepted.lock());
    assert_eq!((status(&link).await, status(&link).await), (401, 200));
    assert_eq!(posts().len(), 2);
    assert!(posts()[1].contains("refresh_token=r1 "), "the new refresh token is used: {}", posts()[1]);
    let said = told.try_recv().unwrap();
    assert!(said.contains("replaced the refresh token of user \"u\"") && !said.contains("r1"), "{said}");
}

#[tokio::test]
async fn a_secret_is_shown_as_the_provider_wants_it() {
    let in_form = "POST /token grant_type=refresh_token&refresh_token=r0&client_id=my+app&client_secret=s3";
    for (methods, only_post, posts) in
        [(Some("client_secret_post"), true, 1), (None, true, 2), (Some("client_secret_basic"), false, 1)]
    {
        let provider = Provider { methods, only_post, ..Provider::default() };
        let issuer = provider.listen().await;
        let config = format!("refresh-token: r0, client-secret: s3, idp-certificate-authority-data: {}", ca());
        let (link, _told, _dir) = link(issuer, &config, &accepts(&format!("new{posts}"))).await;
        assert_eq!(status(&link).await, 200, "{methods:?}");
        let seen = provider.seen.lock().clone();
        assert_eq!(seen.iter().filter(|line| line.starts_with("POST")).count(), posts, "{seen:?}");
        assert_eq!(seen.last().unwrap() == in_form, only_post, "{seen:?}");
    }
}

#[tokio::test]
async fn what_fails_is_told_without_secrets() {
    let fails = async |provider: &Provider, config: &str| {
        let issuer = provider.listen().await;
        let (link, _told, _dir) = link(issuer, config, &accepts("x")).await;
        let error = soon(link.send(ask("/"))).await.unwrap_err();
        assert!(error.is_credentials(), "{error}");
        let text = format!("{error}; {}", error.advice().unwrap_or_default());
        assert!(!text.contains("SECRET"), "{text}");
        text
    };
    let trusting = format!("idp-certificate-authority-data: {}", ca());
    let refuses = Provider { refuses: true, ..Provider::default() };
    let text = fails(&refuses, &format!("refresh-token: SECRET, client-secret: SECRET, {trusting}")).await;
    assert!(text.contains("refuses the refresh token (status 400, invalid_grant, Session[31m not active)"), "{text}");
    assert!(text.contains("log in again"), "{text}");
    let plain = Provider::default();
    let text = fails(&plain, &format!("id-token: {}, {trusting}", token("SECRET", -5))).await;
    assert!(text.contains("the ID token is not valid and there is no refresh-token"), "{text}");
    let text = fails(&plain, "refresh-token: SECRET").await;
    assert!(text.contains("TLS: "), "an issuer of an unknown authority: {text}");
}

#[test]
fn expiries() {
    let of =
        |payload: &str| expiry(&format!("a.{}.c", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload)));
    assert_eq!(of(r#"{"exp":1000000000,"a":[1]}"#).unwrap().as_second(), 1_000_000_000);
    assert_eq!(of(r#"{"exp":1.5e9}"#).unwrap().as_second(), 1_500_000_000);
    assert_eq!(of(r#"{"exp":1e300}"#), Some(jiff::Timestamp::MAX));
    for token in ["", "a", "a.b", "a.b.c.d", "a.!.c"] {
        assert_eq!(expiry(token), None, "{token}");
    }
    assert_eq!(of("{}"), None);
}

proptest::proptest! {
    #[test]
    fn any_token_can_be_looked_at(token in "[a-zA-Z0-9_.=-]{0,40}") {
        let _ = expiry(&token);
    }
}
