//! Which keys mean which commands: one trie of key sequences a scope, read from TOML.

use super::chord::{Chord, write_all};
use super::line;
use super::table::{Call, Scope};
use crate::text::catalog::Text;
use rustc_hash::FxHashMap;
use toml::de::{DeTable, DeValue};

/// The setting that names what a file adds to.
pub const INHERITS: &str = "inherits";

/// What a key means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// Nothing, on purpose: the key does not fall through.
    Nothing,
    /// A command.
    Call(Call),
    /// What could be typed on the command line.
    Line(String),
}

/// A line of a keymap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// Where it holds.
    pub scope: Scope,
    /// The keys, one after the other.
    pub keys: Vec<Chord>,
    /// What they mean.
    pub meaning: Meaning,
}

/// What keys pressed so far mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look<'a> {
    /// Nothing is bound to them.
    Nothing,
    /// More keys must follow.
    Begun,
    /// This.
    Bound(&'a Meaning),
}

/// What is wrong with a keymap, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct KeymapError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

#[derive(Clone, Debug, Default)]
struct Node {
    next: FxHashMap<Chord, Node>,
    meaning: Option<Meaning>,
}

/// A keymap.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    tries: FxHashMap<Scope, Node>,
    bindings: Vec<Binding>,
}

/// The keymaps that come along, by name.
pub const BUILT_IN: [(&str, &str); 2] =
    [(DEFAULT, include_str!("../../keymaps/k9s.toml")), ("vim", include_str!("../../keymaps/vim.toml"))];
/// The keymap in force when the user has chosen no other; those that do not say otherwise add to it.
pub const DEFAULT: &str = "k9s";

impl Keymap {
    /// The default keymap; a test holds that it is sound.
    pub fn embedded() -> Keymap {
        let text = BUILT_IN.iter().find(|(name, _)| *name == DEFAULT).map_or("", |(_, text)| text);
        Keymap::parse(DEFAULT, text).unwrap_or_default()
    }

    /// Reads a keymap that stands for itself.
    pub fn parse(file: &str, text: &str) -> Result<Keymap, KeymapError> {
        Keymap::read(file, text).map_err(|errors| {
            let none = || KeymapError { file: file.to_owned(), line: 1, message: String::new() };
            errors.into_iter().next().unwrap_or_else(none)
        })
    }

    /// This keymap with what a file says on top of it. A key of the file hides those of its section here
    /// that begin as it does, and those that it begins with.
    pub fn extended(&self, file: &str, text: &str) -> Result<Keymap, Vec<KeymapError>> {
        let own = Keymap::read(file, text)?;
        let hides = |new: &Binding, old: &Binding| {
            new.scope == old.scope && (new.keys.starts_with(&old.keys) || old.keys.starts_with(&new.keys))
        };
        let kept = self.bindings.iter().filter(|old| !own.bindings.iter().any(|new| hides(new, old)));
        let all: Vec<Binding> = own.bindings.iter().chain(kept).cloned().collect();
        let mut keymap = Keymap::default();
        for binding in all {
            let mut node = keymap.tries.entry(binding.scope).or_default();
            for key in &binding.keys {
                node = node.next.entry(*key).or_default();
            }
            node.meaning = Some(binding.meaning.clone());
            keymap.bindings.push(binding);
        }
        Ok(keymap)
    }

    /// Reads a file; tells everything that is wrong with it.
    fn read(file: &str, text: &str) -> Result<Keymap, Vec<KeymapError>> {
        let error = |at: usize, message: String| {
            let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
            KeymapError { file: file.to_owned(), line, message }
        };
        let table = DeTable::parse(text)
            .map_err(|e| vec![error(e.span().map_or(0, |span| span.start), e.message().trim().to_owned())])?;
        let mut keymap = Keymap::default();
        let mut errors = Vec::new();
        for (name, section) in table.get_ref() {
            if name.get_ref() == INHERITS {
                continue; // whoever finds the files has seen it
            }
            let scope = Scope::ALL.into_iter().find(|scope| scope.name() == name.get_ref());
            let (Some(scope), DeValue::Table(section)) = (scope, section.get_ref()) else {
                errors.push(error(name.span().start, Text::KeymapSection.with(&[name.get_ref()])));
                continue;
            };
            // In the order of the file.
            let mut lines: Vec<_> = section.iter().collect();
            lines.sort_by_key(|(_, value)| value.span().start);
            for (keys, value) in lines {
                let bound = match value.get_ref() {
                    DeValue::String(text) => keymap.bind(scope, keys.get_ref(), text),
                    _ => Err(Text::KeymapNotText.with(&[keys.get_ref()])),
                };
                errors.extend(bound.err().map(|message| error(value.span().start, message)));
            }
        }
        errors.sort_by_key(|error| error.line);
        if errors.is_empty() { Ok(keymap) } else { Err(errors) }
    }

    fn bind(&mut self, scope: Scope, keys: &str, value: &str) -> Result<(), String> {
        let keys = Chord::parse_all(keys).map_err(|key| Text::KeymapChord.with(&[key]))?;
        let meaning = meaning(scope, value)?;
        let mut node = self.tries.entry(scope).or_default();
        for key in &keys {
            if node.meaning.is_some() {
                return Err(Text::KeymapShadow.with(&[&write_all(&keys), scope.name()]));
            }
            node = node.next.entry(*key).or_default();
        }
        if keys.is_empty() {
            return Err(Text::KeymapNoKeys.get().to_owned());
        }
        if node.meaning.is_some() {
            return Err(Text::KeymapTwice.with(&[&write_all(&keys), scope.name()]));
        }
        if !node.next.is_empty() {
            return Err(Text::KeymapShadow.with(&[&write_all(&keys), scope.name()]));
        }
        node.meaning = Some(meaning.clone());
        self.bindings.push(Binding { scope, keys, meaning });
        Ok(())
    }

    /// What `keys` mean in `scope` itself, without falling through.
    pub fn look_in(&self, scope: Scope, keys: &[Chord]) -> Look<'_> {
        let mut node = self.tries.get(&scope);
        for key in keys {
            node = node.and_then(|node| node.next.get(key));
        }
        match node {
            None => Look::Nothing,
            Some(Node { meaning: Some(meaning), .. }) => Look::Bound(meaning),
            Some(_) => Look::Begun,
        }
    }

    /// What `keys` mean in `scope`, or else in the nearest scope that it falls through to.
    pub fn look(&self, scope: Scope, keys: &[Chord]) -> Look<'_> {
        scope
            .chain()
            .map(|scope| self.look_in(scope, keys))
            .find(|look| *look != Look::Nothing)
            .unwrap_or(Look::Nothing)
    }

    /// Every binding, in the order of the file within its scope.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The bindings that hold in `scope`, the nearest first; those that a nearer one hides are left out.
    pub fn in_force(&self, scope: Scope) -> Vec<&Binding> {
        let mut found: Vec<&Binding> = Vec::new();
        for near in scope.chain() {
            for binding in self.bindings.iter().filter(|binding| binding.scope == near) {
                if !found.iter().any(|other| other.keys == binding.keys) {
                    found.push(binding);
                }
            }
        }
        found
    }
}

fn meaning(scope: Scope, value: &str) -> Result<Meaning, String> {
    if value.trim().is_empty() {
        return Ok(Meaning::Nothing);
    }
    if let Some(line) = value.strip_prefix(':') {
        return Ok(Meaning::Line(line.trim().to_owned()));
    }
    let problem = |error: String| Text::KeymapCommand.with(&[value, &error]);
    let call = line::call(value).map_err(|error| problem(error.to_string()))?;
    let call = call.ok_or_else(|| Text::KeymapNotCommand.with(&[value]))?;
    // A command makes sense where its own scope is fallen through to.
    if !scope.chain().any(|wider| wider == call.id.command().scope) {
        return Err(Text::KeymapScope.with(&[value, scope.name()]));
    }
    Ok(Meaning::Call(call))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::table::Id;

    fn keys(text: &str) -> Vec<Chord> {
        Chord::parse_all(text).unwrap()
    }

    fn bound<'a>(keymap: &'a Keymap, scope: Scope, text: &str) -> Option<(Id, &'a str)> {
        match keymap.look(scope, &keys(text)) {
            Look::Bound(Meaning::Call(call)) => Some((call.id, call.argument.as_str())),
            _ => None,
        }
    }

    #[test]
    fn the_embedded_keymap_is_sound() {
        let keymap = Keymap::parse(DEFAULT, BUILT_IN[0].1).unwrap();
        assert!(keymap.bindings().len() > 60);
        for binding in keymap.bindings() {
            assert!(matches!(binding.meaning, Meaning::Call(_)), "{binding:?}");
        }
        for (scope, key, id) in [
            (Scope::Clusters, "j", Id::MoveDown),
            (Scope::Clusters, "Enter", Id::Enter),
            (Scope::Clusters, "Ctrl-Space", Id::MarkRange),
            (Scope::Table, "Ctrl-C", Id::Quit),
            (Scope::Prompt, "Ctrl-U", Id::ClearLine),
            (Scope::Help, "?", Id::Back),
            (Scope::Table, "?", Id::Help),
        ] {
            assert_eq!(bound(&keymap, scope, key), Some((id, "")), "{key}");
        }
        assert_eq!(bound(&keymap, Scope::Table, "Shift-A"), Some((Id::Sort, "AGE")));
        assert_eq!(keymap.look(Scope::Table, &keys("Shift-C")), Look::Nothing);
    }

    #[test]
    fn every_embedded_keymap_is_sound_on_top_of_the_default() {
        for (name, text) in &BUILT_IN[1..] {
            assert!(text.contains("inherits = \"k9s\""), "{name}");
            let keymap = Keymap::embedded().extended(name, text).unwrap();
            for scope in Scope::ALL {
                let call = |id: Id| {
                    keymap
                        .in_force(scope)
                        .iter()
                        .any(|binding| matches!(&binding.meaning, Meaning::Call(call) if call.id == id))
                };
                assert!(call(Id::Quit) && call(Id::MoveTop) && call(Id::MoveDown), "{name} {scope:?}");
            }
        }
        let vim = Keymap::embedded().extended(BUILT_IN[1].0, BUILT_IN[1].1).unwrap();
        assert_eq!(vim.look(Scope::Table, &keys("g")), Look::Begun);
        assert_eq!(bound(&vim, Scope::Table, "g g"), Some((Id::MoveTop, "")));
        assert_eq!(bound(&vim, Scope::Prompt, "Ctrl-U"), Some((Id::ClearLine, "")));
        assert_eq!(bound(&vim, Scope::Clusters, "Ctrl-^"), Some((Id::HistoryLast, "")));
    }

    #[test]
    fn a_file_adds_to_a_keymap() {
        let base = Keymap::parse(
            "b",
            "[global]\nj = \"move-down\"\nk = \"move-up\"\n\"g g\" = \"move-top\"\n[table]\nr = \"retry\"\n",
        );
        let text =
            "inherits = \"b\"\n[global]\ng = \"quit\"\nk = \"\"\n\"j j\" = \"move-bottom\"\n[clusters]\nr = \"\"\n";
        let keymap = base.unwrap().extended("f", text).unwrap();
        assert_eq!(bound(&keymap, Scope::Table, "g"), Some((Id::Quit, "")), "a key takes the place of a sequence");
        assert_eq!(keymap.look(Scope::Table, &keys("j")), Look::Begun, "and a sequence that of a key");
        assert_eq!(keymap.look(Scope::Table, &keys("k")), Look::Bound(&Meaning::Nothing));
        assert_eq!(bound(&keymap, Scope::Table, "r"), Some((Id::Retry, "")));
        assert_eq!(keymap.look(Scope::Clusters, &keys("r")), Look::Bound(&Meaning::Nothing));
        assert_eq!(keymap.bindings().len(), 5);
        assert_eq!(keymap.in_force(Scope::Help)[0].keys, keys("g"), "what the user wrote is shown first");
        let errors = Keymap::embedded().extended("f", "[global]\nx = \"fly\"\n[nowhere]\n[table]\nYY = 3\nq = 3\n");
        let said: Vec<_> = errors.unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 4, "all of them: {said:?}");
        assert!(
            said[0].starts_with("f:2: ") && said[1].starts_with("f:3: ") && said[3].starts_with("f:6: "),
            "{said:?}"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_file_can_be_read(text in "(\\[(global|table|x)\\]\n|[ga\"= \n]|\"[gj C-]{0,4}\" = \"(quit|sort AGE||:pods)\"\n|\\PC){0,12}") {
            match Keymap::embedded().extended("f", &text) {
                Ok(keymap) => {
                    for binding in keymap.bindings() {
                        proptest::prop_assert_eq!(keymap.look_in(binding.scope, &binding.keys), Look::Bound(&binding.meaning));
                    }
                }
                Err(errors) => {
                    let lines = text.matches('\n').count() + 1;
                    proptest::prop_assert!(!errors.is_empty());
                    proptest::prop_assert!(errors.iter().all(|error| (1..=lines).contains(&error.line) && !error.message.is_empty()));
                }
            }
        }
    }

    #[test]
    fn sequences_and_falling_through() {
        let keymap = Keymap::parse(
            "f",
            "[global]\nx = \"quit\"\n\"g g\" = \"move-top\"\n[table]\nx = \"\"\n\"g p\" = \":pods -A\"\n",
        )
        .unwrap();
        assert_eq!(keymap.look(Scope::Table, &keys("g")), Look::Begun);
        assert_eq!(bound(&keymap, Scope::Table, "g g"), Some((Id::MoveTop, "")));
        assert_eq!(keymap.look(Scope::Clusters, &keys("g p")), Look::Bound(&Meaning::Line("pods -A".into())));
        assert_eq!(keymap.look(Scope::Help, &keys("g p")), Look::Nothing);
        assert_eq!(keymap.look(Scope::Table, &keys("x")), Look::Bound(&Meaning::Nothing));
        assert_eq!(bound(&keymap, Scope::Help, "x"), Some((Id::Quit, "")));
        assert_eq!(keymap.in_force(Scope::Table).len(), 3);
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, word) in [
            ("[global]\nj = \"quit\"\nk = \"fly\"\n", 3, "no command `fly`"),
            ("[global]\nj = \"quit\"\nJJ = \"quit\"\n", 3, "`JJ` is not a key"),
            ("[global]\n\"C-x\" = \"quit\"\n\n\"Ctrl-X\" = \"quit\"\n", 4, "bound twice"),
            ("[global]\n\"g g\" = \"quit\"\ng = \"quit\"\n", 3, "`g` begins like"),
            ("[global]\ng = \"quit\"\n\"g g\" = \"quit\"\n", 3, "`g g` begins like"),
            ("[global]\n\n\" \" = \"quit\"\n", 3, "without keys"),
            ("[global]\n[nowhere]\nj = \"quit\"\n", 2, "no section [nowhere]"),
            ("[global]\nj = \"mark\"\n", 2, "does nothing in [global]"),
            ("[table]\nj = \"connect\"\nk = \"accept\"\n", 3, "does nothing in [table]"),
            ("[table]\nj = \"wide x\"\n", 2, "takes no argument"),
            ("[global]\nj = 3\n", 2, ""),
            ("[global]\nj = \"quit\"\nj = \"quit\"\n", 3, "uplicate"),
            ("[global\n", 1, ""),
        ] {
            let error = Keymap::parse("keys.toml", text).unwrap_err();
            assert_eq!((error.file.as_str(), error.line), ("keys.toml", line), "{text:?}: {error}");
            assert!(error.to_string().contains(word), "{text:?}: {error}");
        }
    }
}
