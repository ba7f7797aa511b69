//! Services.

use super::balancer::Balancer;
use super::meta::{ObjectMeta, labels};
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, commas, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 7] = [
    Column::shown("NAME"),
    Column::shown("TYPE"),
    Column::shown("CLUSTER-IP"),
    Column::shown("EXTERNAL-IP"),
    Column::shown("PORT(S)"),
    Column::shown("AGE"),
    Column::wide("SELECTOR"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "services",
        singular: "service",
        kind: "Service",
        short_names: &["svc"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Service>,
    from_json: from_json::<Service>,
};

wire! {
    struct Service {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        ports: many Port = 1,
        selector: pairs = 2,
        r#type: text = 4,
        #[serde(rename = "externalIPs")]
        external_ips: texts = 5,
        external_name: text = 10,
        #[serde(rename = "clusterIPs")]
        cluster_ips: texts = 18,
    }

    struct Port {
        protocol: text = 2,
        port: int = 3,
        node_port: int = 5,
    }

    struct Status {
        load_balancer: one Balancer = 1,
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Port { protocol, port, node_port } = self;
        if *node_port > 0 { write!(f, "{port}:{node_port}/{protocol}") } else { write!(f, "{port}/{protocol}") }
    }
}

impl Service {
    fn fill_external(&self, draft: &mut Draft) {
        let external = &self.spec.external_ips;
        match self.spec.r#type.as_str() {
            "ClusterIP" | "NodePort" if external.is_empty() => draft.cell("<none>"),
            "ClusterIP" | "NodePort" => draft.cell_fmt(format_args!("{}", commas(external.iter()))),
            "LoadBalancer" => {
                let points = self.status.load_balancer.points();
                let all = points.into_iter().chain(external.iter().map(String::as_str));
                if all.clone().next().is_none() {
                    draft.cell("<pending>");
                    draft.tone = Tone::Warn;
                } else {
                    draft.cell_fmt(format_args!("{}", commas(all)));
                    draft.tone = Tone::Good;
                }
            }
            "ExternalName" => draft.cell(&self.spec.external_name),
            _ => draft.cell("<unknown>"),
        }
    }
}

impl Object for Service {
    const KIND: &'static str = "Service";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let spec = &self.spec;
        draft.cell_span(draft.name);
        draft.cell(&spec.r#type);
        draft.cell(spec.cluster_ips.first().map_or("<none>", String::as_str));
        self.fill_external(draft);
        if spec.ports.is_empty() {
            draft.cell("<none>");
        } else {
            draft.cell_fmt(format_args!("{}", commas(spec.ports.iter())));
        }
        draft.cell_age(draft.created);
        draft.cell_fmt(format_args!("{}", labels(&spec.selector)));
    }
}
