//! What the word at the cursor of the command line could become.

use super::known::Known;
use super::table::{COMMANDS, Form, Id, Scope, named};
use super::words::{Word, words};
use crate::text::catalog::Text;
use crate::view::snapshot::ClusterLine;
use fuzzy_matcher::FuzzyMatcher as _;
use fuzzy_matcher::skim::SkimMatcherV2;

/// The most completions that are offered.
const MOST: usize = 50;

/// A completion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// What replaces the word.
    pub text: String,
    /// What it is: `kind po`, `cluster live`.
    pub about: String,
}

/// Completions, best first, of the text from `start` to the cursor.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Completions {
    /// Where the word begins, in bytes.
    pub start: usize,
    /// What it could become.
    pub items: Vec<Completion>,
}

/// What could stand at the cursor, of which `before` is the text to its left.
pub fn complete(before: &str, known: &Known<'_>) -> Completions {
    let from = before.rfind(char::is_whitespace).map_or(0, |at| at + blank_len(before, at));
    let from = from + before[from..].len() - before[from..].trim_start_matches(':').len();
    let (done, word) = before.split_at(from);
    let Some((earlier, None)) = words(done.trim_start_matches(|c: char| c == ':' || c.is_whitespace())) else {
        return Completions::default();
    };
    let place = match word.chars().next() {
        Some('/') => Place::Nothing,
        Some('@') => Place::Clusters,
        Some('-') => Place::Options,
        _ => Place::after(&earlier),
    };
    // Of a list with commas, the last name is completed.
    let from = word.rfind(',').map_or(from, |comma| from + comma + 1);
    let word = &before[from..];
    Completions { start: from, items: ranked(word, place.offers(word, known)) }
}

fn blank_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

/// What may stand at a place.
#[derive(Clone, Copy)]
enum Place {
    First,
    Clusters,
    Namespaces,
    Columns,
    Options,
    Copied,
    Nothing,
}

impl Place {
    /// What may follow these words.
    fn after(earlier: &[Word]) -> Place {
        if earlier.last().is_some_and(|word| word.text == "-n") {
            return Place::Namespaces;
        }
        let mut plain = earlier.iter().map(|word| word.text.as_str()).filter(|text| !text.starts_with(['@', '-']));
        match (plain.next(), plain.next()) {
            (None, _) => Place::First,
            (Some(first), None) => match named(first).map(|command| command.form) {
                None | Some(Form::Namespaces) => Place::Namespaces,
                Some(Form::Clusters) => Place::Clusters,
                Some(Form::Column) => Place::Columns,
                Some(Form::Copied) => Place::Copied,
                Some(Form::Filter | Form::Number | Form::Words | Form::None) => Place::Nothing,
            },
            _ => Place::Nothing,
        }
    }

    fn offers(self, word: &str, known: &Known<'_>) -> Vec<Offer> {
        let offer = |text: &String, about: Text| Offer::new(text.clone(), about.get().to_owned());
        match self {
            Place::First => first_words(known),
            Place::Columns => known.columns.iter().map(|title| offer(title, Text::AboutColumn)).collect(),
            Place::Namespaces => known.names.namespaces.iter().map(|name| offer(name, Text::AboutNamespace)).collect(),
            Place::Clusters => {
                // The names after the first of a list have no @.
                let at = if word.starts_with('@') { "@" } else { "" };
                let cluster = |line: &ClusterLine| {
                    let about = format!("{} {}", Text::AboutCluster, line.state.phase.word());
                    let quote = if line.name.contains(char::is_whitespace) { "\"" } else { "" };
                    Offer::new(format!("{at}{quote}{}{quote}", line.name), about)
                };
                known.clusters.iter().map(cluster).collect()
            }
            Place::Options => {
                let options = [
                    ("-A", Text::AllNamespaces),
                    ("-n", Text::AboutNamespace),
                    ("-l", Text::FilterLabels),
                    ("--since", Text::FilterSince),
                ];
                options.map(|(text, about)| Offer::new(text.into(), about.get().into())).into()
            }
            Place::Copied => {
                let words = ["name", "namespace", "cell", "row", "table"];
                words.map(|word| Offer::new(word.into(), Text::AboutCopied.get().into())).into()
            }
            Place::Nothing => Vec::new(),
        }
    }
}

/// Panes, kinds, then commands.
fn first_words(known: &Known<'_>) -> Vec<Offer> {
    let mut out = Vec::new();
    let opens = |id| matches!(id, Id::Context | Id::Namespace);
    let commands = || {
        COMMANDS.iter().filter(|command| command.is_typed() && command.scope != Scope::Help && command.id != Id::NotYet)
    };
    for command in commands().filter(|command| opens(command.id)) {
        out.push(Offer::named(command.names, Text::AboutPane));
    }
    for (plural, short) in &known.names.kinds {
        let about = std::iter::once(Text::AboutKind.get()).chain(short.iter().map(String::as_str));
        let about = about.collect::<Vec<_>>().join(" ");
        out.push(Offer { text: plural.clone(), others: short.clone(), about, as_found: false });
    }
    for command in commands().filter(|command| !opens(command.id)) {
        out.push(Offer::named(command.names, Text::AboutCommand));
    }
    out
}

/// A completion that may be offered, with the other names by which it is found.
struct Offer {
    text: String,
    others: Vec<String>,
    about: String,
    /// Another name that was found is put into the line itself.
    as_found: bool,
}

/// How well a word fits an offer; less is better.
type Rank = (u8, i64, usize);

impl Offer {
    fn new(text: String, about: String) -> Offer {
        Offer { text, others: Vec::new(), about, as_found: false }
    }

    fn named(names: &[&str], what: Text) -> Offer {
        let mut names = names.iter().map(ToString::to_string);
        let text = names.next().unwrap_or_default();
        let about = format!("{what} {text}");
        Offer { text, others: names.collect(), about, as_found: true }
    }

    /// The completion and how well it fits; `None` when it does not.
    fn ranked(self, word: &str, matcher: &SkimMatcherV2) -> Option<(Rank, Completion)> {
        let begins = |name: &str| name.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let class = |name: &str, prefix: u8| if name.len() == word.len() { 0 } else { prefix };
        if begins(&self.text) {
            return Some(((class(&self.text, 1), 0, self.text.len()), self.into_completion(None)));
        }
        if let Some(other) = self.others.iter().filter(|name| begins(name)).min_by_key(|name| name.len()) {
            let other = other.clone();
            return Some(((class(&other, 2), 0, self.text.len()), self.into_completion(Some(other))));
        }
        let score = matcher.fuzzy_match(&self.text, word)?;
        Some(((3, -score, self.text.len()), self.into_completion(None)))
    }

    fn into_completion(self, found: Option<String>) -> Completion {
        let text = found.filter(|_| self.as_found).unwrap_or(self.text);
        Completion { text, about: self.about }
    }
}

fn ranked(word: &str, offers: Vec<Offer>) -> Vec<Completion> {
    let matcher = SkimMatcherV2::default().ignore_case();
    let mut hits: Vec<(Rank, Completion)> = if word.is_empty() {
        offers.into_iter().map(|offer| ((0, 0, 0), offer.into_completion(None))).collect()
    } else {
        offers.into_iter().filter_map(|offer| offer.ranked(word, &matcher)).collect()
    };
    hits.sort_by_key(|(rank, _)| *rank);
    hits.truncate(MOST);
    hits.into_iter().map(|(_, completion)| completion).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::snapshot::Names;

    fn texts(before: &str) -> (usize, Vec<String>) {
        let kinds = [("pods", "po"), ("poddisruptionbudgets", "pdb"), ("deployments", "deploy"), ("services", "svc")];
        let names = Names {
            ambiguous: Vec::new(),
            complete: true,
            kinds: kinds.map(|(plural, short)| (plural.to_owned(), vec![short.to_owned()])).into(),
            namespaces: ["default", "team-a", "team-b"].map(ToOwned::to_owned).into(),
            refused: Vec::new(),
        };
        let clusters = ["live", "edge", "a b"].map(|name| ClusterLine { name: name.into(), ..ClusterLine::default() });
        let columns = ["NAME".to_owned(), "AGE".to_owned()];
        let found = complete(before, &Known { names: &names, clusters: &clusters, columns: &columns });
        (found.start, found.items.into_iter().map(|item| item.text).collect())
    }

    #[test]
    fn prefixes_come_first_then_what_has_the_letters() {
        for (before, start, expected) in [
            ("po", 0, "pods poddisruptionbudgets"),
            ("pdb", 0, "poddisruptionbudgets"),
            (":po", 1, "pods poddisruptionbudgets"),
            ("dply", 0, "deployments"),
            ("qui", 0, "quit"),
            ("q", 0, "quit"),
            ("conte", 0, "context"),
            ("po te", 3, "team-a team-b"),
            ("po team-a,te", 10, "team-a team-b"),
            ("po -n d", 6, "default"),
            ("po @l", 3, "@live"),
            ("po @live,ed", 9, "edge"),
            ("po @a", 3, "@\"a b\""),
            ("@li", 0, "@live"),
            ("@live po", 6, "pods poddisruptionbudgets"),
            ("ctx li", 4, "live"),
            ("ns te", 3, "team-a team-b"),
            ("sort a", 5, "AGE NAME"),
            ("po -", 3, "-A -n -l"),
            ("po /we", 3, ""),
            ("po /we @l", 0, ""),
            ("quit x", 5, ""),
            ("filter x", 7, ""),
            ("zzz", 0, ""),
        ] {
            let (at, found) = texts(before);
            let found: Vec<_> = found.iter().map(String::as_str).collect();
            assert!(found.join(" ").starts_with(expected), "{before}: {found:?}");
            assert_eq!(at, start, "{before}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{before}: {found:?}");
        }
        assert_eq!(texts("").1[..3], ["clusters", "ns", "pods"].map(String::from));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(before in "\\PC{0,30}") {
            let (start, _) = texts(&before);
            assert!(before.is_char_boundary(start));
        }
    }
}
