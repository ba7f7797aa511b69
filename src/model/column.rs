//! The columns of a kind, as the server's table printer defines them.

use std::borrow::Cow;

/// One column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// kubectl's header, upper case: `NOMINATED NODE`.
    pub name: Cow<'static, str>,
    /// Shown only with `-o wide` (a table column of priority above 0).
    pub wide: bool,
    /// Written flush right and sorted as a number.
    pub numeric: bool,
}

impl Column {
    /// A column that is always shown.
    pub const fn shown(name: &'static str) -> Column {
        Column { name: Cow::Borrowed(name), wide: false, numeric: false }
    }

    /// A column of numbers that is always shown.
    pub const fn number(name: &'static str) -> Column {
        Column { name: Cow::Borrowed(name), wide: false, numeric: true }
    }

    /// A column of the wide table.
    pub const fn wide(name: &'static str) -> Column {
        Column { name: Cow::Borrowed(name), wide: true, numeric: false }
    }
}
