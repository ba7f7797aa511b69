//! Files as kubectl reads them.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use tempfile::TempDir;

use crate::link::{Loaded, kubeconfig::load_from, salvage};

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn file(dir: &TempDir, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn list(files: &[&Path]) -> OsString {
    std::env::join_paths(files).unwrap()
}

fn from_list(files: &[&Path]) -> Loaded {
    load_from(None, Some(&list(files)), None)
}

/// One context, cluster and user, all called `name`.
fn simple(name: &str, server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {name}\n\
         clusters: [{{name: {name}, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: {name}, user: {{token: {name}-token}}}}]\n\
         contexts: [{{name: {name}, context: {{cluster: {name}, user: {name}, namespace: {name}-ns}}}}]\n"
    )
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.contexts.iter().map(|entry| entry.name.as_str()).collect()
}

#[test]
fn the_first_file_wins_and_missing_ones_are_skipped() {
    let dir = dir();
    let one = file(&dir, "one", simple("a", "https://first:6443"));
    let missing = dir.path().join("missing");
    let both = simple("a", "https://second:6443") + "extensions: []\n";
    let two = file(&dir, "two", both.replace("contexts: [", "contexts: [{name: b, context: {cluster: a}}, "));
    let loaded = from_list(&[&missing, &one, &two, &one]);
    assert_eq!(loaded.problems, Vec::<String>::new());
    assert_eq!(names(&loaded), ["a", "b"]);
    assert_eq!(loaded.current.as_deref(), Some("a"));
    assert_eq!(loaded.contexts[0].server, "https://first:6443");
    assert_eq!(loaded.contexts[0].namespace.as_deref(), Some("a-ns"));
    assert_eq!(loaded.contexts[1].server, "https://first:6443");
    assert_eq!(loaded.files, [one, two]);
    assert_eq!(loaded.target("a").unwrap().server.label.as_ref(), "first:6443");
}

#[test]
fn an_explicit_file_must_exist_and_beats_the_variable() {
    let dir = dir();
    let one = file(&dir, "one", simple("a", "https://a"));
    let missing = dir.path().join("missing");
    let loaded = load_from(Some(&missing), Some(one.as_os_str()), None);
    assert!(loaded.contexts.is_empty());
    assert_eq!(loaded.problems.len(), 1);
    assert!(loaded.problems[0].contains("missing") && loaded.problems[0].contains("No such file"), "{loaded:?}");
    let error = loaded.select(&["a"]).unwrap_err().to_string();
    assert!(error.contains("missing"), "{error}");
    assert_eq!(names(&load_from(Some(&one), Some(missing.as_os_str()), None)), ["a"]);
}

#[test]
fn the_home_directory_is_the_last_resort() {
    let dir = dir();
    file(&dir, ".kube/config", simple("home", "https://home"));
    assert_eq!(names(&load_from(None, None, Some(dir.path()))), ["home"]);
    assert_eq!(names(&load_from(None, Some(OsStr::new("")), Some(dir.path()))), ["home"]);
    let elsewhere = dir.path().join("elsewhere");
    let loaded = load_from(None, Some(elsewhere.as_os_str()), Some(dir.path()));
    assert!(loaded.contexts.is_empty());
    assert!(loaded.problems[0].contains("elsewhere does not exist"), "{:?}", loaded.problems);
    assert!(load_from(None, None, None).problems[0].contains("set KUBECONFIG"));
}

#[test]
fn a_broken_file_is_named_and_the_others_load() {
    let dir = dir();
    for (name, content) in [
        ("syntax", b"clusters: [{name: 'secret-value".as_slice()),
        ("scalar", b"secret-value"),
        ("list", b"- secret-value"),
        ("binary", b"\xff\xfe\x00"),
        ("latin1", b"clusters: \xe9"),
        ("kind", b"kind: Other\napiVersion: v1\n"),
        ("clusters", b"clusters: secret-value\n"),
    ] {
        let broken = file(&dir, name, content);
        let good = file(&dir, "good", simple("good", "https://good"));
        let loaded = from_list(&[&good, &broken]);
        assert_eq!(names(&loaded), ["good"], "{name}");
        assert_eq!(loaded.problems.len(), 1, "{name}: {:?}", loaded.problems);
        assert!(loaded.problems[0].contains(&format!("/{name}: ")), "{:?}", loaded.problems);
        assert!(!loaded.problems[0].contains("secret-value"), "{:?}", loaded.problems);
    }
    let loaded = from_list(&[dir.path()]);
    assert_eq!(loaded.problems.len(), 1, "a directory: {:?}", loaded.problems);
}

#[test]
fn one_broken_entry_does_not_hide_the_others() {
    let dir = dir();
    let text = simple("good", "https://good").replace("contexts: [", "contexts: [{name: bad, context: {user: x}}, ");
    let loaded = load_from(Some(&file(&dir, "f", text)), None, None);
    assert_eq!(names(&loaded), ["good"]);
    assert!(loaded.problems[0].contains("\"bad\" is left out: missing field `cluster`"), "{:?}", loaded.problems);
    assert!(loaded.target("good").is_ok());
}

#[test]
fn empty_files_hold_nothing() {
    let dir = dir();
    for text in ["", "\n", "# nothing\n", "---\n", "{}", "contexts: null\nusers: null\nclusters: null\n"] {
        let loaded = load_from(Some(&file(&dir, "f", text)), None, None);
        assert!(loaded.contexts.is_empty() && loaded.current.is_none(), "{text:?}");
        assert_eq!(loaded.problems, Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn utf16_is_read() {
    let dir = dir();
    let text = simple("wide", "https://wide");
    let bytes: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(names(&load_from(Some(&file(&dir, "le", bytes)), None, None)), ["wide"]);
    let bytes: Vec<u8> = [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    assert_eq!(names(&load_from(Some(&file(&dir, "be", bytes)), None, None)), ["wide"]);
}

#[test]
fn contexts_that_cannot_work_say_why() {
    let dir = dir();
    let text = "clusters:\n\
        - {name: c, cluster: {server: 'https://c'}}\n- {name: empty}\n- {name: ftp, cluster: {server: 'ftp://c'}}\n\
        contexts:\n\
        - {name: a, context: {cluster: gone}}\n- {name: b, context: {cluster: c, user: gone}}\n\
        - {name: c, context: {cluster: empty}}\n- {name: d, context: {cluster: c, user: ''}}\n\
        - {name: e}\n- {name: f, context: {cluster: ftp}}\ncurrent-context: nobody\n";
    let loaded = load_from(Some(&file(&dir, "f", text)), None, None);
    let problems: Vec<_> = loaded.contexts.iter().map(|entry| entry.problem.clone().unwrap_or_default()).collect();
    assert_eq!(
        problems,
        [
            "cluster \"gone\" is missing",
            "user \"gone\" is missing",
            "cluster \"empty\" is missing",
            "",
            "it names no cluster",
            "server \"ftp://c\" is not usable: the scheme is neither https nor http",
        ]
    );
    assert_eq!(loaded.problems, ["current-context \"nobody\" is not among the contexts"]);
    let error = loaded.target("a").unwrap_err();
    assert_eq!(error.to_string(), "context \"a\": cluster \"gone\" is missing");
    assert!(!error.is_link() && !error.is_credentials());
    let all: Vec<_> = loaded.all_contexts().iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(all, ["a", "d", "c", "e", "f"]);
}

#[test]
fn paths_are_relative_to_their_file() {
    let dir = dir();
    let text = "clusters: [{name: c, cluster: {server: 'https://c', certificate-authority: ca.crt}}]\n\
        users:\n- name: u\n  user: {client-certificate: sub/c.crt, client-key: /abs/c.key}\n\
        - {name: x, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/plugin}}}\n\
        - {name: y, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: plugin}}}\n\
        contexts: [{name: u, context: {cluster: c, user: u}}]\n";
    let path = file(&dir, "deep/er/f", text);
    let target = load_from(Some(&path), None, None).target("u").unwrap();
    let base = dir.path().join("deep/er");
    assert_eq!(target.cluster.certificate_authority.as_deref(), base.join("ca.crt").to_str());
    assert_eq!(target.certificates.client_certificate.as_deref(), base.join("sub/c.crt").to_str());
    assert_eq!(target.certificates.client_key.as_deref(), Some("/abs/c.key"));
}

#[test]
fn the_same_cluster_counts_once() {
    use base64::Engine as _;
    let dir = dir();
    file(&dir, "ca.crt", "CA ONE\n");
    let data = base64::engine::general_purpose::STANDARD.encode("CA ONE");
    let text = format!(
        "clusters:\n\
         - {{name: by-file, cluster: {{server: 'https://api:443/', certificate-authority: ca.crt}}}}\n\
         - {{name: by-data, cluster: {{server: 'https://API', certificate-authority-data: {data}}}}}\n\
         - {{name: other-ca, cluster: {{server: 'https://api', certificate-authority-data: {data}AA}}}}\n\
         - {{name: no-ca, cluster: {{server: 'https://api'}}}}\n\
         - {{name: path, cluster: {{server: 'https://api/k8s/1', certificate-authority-data: {data}}}}}\n\
         contexts:\n\
         - {{name: one, context: {{cluster: by-file}}}}\n- {{name: two, context: {{cluster: by-data, namespace: n}}}}\n\
         - {{name: three, context: {{cluster: no-ca}}}}\n- {{name: four, context: {{cluster: path}}}}\n\
         - {{name: five, context: {{cluster: other-ca}}}}\n"
    );
    let all = |text: &str| {
        let loaded = load_from(Some(&file(&dir, "f", text)), None, None);
        loaded.all_contexts().iter().map(|entry| entry.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(all(&text), ["one", "three", "four", "five"]);
    assert_eq!(all(&(text + "current-context: two\n")), ["two", "three", "four", "five"]);
}

#[test]
fn a_mistyped_name_is_met_with_the_closest() {
    let dir = dir();
    let text: Vec<_> = ["prod-eu-1", "prod-us-1", "staging"]
        .iter()
        .map(|name| file(&dir, name, simple(name, &format!("https://{name}"))))
        .collect();
    let files: Vec<&Path> = text.iter().map(PathBuf::as_path).collect();
    let loaded = from_list(&files);
    let selected = loaded.select(&["staging", "prod-eu-1", "staging"]).unwrap();
    assert_eq!(selected.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["staging", "prod-eu-1"]);
    let said = |name| loaded.select(&[name]).unwrap_err().to_string();
    assert_eq!(said("stagin"), "no context is called \"stagin\"; did you mean \"staging\"?");
    assert_eq!(said("eu"), "no context is called \"eu\"; did you mean \"prod-eu-1\"?");
    assert_eq!(said("prod-ew-1"), "no context is called \"prod-ew-1\"; did you mean one of prod-eu-1, prod-us-1?");
    assert_eq!(said("zzzzzzzz"), "no context is called \"zzzzzzzz\"");
}

#[test]
fn nothing_secret_is_shown() {
    let dir = dir();
    let loaded = load_from(Some(&file(&dir, "f", simple("a", "https://a"))), None, None);
    let target = loaded.target("a").unwrap();
    let link = crate::link::Link::new(target.clone(), crate::link::LinkOptions::default()).unwrap();
    let shown = format!("{loaded:?} {target:?} {link:?}");
    assert!(!shown.contains("a-token"), "{shown}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = crate::link::kubeconfig::decode(&bytes).unwrap_or_default();
        salvage::documents(&text, |_| {});
    }

    #[test]
    fn arbitrary_lines_never_panic(lines in proptest::collection::vec(
        "(clusters|users|contexts|current-context|- name|  cluster|  user|  server|  token)?:? ?(\\[|\\{|x|~|1|- |'|&a|\\*a|!!t|>|\\||\u{e9}|\t)?.{0,4}",
        0..12,
    )) {
        let dir = dir();
        let loaded = load_from(Some(&file(&dir, "f", lines.join("\n"))), None, None);
        for entry in loaded.all_contexts() {
            let _ = loaded.target(&entry.name);
        }
    }
}

#[test]
fn what_others_can_read_is_told_once() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    let told = |mode: u32, users: &str| {
        std::fs::write(&file, format!("users: {users}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        load_from(Some(&file), None, None).warnings
    };
    let secret = "[{name: a, user: {token: t}}, {name: b, user: {password: p}}]";
    assert_eq!(told(0o600, secret), Vec::<String>::new());
    let path = file.display();
    assert_eq!(
        told(0o644, secret),
        [format!(
            "kubeconfig {path} holds credentials and can be read by everyone on this machine (mode 0644); `chmod 600 {path}` mends it"
        )]
    );
    assert!(told(0o640, secret)[0].contains("its group (mode 0640)"));
    for secret in ["client-key-data: eA==", "auth-provider: {name: oidc, config: {refresh-token: r}}"] {
        assert_eq!(told(0o644, &format!("[{{name: a, user: {{{secret}}}}}]")).len(), 1, "{secret}");
    }
    for harmless in ["{}", "{tokenFile: gone}", "{exec: {command: x}}", "{token: ''}", "{client-key: gone}"] {
        assert_eq!(told(0o644, &format!("[{{name: a, user: {harmless}}}]")), Vec::<String>::new(), "{harmless}");
    }
    let token = dir.path().join("token");
    std::fs::write(&token, "t").unwrap();
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    let both = told(0o600, "[{name: a, user: {tokenFile: token}}, {name: b, user: {tokenFile: ./token}}]");
    assert!(both[0].starts_with("tokenFile ") && both[0].contains("is a credential"), "{both:?}");
}

#[test]
fn files_of_an_identity_provider_are_anchored() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    // It is connected to before the authority is read.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = listener.local_addr().unwrap();
    let user = format!(
        "{{auth-provider: {{name: oidc, config: {{idp-issuer-url: 'https://{issuer}', client-id: c, refresh-token: r, \
         idp-certificate-authority: certs/ca.pem}}}}}}"
    );
    let text = format!(
        "clusters: [{{name: c, cluster: {{server: 'http://c'}}}}]\nusers: [{{name: u, user: {user}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    );
    std::fs::write(&file, text).unwrap();
    let target = load_from(Some(&file), None, None).target("c").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let grant = runtime.block_on(target.auth.grant(&super::quietly(super::PATIENCE)));
    let text = grant.map(|_| ()).unwrap_err().to_string();
    let whole = dir.path().join("certs/ca.pem");
    assert!(text.contains(&whole.display().to_string()), "{text}");
}
