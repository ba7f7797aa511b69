//! Resource quotas.

use super::meta::ObjectMeta;
use super::quantity::{Amount, about, amount_of};
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 4] =
    [Column::shown("NAME"), Column::shown("REQUEST"), Column::shown("LIMIT"), Column::shown("AGE")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "resourcequotas",
        singular: "resourcequota",
        kind: "ResourceQuota",
        short_names: &["quota"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<ResourceQuota>,
    from_json: from_json::<ResourceQuota>,
};

wire! {
    struct ResourceQuota {
        metadata: one ObjectMeta = 1,
        status: one Status = 3,
    }

    struct Status {
        hard: amounts = 1,
        used: amounts = 2,
    }
}

/// The part of a quota from which on it is nearly used up.
const NEARLY: f64 = 0.9;

impl Status {
    /// The names of what is limited, sorted.
    fn names(&self) -> Vec<&Amount> {
        let mut hard: Vec<&Amount> = self.hard.iter().collect();
        hard.sort_unstable_by_key(|it| &it.name);
        hard
    }

    fn fill(&self, draft: &mut Draft, hard: &[&Amount], limits: bool) {
        let chosen = hard.iter().filter(|it| it.name.starts_with("limits.") == limits);
        draft.cell_fmt(format_args!(
            "{}",
            std::fmt::from_fn(|f| {
                for (i, Amount { name, amount }) in chosen.clone().enumerate() {
                    let used = amount_of(&self.used, name);
                    write!(f, "{}{name}: {used}/{}", if i > 0 { ", " } else { "" }, amount.text())?;
                }
                Ok(())
            })
        ));
    }

    fn tone(&self) -> Tone {
        let parts = self.hard.iter().filter_map(|Amount { name, amount }| {
            let (hard, used) = (about(amount.text())?, about(amount_of(&self.used, name))?);
            // A quota of nothing forbids a resource: that it is used up is as wanted.
            (hard > 0.0 || used > 0.0).then_some(used / hard)
        });
        let fullest = parts.fold(0.0, f64::max);
        if fullest > 1.0 {
            Tone::Bad
        } else if fullest >= NEARLY {
            Tone::Warn
        } else {
            Tone::Good
        }
    }
}

impl Object for ResourceQuota {
    const KIND: &'static str = "ResourceQuota";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let hard = self.status.names();
        draft.cell_span(draft.name);
        self.status.fill(draft, &hard, false);
        self.status.fill(draft, &hard, true);
        draft.cell_age(draft.created);
        draft.tone = self.status.tone();
    }
}
