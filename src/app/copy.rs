//! Taking text out: names and cells to the clipboard, tables to files.

use super::{App, Effect};
use crate::text::catalog::Text;
use crate::view::page::Page;
use crate::view::snapshot::Written;
use crate::view::spec::{ViewCommand, What, Write};

/// What `copy` may be told to copy.
pub const COPIED: [&str; 7] = ["name", "namespace", "cell", "row", "table", "text", "line"];

impl App {
    /// Copies what `argument` names of the chosen rows; the name when it names nothing.
    pub(super) fn copy(&mut self, argument: &str, out: &mut Vec<Effect>) -> Result<(), String> {
        if let Some(page) = self.page() {
            return copy_of(page, argument, out);
        }
        match argument {
            "text" | "line" => return Err(Text::CopyNoText.with(&[argument])),
            "" | "name" | "names" => {
                let names = self.chosen_texts(|row| &row.name)?;
                copy_words(&names, Text::CopiedNames, out);
            }
            "namespace" | "namespaces" => {
                let mut names = self.chosen_texts(|row| &row.namespace)?;
                names.retain(|name| !name.is_empty());
                names.sort_unstable();
                names.dedup();
                if names.is_empty() {
                    return Err(Text::NoNamespace.get().to_owned());
                }
                copy_words(&names, Text::CopiedNamespaces, out);
            }
            "cell" => {
                let picked = self.ui.picked.clone();
                let column = picked.ok_or_else(|| Text::CopyNoColumn.with(&[&self.columns().join(", ")]))?;
                self.ask(What::Column(column), out);
            }
            "row" | "rows" => self.ask(What::Rows, out),
            "table" => self.ask(What::Table, out),
            other => return Err(Text::CopyWhat.with(&[other, &COPIED.join(", ")])),
        }
        Ok(())
    }

    /// Saves the table.
    pub(super) fn save(&mut self, out: &mut Vec<Effect>) -> Result<(), String> {
        if self.snapshot.window.rows.is_empty() {
            return Err(Text::WhyNoRows.get().to_owned());
        }
        self.ask(What::Csv, out);
        Ok(())
    }

    /// Copies a text, such as that of a document; `what` names it in words.
    pub fn copy_text(text: String, what: String, out: &mut Vec<Effect>) {
        out.push(Effect::Copy { text, what });
    }

    fn ask(&mut self, what: What, out: &mut Vec<Effect>) {
        self.asked += 1;
        out.push(Effect::View(ViewCommand::Write(Write { number: self.asked, what })));
    }

    /// The view has written what it was asked for.
    pub(super) fn take_written(&mut self, written: &Written, out: &mut Vec<Effect>) {
        if written.of.number <= self.taken {
            return;
        }
        self.taken = written.of.number;
        out.push(Effect::View(ViewCommand::Written));
        let count = written.rows.to_string();
        let mut what = match (&written.of.what, written.rows) {
            (_, 0) => return self.say(crate::model::draft::Tone::Warn, Text::NothingSelected.get().to_owned()),
            (What::Column(title), 1) => Text::CopiedCell.with(&[title]),
            (What::Column(title), _) => Text::CopiedCells.with(&[&count, title]),
            (What::Rows, 1) => Text::CopiedRow.get().to_owned(),
            (What::Rows | What::Table | What::Csv, _) => Text::CopiedRows.with(&[&count]),
        };
        if written.left > 0 {
            what.push_str(&Text::CopiedLeft.with(&[&written.left.to_string()]));
        }
        let text = written.text.clone();
        out.push(match written.of.what {
            What::Csv => Effect::Save { text, what, name: self.file_name() },
            _ => Effect::Copy { text, what },
        });
    }

    /// `pods-team-a-2026-11-25T14-38-11`
    fn file_name(&self) -> String {
        let window = &self.snapshot.window;
        let moment = jiff::Timestamp::from_second(i64::from(self.snapshot.now)).unwrap_or_default();
        let scope = window.scope.replace(", ", "+").replace(' ', "-");
        let parts = [window.kind.clone(), scope, moment.strftime("%Y-%m-%dT%H-%M-%S").to_string()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    }

    fn chosen_texts(&self, text: impl Fn(&crate::view::snapshot::RowId) -> &String) -> Result<Vec<String>, String> {
        let rows = if self.is_window_current() { self.chosen() } else { Vec::new() };
        if rows.is_empty() {
            return Err(Text::NothingSelected.get().to_owned());
        }
        Ok(rows.into_iter().map(|row| text(row).clone()).collect())
    }
}

/// Copies from a document. What is masked in it is not part of its text.
fn copy_of(page: &Page, argument: &str, out: &mut Vec<Effect>) -> Result<(), String> {
    let object = &page.object;
    match argument {
        "" | "text" => {
            let what = Text::CopiedText.with(&[&page.document.lines.len().to_string(), &object.name]);
            App::copy_text(page.document.text(), what, out);
        }
        "line" => {
            App::copy_text(page.line(), Text::CopiedLine.with(&[&object.name]), out);
        }
        "name" | "names" => App::copy_text(object.name.clone(), object.name.clone(), out),
        "namespace" | "namespaces" if object.namespace.is_empty() => return Err(Text::NoNamespace.get().to_owned()),
        "namespace" | "namespaces" => App::copy_text(object.namespace.clone(), object.namespace.clone(), out),
        other => return Err(Text::CopyWhat.with(&[other, "text, line, name, namespace"])),
    }
    Ok(())
}

/// Several words with blanks between them: on a command line, lines would each be run.
fn copy_words(words: &[String], several: Text, out: &mut Vec<Effect>) {
    let what = match words {
        [one] => one.clone(),
        many => several.with(&[&many.len().to_string()]),
    };
    App::copy_text(words.join(" "), what, out);
}
