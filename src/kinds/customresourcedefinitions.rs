//! Custom resource definitions.

use super::meta::ObjectMeta;
use super::wire::wire;
use super::workload::ConditionAt4;
use super::{Before, ClientKind, KnownKind, Object, commas, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 8] = [
    Column::shown("NAME"),
    Column::shown("SCOPE"),
    Column::shown("VERSIONS"),
    Column::shown("CREATED AT"),
    Column::wide("GROUP"),
    Column::wide("KIND"),
    Column::wide("SHORTNAMES"),
    Column::wide("ESTABLISHED"),
];

/// Servers before 1.37 show only when they were created.
const SINCE: u16 = 37;
static OLD_COLUMNS: [Column; 2] = [Column::shown("NAME"), Column::shown("CREATED AT")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "apiextensions.k8s.io",
        version: "v1",
        plural: "customresourcedefinitions",
        singular: "customresourcedefinition",
        kind: "CustomResourceDefinition",
        short_names: &["crd", "crds"],
        categories: &["api-extensions"],
        namespaced: false,
    },
    columns: &COLUMNS,
    before: Some(Before { minor: SINCE, columns: &OLD_COLUMNS }),
    from_protobuf: from_protobuf::<CustomResourceDefinition>,
    from_json: from_json::<CustomResourceDefinition>,
};

wire! {
    struct CustomResourceDefinition {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        group: text = 1,
        names: one Names = 3,
        scope: text = 4,
        versions: many Version = 7,
    }

    struct Names {
        short_names: texts = 3,
        kind: text = 4,
    }

    struct Version {
        name: text = 1,
        served: flag = 2,
        storage: flag = 3,
    }

    struct Status {
        conditions: many ConditionAt4 = 1,
    }
}

impl CustomResourceDefinition {
    fn is(&self, kind: &str, status: &str) -> bool {
        self.status.conditions.iter().any(|it| it.r#type == kind && it.status == status)
    }

    fn tone(&self) -> Tone {
        if self.metadata.deletion_timestamp.is_some() {
            Tone::Warn
        } else if self.is("NamesAccepted", "False") {
            Tone::Bad
        } else if !self.is("Established", "True") || self.is("NonStructuralSchema", "True") {
            Tone::Warn
        } else {
            Tone::Good
        }
    }

    fn fill_versions(&self, draft: &mut Draft) {
        let served = self.spec.versions.iter().filter(|it| it.served);
        let mut versions: Vec<_> = served.map(|it| (&it.name, if it.storage { "(storage)" } else { "" })).collect();
        versions.sort_unstable_by(|a, b| a.0.bytes().chain(a.1.bytes()).cmp(b.0.bytes().chain(b.1.bytes())));
        let written = versions.iter().map(|(name, storage)| std::fmt::from_fn(move |f| write!(f, "{name}{storage}")));
        draft.cell_fmt(format_args!("{}", commas(written)));
    }
}

impl Object for CustomResourceDefinition {
    const KIND: &'static str = "CustomResourceDefinition";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.tone = self.tone();
        draft.cell_span(draft.name);
        if draft.is_before(SINCE) {
            return draft.cell_moment(draft.created);
        }
        draft.cell(&self.spec.scope);
        self.fill_versions(draft);
        draft.cell_moment(draft.created);
        draft.cell(&self.spec.group);
        draft.cell(&self.spec.names.kind);
        draft.cell_fmt(format_args!("{}", commas(self.spec.names.short_names.iter())));
        draft.cell(if self.is("Established", "True") { "true" } else { "false" });
    }
}
