//! `skylark serve` as other programs see it: kubectl says the same of it as of a real control plane.

use crate::support::kubectl::{has_kubectl, kubectl};
use crate::support::rig::{Rig, require_rig};
use crate::support::served::Served;
use regex::Regex;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

fn skylark() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skylark"));
    command.stdin(Stdio::null());
    command
}

fn run(kubeconfig: &Path, home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(kubectl());
    // Its caches are kept apart: two servers may have the same address one after the other.
    command.env("KUBECONFIG", kubeconfig).env("HOME", home).args(arguments).stdin(Stdio::null());
    command.output().unwrap()
}

/// What kubectl does, one command a line. `~` before a line: only its exit code is compared, since what it writes
/// on the way depends on the moment.
const SCRIPT: &str = "
create ns shop
create ns shop
get pods -n shop
apply -f app.yaml --dry-run=client
apply -f app.yaml --dry-run=server
get deploy,cm api -n shop
apply -f app.yaml
~rollout status deploy/api -n shop --timeout=60s
apply -f app.yaml
diff -f app.yaml
apply -f more.yaml
~diff -f app.yaml
~rollout status deploy/api -n shop --timeout=60s
apply -f bad.yaml
apply -f unknown.yaml
create -f unknown.yaml --validate=warn
apply --server-side -f more.yaml
apply --server-side --field-manager=other -f app.yaml
apply --server-side --field-manager=other -f more.yaml
apply --server-side --field-manager=other --dry-run=server --force-conflicts -f app.yaml
get deploy,svc,cm,rs -n shop
get svc api -n shop -o jsonpath={.spec.ports}
get cm api -n shop -o jsonpath={.data}{.metadata.annotations}
get deploy api -n shop -o jsonpath={.metadata.generation}{.metadata.managedFields[*].manager}
get pods -n shop --field-selector status.phase=Running -o jsonpath={.items[*].status.phase}
get pods -n shop --field-selector spec.foo=1
get pods -n shop -l 'a=(b'
get pods -n shop -l app=api --chunk-size=1 -o jsonpath={.items[*].spec.containers[0].image}
get pod nope -n shop
get nope
get deploy api -n shop -w --request-timeout=2s -o name
label deploy api -n shop tier=web
label deploy api -n shop tier=web
label deploy api -n shop tier=db
label deploy api -n shop tier=db --overwrite
label deploy api -n shop tier-
annotate deploy api -n shop kubernetes.io/change-cause=first
patch deploy api -n shop -p {\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"api\",\"env\":[{\"name\":\"A\",\"value\":\"1\"}]}]}}}}
~rollout status deploy/api -n shop --timeout=60s
patch deploy api -n shop --type=json -p [{\"op\":\"remove\",\"path\":\"/spec/nope\"}]
patch deploy api -n shop --type=merge -p {\"spec\":{\"replicas\":-1}}
patch cm api -n shop --type=merge -p {\"data\":{\"x\":\"y\"}}
patch cm api -n shop --type=merge -p {\"data\":{\"x\":\"y\"}}
set image deploy/api -n shop api=example.com/api:2
~rollout status deploy/api -n shop --timeout=60s
rollout history deploy/api -n shop
rollout history deploy/api -n shop --revision=2
rollout undo deploy/api -n shop
~rollout status deploy/api -n shop --timeout=60s
rollout undo deploy/api -n shop --to-revision=99
rollout restart deploy/api -n shop
~rollout status deploy/api -n shop --timeout=60s
rollout pause deploy/api -n shop
rollout pause deploy/api -n shop
rollout undo deploy/api -n shop
rollout restart deploy/api -n shop
rollout resume deploy/api -n shop
rollout resume deploy/api -n shop
scale deploy/api -n shop --replicas=4
wait deploy/api -n shop --for=jsonpath={.status.readyReplicas}=4 --timeout=60s
scale deploy/api -n shop --replicas=1 --current-replicas=9
wait deploy/api -n shop --for=condition=Available --timeout=60s
wait deploy/api -n shop --for=condition=Nope --timeout=1s
describe svc api -n shop --show-events=false
describe cm api -n shop
describe ns shop
apply -f budget.yaml
wait pdb/api -n shop --for=jsonpath={.status.currentHealthy}=4 --timeout=60s
get pdb -n shop
describe pdb api -n shop
apply -f crd.yaml
wait crd/widgets.example.com --for=condition=Established --timeout=60s
wait crd/widgets.example.com --for=condition=NamesAccepted --timeout=60s
apply -f widget.yaml
get wd -n shop
patch wd one -n shop --type=merge -p {\"spec\":{\"size\":\"x\"}}
patch wd one -n shop --type=merge -p {\"spec\":{\"size\":null}}
patch wd one -n shop -p {\"spec\":{\"size\":4}}
get wd one -n shop -o jsonpath={.spec}
delete wd one -n shop
delete crd widgets.example.com
apply -f sets.yaml
~rollout status sts/db -n shop --timeout=60s
~rollout status ds/agent -n shop --timeout=60s
get sts,ds -n shop
rollout history sts/db -n shop
describe sts db -n shop
describe ds agent -n shop
create job once -n shop --image=example.com/job:1
wait job/once -n shop --for=condition=Complete --timeout=60s
get job -n shop -o jsonpath={.items[*].status.succeeded}
create cronjob tick -n shop --image=example.com/job:1 --schedule='0 0 1 1 *'
get cronjob -n shop
create job now -n shop --from=cronjob/tick
wait job/now -n shop --for=condition=Complete --timeout=60s
run solo -n shop --image=example.com/solo:1
wait pod/solo -n shop --for=condition=Ready --timeout=60s
logs solo -n shop -c nope
logs nope -n shop
debug solo -n shop --image=example.com/debug:1 -c look -- sleep 5
debug solo -n shop --image=example.com/debug:1 -c look --copy-to=twin
events -n shop --for pod/nope
cordon nope
uncordon nope
drain nope --ignore-daemonsets
delete pod solo twin -n shop
wait pod/solo -n shop --for=delete --timeout=60s
get pod solo -n shop
create secret generic s -n shop --from-literal=a=b
get secret s -n shop -o jsonpath={.data}{.type}
create sa robot -n shop
create role r -n shop --verb=get,list --resource=pods
create rolebinding rb -n shop --role=r --serviceaccount=shop:robot
auth can-i list pods -n shop --as=system:serviceaccount:shop:robot
auth can-i delete pods -n shop --as=system:serviceaccount:shop:robot
auth can-i --list -n shop --as=system:serviceaccount:shop:robot
get pods -n shop --as=system:serviceaccount:shop:robot --no-headers -l app=nope
get deploy -n shop --as=system:serviceaccount:shop:robot
delete pod nope -n shop --as=system:serviceaccount:shop:robot
autoscale deploy api -n shop --min=1 --max=5 --cpu=50%
expose deploy api -n shop --name=api2 --port=81
get svc -n shop
create ingress ing -n shop --rule=a.example.com/*=api:80
describe ingress ing -n shop
explain pod.spec.nope
delete deploy api -n shop --cascade=orphan
get rs -n shop -o jsonpath={.items[*].metadata.ownerReferences}
delete rs -n shop -l app=api --cascade=foreground --timeout=60s
get pods -n shop -l app=api
delete sts db -n shop
delete svc,cm --all -n shop
delete ns shop --timeout=90s
get ns shop
";

const APP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, labels: {app: api}}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: example.com/api:1
        ports: [{containerPort: 8080, name: http}]
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec:
  selector: {app: api}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: api, namespace: shop}
data: {mode: fast}
";

const FILES: [(&str, &str); 6] = [
    (
        "bad.yaml",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: bad, namespace: shop}, spec: {selector: \
         {matchLabels: {app: bad}}, template: {metadata: {labels: {app: worse}}, spec: {containers: [{name: \
         Bad_Name, image: x}]}}}}",
    ),
    ("unknown.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: unk, namespace: shop}, dta: {a: b}}"),
    (
        "budget.yaml",
        "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: api, namespace: shop}, spec: \
         {minAvailable: 3, selector: {matchLabels: {app: api}}}}",
    ),
    (
        "crd.yaml",
        "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: \
         widgets.example.com}, spec: {group: example.com, scope: Namespaced, names: {plural: widgets, singular: \
         widget, kind: Widget, shortNames: [wd]}, versions: [{name: v1, served: true, storage: true, subresources: \
         {status: {}}, additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}], schema: \
         {openAPIV3Schema: {type: object, properties: {spec: {type: object, required: [size], properties: {size: \
         {type: integer}, colour: {type: string, default: red}}}, status: {type: object, \
         x-kubernetes-preserve-unknown-fields: true}}}}}]}}",
    ),
    (
        "widget.yaml",
        "{apiVersion: example.com/v1, kind: Widget, metadata: {name: one, namespace: shop}, spec: {size: 3}}",
    ),
    (
        "sets.yaml",
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop}, spec: {serviceName: db, \
         replicas: 2, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: \
         {containers: [{name: db, image: example.com/db:1}]}}}}\n---\n{apiVersion: apps/v1, kind: DaemonSet, \
         metadata: {name: agent, namespace: shop}, spec: {selector: {matchLabels: {app: agent}}, template: \
         {metadata: {labels: {app: agent}}, spec: {nodeSelector: {nowhere: yes-please}, containers: [{name: agent, \
         image: example.com/agent:1}]}}}}",
    ),
];

/// Takes out what differs from run to run: ages, uids, addresses, generated names.
fn normal(text: &str) -> String {
    static RULES: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        [
            (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
            (r"\w{3}, \d\d \w{3} \d{4} [\d:]+ \+0000", "DATE"),
            (r"\b(api|agent|db)-[0-9a-z]{8,10}\b", "$1-HASH"),
            (r"pod-template-hash=[0-9a-z]{8,10}", "pod-template-hash=HASH"),
            (r"\b(api2?|agent|ing)-HASH-[0-9a-z]{5}\b", "$1-HASH-X"),
            (r"\b(\d+m)?\d+s\b", "AGE"),
            (r"\b10\.\d+\.\d+\.\d+\b", "IP"),
            (r"127\.0\.0\.1:\d+", "ADDRESS"),
            (r"[ \t]+", " "),
        ]
        .map(|(pattern, with)| (Regex::new(pattern).unwrap(), with))
        .into()
    });
    rules.iter().fold(text.to_owned(), |text, (rule, with)| rule.replace_all(&text, *with).into_owned())
}

/// One command and what came of it.
struct Said {
    command: &'static str,
    code: Option<i32>,
    text: String,
}

fn play(kubeconfig: &Path) -> Vec<Said> {
    let dir = tempfile::tempdir().unwrap();
    let more = APP.replace("replicas: 2", "replicas: 3").replace("mode: fast", "mode: slow");
    for (name, text) in FILES.into_iter().chain([("app.yaml", APP), ("more.yaml", more.as_str())]) {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let file = |word: &str| match word.strip_suffix(".yaml") {
        Some(_) => dir.path().join(word).display().to_string(),
        None => word.to_owned(),
    };
    let lines = SCRIPT.lines().filter(|line| !line.is_empty());
    lines
        .map(|command| {
            let words = words(command.trim_start_matches('~'));
            let arguments: Vec<String> = words.iter().map(|word| file(word)).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ended = run(kubeconfig, dir.path(), &arguments);
            let said = [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
            let said = said.replace(&dir.path().display().to_string(), "DIR");
            let mut text = normal(&said);
            if words.starts_with(&["describe".to_owned(), "cm".to_owned()]) {
                // Its keys come in another order each time.
                let mut lines: Vec<&str> = text.lines().collect();
                lines.sort_unstable();
                text = lines.join("\n");
            }
            Said { command, code: ended.status.code(), text }
        })
        .collect()
}

/// Words as a shell would part them, as far as the script needs it.
fn words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out
}

#[test]
fn kubectl_says_the_same_as_of_a_real_control_plane() {
    require_rig!();
    if !has_kubectl() {
        return;
    }
    let served = Served::start(&["--clusters", "1"]);
    let file = served.kubeconfig();
    let ours = std::thread::spawn(move || play(&file));
    let theirs = play(Rig::shared().kubeconfig());
    let ours = ours.join().unwrap();
    let mut wrong = String::new();
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let loose = ours.command.starts_with('~');
        if ours.code != theirs.code || (!loose && ours.text != theirs.text) {
            use std::fmt::Write as _;
            let _ = writeln!(
                wrong,
                "kubectl {}\n--- real: {:?}\n{}\n--- embedded: {:?}\n{}",
                ours.command, theirs.code, theirs.text, ours.code, ours.text
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_node_of_the_company_is_emptied_and_taken_back() {
    if !has_kubectl() {
        return;
    }
    let served = Served::start(&["--clusters", "1"]);
    let (file, home) = (served.kubeconfig(), tempfile::tempdir().unwrap());
    let told = |arguments: &[&str]| -> String {
        let ended = run(&file, home.path(), arguments);
        assert!(ended.status.success(), "{arguments:?}: {ended:?}");
        String::from_utf8_lossy(&ended.stdout).into_owned()
    };
    let json = |arguments: &[&str]| -> Vec<Value> {
        let list: Value = serde_json::from_str(&told(arguments)).unwrap();
        list["items"].as_array().unwrap().clone()
    };
    let well = |node: &Value| {
        let ready = |it: &Value| it["type"] == "Ready" && it["status"] == "True";
        node["spec"]["taints"].is_null() && node["status"]["conditions"].as_array().unwrap().iter().any(ready)
    };
    let nodes = json(&["get", "nodes", "-o", "json"]);
    let name = nodes.iter().find(|node| well(node)).unwrap()["metadata"]["name"].as_str().unwrap().to_owned();
    let there = || json(&["get", "pods", "-A", "-o", "json", "--field-selector", &format!("spec.nodeName={name}")]);
    let others = |pod: &Value| pod["metadata"]["ownerReferences"][0]["kind"] != "DaemonSet";
    assert!(there().iter().any(others));
    // Budgets hold it up until others are there, and for what is on the lost node some minutes pass.
    let drained = told(&["drain", &name, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=400s"]);
    assert!(drained.ends_with(&format!("node/{name} drained\n")), "{drained}");
    let left = there();
    assert!(!left.is_empty() && !left.iter().any(others), "{left:#?}");

    let held = run(&file, home.path(), &["get", "node", &name]);
    assert!(String::from_utf8_lossy(&held.stdout).contains("Ready,SchedulingDisabled"), "{held:?}");
    assert_eq!(told(&["uncordon", &name]), format!("node/{name} uncordoned\n"));
    assert_eq!(told(&["uncordon", &name]), format!("node/{name} already uncordoned\n"));
    let here = format!(r#"{{"spec": {{"nodeSelector": {{"kubernetes.io/hostname": "{name}"}}}}}}"#);
    told(&["run", "back", "--image=example.com/back:1", &format!("--overrides={here}")]);
    told(&["wait", "pod/back", "--for=condition=Ready", "--timeout=60s"]);
    told(&["delete", "pod/back", "--timeout=60s"]);
    told(&["wait", "pod/back", "--for=delete", "--timeout=60s"]);
}

#[test]
fn files_users_and_signals() {
    let served = Served::start(&["--seed", "3"]);
    let file = served.kubeconfig();
    let read = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let config = read(&file);
    let contexts: Vec<&str> =
        config["contexts"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(contexts, ["prod-shanghai", "staging-frankfurt", "dr-beijing", "data-singapore"]);
    assert_eq!(config["current-context"], contexts[0]);
    for cluster in config["clusters"].as_array().unwrap() {
        assert!(cluster["cluster"]["server"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    }
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0, "only its owner reads it");
    let mut names: Vec<String> = fs::read_dir(served.dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["kubeconfig", "kubeconfig.nobody", "kubeconfig.payments", "kubeconfig.viewer"]);

    if has_kubectl() {
        let home = tempfile::tempdir().unwrap();
        let may = |user: &str, question: &[&str]| {
            let ended = run(&served.dir().join(format!("kubeconfig.{user}")), home.path(), question);
            (ended.status.code(), String::from_utf8_lossy(&ended.stdout).trim().to_owned())
        };
        let yes = (Some(0), "yes".to_owned());
        let no = (Some(1), "no".to_owned());
        assert_eq!(may("viewer", &["auth", "can-i", "list", "pods", "-A"]), yes);
        assert_eq!(may("viewer", &["auth", "can-i", "list", "secrets", "-A"]), no);
        assert_eq!(may("payments", &["auth", "can-i", "delete", "pods", "-n", "payments"]), yes);
        assert_eq!(may("payments", &["auth", "can-i", "delete", "pods", "-n", "orders"]), no);
        assert_eq!(may("nobody", &["auth", "can-i", "list", "pods"]), no);
        assert_eq!(may("nobody", &["get", "pods"]).0, Some(1));
        assert_eq!(may("viewer", &["get", "pods", "-n", "orders", "-o", "name"]).0, Some(0));
        let top = run(&file, home.path(), &["top", "pods", "-n", "payments"]);
        assert!(String::from_utf8_lossy(&top.stdout).contains("payment-gateway"), "{top:?}");
        let log =
            run(&file, home.path(), &["logs", "deploy/ledger-api", "-n", "payments", "-c", "ledger-api", "--tail=2"]);
        assert_eq!(String::from_utf8_lossy(&log.stdout).lines().count(), 2, "{log:?}");
    }
    assert_eq!(served.stop(rustix::process::Signal::TERM), Some(0));
    assert_eq!(Served::start(&["--clusters", "1"]).stop(rustix::process::Signal::INT), Some(0));
}

#[test]
fn what_cannot_be_served_is_refused() {
    for (options, why) in [
        (&["--listen", "0.0.0.0:0"][..], "only an address of this machine"),
        (&["--clusters", "0"], "--clusters 0"),
        (&["--pods", "3"], "--pods 3"),
        (&["--nodes", "100000"], "--nodes 100000"),
        (&["--churn", "5001"], "--churn 5001"),
        (&["--clusters", "65"], "--clusters 65"),
        (&["--pods", "20000"], "a node takes 110"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("kubeconfig");
        let ended = skylark().args(["serve", "--write-kubeconfig"]).arg(&file).args(options).output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{options:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains(why), "{options:?}: {ended:?}");
        assert!(!file.exists());
    }
    assert_eq!(skylark().arg("serve").output().unwrap().status.code(), Some(2));
}
