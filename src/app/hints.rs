//! Hints and help, derived from the tables and the keymap.

use super::App;
use super::ui::{Help, HelpSection, Hint, Mode};
use crate::command::chord::write_all;
use crate::command::keymap::{Binding, Meaning};
use crate::command::pane::{self, PANES};
use crate::command::table::{COMMANDS, Command, Id, Scope};
use crate::model::state::Phase;
use crate::text::catalog::Text;

/// What may be written after a kind.
const FORMS: [(&str, Text); 4] = [
    (":KIND NAMESPACE,…", Text::FormNamespace),
    (":KIND @CLUSTER,…", Text::FormCluster),
    (":KIND /FILTER", Text::FormFilter),
    (":KIND KEY=VALUE,…", Text::FormLabels),
];

/// What may be written as a filter.
const FILTERS: [(&str, Text); 3] =
    [("REGEX", Text::FilterRegex), ("!REGEX", Text::FilterInverse), ("-l KEY=VALUE,…", Text::FilterLabels)];

fn hint(keys: impl Into<String>, label: impl Into<String>) -> Hint {
    Hint { keys: keys.into(), label: label.into() }
}

/// What a binding does, for the help.
fn label(meaning: &Meaning) -> Option<String> {
    match meaning {
        Meaning::Nothing => None,
        Meaning::Line(line) => Some(format!(":{line}")),
        Meaning::Call(call) if call.argument.is_empty() => Some(call.id.command().doc.get().to_owned()),
        Meaning::Call(call) if call.id == Id::Sort => Some(Text::DocSortBy.with(&[&call.argument])),
        Meaning::Call(call) => Some(format!("{}: {}", call.id.command().doc, call.argument)),
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
        if matches!(self.ui.mode, Mode::Help(_)) {
            return (id == Id::Back).then_some(Text::HintClose);
        }
        if let Some(said) = self.document_hint(id) {
            return said;
        }
        match id {
            Id::Enter => pane::of(&spec.pane).enter_hint,
            Id::Accept if is_filter => Some(Text::HintKeep),
            Id::CompleteNext if is_filter => None,
            Id::Back if !spec.filter.is_empty() => Some(Text::HintClearFilter),
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

    /// The help overlay.
    pub(super) fn help(&self) -> Help {
        let mut sections: Vec<HelpSection> = Scope::ALL.into_iter().map(|scope| self.keys_of(scope)).collect();
        let mut section = |title: Text, entries: Vec<Hint>| {
            sections.push(HelpSection { title: title.get().to_owned(), entries });
        };
        let forms = |forms: &[(&str, Text)]| forms.iter().map(|(form, doc)| hint(*form, doc.get())).collect();
        let panes = PANES.iter().map(|pane| {
            let words: Vec<_> = pane.words().iter().map(|word| format!(":{word}")).collect();
            hint(if words.is_empty() { ":KIND".to_owned() } else { words.join(" ") }, pane.doc.get())
        });
        let lines: Vec<Hint> = panes.chain(FORMS.iter().map(|(form, doc)| hint(*form, doc.get()))).collect();
        section(Text::HelpLines, lines);
        section(Text::HelpFilters, forms(&FILTERS));
        let typed = COMMANDS.iter().filter(|command| command.is_typed());
        let usage = |command: &Command| format!(":{}{}", command.names.join(" :"), command.form.usage());
        section(Text::HelpCommands, typed.map(|command| hint(usage(command), command.doc.get())).collect());
        sections.retain(|section| !section.entries.is_empty());
        Help { title: Text::HelpTitle.get().to_owned(), sections, prose: false, scroll: 0 }
    }

    /// The keys bound in a scope, those of one meaning together, in the order of the commands.
    fn keys_of(&self, scope: Scope) -> HelpSection {
        let mut found: Vec<(&Meaning, Vec<String>)> = Vec::new();
        for binding in self.keymap.bindings().iter().filter(|binding| binding.scope == scope) {
            let keys = write_all(&binding.keys);
            match found.iter_mut().find(|(meaning, _)| **meaning == binding.meaning) {
                Some((_, all)) => all.push(keys),
                None => found.push((&binding.meaning, vec![keys])),
            }
        }
        found.sort_by_key(|(meaning, _)| match meaning {
            Meaning::Call(call) => call.id as usize,
            Meaning::Line(_) | Meaning::Nothing => usize::MAX,
        });
        let entries = found.into_iter().filter_map(|(meaning, keys)| Some(hint(keys.join(" "), label(meaning)?)));
        HelpSection { title: scope.title().get().to_owned(), entries: entries.collect() }
    }
}
