//! Ingresses.

use super::balancer::Balancer;
use super::meta::{ObjectMeta, Present};
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, commas, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 6] = [
    Column::shown("NAME"),
    Column::shown("CLASS"),
    Column::shown("HOSTS"),
    Column::shown("ADDRESS"),
    Column::shown("PORTS"),
    Column::shown("AGE"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "networking.k8s.io",
        version: "v1",
        plural: "ingresses",
        singular: "ingress",
        kind: "Ingress",
        short_names: &["ing"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Ingress>,
    from_json: from_json::<Ingress>,
};

wire! {
    struct Ingress {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        /// Only counted.
        tls: many Present = 2,
        rules: many Rule = 3,
        ingress_class_name: maybe text = 4,
    }

    struct Rule {
        host: text = 1,
    }

    struct Status {
        load_balancer: one Balancer = 1,
    }
}

/// How many hosts are shown.
const SHOWN: usize = 3;

impl Spec {
    fn fill_hosts(&self, draft: &mut Draft) {
        let with_host = self.rules.iter().enumerate().filter(|(_, it)| !it.host.is_empty());
        let hosts = with_host.clone().take(SHOWN).map(|(_, it)| &it.host);
        // Rules are counted, not hosts, as the server does it: those without a host are among the "more".
        let more = with_host.clone().nth(SHOWN - 1).is_some_and(|(last, _)| last + 1 < self.rules.len());
        if hosts.clone().next().is_none() {
            draft.cell("*");
        } else if more {
            draft.cell_fmt(format_args!("{} + {} more...", commas(hosts), self.rules.len() - SHOWN));
        } else {
            draft.cell_fmt(format_args!("{}", commas(hosts)));
        }
    }
}

impl Object for Ingress {
    const KIND: &'static str = "Ingress";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell(self.spec.ingress_class_name.as_deref().unwrap_or("<none>"));
        self.spec.fill_hosts(draft);
        let points = self.status.load_balancer.points();
        draft.cell_fmt(format_args!("{}", commas(points.iter())));
        draft.cell(if self.spec.tls.is_empty() { "80" } else { "80, 443" });
        draft.cell_age(draft.created);
        // Not every controller tells an address.
        draft.tone = if points.is_empty() { Tone::Plain } else { Tone::Good };
    }
}
