//! Keys in, effects out.

use super::*;
use crate::model::state::ClusterState;
use crate::model::within::Parent;
use crate::view::snapshot::{ClusterLine, Head, Names, RowId, Window};
use crate::view::spec::{Motion, Sort};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;

mod copy;
mod demo;
mod document;
mod filter;
mod drill;
mod fleet;
mod hints;
mod palette;
mod places;
mod prompt;
mod random;
mod table;

/// An application over four clusters, with what a view would have answered.
struct Rig {
    app: App,
    snapshot: Snapshot,
}

fn cluster(name: &str, phase: Phase) -> ClusterLine {
    let state = ClusterState { phase, ..ClusterState::default() };
    ClusterLine { name: name.into(), state, ..ClusterLine::default() }
}

fn row(cluster: u16, name: &str) -> RowId {
    RowId {
        cluster: ClusterId(cluster),
        namespace: String::new(),
        name: name.into(),
        uid: String::new(),
        kind: String::new(),
    }
}

fn head(title: &str, numeric: bool) -> Head {
    Head { title: title.into(), width: 9, least: 4, numeric, identity: false, repeats: false }
}

impl Rig {
    fn with(start: Start) -> Rig {
        let kinds = [("pods", "po"), ("deployments", "deploy"), ("nodes", "no"), ("namespaces", "ns")];
        let names = Names {
            ambiguous: Vec::new(),
            complete: true,
            kinds: kinds.map(|(plural, short)| (plural.to_owned(), vec![short.to_owned()])).into(),
            namespaces: ["default", "team-a", "team-b"].map(ToOwned::to_owned).into(),
            refused: Vec::new(),
        };
        let heads = vec![
            head("NAMESPACE", false),
            head("NAME", false),
            head("STATUS", false),
            head("RESTARTS", true),
            head("AGE", true),
        ];
        let snapshot = Snapshot {
            clusters: vec![
                cluster("live", Phase::Live),
                cluster("edge-1", Phase::Idle),
                cluster("edge-2", Phase::Idle),
                cluster("old", Phase::Unreachable),
            ],
            window: Window { kind: "pods".into(), heads, ..Window::default() },
            page: None,
            names: Arc::new(names),
            // This view is never behind.
            handled: u64::MAX,
            now: 1,
            written: None,
        };
        let mut app = App::new(start);
        app.on_resize(20);
        app.on_snapshot(Arc::new(snapshot.clone()));
        Rig { app, snapshot }
    }

    fn new() -> Rig {
        Rig::with(Start::default())
    }

    /// What the view answers next.
    fn answer(&mut self, change: impl FnOnce(&mut Snapshot)) -> Vec<Effect> {
        change(&mut self.snapshot);
        self.app.on_snapshot(Arc::new(self.snapshot.clone()))
    }

    /// Shows the clusters pane, with the cursor on one of them.
    fn on_clusters(&mut self, selected: u16, marked: &[u16]) {
        self.keys(":clusters<enter>");
        let marked = marked.iter().map(|id| row(*id, "")).collect();
        self.answer(|snapshot| {
            snapshot.window =
                Window { kind: "clusters".into(), selected: Some(row(selected, "")), marked, ..Window::default() };
        });
    }

    /// Presses keys written as `jj/web<enter>`, `<ctrl-w>`, `<lt>`.
    fn keys(&mut self, keys: &str) -> Vec<Effect> {
        let mut out = Vec::new();
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
            let (key, tail) = named.unwrap_or_else(|| rest.split_at(c.len_utf8()));
            let key = match key {
                "lt" => "<",
                " " => "space",
                key => key,
            };
            out.extend(self.app.on_key(event(key)));
            rest = tail;
        }
        out
    }

    /// Presses keys; what is asked for in words, as [`words`] writes it.
    fn asks(&mut self, keys: &str) -> String {
        words(&self.keys(keys))
    }

    fn flash(&self) -> &str {
        self.app.ui().flash.as_ref().map_or("", |flash| flash.text.as_str())
    }

    fn prompt(&self) -> &ui::Prompt {
        match &self.app.ui().mode {
            Mode::Command(prompt) | Mode::Filter(prompt) => prompt,
            other => panic!("no prompt but {other:?}"),
        }
    }

    fn place(&self) -> String {
        place(self.app.spec())
    }
}

/// The event that a terminal sends for a key.
fn event(key: &str) -> KeyEvent {
    let (rest, mut modifiers) = match key.to_ascii_lowercase() {
        key if key.starts_with("ctrl-") => (key[5..].to_owned(), KeyModifiers::CONTROL),
        key if key.starts_with("shift-") => (key[6..].to_owned(), KeyModifiers::SHIFT),
        key if key.starts_with("alt-") => (key[4..].to_owned(), KeyModifiers::ALT),
        _ => (key.to_owned(), KeyModifiers::NONE),
    };
    let mut code = match rest.to_ascii_lowercase().as_str() {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        "space" => KeyCode::Char(' '),
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        _ => KeyCode::Char(rest.chars().next().unwrap()),
    };
    if (code, modifiers) == (KeyCode::Tab, KeyModifiers::SHIFT) {
        code = KeyCode::BackTab;
    }
    if let KeyCode::Char(c) = code
        && (c.is_uppercase() || modifiers == KeyModifiers::SHIFT)
    {
        code = KeyCode::Char(c.to_ascii_uppercase());
        modifiers |= KeyModifiers::SHIFT;
    }
    KeyEvent::new(code, modifiers)
}

/// `pods all` with `@0,1`, `/filter`, `+AGE` and `wide` where they apply.
fn place(spec: &Spec) -> String {
    let mut out = match &spec.pane {
        Pane::Clusters => "CLUSTERS".to_owned(),
        Pane::Kind(kind) => kind.clone(),
        Pane::Object(object) => {
            return format!(
                "{:?} {} {}/{} {} @{} /{}",
                object.form, object.kind, object.namespace, object.name, object.uid, object.cluster.0, spec.filter
            );
        }
    };
    out += " ";
    out += &match &spec.namespaces {
        Namespaces::All => "all".to_owned(),
        Namespaces::OfContext => "own".to_owned(),
        Namespaces::Only(names) => names.join(","),
    };
    if let Some(ids) = &spec.clusters {
        out += " @";
        out += &ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(",");
    }
    if !spec.filter.is_empty() {
        out += " /";
        out += &spec.filter;
    }
    if let Some(Sort { column, descending }) = &spec.sort {
        out += if *descending { " -" } else { " +" };
        out += column;
    }
    if spec.wide {
        out += " wide";
    }
    if let Some(within) = &spec.within {
        let parent = |parent: &Parent| format!("{}:{}/{}", parent.cluster.0, parent.namespace, parent.name);
        let parents: Vec<_> = within.parents.iter().map(parent).collect();
        out = format!("{out} in {} {}", within.kind, parents.join(" "));
    }
    out
}

/// Effects in words.
fn words(effects: &[Effect]) -> String {
    let ids = |ids: &[ClusterId]| ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(",");
    let word = |effect: &Effect| match effect {
        Effect::View(ViewCommand::Show(spec)) => place(spec),
        Effect::View(ViewCommand::Move(Motion::Rows(rows))) => format!("{rows:+}"),
        Effect::View(ViewCommand::Move(motion)) => format!("{motion:?}").to_lowercase(),
        Effect::View(ViewCommand::Write(of)) => format!("write {:?}", of.what).to_lowercase(),
        Effect::View(ViewCommand::Focus(row)) => format!("focus {}/{}", row.cluster.0, row.name),
        Effect::View(command) => format!("{command:?}").to_lowercase(),
        Effect::Connect(which) => format!("connect {}", ids(which)),
        Effect::Retry(None) => "retry".to_owned(),
        Effect::Retry(Some(which)) => format!("retry {}", ids(which)),
        Effect::Copy { text, what } => format!("copy {what}: {text}"),
        Effect::Save { text, what, name } => format!("save {what} as {name}: {text}"),
        Effect::Redraw => "redraw".to_owned(),
        Effect::Quit => "quit".to_owned(),
    };
    effects.iter().map(word).collect::<Vec<_>>().join("; ")
}
