//! Hints, derived from the tables and the keymap.

use super::App;
use super::ui::{Hint, Mode};
use crate::command::chord::write_all;
use crate::command::keymap::{Binding, Meaning};
use crate::command::pane;
use crate::command::table::{COMMANDS, Call, Command, Id, Scope};
use crate::model::state::Phase;
use crate::text::catalog::Text;

fn hint(keys: impl Into<String>, label: impl Into<String>) -> Hint {
    Hint { keys: keys.into(), label: label.into() }
}

/// What a binding does, for the help.
pub(super) fn label(meaning: &Meaning) -> Option<String> {
    match meaning {
        Meaning::Nothing => None,
        Meaning::Line(line) => Some(format!(":{line}")),
        Meaning::Call(call) => Some(does(call)),
    }
}

/// What a command does with its argument.
pub(super) fn does(call: &Call) -> String {
    let argument = call.argument.as_str();
    match call.id {
        _ if argument.is_empty() => call.id.command().doc.get().to_owned(),
        Id::Sort => Text::DocSortBy.with(&[argument]),
        Id::NotYet => argument.to_owned(),
        Id::Favourite => Text::DocFavouriteOf.with(&[argument]),
        Id::Copy => match argument {
            "name" => Text::DocCopyName.get().to_owned(),
            "namespace" => Text::DocCopyNamespace.get().to_owned(),
            "cell" => Text::DocCopyCell.get().to_owned(),
            "row" => Text::DocCopyRow.get().to_owned(),
            "text" => Text::DocCopyText.get().to_owned(),
            "line" => Text::DocCopyLine.get().to_owned(),
            _ => Text::DocCopyTable.get().to_owned(),
        },
        _ => format!("{}: {argument}", call.id.command().doc),
    }
}

impl App {
    /// Brings the hints up to date with everything else.
    pub(super) fn refresh(&mut self) {
        self.ui.pending = write_all(&self.pending);
        self.ui.hints = if self.pending.is_empty() { self.hints() } else { self.next_keys() };
    }

    fn hints(&self) -> Vec<Hint> {
        let scope = self.scope();
        let in_force = self.keymap.in_force(scope);
        let mut commands: Vec<(u8, &Command, Text)> = COMMANDS
            .iter()
            .filter_map(|command| command.hint.map(|(rank, label)| (rank, command, label)))
            .filter(|(_, command, _)| (command.scope == Scope::Prompt) == (scope == Scope::Prompt))
            .filter_map(|(rank, command, label)| Some((rank, command, self.hint_here(command.id, label)?)))
            .collect();
        commands.sort_by_key(|(rank, ..)| *rank);
        let key = |command: &Command| {
            let calls = |binding: &&&Binding| matches!(&binding.meaning, Meaning::Call(call) if call.id == command.id && call.argument.is_empty());
            in_force.iter().find(calls).map(|binding| write_all(&binding.keys))
        };
        commands.into_iter().filter_map(|(_, command, label)| Some(hint(key(command)?, label.get()))).collect()
    }

    /// The hint for a command as things stand; `None` when it has no use.
    fn hint_here(&self, id: Id, label: Text) -> Option<Text> {
        let spec = self.spec();
        let is_filter = matches!(self.ui.mode, Mode::Filter(_));
        match &self.ui.mode {
            Mode::Help(help) if !help.typing => {
                return match id {
                    Id::Back if help.search.text.is_empty() => Some(Text::HintClose),
                    Id::Back => Some(Text::HintClearFilter),
                    Id::SearchHelp => Some(label),
                    _ => None,
                };
            }
            Mode::Help(_) => {
                return match id {
                    Id::Accept => Some(Text::HintKeep),
                    Id::Cancel | Id::ClearLine => Some(label),
                    _ => None,
                };
            }
            Mode::Palette(_) => {
                return match id {
                    Id::Accept => Some(Text::HintOpen),
                    Id::CompleteNext => Some(Text::HintGoOn),
                    Id::Cancel => Some(Text::HintClose),
                    _ => None,
                };
            }
            _ => {}
        }
        if let Some(said) = self.document_hint(id) {
            return said;
        }
        match id {
            // Where no row is, there is nothing to open.
            Id::Enter if self.snapshot.window.selected.is_none() && self.snapshot.window.rows.is_empty() => None,
            Id::Enter => pane::of(&spec.pane).enter_hint.or_else(|| pane::opens(&self.snapshot.window.subject)),
            Id::Accept if is_filter => Some(Text::HintKeep),
            Id::CompleteNext if is_filter => None,
            Id::Back if self.is_filtered() => Some(Text::HintClearFilter),
            Id::Faults if spec.faults => Some(Text::HintAllRows),
            Id::Back if !self.places.has_back() => None,
            Id::AllNamespaces if spec.namespaces == crate::view::spec::Namespaces::All => None,
            Id::Retry => {
                let fails = |(_, phase)| !matches!(phase, Phase::Live | Phase::Idle | Phase::Connecting);
                self.in_scope().any(fails).then_some(label)
            }
            Id::Connect => self.in_scope().any(|(_, phase)| phase == Phase::Idle).then_some(label),
            _ => Some(label),
        }
    }

    /// The keys that go on with the sequence begun.
    fn next_keys(&self) -> Vec<Hint> {
        let begun = self.pending.as_slice();
        let in_force = self.keymap.in_force(self.scope());
        let goes_on = in_force.into_iter().filter_map(|binding| {
            let rest = binding.keys.strip_prefix(begun).filter(|rest| !rest.is_empty())?;
            Some(hint(write_all(rest), label(&binding.meaning)?))
        });
        goes_on.collect()
    }
}
