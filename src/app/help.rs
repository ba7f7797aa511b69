//! The help: derived from the tables and the keymap, laid out for the screen, and searched.

use super::App;
use super::hints::{does, label};
use super::ui::{Help, HelpLine, HelpSection, Hint, Mode, Prompt};
use crate::command::chord::write_all;
use crate::command::keymap::Meaning;
use crate::command::pane::{self, PANES};
use crate::command::table::{COMMANDS, Call, Command, Id, Scope};
use crate::model::relation::RELATIONS;
use crate::text::catalog::Text;
use crate::text::width::{width, wrap};

/// Narrower columns are hard to read.
const COLUMN: u16 = 38;
/// Between two columns.
const GAP: u16 = 2;
/// The widest that keys get beside what they do.
const KEYS: u16 = 16;

/// What may be written after a kind.
const FORMS: [(&str, Text); 5] = [
    (":KIND NAMESPACE,…", Text::FormNamespace),
    (":KIND @CLUSTER,…", Text::FormCluster),
    (":KIND /FILTER", Text::FormFilter),
    (":KIND KEY=VALUE,…", Text::FormLabels),
    (":KIND -A", Text::FormAll),
];

/// What may be written as a filter.
const FILTERS: [(&str, Text); 9] = [
    ("/web", Text::FilterRegex),
    ("/web prod", Text::FilterWords),
    ("/!web", Text::FilterInverse),
    ("/app=web", Text::FilterEither),
    ("/-l app=web", Text::FilterLabels),
    ("/-f wbfr", Text::FilterLetters),
    ("/reason:Back", Text::FilterColumn),
    ("/count:>5", Text::FilterCompare),
    ("/since:15m", Text::FilterSince),
];

fn hint(keys: impl Into<String>, label: impl Into<String>) -> Hint {
    Hint { keys: keys.into(), label: label.into() }
}

/// What Enter opens, each with the kinds that lead to it.
fn opened() -> HelpSection {
    let mut entries: Vec<Hint> = Vec::new();
    for relation in &RELATIONS {
        let plural = relation.of.split('.').next().unwrap_or(relation.of);
        let Some(what) = pane::opens(relation.of).map(Text::get) else { continue };
        match entries.iter_mut().find(|entry| entry.keys == what) {
            Some(entry) => entry.label = format!("{}, {plural}", entry.label),
            None => entries.push(hint(what, plural)),
        }
    }
    HelpSection { title: Text::HelpOpens.get().to_owned(), entries }
}

impl App {
    /// Opens the help.
    pub(super) fn begin_help(&mut self) {
        let sections = self.help_sections();
        self.show_help(Text::HelpTitle, sections, false);
    }

    /// Shows sections of keys, or of sentences.
    pub(super) fn show_help(&mut self, title: Text, sections: Vec<HelpSection>, prose: bool) {
        self.ui.mode = Mode::Help(Help { title: title.get().to_owned(), sections, prose, ..Help::default() });
        self.lay_out_help();
    }

    /// Lays the help out: after its search or the screen's size has changed.
    pub(super) fn lay_out_help(&mut self) {
        let size = self.size;
        if let Mode::Help(help) = &mut self.ui.mode {
            help.lay_out(size);
        }
    }

    /// The sections: what is pressed most and what the filter takes, then this pane's own keys, then all.
    fn help_sections(&self) -> Vec<HelpSection> {
        let here = self.table_scope();
        let mut scopes: Vec<Scope> = here.chain().collect();
        scopes.extend(Scope::ALL.into_iter().filter(|scope| !here.chain().any(|near| near == *scope)));
        let mut sections = vec![self.first_keys(), section(Text::HelpFilters, forms(&FILTERS))];
        sections.extend(scopes.into_iter().map(|scope| self.keys_of(scope, false)));
        let panes = PANES.iter().map(|pane| {
            let words: Vec<_> = pane.words().iter().map(|word| format!(":{word}")).collect();
            hint(if words.is_empty() { ":KIND".to_owned() } else { words.join(" ") }, pane.doc.get())
        });
        sections.push(section(Text::HelpLines, panes.chain(forms(&FORMS)).collect()));
        let typed = COMMANDS.iter().filter(|command| command.is_typed());
        let usage = |command: &Command| format!(":{}{}", command.names.join(" :"), command.form.usage());
        sections
            .push(section(Text::HelpCommands, typed.map(|command| hint(usage(command), command.doc.get())).collect()));
        sections.push(opened());
        let mut later: Vec<Hint> = Scope::ALL.into_iter().flat_map(|scope| self.keys_of(scope, true).entries).collect();
        later.dedup();
        sections.push(section(Text::HelpNotYet, later));
        sections.retain(|section| !section.entries.is_empty());
        sections
    }

    /// The keys that the hints name, and what they do in full.
    fn first_keys(&self) -> HelpSection {
        let in_force = self.keymap.in_force(self.table_scope());
        let mut commands: Vec<(u8, &Command)> = COMMANDS
            .iter()
            .filter(|command| command.scope != Scope::Prompt)
            .filter_map(|command| command.hint.map(|(rank, _)| (rank, command)))
            .collect();
        commands.sort_by_key(|(rank, _)| *rank);
        let entry = |(_, command): (u8, &Command)| {
            let call = Call { id: command.id, argument: String::new() };
            let calls = |meaning: &Meaning| matches!(meaning, Meaning::Call(other) if *other == call);
            let key = in_force.iter().find(|binding| calls(&binding.meaning))?;
            Some(hint(write_all(&key.keys), does(&call)))
        };
        section(Text::HelpFirst, commands.into_iter().filter_map(entry).collect())
    }

    /// The keys bound in a scope, those of one meaning together, in the order of the commands: those that
    /// do something, or those whose time has not come.
    fn keys_of(&self, scope: Scope, later: bool) -> HelpSection {
        let is_later = |meaning: &Meaning| matches!(meaning, Meaning::Call(call) if call.id == Id::NotYet);
        let mut found: Vec<(&Meaning, Vec<String>)> = Vec::new();
        let bindings = self.keymap.bindings().iter();
        for binding in bindings.filter(|binding| binding.scope == scope && is_later(&binding.meaning) == later) {
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
        let entries = found.into_iter().filter_map(|(meaning, keys)| Some(hint(keys.join(", "), label(meaning)?)));
        section(scope.title(), entries.collect())
    }
}

fn section(title: Text, entries: Vec<Hint>) -> HelpSection {
    HelpSection { title: title.get().to_owned(), entries }
}

fn forms(forms: &[(&str, Text)]) -> Vec<Hint> {
    forms.iter().map(|(form, doc)| hint(*form, doc.get())).collect()
}

impl Help {
    /// Lays the entries that fit the search out in columns for a screen of this size.
    pub fn lay_out(&mut self, (columns, lines): (u16, u16)) {
        let room = columns.saturating_sub(2).max(20);
        let count = if self.prose { 1 } else { ((room + GAP) / (COLUMN + GAP)).max(1) };
        self.cells = (room + GAP) / count - GAP;
        let mut laid: Vec<Vec<HelpLine>> = vec![Vec::new(); usize::from(count)];
        for section in &self.sections {
            let wanted = self.search.text.trim().to_lowercase();
            let fits = |entry: &&Hint| {
                [&entry.keys, &entry.label, &section.title].iter().any(|text| text.to_lowercase().contains(&wanted))
            };
            let entries: Vec<&Hint> = section.entries.iter().filter(fits).collect();
            let Some(column) = laid.iter_mut().min_by_key(|column| column.len()).filter(|_| !entries.is_empty()) else {
                continue;
            };
            if !column.is_empty() {
                column.push(HelpLine::default());
            }
            if !section.title.is_empty() {
                column.push(HelpLine { title: section.title.clone(), ..HelpLine::default() });
            }
            column.extend(entries_of(&entries, self.cells));
        }
        self.columns = laid;
        let height = self.columns.iter().map(Vec::len).max().unwrap_or(0);
        // The title above, the foot below.
        let shown = usize::from(lines.saturating_sub(2));
        self.most = u16::try_from(height.saturating_sub(shown)).unwrap_or(u16::MAX);
        self.scroll = self.scroll.min(self.most);
    }
}

/// Entries as lines: what does not fit goes on below, so that nothing is cut.
fn entries_of(entries: &[&Hint], cells: u16) -> Vec<HelpLine> {
    let keys = entries.iter().map(|entry| width(&entry.keys)).filter(|keys| *keys <= KEYS).max().unwrap_or(0);
    let mut lines = Vec::new();
    for entry in entries {
        if entry.keys.is_empty() {
            // A sentence.
            if !lines.is_empty() {
                lines.push(HelpLine::default());
            }
            lines.extend(wrap(&entry.label, cells).into_iter().map(|text| HelpLine { text, ..HelpLine::default() }));
            continue;
        }
        let longest = entry.label.split_whitespace().map(width).max().unwrap_or(0);
        // Where words would be broken beside the keys, they go below them.
        let tight = longest > cells.saturating_sub(keys + 2).max(8);
        let own_line = tight || width(&entry.keys) > keys;
        if own_line {
            lines.extend(wrap(&entry.keys, cells).into_iter().map(|keys| HelpLine { keys, ..HelpLine::default() }));
        }
        let indent = if tight { 2 } else { keys + 2 };
        for (i, text) in wrap(&entry.label, cells.saturating_sub(indent).max(8)).into_iter().enumerate() {
            let keys = if i == 0 && !own_line { entry.keys.clone() } else { String::new() };
            lines.push(HelpLine { keys, indent, text, ..HelpLine::default() });
        }
    }
    lines
}

impl App {
    /// Begins to type what the help is searched for.
    pub(super) fn begin_help_search(&mut self) {
        if let Mode::Help(help) = &mut self.ui.mode {
            help.typing = true;
            help.search.cursor = help.search.text.len();
        }
    }

    /// Ends it: the search stays, or goes.
    pub(super) fn end_help_search(&mut self, keep: bool) {
        if let Mode::Help(help) = &mut self.ui.mode {
            help.typing = false;
            if !keep {
                help.search = Prompt::default();
            }
        }
        self.lay_out_help();
    }
}
