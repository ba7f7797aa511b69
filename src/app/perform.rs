//! What each command does.

use super::places::Places;
use super::ui::{Mode, Prompt};
use super::{App, Effect};
use crate::command::known::Known;
use crate::command::line::{self, Clusters};
use crate::command::table::{Call, Id};
use crate::model::draft::Tone;
use crate::model::relation;
use crate::model::state::Phase;
use crate::text::catalog::Text;
use crate::view::spec::{ClusterId, Form, Motion, Namespaces, Pane, Spec, ViewCommand};

impl App {
    /// Does a command; says in a sentence why it cannot be done.
    pub(super) fn perform(&mut self, call: &Call, out: &mut Vec<Effect>) -> Result<(), String> {
        match call.id {
            Id::MoveUp => self.motion(Motion::Rows(-1), out),
            Id::MoveDown => self.motion(Motion::Rows(1), out),
            Id::HalfPageUp => self.motion(Motion::Rows(-self.half_page()), out),
            Id::HalfPageDown => self.motion(Motion::Rows(self.half_page()), out),
            Id::PageUp => self.motion(Motion::Pages(-1), out),
            Id::PageDown => self.motion(Motion::Pages(1), out),
            Id::MoveTop => self.motion(Motion::Top, out),
            Id::MoveBottom => self.motion(Motion::Bottom, out),
            Id::CommandLine => self.begin_command(),
            Id::Help => self.begin_help(),
            Id::Errors => self.show_errors(),
            Id::Demo => self.show_demo()?,
            Id::SearchHelp => self.begin_help_search(),
            Id::Palette => self.begin_palette(""),
            Id::Aliases => self.begin_palette(":"),
            Id::Header => self.ui.no_header = !self.ui.no_header,
            Id::NotYet => return Err(Text::NotYet.with(&[&call.argument])),
            Id::Copy => self.copy(&call.argument, out)?,
            Id::Save => self.save(out)?,
            Id::Favourite => self.favourite(&call.argument, out)?,
            Id::Back => self.back(out),
            Id::Redraw => out.push(Effect::Redraw),
            Id::Quit => out.push(Effect::Quit),
            Id::Enter => self.enter(out)?,
            Id::Owner => self.drill(&relation::OWNER, out)?,
            Id::UsedBy => self.used_by(out)?,
            Id::EventsOf => self.drill(&relation::EVENTS_OF, out)?,
            Id::Warp => self.warp(out)?,
            Id::Filter if call.argument.is_empty() => self.begin_filter(),
            Id::Filter => self.set_filter(&call.argument, out),
            Id::ClearFilter => self.set_filter("", out),
            Id::Mark => out.push(Effect::View(ViewCommand::ToggleMark)),
            Id::MarkRange => out.push(Effect::View(ViewCommand::MarkRange)),
            Id::ClearMarks => out.push(Effect::View(ViewCommand::ClearMarks)),
            Id::Sort => self.sort(&call.argument, out)?,
            Id::PickPrevious => self.pick(-1),
            Id::PickNext => self.pick(1),
            Id::SortPrevious => self.sort_step(-1, out),
            Id::SortNext => self.sort_step(1, out),
            Id::Reverse => self.reverse(out),
            Id::Unsort => self.alter(|spec| spec.sort = None, out),
            Id::Wide => self.alter(|spec| spec.wide = !spec.wide, out),
            Id::Faults => self.alter(|spec| spec.faults = !spec.faults, out),
            Id::AllNamespaces => {
                let all = line::Open { namespaces: Some(Namespaces::All), ..line::Open::default() };
                self.open(all, out);
            }
            Id::HistoryBack => self.wander(Places::back, Text::AtBottom, out),
            Id::HistoryForward => self.wander(Places::forward, Text::AtNewest, out),
            Id::HistoryLast => self.wander(Places::last, Text::NoLast, out),
            Id::Context | Id::Namespace => {
                let columns = self.columns();
                let target = line::target(call, &Known::of(&self.snapshot, &columns));
                if let Some(open) = target.map_err(|error| error.to_string())? {
                    self.open(open, out);
                }
            }
            Id::Yaml => self.read(Form::Yaml, out)?,
            Id::Describe => self.read(Form::Describe, out)?,
            Id::SearchNext
            | Id::SearchPrevious
            | Id::ChangeNext
            | Id::ChangePrevious
            | Id::Acknowledge
            | Id::Wrap
            | Id::Managed
            | Id::Reveal
            | Id::ScrollLeft
            | Id::ScrollRight => self.in_document(call.id, out)?,
            Id::Retry => self.retry(&call.argument, out)?,
            Id::Connect => self.connect(&call.argument, out)?,
            Id::Accept
            | Id::Cancel
            | Id::CompleteNext
            | Id::CompletePrevious
            | Id::Earlier
            | Id::Later
            | Id::ClearLine
            | Id::Left
            | Id::Right
            | Id::LineStart
            | Id::LineEnd
            | Id::DeleteLeft
            | Id::DeleteRight
            | Id::DeleteWord
            | Id::DeleteWordRight
            | Id::WordLeft
            | Id::WordRight => return Err(Text::NotHere.with(&[call.id.command().name()])),
        }
        Ok(())
    }

    /// Changes how the current place is shown.
    fn alter(&mut self, change: impl FnOnce(&mut Spec), out: &mut Vec<Effect>) {
        change(self.places.current_mut());
        self.show(out);
    }

    fn half_page(&self) -> i32 {
        i32::from(self.rows / 2).max(1)
    }

    fn motion(&mut self, motion: Motion, out: &mut Vec<Effect>) {
        let page = self.size.1.saturating_sub(2).max(1);
        let help = match &mut self.ui.mode {
            Mode::Help(help) => help,
            Mode::Palette(_) => return self.choose_by(motion),
            _ => {
                out.push(Effect::View(ViewCommand::Move(motion)));
                return;
            }
        };
        let last = help.most;
        let step = |scroll: u16, rows: i32| scroll.saturating_add_signed(rows.clamp(-32_768, 32_767) as i16);
        help.scroll = match motion {
            Motion::Rows(rows) => step(help.scroll, rows),
            Motion::Pages(pages) => step(help.scroll, pages.saturating_mul(i32::from(page))),
            Motion::Top => 0,
            Motion::Bottom => last,
            Motion::Line(_) => help.scroll,
        }
        .min(last);
    }

    fn choose_by(&mut self, motion: Motion) {
        let page = isize::try_from(self.rows / 2).unwrap_or(0).max(1);
        self.choose(match motion {
            Motion::Rows(rows) => rows as isize,
            Motion::Pages(pages) => pages as isize * page,
            Motion::Top => isize::MIN / 2,
            Motion::Bottom => isize::MAX / 2,
            Motion::Line(_) => 0,
        });
    }

    fn begin_command(&mut self) {
        self.begin_command_with("");
    }

    /// Opens the command line with a text in it.
    pub(super) fn begin_command_with(&mut self, text: &str) {
        self.editor.begin();
        self.ui.mode = Mode::Command(Prompt { text: text.to_owned(), cursor: text.len(), ..Prompt::default() });
        self.offer_again();
    }

    /// Shows the namespace that has a number.
    fn favourite(&mut self, argument: &str, out: &mut Vec<Effect>) -> Result<(), String> {
        let number = argument.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let name = number.and_then(|at| self.favourites.get(at)).cloned();
        let name = name.ok_or_else(|| Text::NoFavourite.with(&[argument]))?;
        self.open(line::Open { namespaces: Some(Namespaces::Only(vec![name])), ..line::Open::default() }, out);
        Ok(())
    }

    fn begin_filter(&mut self) {
        let text = self.spec().filter.clone();
        self.editor.begin();
        self.editor.filter_before.clone_from(&text);
        let error = self.snapshot.window.filter_error.clone();
        self.ui.mode = Mode::Filter(Prompt { cursor: text.len(), text, error, ..Prompt::default() });
    }

    /// Whether rows are hidden.
    pub(super) fn is_filtered(&self) -> bool {
        // A text has no rows: that only faults are wanted is of the table behind it.
        let table = !matches!(self.spec().pane, Pane::Object(_));
        !self.spec().filter.is_empty() || (table && self.spec().faults)
    }

    /// Filters the table; says so to the view when that is another filter.
    pub(super) fn set_filter(&mut self, filter: &str, out: &mut Vec<Effect>) {
        if self.spec().filter != filter {
            filter.clone_into(&mut self.places.current_mut().filter);
            self.show(out);
        }
    }

    fn back(&mut self, out: &mut Vec<Effect>) {
        if let Mode::Help(help) = &self.ui.mode {
            if help.search.text.is_empty() {
                self.ui.mode = Mode::Table;
            } else {
                self.end_help_search(false);
            }
        } else if self.is_filtered() {
            let spec = self.places.current_mut();
            spec.filter.clear();
            spec.faults = false;
            self.show(out);
        } else if self.places.has_back() || !self.hide_demo() {
            self.wander(Places::back, Text::AtBottom, out);
        }
    }

    fn wander(&mut self, step: fn(&mut Places) -> bool, otherwise: Text, out: &mut Vec<Effect>) {
        self.leave();
        if step(&mut self.places) {
            if self.spec().within.is_none() {
                let pane = self.spec().pane.clone();
                self.remember_kind(&pane);
            }
            self.arrived();
            self.show(out);
            // Where the cursor was, it is again.
            let in_table = !matches!(self.spec().pane, Pane::Object(_));
            if let Some(row) = self.places.row().filter(|_| in_table) {
                out.push(Effect::View(ViewCommand::Focus(row.clone())));
            }
        } else {
            self.say(Tone::Quiet, otherwise.get().to_owned());
        }
    }

    /// The clusters that an argument names; without one, those marked or selected on the clusters pane.
    fn clusters_of(&self, argument: &str) -> Result<Option<Vec<ClusterId>>, String> {
        if argument.is_empty() {
            if let Pane::Object(object) = &self.spec().pane {
                return Ok(Some(vec![object.cluster]));
            }
            let rows = self.chosen().into_iter().map(|row| row.cluster).collect();
            return Ok((self.spec().pane == Pane::Clusters && self.is_window_current()).then_some(rows));
        }
        let known = Known::of(&self.snapshot, &[]);
        match line::clusters(argument, &known).map_err(|error| error.to_string())? {
            Clusters::Only(ids) => Ok(Some(ids)),
            Clusters::All | Clusters::Same => Ok(None),
        }
    }

    fn retry(&mut self, argument: &str, out: &mut Vec<Effect>) -> Result<(), String> {
        let ids = self.clusters_of(argument)?;
        let text = match &ids {
            Some(ids) if ids.is_empty() => return Err(Text::NothingSelected.get().to_owned()),
            Some(ids) => Text::Retrying.with(&[&self.names_of(ids)]),
            None => Text::RetryingAll.get().to_owned(),
        };
        self.say(Tone::Quiet, text);
        out.push(Effect::Retry(ids));
        Ok(())
    }

    fn connect(&mut self, argument: &str, out: &mut Vec<Effect>) -> Result<(), String> {
        let ids = self.clusters_of(argument)?;
        let ids = ids.unwrap_or_else(|| self.in_scope().map(|(id, _)| id).collect());
        if self.connect_idle(&ids, out) {
            return Ok(());
        }
        Err(Text::NothingIdle.get().to_owned())
    }

    /// Connects those of `ids` that are idle; says whether there were any.
    pub(super) fn connect_idle(&mut self, ids: &[ClusterId], out: &mut Vec<Effect>) -> bool {
        let is_idle = |id: &ClusterId| {
            self.snapshot.clusters.get(usize::from(id.0)).is_some_and(|line| line.state.phase == Phase::Idle)
        };
        let idle: Vec<ClusterId> = ids.iter().copied().filter(is_idle).collect();
        if idle.is_empty() {
            return false;
        }
        self.say(Tone::Quiet, Text::Connecting.with(&[&self.names_of(&idle)]));
        out.push(Effect::Connect(idle));
        true
    }
}
