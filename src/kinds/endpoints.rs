//! Endpoints.

use super::meta::{ObjectMeta, Present};
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, few, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 3] = [Column::shown("NAME"), Column::shown("ENDPOINTS"), Column::shown("AGE")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "endpoints",
        singular: "endpoints",
        kind: "Endpoints",
        short_names: &["ep"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Endpoints>,
    from_json: from_json::<Endpoints>,
};

wire! {
    struct Endpoints {
        metadata: one ObjectMeta = 1,
        subsets: many Subset = 2,
    }

    struct Subset {
        addresses: many Address = 1,
        /// Only counted.
        not_ready_addresses: many Present = 2,
        ports: many Port = 3,
    }

    struct Address {
        ip: text = 1,
    }

    struct Port {
        port: int = 2,
    }
}

/// An address, and a port where the subset has any.
struct Endpoint<'a>(&'a str, Option<i32>);

impl std::fmt::Display for Endpoint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Endpoint(ip, None) => f.write_str(ip),
            Endpoint(ip, Some(port)) if ip.contains(':') => write!(f, "[{ip}]:{port}"),
            Endpoint(ip, Some(port)) => write!(f, "{ip}:{port}"),
        }
    }
}

impl Subset {
    fn endpoints(&self) -> impl Iterator<Item = Endpoint<'_>> + Clone {
        let bare = self.ports.is_empty().then_some(None);
        let ports = bare.into_iter().chain(self.ports.iter().map(|it| Some(it.port)));
        ports.flat_map(|port| self.addresses.iter().map(move |it| Endpoint(&it.ip, port)))
    }
}

impl Object for Endpoints {
    const KIND: &'static str = "Endpoints";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        if self.subsets.is_empty() {
            draft.cell("<none>");
        } else {
            draft.cell_fmt(format_args!("{}", few(self.subsets.iter().flat_map(Subset::endpoints))));
        }
        draft.cell_age(draft.created);
        let ready = self.subsets.iter().any(|it| !it.addresses.is_empty());
        let unready = self.subsets.iter().any(|it| !it.not_ready_addresses.is_empty());
        draft.tone = if ready && !unready { Tone::Good } else { Tone::Warn };
    }
}
