//! What autoscalers aim at and where they stand, as their table says it.

use super::quantity::Quantity;
use super::wire::wire;
use crate::model::draft::Draft;
use std::fmt;

wire! {
    struct MetricSpec {
        r#type: text = 1,
        object: one Aim = 2,
        pods: one Aim = 3,
        resource: one NamedAim = 4,
        external: one Aim = 5,
        container_resource: one NamedAim = 7,
    }

    /// Of an object, of pods, or from outside the cluster.
    struct Aim {
        target: one Target = 2,
    }

    struct NamedAim {
        name: text = 1,
        target: one Target = 2,
    }

    struct Target {
        value: maybe Quantity = 2,
        average_value: maybe Quantity = 3,
        average_utilization: maybe int = 4,
    }

    struct MetricStatus {
        object: maybe Stand = 2,
        pods: maybe Stand = 3,
        resource: maybe Stand = 4,
        external: maybe Stand = 5,
        container_resource: maybe Stand = 7,
    }

    struct Stand {
        current: one Value = 2,
    }

    struct Value {
        value: maybe Quantity = 1,
        average_value: maybe Quantity = 2,
        average_utilization: maybe int = 3,
    }
}

/// How many metrics are shown.
const SHOWN: usize = 2;

/// The cell TARGETS.
pub(super) fn fill_targets(specs: &[MetricSpec], statuses: &[MetricStatus], draft: &mut Draft) {
    if specs.is_empty() {
        return draft.cell("<none>");
    }
    let nothing = MetricStatus::default();
    draft.cell_fmt(format_args!(
        "{}",
        fmt::from_fn(|f| {
            for (i, spec) in specs.iter().take(SHOWN).enumerate() {
                f.write_str(if i > 0 { ", " } else { "" })?;
                spec.write(statuses.get(i).unwrap_or(&nothing), f)?;
            }
            match specs.len().checked_sub(SHOWN) {
                Some(more @ 1..) => write!(f, " + {more} more..."),
                _ => Ok(()),
            }
        })
    ));
}

impl MetricSpec {
    fn write(&self, status: &MetricStatus, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.r#type.as_str() {
            "External" => self.external.target.write_value(status.external.as_ref(), f),
            "Object" => self.object.target.write_value(status.object.as_ref(), f),
            "Pods" => {
                let current = status.pods.as_ref().map(|it| &it.current.average_value);
                write!(f, "{}/{}", known(current), amount(self.pods.target.average_value.as_ref()))
            }
            "Resource" => self.resource.write(status.resource.as_ref(), f),
            "ContainerResource" => self.container_resource.write(status.container_resource.as_ref(), f),
            _ => f.write_str("<unknown type>"),
        }
    }
}

impl Target {
    /// A value, or an average, which is said.
    fn write_value(&self, stand: Option<&Stand>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.average_value {
            Some(average) => {
                let current =
                    stand.and_then(|it| it.current.average_value.as_ref()).map_or("<unknown>", Quantity::text);
                write!(f, "{current}/{} (avg)", average.text())
            }
            None => write!(f, "{}/{}", known(stand.map(|it| &it.current.value)), amount(self.value.as_ref())),
        }
    }
}

impl NamedAim {
    fn write(&self, stand: Option<&Stand>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, target) = (&self.name, &self.target);
        if let Some(average) = &target.average_value {
            return write!(f, "{name}: {}/{}", known(stand.map(|it| &it.current.average_value)), average.text());
        }
        match stand.and_then(|it| it.current.average_utilization) {
            Some(percent) => write!(f, "{name}: {percent}%/")?,
            None => write!(f, "{name}: <unknown>/")?,
        }
        match target.average_utilization {
            Some(percent) => write!(f, "{percent}%"),
            None => f.write_str("<auto>"),
        }
    }
}

/// What a status tells; it may tell that there is nothing.
fn known(current: Option<&Option<Quantity>>) -> &str {
    current.map_or("<unknown>", |it| amount(it.as_ref()))
}

/// An amount as the server's printer writes it, which has a word for none.
fn amount(quantity: Option<&Quantity>) -> &str {
    quantity.map_or("<nil>", Quantity::text)
}
