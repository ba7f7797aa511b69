//! The template of the pods of a workload, and what the tables show of it.

use super::commas;
use super::selector::LabelSelector;
use super::wire::wire;
use crate::model::draft::Draft;

wire! {
    struct Template {
        spec: one PodSpec = 2,
    }

    struct PodSpec {
        containers: many Container = 2,
        node_selector: pairs = 7,
    }

    struct Container {
        name: text = 1,
        image: text = 2,
    }
}

impl Template {
    /// The cells CONTAINERS and IMAGES.
    pub(super) fn fill(&self, draft: &mut Draft) {
        let containers = self.spec.containers.iter();
        draft.cell_fmt(format_args!("{}", commas(containers.clone().map(|it| &it.name))));
        draft.cell_fmt(format_args!("{}", commas(containers.map(|it| &it.image))));
    }
}

/// The cell SELECTOR of most kinds.
pub(super) fn fill_selector(selector: Option<&LabelSelector>, draft: &mut Draft) {
    match selector {
        Some(selector) => draft.cell_fmt(format_args!("{}", selector.or_words())),
        None => draft.cell("<none>"),
    }
}
