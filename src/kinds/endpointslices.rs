//! Endpoint slices.

use super::meta::ObjectMeta;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, few, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 5] = [
    Column::shown("NAME"),
    Column::shown("ADDRESSTYPE"),
    Column::shown("PORTS"),
    Column::shown("ENDPOINTS"),
    Column::shown("AGE"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "discovery.k8s.io",
        version: "v1",
        plural: "endpointslices",
        singular: "endpointslice",
        kind: "EndpointSlice",
        short_names: &[],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<EndpointSlice>,
    from_json: from_json::<EndpointSlice>,
};

wire! {
    struct EndpointSlice {
        metadata: one ObjectMeta = 1,
        endpoints: many Endpoint = 2,
        ports: many Port = 3,
        address_type: text = 4,
    }

    struct Endpoint {
        addresses: texts = 1,
        conditions: one Conditions = 2,
    }

    struct Conditions {
        ready: maybe flag = 1,
        terminating: maybe flag = 3,
    }

    struct Port {
        name: maybe text = 1,
        port: maybe int = 3,
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.port, &self.name) {
            (Some(port), _) => write!(f, "{port}"),
            (None, Some(name)) => f.write_str(name),
            (None, None) => f.write_str("*"),
        }
    }
}

impl EndpointSlice {
    fn tone(&self) -> Tone {
        let is_ready = |it: &&Endpoint| it.conditions.ready != Some(false);
        let is_leaving = |it: &&Endpoint| it.conditions.terminating == Some(true);
        let staying = self.endpoints.iter().filter(|it| !is_leaving(it));
        if self.endpoints.iter().filter(is_ready).count() == 0 || !staying.clone().all(|it| is_ready(&it)) {
            Tone::Warn
        } else {
            Tone::Good
        }
    }
}

impl Object for EndpointSlice {
    const KIND: &'static str = "EndpointSlice";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell(&self.address_type);
        fill_few(self.ports.iter(), draft);
        fill_few(self.endpoints.iter().flat_map(|it| &it.addresses), draft);
        draft.cell_age(draft.created);
        draft.tone = self.tone();
    }
}

/// The first few, or `<unset>` where that is no text.
fn fill_few<T: std::fmt::Display>(items: impl Iterator<Item = T> + Clone, draft: &mut Draft) {
    let few = draft.span_fmt(format_args!("{}", few(items)));
    if draft.get(few).is_empty() { draft.cell("<unset>") } else { draft.cell_span(few) }
}
