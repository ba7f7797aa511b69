//! The servers that the suite runs against: the embedded one, as `skylark serve` serves it, and the real control
//! planes. What holds for one holds for all: where they differ, the embedded one is wrong.
//!
//! [`on_each`] runs a test on all of them; where no control plane can be had, on the embedded one alone.

#![allow(dead_code, reason = "not every helper is in use at all times")]

use super::kubectl::{kubectl, printed, run};
use super::rig::{Logins, Rig, Version, skip_without_rig};
use super::served::Served;
use crate::api::Api;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// A server under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// A real control plane.
    Real(Version),
    /// The embedded one.
    Embedded,
}

/// Runs a test on every server at once; each must pass.
pub fn on_each(test: impl Fn(Server) + Sync) {
    on(&Server::to_be_had(), test);
}

fn on(servers: &[Server], test: impl Fn(Server) + Sync) {
    let failed: Vec<Server> = thread::scope(|scope| {
        let test = &test;
        let run = |server: &Server| {
            let server = *server;
            let thread = thread::Builder::new().name(server.name()).spawn_scoped(scope, move || test(server));
            (server, thread.unwrap_or_else(|error| panic!("no thread: {error}")))
        };
        let runs: Vec<_> = servers.iter().map(run).collect();
        runs.into_iter().filter_map(|(server, thread)| thread.join().is_err().then_some(server)).collect()
    });
    assert!(failed.is_empty(), "failed on {failed:?}");
}

impl Server {
    /// All, the oldest version first.
    pub const ALL: [Server; 3] = [Server::Real(Version::V1_33), Server::Real(Version::V1_37), Server::Embedded];

    /// Those that can be had on this machine, the embedded one always.
    pub fn to_be_had() -> Vec<Server> {
        let real = !skip_without_rig();
        Self::ALL.into_iter().filter(|server| real || *server == Self::Embedded).collect()
    }

    /// What to call it.
    pub fn name(self) -> String {
        match self {
            Self::Real(version) => format!("Kubernetes 1.{}", version.minor()),
            Self::Embedded => "embedded".to_owned(),
        }
    }

    /// Whether it answers in protobuf; else in JSON only, as a gateway would.
    pub fn speaks_protobuf(self) -> bool {
        self != Self::Embedded
    }

    /// Whether it compresses long answers.
    pub fn compresses(self) -> bool {
        self != Self::Embedded
    }

    /// Whether it sends a list as a watch.
    pub fn streams_lists(self) -> bool {
        self != Self::Real(Version::V1_33)
    }

    /// The one with controllers and nodes that tests share, see [`Rig::shared`].
    pub fn shared(self) -> &'static Place {
        static SHARED: [OnceLock<Place>; 3] = [const { OnceLock::new() }; 3];
        SHARED[self.number()].get_or_init(|| match self {
            Self::Real(version) => Place::of(Rig::shared_of(version)),
            Self::Embedded => Place::embedded("embedded", &[]),
        })
    }

    /// The one on which nothing changes by itself, see [`Rig::still_of`].
    pub fn still(self) -> &'static Place {
        static STILL: [OnceLock<Place>; 3] = [const { OnceLock::new() }; 3];
        STILL[self.number()].get_or_init(|| match self {
            Self::Real(version) => Place::of(Rig::still_of(version)),
            Self::Embedded => Place::embedded("embedded-still", &["--still"]),
        })
    }

    /// Its place in [`Server::ALL`].
    pub fn number(self) -> usize {
        match self {
            Self::Real(version) => version as usize,
            Self::Embedded => Version::ALL.len(),
        }
    }
}

/// Where a server is, and who may log in there. All have the same users, in the same namespaces.
pub struct Place {
    logins: Logins,
    kubeconfig: PathBuf,
    addr: SocketAddr,
    ca: PathBuf,
    /// For kubectl's caches: two servers may have the same address one after the other.
    home: tempfile::TempDir,
    served: Option<Served>,
}

/// Writes `server.crt` and `server.key` beside a file, for gateways on this machine, and gives their authority. The key
/// of the embedded server itself is nowhere but in its memory.
fn certify(beside: &Path) -> String {
    let key = rcgen::KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = rcgen::CertificateParams::new(names).expect("names").self_signed(&key).expect("a certificate");
    std::fs::write(beside.with_file_name("server.crt"), certificate.pem()).expect("a certificate");
    write_secret(&beside.with_file_name("server.key"), &key.serialize_pem());
    certificate.pem()
}

/// Writes a file that only its owner may read: one of credentials is warned of otherwise.
fn write_secret(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("a kubeconfig");
}

/// The users beside the administrator, and the namespaces of their contexts: as `tests/control-plane` has them.
const LOGINS: [(&str, &str); 5] =
    [("team-a", "team-a"), ("nobody", ""), ("two-teams", ""), ("lister", ""), ("reader", "")];

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

impl Deref for Place {
    type Target = Logins;

    fn deref(&self) -> &Logins {
        &self.logins
    }
}

impl Place {
    /// A rig's.
    pub fn of(rig: &Rig) -> Place {
        Place {
            logins: Logins::of(rig.context()),
            kubeconfig: rig.kubeconfig().to_owned(),
            addr: rig.server_addr(),
            ca: rig.ca(),
            home: tempfile::tempdir().expect("a directory"),
            served: None,
        }
    }

    /// Starts the embedded fleet, takes its newest cluster, and gives that the users of a rig.
    pub fn embedded(context: &str, options: &[&str]) -> Place {
        let served = Served::start(options);
        let read = |file: &Path| -> Value {
            serde_json::from_slice(&std::fs::read(file).expect("a kubeconfig")).expect("JSON, which is YAML")
        };
        let admin = read(&served.kubeconfig());
        let nobody = read(&served.dir().join("kubeconfig.nobody"));
        let contexts: Vec<&str> =
            admin["contexts"].as_array().into_iter().flatten().filter_map(|it| it["name"].as_str()).collect();
        let version = |context: &&str| {
            let said = Api::new(&served.kubeconfig(), Some(context)).get("/version");
            said["minor"].as_str().and_then(|minor| minor.parse::<u32>().ok()).expect("a version")
        };
        let newest = (0..contexts.len()).max_by_key(|at| version(&contexts[*at])).expect("a cluster");
        let cluster = &admin["clusters"][newest]["cluster"];
        let addr = cluster["server"].as_str().and_then(|url| url.strip_prefix("https://")?.parse().ok());
        let token = &admin["users"][newest]["user"]["token"];
        let (mut users, mut contexts) = (Vec::new(), Vec::new());
        let mut login = |name: &str, namespace: &str, credentials: Value| {
            users.push(json!({"name": name, "user": credentials}));
            let mut view = json!({"cluster": context, "user": name});
            if !namespace.is_empty() {
                view["namespace"] = namespace.into();
            }
            contexts.push(json!({"name": name, "context": view}));
        };
        login(context, "", json!({"token": token}));
        for (user, namespace) in LOGINS {
            let credentials = match user {
                "nobody" => json!({"token": nobody["users"][newest]["user"]["token"]}),
                _ => json!({"token": token, "as": user}),
            };
            login(&format!("{context}-{user}"), namespace, credentials);
        }
        login(&format!("{context}-cert"), "", json!({"token": token}));
        let ca = served.dir().join("ca.crt");
        let authority = STANDARD.decode(cluster["certificate-authority-data"].as_str().expect("an authority"));
        let authority = String::from_utf8(authority.expect("base64")).expect("PEM");
        std::fs::write(&ca, &authority).expect("a certificate");
        let gateways = certify(&ca);
        let mut cluster = cluster.clone();
        cluster["certificate-authority-data"] = STANDARD.encode(format!("{authority}{gateways}")).into();
        let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": context, "users": users,
            "clusters": [{"name": context, "cluster": cluster}], "contexts": contexts});
        let kubeconfig = served.dir().join("suite");
        write_secret(&kubeconfig, &config.to_string());
        let place = Place {
            logins: Logins::of(context),
            kubeconfig,
            addr: addr.expect("an address"),
            ca,
            home: tempfile::tempdir().expect("a directory"),
            served: Some(served),
        };
        place.settle_users();
        place.without_default_classes();
        place
    }

    /// The rigs have no class that claims get by themselves.
    fn without_default_classes(&self) {
        let api = Api::new(&self.kubeconfig, None);
        let classes = "/apis/storage.k8s.io/v1/storageclasses";
        for class in api.get(classes)["items"].as_array().into_iter().flatten() {
            let path = format!("{classes}/{}", class["metadata"]["name"].as_str().unwrap_or_default());
            let none = json!({"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": null}}});
            api.merge(&path, &none);
        }
    }

    /// What `tests/control-plane/teams.go` writes.
    fn settle_users(&self) {
        let api = Api::new(&self.kubeconfig, None);
        let read = ["get", "list", "watch"];
        let rules = |core: &[&str]| {
            json!([
                {"apiGroups": [""], "resources": core, "verbs": read},
                {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": read},
                {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": read},
            ])
        };
        let subject = |user: &&str| json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user});
        let grant = |namespace: &str, name: &str, kind: &str, role: &str, users: &[&str]| {
            let plural = if namespace.is_empty() { "clusterrolebindings" } else { "rolebindings" };
            let path = if namespace.is_empty() { RBAC.to_owned() } else { format!("{RBAC}/namespaces/{namespace}") };
            let subjects: Vec<Value> = users.iter().map(subject).collect();
            let to = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role});
            let binding = json!({"metadata": {"name": name}, "subjects": subjects, "roleRef": to});
            api.create(&format!("{path}/{plural}"), &binding);
        };
        let teams = [("team-a", &["web-0", "web-1", "worker-0"][..]), ("team-b", &["api-0", "api-1"])];
        for (team, pods) in teams {
            api.create("/api/v1/namespaces", &json!({"metadata": {"name": team}}));
            let roles = format!("{RBAC}/namespaces/{team}/roles");
            let rules = rules(&["pods", "services", "events", "configmaps"]);
            api.create(&roles, &json!({"metadata": {"name": "teams"}, "rules": rules}));
            grant(team, "teams", "Role", "teams", &["two-teams", "lister"]);
            for name in pods {
                let app = &name[..name.len() - 2];
                let image = format!("registry.example.com/{team}/{app}:1");
                let pod = json!({"metadata": {"name": name, "labels": {"app": app, "team": team}},
                    "spec": {"containers": [{"name": "main", "image": image}]}});
                api.create(&format!("/api/v1/namespaces/{team}/pods"), &pod);
            }
        }
        let viewer = json!({"metadata": {"name": "viewer"}, "rules": rules(&["pods", "services", "events"])});
        api.create(&format!("{RBAC}/namespaces/team-a/roles"), &viewer);
        grant("team-a", "viewer", "Role", "viewer", &["team-a"]);
        let namespaces = json!([{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]}]);
        let lister = json!({"metadata": {"name": "rig:lister"}, "rules": namespaces});
        api.create(&format!("{RBAC}/clusterroles"), &lister);
        grant("", "rig:lister", "ClusterRole", "rig:lister", &["lister"]);
        grant("", "rig:reader", "ClusterRole", "view", &["reader"]);
    }

    /// The kubeconfig with one cluster and a context for each user.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The certificate of its authority.
    pub fn ca(&self) -> &Path {
        &self.ca
    }

    /// The embedded server's process.
    pub fn served(&self) -> Option<&Served> {
        self.served.as_ref()
    }

    /// Runs kubectl as administrator unless the arguments name a context.
    pub fn kubectl(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(kubectl());
        run(command.env("KUBECONFIG", &self.kubeconfig).env("HOME", self.home.path()).args(arguments))
    }

    /// Runs kubectl, and gives what it printed; it must succeed.
    #[track_caller]
    pub fn kubectl_ok(&self, arguments: &[&str]) -> String {
        printed(arguments, &self.kubectl(arguments))
    }

    /// Creates a namespace that no other test has, and gives its name.
    pub fn namespace(&self, prefix: &str) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let api = Api::new(&self.kubeconfig, None);
        api.create("/api/v1/namespaces", &json!({"metadata": {"name": name}}));
        name
    }
}
