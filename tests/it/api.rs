//! The API server as the tests ask it: requests by path, and its own tables as the oracle.

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// One server as one user.
pub struct Api {
    client: Client,
    runtime: tokio::runtime::Runtime,
}

/// What the server answers where it refuses.
pub type Refused = kube::Error;

/// A request that one of [`Api::each`] sends.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    body: Value,
}

impl Request {
    /// A request of a method, with a body unless it is null.
    pub fn new(method: &'static str, path: &str, body: Value) -> Request {
        Request { method, path: path.to_owned(), body }
    }
}

/// Requests at once of [`Api::each`].
const AT_ONCE: usize = 16;

/// Asks for the server's table.
pub const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

impl Api {
    /// The server of a context, or of the current one.
    pub fn new(kubeconfig: &Path, context: Option<&str>) -> Api {
        skylark::link::install_crypto();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("the kubeconfig of the rig");
        let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
        let client = runtime.block_on(async {
            let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a valid kubeconfig");
            config.default_retry = false;
            Client::try_from(config).expect("a client")
        });
        Api { client, runtime }
    }

    /// One request.
    pub fn ask(&self, method: &str, path: &str, kind: (&str, &str), body: &Value) -> Result<Value, Refused> {
        let (header, value) = kind;
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request =
            http::Request::builder().method(method).uri(path).header(header, value).body(bytes).expect("a request");
        self.runtime.block_on(self.client.request::<Value>(request))
    }

    /// Many requests, those of a job one after the other, the jobs beside each other; gives what failed.
    pub fn each(&self, jobs: &[Vec<Request>]) -> Vec<String> {
        use futures::StreamExt as _;
        let run = async |job: &[Request]| {
            for Request { method, path, body } in job {
                let kind = if *method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
                let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
                let request = http::Request::builder().method(*method).uri(path).header("content-type", kind);
                let request = request.body(bytes).expect("a request");
                if let Err(error) = self.client.request::<Value>(request).await {
                    let said = match &error {
                        kube::Error::Api(status) => status.message.clone(),
                        other => other.to_string(),
                    };
                    return Some(format!("{method} {path}: {said}"));
                }
            }
            None
        };
        let all = futures::stream::iter(jobs).map(|job| run(job)).buffer_unordered(AT_ONCE);
        self.runtime.block_on(all.filter_map(std::future::ready).collect())
    }

    /// The object or list at a path.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.ask("GET", path, ("accept", "application/json"), &Value::Null).expect(path)
    }

    /// The bytes that answer a GET.
    #[track_caller]
    pub fn bytes(&self, path: &str, accept: &str) -> Vec<u8> {
        use http_body_util::BodyExt as _;
        let request = http::Request::builder().uri(path).header("accept", accept).body(kube::client::Body::empty());
        self.runtime.block_on(async {
            let answer = self.client.send(request.expect("a request")).await.expect(path);
            assert!(answer.status().is_success(), "GET {path}: {}", answer.status());
            answer.into_body().collect().await.expect(path).to_bytes().to_vec()
        })
    }

    /// The answer to a request as it is sent, whatever it is.
    #[track_caller]
    pub fn raw(&self, method: &str, path: &str, headers: &[(String, String)], body: Vec<u8>) -> Answer {
        use http_body_util::BodyExt as _;
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        self.runtime.block_on(async {
            let answer = self.client.send(request.body(body.into()).expect("a request")).await.expect(path);
            let (parts, body) = answer.into_parts();
            let bytes = body.collect().await.expect(path).to_bytes().to_vec();
            Answer { code: parts.status.as_u16(), headers: parts.headers, bytes }
        })
    }

    /// Creates an object in the collection at a path.
    #[track_caller]
    pub fn create(&self, path: &str, object: &Value) -> Value {
        let made = self.ask("POST", path, ("content-type", "application/json"), object);
        made.unwrap_or_else(|error| panic!("POST {path} {object}: {error}"))
    }

    /// Merges into the object at a path.
    #[track_caller]
    pub fn merge(&self, path: &str, patch: &Value) -> Value {
        let merged = self.ask("PATCH", path, ("content-type", "application/merge-patch+json"), patch);
        merged.unwrap_or_else(|error| panic!("PATCH {path} {patch}: {error}"))
    }

    /// Deletes the object or the collection at a path.
    #[track_caller]
    pub fn delete(&self, path: &str) {
        self.ask("DELETE", path, ("accept", "application/json"), &Value::Null).expect(path);
    }

    /// A namespace of its own, named after what it is for.
    pub fn namespace(&self, name: &str) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.create("/api/v1/namespaces", &json!({"metadata": {"name": name}}));
        name
    }

    /// uid → resourceVersion of a collection.
    pub fn versions(&self, path: &str) -> BTreeMap<String, String> {
        let list = self.get(path);
        let word = |item: &Value, key: &str| item["metadata"][key].as_str().unwrap_or_default().to_owned();
        let items = list["items"].as_array().expect("a list");
        items.iter().map(|item| (word(item, "uid"), word(item, "resourceVersion"))).collect()
    }

    /// The server's own table of a collection, each row by its uid: head → text as kubectl writes it.
    pub fn table(&self, path: &str) -> Table {
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}includeObject=Metadata");
        let table = self.ask("GET", &path, ("accept", TABLE), &Value::Null).expect(&path);
        let heads: Vec<String> = table["columnDefinitions"]
            .as_array()
            .expect("a table")
            .iter()
            .map(|column| column["name"].as_str().unwrap_or_default().to_uppercase())
            .collect();
        let rows = table["rows"].as_array().cloned().unwrap_or_default();
        let row = |row: &Value| {
            let cells = row["cells"].as_array().expect("cells").iter().map(text).collect();
            (key(&row["object"]["metadata"]), cells)
        };
        let definitions = table["columnDefinitions"].as_array().into_iter().flatten();
        let wide = definitions.map(|column| column["priority"] != 0).collect();
        Table { rows: rows.iter().map(row).collect(), heads, wide }
    }
}

/// A raw answer.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub headers: http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The documents of its body: one, or one a line of a watch; a text where it is no JSON.
    pub fn json(&self) -> Vec<Value> {
        let all: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(&self.bytes).into_iter().collect();
        all.unwrap_or_else(|_| vec![String::from_utf8_lossy(&self.bytes).into()])
    }
}

/// What tells an object from the others: its uid, or its name where the server gives none.
pub fn key(meta: &Value) -> String {
    let word = |key: &str| meta[key].as_str().filter(|word| !word.is_empty());
    word("uid").or(word("name")).unwrap_or_default().to_owned()
}

/// A table as the server writes it.
pub struct Table {
    pub heads: Vec<String>,
    /// Which columns only the wide table shows.
    pub wide: Vec<bool>,
    /// By [`key`].
    pub rows: BTreeMap<String, Vec<String>>,
}

fn text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
