//! The applications of the company.

/// One application, run by a deployment.
pub struct App {
    /// Its namespace.
    pub namespace: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its image with the tag.
    pub image: &'static str,
    /// Who owns it, as a label.
    pub team: &'static str,
    /// Who owns it, for people.
    pub owner: &'static str,
    /// Replicas before the cluster's size is met.
    pub replicas: usize,
    /// Whether replicas are added to meet the cluster's size.
    pub grows: bool,
    /// A second container.
    pub sidecar: Option<(&'static str, &'static str)>,
    /// What goes wrong with one of its pods.
    pub trouble: Trouble,
}

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Nothing.
    None,
    /// A pod crashes again and again.
    Crash,
    /// A rollout waits for an image that does not exist.
    Image,
    /// Two pods find no node.
    Unschedulable,
    /// A pod waits for its init containers.
    Init,
    /// A pod was killed for its memory, more than once.
    Memory,
    /// A pod was evicted.
    Evicted,
    /// A pod is being deleted.
    Terminating,
    /// A new release crashes, and the rollout stands still.
    Rollout,
    /// The quota of its namespace leaves no room for two of its pods.
    Quota,
    /// Its pods are not ready any more since its configuration was changed.
    Config,
    /// The volume of a stateful set fills.
    Full,
}

impl App {
    /// Whether the company wrote it.
    pub fn is_ours(&self) -> bool {
        self.image.starts_with("harbor.example.com/")
    }

    /// Its config map.
    pub fn config(&self) -> String {
        format!("{}-config", self.name)
    }

    /// Its secret.
    pub fn secret(&self) -> String {
        format!("{}-secret", self.name)
    }

    /// What one of its pods asks for: CPU, memory, and the most memory that it may take.
    pub fn needs(&self) -> (&'static str, &'static str, &'static str) {
        match self.team {
            "sre" => ("100m", "128Mi", "512Mi"),
            "algo" | "data" => ("2", "4Gi", "8Gi"),
            _ => ("250m", "512Mi", "1Gi"),
        }
    }
}

/// What stands before a program that others call.
pub const PROXY: Option<(&str, &str)> = Some(("envoy", "docker.io/envoyproxy/envoy:v1.36.2"));

const fn app(
    namespace: &'static str,
    name: &'static str,
    image: &'static str,
    team: (&'static str, &'static str),
    replicas: usize,
    sidecar: Option<(&'static str, &'static str)>,
    trouble: Trouble,
) -> App {
    let grows = replicas > 1;
    App { namespace, name, image, team: team.0, owner: team.1, replicas, grows, sidecar, trouble }
}

const SRE: (&str, &str) = ("sre", "基础架构组");
const PAY: (&str, &str) = ("payments", "支付平台组");
const ORDER: (&str, &str) = ("orders", "订单中心");
const RISK: (&str, &str) = ("risk", "风控组");
const ALGO: (&str, &str) = ("algo", "推荐算法组");
const DATA: (&str, &str) = ("data", "数据平台组");
const CI: (&str, &str) = ("ci", "研发效能组");

/// All applications.
pub static APPS: [App; 30] = [
    app("kube-system", "coredns", "registry.k8s.io/coredns/coredns:v1.13.1", SRE, 2, None, Trouble::None),
    app(
        "kube-system",
        "metrics-server",
        "registry.k8s.io/metrics-server/metrics-server:v0.8.0",
        SRE,
        1,
        None,
        Trouble::None,
    ),
    app(
        "ingress",
        "ingress-nginx-controller",
        "registry.k8s.io/ingress-nginx/controller:v1.14.0",
        SRE,
        2,
        None,
        Trouble::None,
    ),
    app("monitoring", "grafana", "docker.io/grafana/grafana:12.3.0", SRE, 1, None, Trouble::None),
    app(
        "monitoring",
        "kube-state-metrics",
        "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0",
        SRE,
        1,
        None,
        Trouble::None,
    ),
    app("monitoring", "log-shipper", "harbor.example.com/sre/log-shipper:3.8.1", SRE, 1, None, Trouble::Evicted),
    app("payments", "payment-gateway", "harbor.example.com/pay/gateway:2026.11.3", PAY, 3, PROXY, Trouble::None),
    app("payments", "settlement-worker", "harbor.example.com/pay/settlement:1.42.0", PAY, 2, None, Trouble::Crash),
    app("payments", "ledger-api", "harbor.example.com/pay/ledger:5.7.2", PAY, 2, PROXY, Trouble::None),
    app("payments", "invoice-renderer", "harbor.example.com/pay/invoice:0.19.4", PAY, 1, None, Trouble::Terminating),
    app("orders", "order-api", "harbor.example.com/order/api:8.12.0", ORDER, 3, PROXY, Trouble::Init),
    app("orders", "order-consumer", "harbor.example.com/order/consumer:8.12.0", ORDER, 2, None, Trouble::Config),
    app("orders", "cart-service", "harbor.example.com/order/cart:4.3.9", ORDER, 2, PROXY, Trouble::Rollout),
    app("risk-control", "risk-engine", "harbor.example.com/risk/engine:2.30.1", RISK, 3, None, Trouble::Memory),
    app("risk-control", "rule-admin", "harbor.example.com/risk/rule-admin:1.8.0", RISK, 1, None, Trouble::None),
    app("recommend", "recommend-api", "harbor.example.com/algo/recommend:6.1.0", ALGO, 2, PROXY, Trouble::None),
    app("recommend", "feature-store", "harbor.example.com/algo/feature-store:3.3.0", ALGO, 2, None, Trouble::Image),
    app("recommend", "ranker", "harbor.example.com/algo/ranker:0.44.1", ALGO, 2, None, Trouble::Unschedulable),
    app("risk-control", "case-backfill", "harbor.example.com/risk/backfill:0.9.2", RISK, 1, None, Trouble::Quota),
    app("data-platform", "trino-coordinator", "docker.io/trinodb/trino:479", DATA, 1, None, Trouble::None),
    app("data-platform", "trino-worker", "docker.io/trinodb/trino:479", DATA, 3, None, Trouble::Memory),
    app("data-platform", "report-api", "harbor.example.com/data/report-api:2.6.0", DATA, 2, PROXY, Trouble::None),
    app("data-platform", "etl-scheduler", "harbor.example.com/data/etl:3.11.2", DATA, 1, None, Trouble::Crash),
    app("ci", "gitlab-runner", "docker.io/gitlab/gitlab-runner:v18.6.0", CI, 2, None, Trouble::None),
    app("ci", "build-agent", "harbor.example.com/ci/build-agent:24.1.0", CI, 3, None, Trouble::Quota),
    app("ci", "artifact-proxy", "harbor.example.com/ci/artifact-proxy:1.3.3", CI, 1, None, Trouble::Terminating),
    app("argocd", "argocd-server", "quay.io/argoproj/argocd:v3.2.0", SRE, 1, None, Trouble::None),
    app("argocd", "argocd-repo-server", "quay.io/argoproj/argocd:v3.2.0", SRE, 1, None, Trouble::None),
    app(
        "cert-manager",
        "cert-manager",
        "quay.io/jetstack/cert-manager-controller:v1.19.1",
        SRE,
        1,
        None,
        Trouble::None,
    ),
    app("default", "netshoot", "docker.io/nicolaka/netshoot:v0.14", SRE, 1, None, Trouble::None),
];
