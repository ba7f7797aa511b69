//! Whom a binding gives a role, and which.

use super::wire::wire;
use crate::model::column::Column;
use crate::model::draft::Draft;
use std::fmt;

/// The columns of bindings, those of a namespace and those of a cluster.
pub(super) static COLUMNS: [Column; 6] = [
    Column::shown("NAME"),
    Column::shown("ROLE"),
    Column::shown("AGE"),
    Column::wide("USERS"),
    Column::wide("GROUPS"),
    Column::wide("SERVICEACCOUNTS"),
];

wire! {
    struct RoleRef {
        kind: text = 2,
        name: text = 3,
    }

    struct Subject {
        kind: text = 1,
        name: text = 3,
        namespace: text = 4,
    }
}

impl fmt::Display for RoleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// The cells of a binding.
pub(super) fn fill_binding(role_ref: &RoleRef, subjects: &[Subject], draft: &mut Draft) {
    draft.cell_span(draft.name);
    draft.cell_fmt(format_args!("{role_ref}"));
    draft.cell_age(draft.created);
    for kind in ["User", "Group", "ServiceAccount"] {
        draft.cell_fmt(format_args!(
            "{}",
            fmt::from_fn(|f| {
                for (i, Subject { name, namespace, .. }) in subjects.iter().filter(|it| it.kind == kind).enumerate() {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    match kind {
                        "ServiceAccount" => write!(f, "{namespace}/{name}")?,
                        _ => f.write_str(name)?,
                    }
                }
                Ok(())
            })
        ));
    }
}
