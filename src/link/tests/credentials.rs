//! Tokens and headers, as a server sees them.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use http::{Request, StatusCode};
use hyper::body::Incoming;
use parking_lot::Mutex;
use tempfile::TempDir;

use super::{
    server::{Answer, ask, handler, listen, text},
    soon,
};
use crate::link::{ActAs, ContextEntry, Link, LinkOptions, Loaded, kubeconfig::load_from};

/// Answers with the request's headers; 401 unless the authorization is `accepted`.
fn guarded(accepted: Arc<Mutex<String>>) -> impl Fn(Request<Incoming>) -> Answer {
    move |request| {
        let mut lines: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        lines.sort();
        let mut answer = text(lines.join("\n"));
        let sent = request.headers().get("authorization").map_or("", |value| value.to_str().unwrap());
        if sent != *accepted.lock() {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
        answer
    }
}

async fn setup(dir: &TempDir, user: &str, accepted: &Arc<Mutex<String>>) -> Link {
    let (address, _) = listen(handler(guarded(Arc::clone(accepted)))).await;
    let config = format!(
        "clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\nusers: [{{name: u, user: {user}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: u, namespace: shop}}}}]\n"
    );
    let file = dir.path().join("config");
    fs::write(&file, config).unwrap();
    let loaded = load_from(Some(&file), None, None);
    assert_eq!(loaded.problems, Vec::<String>::new());
    Link::new(loaded.target("c").unwrap(), LinkOptions::default()).unwrap()
}

fn accepts(text: &str) -> Arc<Mutex<String>> {
    Arc::new(Mutex::new(text.to_owned()))
}

async fn status(link: &Link) -> u16 {
    soon(link.send(ask("/"))).await.unwrap().status
}

#[tokio::test]
async fn tokens_passwords_and_nobody() {
    let dir = tempfile::tempdir().unwrap();
    for (user, header) in [
        ("{token: abc}", "Bearer abc"),
        ("{username: ada, password: 'p:w'}", "Basic YWRhOnA6dw=="),
        ("{}", ""),
        ("{token: abc, exec: {apiVersion: client.authentication.k8s.io/v1, command: nope}}", "Bearer abc"),
    ] {
        let link = setup(&dir, user, &accepts(header)).await;
        assert_eq!(status(&link).await, 200, "{user}");
        assert_eq!(link.namespace(), Some("shop"));
    }
}

#[tokio::test]
async fn impersonation_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let user = "{token: t, as: eve, as-uid: '7', as-groups: [a, b], as-user-extra: {Acme.com/Scope: [x]}}";
    let link = setup(&dir, user, &accepts("Bearer t")).await;
    let reply = soon(link.send(ask("/"))).await.unwrap();
    let seen = String::from_utf8(soon(reply.body.collect(9999)).await.unwrap()).unwrap();
    for line in [
        "impersonate-user=eve",
        "impersonate-uid=7",
        "impersonate-group=a",
        "impersonate-group=b",
        "impersonate-extra-acme.com%2Fscope=x",
    ] {
        assert!(seen.lines().any(|seen| seen.eq_ignore_ascii_case(line)), "{line} in {seen}");
    }
}

#[tokio::test]
async fn a_token_file_is_read_again_when_refused_or_changed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    fs::write(&file, "one\n").unwrap();
    let accepted = accepts("Bearer one");
    let link = setup(&dir, "{tokenFile: token, token: fallback}", &accepted).await;
    assert_eq!(status(&link).await, 200);
    fs::write(&file, "two\n").unwrap();
    "Bearer two".clone_into(&mut accepted.lock());
    let first = status(&link).await; // 401 if the old token was still held: it is dropped then
    assert!(first == 401 || first == 200);
    assert_eq!(status(&link).await, 200);
    fs::remove_file(&file).unwrap();
    link.invalidate_credentials();
    assert_eq!(status(&link).await, 200, "the last good token outlives its file");
    let fresh = setup(&dir, "{tokenFile: token, token: two}", &accepted).await;
    assert_eq!(status(&fresh).await, 200, "the static token stands in");
    let nothing = setup(&dir, "{tokenFile: token}", &accepted).await;
    let error = soon(nothing.send(ask("/"))).await.unwrap_err();
    assert!(error.is_credentials() && error.to_string().contains("No such file"), "{error}");
}

#[tokio::test]
async fn a_401_runs_the_plugin_once_more() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let script = format!(
        "#!/bin/sh\necho run >> '{0}'\nn=$(wc -l < '{0}' | tr -d ' ')\n\
         echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\
         \"status\":{{\"token\":\"t'\"$n\"'\"}}}}'\n",
        runs.display()
    );
    let plugin = dir.path().join("plugin");
    fs::write(&plugin, script).unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    let accepted = accepts("Bearer t1");
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}}";
    let link = setup(&dir, user, &accepted).await;
    let count = || fs::read_to_string(&runs).unwrap().lines().count();
    assert_eq!((status(&link).await, status(&link).await, count()), (200, 200, 1));
    "Bearer t2".clone_into(&mut accepted.lock());
    let stale = futures::future::join_all((0..20).map(|_| link.send(ask("/"))));
    let stale: Vec<u16> = soon(stale).await.into_iter().map(|reply| reply.unwrap().status).collect();
    assert!(stale.contains(&401), "{stale:?}");
    assert_eq!((status(&link).await, count()), (200, 2), "twenty refusals, one more run");
}

#[tokio::test]
async fn providers_that_are_gone_say_what_to_use() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    for (name, cause, hint) in [
        ("gcp", "auth-provider \"gcp\" was removed from Kubernetes", "gke-gcloud-auth-plugin"),
        ("azure", "auth-provider \"azure\" was removed from Kubernetes", "kubelogin convert-kubeconfig"),
        ("own", "auth-provider \"own\" is not known", "exec credential plugin"),
        ("oidc", "auth-provider oidc without idp-issuer-url", ""),
    ] {
        let text = format!(
            "clusters: [{{name: c, cluster: {{server: 'http://c'}}}}]\n\
             users: [{{name: u, user: {{auth-provider: {{name: {name}, config: {{}}}}}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
        );
        fs::write(&file, text).unwrap();
        let error = load_from(Some(&file), None, None).target("c").unwrap_err();
        assert!(error.is_credentials() && error.to_string().ends_with(cause), "{error}");
        assert!(error.advice().unwrap_or_default().contains(hint), "{:?}", error.advice());
    }
}

#[tokio::test]
async fn the_command_line_says_whom_to_act_as() {
    let dir = tempfile::tempdir().unwrap();
    let (address, _) = listen(handler(guarded(accepts("Bearer t")))).await;
    let users = "[{name: u, user: {token: t, as: eve, as-uid: '7', as-groups: [a]}}, {name: v, user: {token: t}}]";
    let config = format!(
        "clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\nusers: {users}\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}, {{name: d, context: {{cluster: c, user: v}}}}, \
         {{name: e, context: {{cluster: c}}}}]\n"
    );
    let file = dir.path().join("config");
    fs::write(&file, config).unwrap();
    let mut loaded = load_from(Some(&file), None, None);
    let who = |loaded: &Loaded| loaded.contexts.iter().map(ContextEntry::who).collect::<Vec<_>>();
    assert_eq!(who(&loaded), ["u (as eve)", "v", ""]);
    loaded.act_as(ActAs { user: "müller".to_owned(), groups: vec!["x".to_owned(), "y".to_owned()], uid: None });
    assert_eq!(who(&loaded), ["u (as müller)", "v (as müller)", "(as müller)"]);
    for (context, uid) in [("c", "7"), ("d", ""), ("e", "")] {
        let link = Link::new(loaded.target(context).unwrap(), LinkOptions::default()).unwrap();
        let reply = soon(link.send(ask("/"))).await.unwrap();
        let seen = String::from_utf8(soon(reply.body.collect(9999)).await.unwrap()).unwrap();
        let sent: Vec<_> = seen.lines().filter_map(|line| line.strip_prefix("impersonate-")).collect();
        let mut want = vec!["group=x", "group=y"];
        let uid = format!("uid={uid}");
        want.extend((uid != "uid=").then_some(uid.as_str()));
        want.push("user=müller");
        assert_eq!(sent, want, "{context}");
    }
}

#[tokio::test]
async fn groups_without_a_user_to_act_as_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    for extra in ["as-groups: [a]", "as-uid: '7'", "as-user-extra: {a: [b]}"] {
        let text = format!(
            "clusters: [{{name: c, cluster: {{server: 'http://c'}}}}]\nusers: [{{name: u, user: {{token: t, {extra}}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
        );
        fs::write(&file, text).unwrap();
        let error = load_from(Some(&file), None, None).target("c").unwrap_err().to_string();
        assert!(error.contains("without as"), "{extra}: {error}");
    }
}
