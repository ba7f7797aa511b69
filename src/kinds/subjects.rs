//! Whom a binding gives a role, and which.

use super::wire::wire;
use crate::model::draft::Draft;
use std::fmt;

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

/// The cells USERS, GROUPS and SERVICEACCOUNTS.
pub(super) fn fill_subjects(subjects: &[Subject], draft: &mut Draft) {
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
