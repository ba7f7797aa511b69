//! The palette: everything that can be gone to and done, by a few letters.

use super::ui::{Mode, Palette, PaletteItem, Prompt};
use super::{App, Effect};
use crate::command::chord::write_all;
use crate::command::keymap::{Binding, Meaning};
use crate::command::line::{Clusters, Open};
use crate::command::palette::{self, Hit, Offer, Sort, Source};
use crate::command::pane;
use crate::command::table::{COMMANDS, Call, Form, Id, Scope};
use crate::model::draft::Tone;
use crate::model::state::Phase;
use crate::text::catalog::Text;
use crate::view::spec::{ClusterId, Namespaces, Spec};

/// How many things used are remembered.
const MOST: usize = 30;
/// How many places are offered.
const PLACES: usize = 20;

/// Kinds to choose from, and what is asked for of the one that is chosen.
#[derive(Clone, Debug)]
struct Pick {
    kinds: Vec<(String, Vec<String>)>,
    open: Open,
}

/// What the palette knows beside what the screen shows of it.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The hits on the screen, in order.
    hits: Vec<Hit>,
    offers: Vec<Offer>,
    places: Vec<(String, Spec)>,
    /// What was used, the last one first.
    recent: Vec<(Sort, String)>,
    /// The kinds to choose from, where a word names several, and what was asked for of them.
    pick: Option<Pick>,
}

impl State {
    /// Something was used.
    pub fn used(&mut self, sort: Sort, name: &str) {
        self.recent.retain(|(other, known)| *other != sort || known != name);
        self.recent.insert(0, (sort, name.to_owned()));
        self.recent.truncate(MOST);
    }
}

impl App {
    /// Opens the palette with a text in it.
    pub(super) fn begin_palette(&mut self, text: &str) {
        self.editor.begin();
        self.palette.pick = None;
        self.palette.offers = self.offers();
        let current = self.spec().clone();
        self.palette.places = self
            .places
            .recent()
            .filter(|spec| **spec != current)
            .take(PLACES)
            .map(|spec| (self.place_words(spec), spec.clone()))
            .collect();
        let prompt = Prompt { text: text.to_owned(), cursor: text.len(), ..Prompt::default() };
        self.ui.mode = Mode::Palette(Palette { prompt, ..Palette::default() });
        self.search_palette();
    }

    /// Lets one of the kinds be chosen that a word names.
    pub(super) fn begin_pick(&mut self, kinds: Vec<String>, open: Open) {
        self.begin_palette("");
        (self.palette.offers, self.palette.places) = (Vec::new(), Vec::new());
        let kinds = kinds.into_iter().map(|kind| (kind, Vec::new())).collect();
        self.palette.pick = Some(Pick { kinds, open });
        self.search_palette();
        self.say(Tone::Warn, Text::PickKind.get().to_owned());
    }

    /// The kinds that can be gone to.
    fn palette_kinds(&self) -> &[(String, Vec<String>)] {
        self.palette.pick.as_ref().map_or(&self.snapshot.names.kinds, |pick| &pick.kinds)
    }

    /// Searches for what is typed.
    pub(super) fn search_palette(&mut self) {
        let Mode::Palette(open) = &self.ui.mode else { return };
        let places: Vec<String> = self.palette.places.iter().map(|(words, _)| words.clone()).collect();
        let picks = self.palette.pick.is_some();
        let source = Source {
            commands: &self.palette.offers,
            kinds: self.palette_kinds(),
            clusters: if picks { &[] } else { &self.snapshot.clusters },
            namespaces: if picks { &[] } else { &self.snapshot.names.namespaces },
            places: &places,
            recent: &self.palette.recent,
        };
        let (hits, total) = palette::find(&open.prompt.text, &source);
        let items: Vec<PaletteItem> = hits.iter().map(|hit| self.item(hit)).collect();
        self.palette.hits = hits;
        if let Mode::Palette(open) = &mut self.ui.mode {
            (open.items, open.total, open.chosen) = (items, total, 0);
        }
    }

    /// Names have come: the same question may have other answers, and the choice stays where it can.
    pub(super) fn search_palette_again(&mut self) {
        let Mode::Palette(open) = &self.ui.mode else { return };
        let chosen = open.items.get(open.chosen).cloned();
        self.search_palette();
        if let (Mode::Palette(open), Some(chosen)) = (&mut self.ui.mode, chosen) {
            let same = |item: &PaletteItem| item.text == chosen.text && item.about == chosen.about;
            open.chosen = open.items.iter().position(same).unwrap_or(0);
        }
    }

    /// Moves the choice.
    pub(super) fn choose(&mut self, step: isize) {
        if let Mode::Palette(open) = &mut self.ui.mode {
            let last = open.items.len().saturating_sub(1);
            open.chosen = match step {
                // From one end to the other only step by step.
                -1 if open.chosen == 0 => last,
                1 if open.chosen >= last => 0,
                step => open.chosen.saturating_add_signed(step).min(last),
            };
        }
    }

    fn chosen_hit(&self) -> Option<Hit> {
        let Mode::Palette(open) = &self.ui.mode else { return None };
        self.palette.hits.get(open.chosen).cloned()
    }

    /// Does what is chosen; what cannot be done is said, and the palette stays.
    pub(super) fn accept_palette(&mut self, out: &mut Vec<Effect>) -> Result<(), String> {
        let Some(hit) = self.chosen_hit() else { return Ok(()) };
        if hit.sort == Sort::Command
            && let Some(why) = self.palette.offers.get(hit.at).and_then(|offer| self.why_not(&offer.call))
        {
            return Err(why);
        }
        self.ui.mode = Mode::Table;
        self.palette.used(hit.sort, &hit.text);
        match hit.sort {
            Sort::Command => {
                let call = self.palette.offers.get(hit.at).map(|offer| offer.call.clone());
                return call.map_or(Ok(()), |call| self.perform(&call, out));
            }
            Sort::Kind => {
                let pane = Some(pane::for_kind(&hit.text));
                let asked = self.palette.pick.take().map(|pick| pick.open).unwrap_or_default();
                self.open(Open { pane, ..asked }, out);
            }
            Sort::Cluster => {
                self.open(Open { clusters: Clusters::Only(vec![ClusterId(hit.at as u16)]), ..Open::default() }, out);
            }
            Sort::Namespace => {
                self.open(Open { namespaces: Some(Namespaces::Only(vec![hit.text])), ..Open::default() }, out);
            }
            Sort::Place => {
                if let Some((_, spec)) = self.palette.places.get(hit.at).cloned() {
                    self.go_to(spec, out);
                }
            }
        }
        Ok(())
    }

    /// Puts what is chosen into the command line, to be gone on with.
    pub(super) fn complete_palette(&mut self) {
        let Some(hit) = self.chosen_hit() else { return };
        let quoted =
            |name: &str| if name.contains(char::is_whitespace) { format!("\"{name}\"") } else { name.to_owned() };
        let text = match hit.sort {
            Sort::Command => {
                let goes_on =
                    |offer: &&Offer| offer.call.id.command().form != Form::None && offer.call.argument.is_empty();
                let more = self.palette.offers.get(hit.at).filter(goes_on);
                format!("{}{}", hit.text, if more.is_some() { " " } else { "" })
            }
            Sort::Kind => format!("{} ", hit.text),
            Sort::Cluster => format!("{} @{} ", self.kind, quoted(&hit.text)),
            Sort::Namespace => format!("{} {} ", self.kind, hit.text),
            Sort::Place => hit.text,
        };
        self.begin_command_with(&text);
    }

    /// The commands that the palette offers: each by itself, and with the arguments that keys give it.
    fn offers(&self) -> Vec<Offer> {
        let plain = COMMANDS.iter().filter(|command| command.is_typed() && command.scope != Scope::Help);
        let plain = plain.map(|command| Call { id: command.id, argument: String::new() });
        let needs_no_more = |call: &Call| !matches!(call.id, Id::NotYet | Id::Favourite | Id::Palette);
        let mut calls: Vec<Call> = plain.filter(needs_no_more).collect();
        for binding in self.keymap.in_force(self.table_scope()) {
            if let Meaning::Call(call) = &binding.meaning
                && !matches!(call.id, Id::NotYet | Id::Favourite)
                && !call.argument.is_empty()
                && !calls.contains(call)
            {
                calls.push(call.clone());
            }
        }
        let offer = |call: Call| Offer {
            text: format!("{} {}", call.id.command().name(), call.argument).trim_end().to_owned(),
            doc: super::hints::does(&call),
            available: self.why_not(&call).is_none(),
            call,
        };
        // What the hints name comes first, then what is for now, then how to move.
        let moves = |call: &Call| call.id as usize <= Id::MoveBottom as usize;
        calls.sort_by_key(|call| (moves(call), call.id.command().hint.map_or(u8::MAX, |(rank, _)| rank)));
        calls.into_iter().map(offer).collect()
    }

    /// What the screen shows of a hit.
    fn item(&self, hit: &Hit) -> PaletteItem {
        let mut item = PaletteItem { text: hit.text.clone(), marks: hit.marks.clone(), ..PaletteItem::default() };
        match hit.sort {
            Sort::Command => {
                item.about = Text::AboutCommand.to_string();
                if let Some(offer) = self.palette.offers.get(hit.at) {
                    item.doc.clone_from(&offer.doc);
                    item.keys = self.keys_for(|meaning| matches!(meaning, Meaning::Call(call) if *call == offer.call));
                    item.why_not = self.why_not(&offer.call);
                }
            }
            Sort::Kind => {
                item.about = Text::AboutKind.to_string();
                let others = self.palette_kinds().get(hit.at).map(|(_, others)| others.join(" "));
                item.doc = others.unwrap_or_default();
                item.keys = self.keys_for(|meaning| matches!(meaning, Meaning::Line(line) if line.split_whitespace().next() == Some(&hit.text)));
                let refused = self.snapshot.names.refused.iter().find(|(kind, _)| *kind == hit.text);
                item.why_not = refused.map(|(_, words)| Text::WhyForbidden.with(&[words]));
            }
            Sort::Cluster => {
                item.about = Text::AboutCluster.to_string();
                if let Some(line) = self.snapshot.clusters.get(hit.at) {
                    let phase = line.state.phase;
                    item.doc = Text::PaletteScope.to_string();
                    item.why_not = match phase {
                        Phase::Live | Phase::Throttled | Phase::Connecting => None,
                        Phase::Idle => Some(Text::WhyIdle.to_string()),
                        _ => Some(format!("{}: {}", phase.word(), line.state.reason)),
                    };
                }
            }
            Sort::Namespace => {
                item.about = Text::AboutNamespace.to_string();
                item.doc = Text::PaletteNamespace.with(&[&self.kind]);
            }
            Sort::Place => item.about = Text::AboutPlace.to_string(),
        }
        item
    }

    /// The keys that mean this here.
    fn keys_for(&self, means: impl Fn(&Meaning) -> bool) -> String {
        let in_force = self.keymap.in_force(self.table_scope());
        let keys = in_force.into_iter().filter(|binding: &&Binding| means(&binding.meaning));
        keys.map(|binding| write_all(&binding.keys)).take(2).collect::<Vec<_>>().join(", ")
    }

    /// Why a command can do nothing here and now, in a sentence.
    pub(super) fn why_not(&self, call: &Call) -> Option<String> {
        let command = call.id.command();
        let spec = self.spec();
        let nothing = || self.chosen().is_empty() || !self.is_window_current();
        if let Some(why) = self.why_never(command.mutates) {
            return Some(why);
        }
        if !self.table_scope().chain().any(|scope| scope == command.scope) {
            return Some(Text::WhyElsewhere.with(&[command.scope.title().get()]));
        }
        let text = match call.id {
            Id::Enter if pane::of(&spec.pane).enter == pane::Enter::Nothing => {
                return Some(Text::NotOpenable.with(&[&self.snapshot.window.kind]));
            }
            Id::Copy if call.argument == "table" => self.snapshot.window.rows.is_empty().then_some(Text::WhyNoRows),
            Id::Save => self.snapshot.window.rows.is_empty().then_some(Text::WhyNoRows),
            Id::Enter | Id::Copy | Id::Mark | Id::MarkRange if nothing() => Some(Text::NothingSelected),
            Id::Copy if call.argument == "cell" && self.ui.picked.is_none() => Some(Text::WhyNoColumn),
            Id::Copy if call.argument == "namespace" && self.chosen().iter().all(|row| row.namespace.is_empty()) => {
                Some(Text::NoNamespace)
            }
            Id::ClearFilter => spec.filter.is_empty().then_some(Text::WhyNoFilter),
            Id::ClearMarks => self.snapshot.window.marked.is_empty().then_some(Text::WhyNoMarks),
            Id::Unsort => spec.sort.is_none().then_some(Text::WhyNoOrder),
            Id::Sort if call.argument.is_empty() => self.ui.picked.is_none().then_some(Text::WhyNoColumn),
            Id::Back => (!self.is_filtered() && !self.places.has_back()).then_some(Text::WhyNoBack),
            Id::HistoryBack => (!self.places.has_back()).then_some(Text::WhyNoBack),
            Id::HistoryForward => (!self.places.has_forward()).then_some(Text::AtNewest),
            Id::HistoryLast => (!self.places.has_last()).then_some(Text::NoLast),
            Id::AllNamespaces => (spec.namespaces == Namespaces::All).then_some(Text::WhyAllNamespaces),
            Id::Connect => (!self.in_scope().any(|(_, phase)| phase == Phase::Idle)).then_some(Text::NothingIdle),
            Id::Demo => self.ui.demo.is_none().then_some(Text::DemoNone),
            Id::Retry => self.in_scope().all(|(_, phase)| phase == Phase::Live).then_some(Text::WhyAllLive),
            _ => None,
        };
        text.map(|text| text.to_string())
    }

    /// Why a command that changes a cluster may not be run here and now.
    pub(super) fn why_never(&self, mutates: bool) -> Option<String> {
        match (mutates, self.ui.read_only) {
            (false, _) => None,
            (true, true) => Some(Text::WhyReadOnly.to_string()),
            (true, false) => self.why_not_live(),
        }
    }

    /// Why nothing may be done to the chosen rows for now: what they show was true once.
    fn why_not_live(&self) -> Option<String> {
        let lines = self.chosen().into_iter().filter_map(|row| self.snapshot.clusters.get(usize::from(row.cluster.0)));
        let lost = |phase| !matches!(phase, Phase::Live | Phase::Throttled);
        let line = lines.into_iter().find(|line| lost(line.state.phase))?;
        Some(Text::WhyStale.with(&[&line.name, line.state.phase.word()]))
    }

    /// A place as it could be typed.
    fn place_words(&self, spec: &Spec) -> String {
        let mut words = match &spec.pane {
            crate::view::spec::Pane::Clusters => "clusters".to_owned(),
            crate::view::spec::Pane::Kind(kind) => kind.clone(),
            crate::view::spec::Pane::Object(object) => return object.words(),
        };
        let mut add = |word: &str| {
            words.push(' ');
            words.push_str(word);
        };
        if pane::of(&spec.pane).kind.is_none() {
            match &spec.namespaces {
                Namespaces::All => add("-A"),
                Namespaces::OfContext => {}
                Namespaces::Only(names) => add(&names.join(",")),
            }
        }
        if let Some(ids) = &spec.clusters {
            add(&format!("@{}", self.names_of(ids).replace(", ", ",")));
        }
        if !spec.filter.is_empty() {
            add(&format!("/{}", spec.filter));
        }
        words
    }
}
