//! What a user can ask for: the table of commands, the panes, the keymap, and the command line with its
//! completion. Pure: nothing here does I/O.

pub mod chord;
pub mod complete;
pub mod keymap;
pub mod known;
pub mod line;
pub mod nearest;
pub mod palette;
pub mod pane;
pub mod table;
pub mod words;
