//! What volumes and claims have in common.

use super::commas;
use crate::model::draft::Draft;

/// The modes in the order in which the server writes them.
const MODES: [(&str, &str); 4] =
    [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];

/// The cell ACCESS MODES.
pub(super) fn fill_modes(modes: &[String], draft: &mut Draft) {
    let short = MODES.iter().filter(|(mode, _)| modes.iter().any(|it| it == mode)).map(|(_, short)| short);
    draft.cell_fmt(format_args!("{}", commas(short)));
}
