//! The palette's search: commands, kinds, clusters, namespaces and places, by a few letters. Bounded in
//! work and in what it hands back, so that a fleet of ten thousand namespaces is searched within a frame.

use super::table::Call;
use crate::view::snapshot::ClusterLine;
use fuzzy_matcher::FuzzyMatcher as _;
use fuzzy_matcher::skim::SkimMatcherV2;

/// The most that are handed back.
pub const MOST: usize = 100;
/// Namespaces that are searched; there is no fleet in sight that has more.
const TRIED: usize = 50_000;

/// A command that is offered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// What it does.
    pub call: Call,
    /// As it is typed: `wide`, `sort NAME`.
    pub text: String,
    /// What it does, in a line.
    pub doc: String,
    /// Whether it can be done now.
    pub available: bool,
}

/// Everything that is searched.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Commands.
    pub commands: &'a [Offer],
    /// Kinds with their other names.
    pub kinds: &'a [(String, Vec<String>)],
    /// Clusters.
    pub clusters: &'a [ClusterLine],
    /// Namespaces.
    pub namespaces: &'a [String],
    /// Places, the last one first, as they are typed.
    pub places: &'a [String],
    /// What was used, the last one first.
    pub recent: &'a [(Sort, String)],
}

/// What sort of thing is found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sort {
    /// A place where the user has been.
    Place,
    /// A command.
    Command,
    /// A kind.
    Kind,
    /// A cluster.
    Cluster,
    /// A namespace.
    Namespace,
}

/// Something found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// What it is.
    pub sort: Sort,
    /// Its place among those of its sort.
    pub at: usize,
    /// Its text.
    pub text: String,
    /// Which characters of the text were asked for.
    pub marks: Vec<usize>,
}

/// How well something fits; less is better.
type Rank = (u8, bool, usize, i64, Sort, usize, usize);

/// The best hits for a query, and how many there are. `>` asks for commands only, `:` for kinds, `@` for
/// clusters; words in between blanks must all fit.
pub fn find(query: &str, source: &Source<'_>) -> (Vec<Hit>, usize) {
    let query = query.trim();
    let (only, query) = match query.chars().next() {
        Some('>') => (Some(Sort::Command), &query[1..]),
        Some(':') => (Some(Sort::Kind), &query[1..]),
        Some('@') => (Some(Sort::Cluster), &query[1..]),
        _ => (None, query),
    };
    let search = Search {
        words: query.split_whitespace().map(str::to_lowercase).collect(),
        matcher: SkimMatcherV2::default().ignore_case(),
    };
    let mut found: Vec<Rank> = Vec::new();
    let mut try_one =
        |sort: Sort, at: usize, text: &str, others: &mut dyn Iterator<Item = &str>, doc: &str, ready: bool| {
            if only.is_some_and(|only| only != sort) {
                return;
            }
            if let Some((class, score)) = search.fit(text, others, doc) {
                let used = source.recent.iter().position(|(other, name)| *other == sort && name == text);
                found.push((
                    class,
                    !ready,
                    used.unwrap_or(usize::MAX),
                    -score,
                    sort,
                    if search.words.is_empty() { 0 } else { text.len() },
                    at,
                ));
            }
        };
    for (at, place) in source.places.iter().enumerate() {
        try_one(Sort::Place, at, place, &mut std::iter::empty(), "", true);
    }
    for (at, offer) in source.commands.iter().enumerate() {
        let names = offer.call.id.command().names.iter().skip(1).copied();
        try_one(
            Sort::Command,
            at,
            &offer.text,
            &mut names.filter(|_| offer.call.argument.is_empty()),
            &offer.doc,
            offer.available,
        );
    }
    for (at, (kind, others)) in source.kinds.iter().enumerate() {
        try_one(Sort::Kind, at, kind, &mut others.iter().map(String::as_str), "", true);
    }
    for (at, line) in source.clusters.iter().enumerate() {
        try_one(Sort::Cluster, at, &line.name, &mut std::iter::empty(), "", true);
    }
    for (at, namespace) in source.namespaces.iter().take(TRIED).enumerate() {
        try_one(Sort::Namespace, at, namespace, &mut std::iter::empty(), "", true);
    }
    let total = found.len();
    if total > MOST {
        found.select_nth_unstable(MOST);
        found.truncate(MOST);
    }
    found.sort_unstable();
    (found.into_iter().filter_map(|rank| search.hit(rank, source)).collect(), total)
}

struct Search {
    words: Vec<String>,
    matcher: SkimMatcherV2,
}

impl Search {
    /// How well a thing fits: its name exactly, its beginning, its letters, or words of what it does.
    fn fit(&self, text: &str, others: &mut dyn Iterator<Item = &str>, doc: &str) -> Option<(u8, i64)> {
        let [first, rest @ ..] = self.words.as_slice() else { return Some((0, 0)) };
        let mut class = 3;
        if rest.is_empty() {
            let mut name = |name: &str| match name.get(..first.len()) {
                Some(head) if head.eq_ignore_ascii_case(first) => class = class.min(u8::from(name.len() > first.len())),
                _ => {}
            };
            name(text);
            others.for_each(&mut name);
        }
        if class < 3 {
            return Some((class, 0));
        }
        let score = self.words.iter().map(|word| self.score(text, word)).sum::<Option<i64>>();
        if let Some(score) = score {
            return Some((2, score));
        }
        let says = |word: &String| contains(text, word) || contains(doc, word);
        (!doc.is_empty() && self.words.iter().all(says)).then_some((3, 0))
    }

    fn score(&self, text: &str, word: &str) -> Option<i64> {
        // A single letter is in everything: only where it stands counts.
        if word.len() == 1 {
            return find_in(text, word).map(|at| -(at as i64));
        }
        has_letters(text, word).then(|| self.matcher.fuzzy_match(text, word)).flatten()
    }

    fn hit(&self, rank: Rank, source: &Source<'_>) -> Option<Hit> {
        let (_, _, _, _, sort, _, at) = rank;
        let text = match sort {
            Sort::Place => source.places.get(at)?,
            Sort::Command => &source.commands.get(at)?.text,
            Sort::Kind => &source.kinds.get(at)?.0,
            Sort::Cluster => &source.clusters.get(at)?.name,
            Sort::Namespace => source.namespaces.get(at)?,
        };
        let mut marks: Vec<usize> = self.words.iter().filter_map(|word| self.marks(text, word)).flatten().collect();
        marks.sort_unstable();
        marks.dedup();
        Some(Hit { sort, at, text: text.clone(), marks })
    }

    /// The characters of a text that a word asks for: those in a row, where they are.
    fn marks(&self, text: &str, word: &str) -> Option<Vec<usize>> {
        if let Some(at) = find_in(text, word) {
            let first = text.get(..at)?.chars().count();
            return Some((first..first + word.chars().count()).collect());
        }
        self.matcher.fuzzy_indices(text, word).map(|(_, indices)| indices)
    }
}

/// Where a word in lower case begins in a text, in bytes.
fn find_in(text: &str, word: &str) -> Option<usize> {
    if text.is_ascii() {
        return text.as_bytes().windows(word.len().max(1)).position(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    }
    text.find(word)
}

fn contains(text: &str, word: &str) -> bool {
    find_in(text, word).is_some()
}

/// Whether a text has the letters of a word in their order: cheaper than a score.
fn has_letters(text: &str, word: &str) -> bool {
    if !text.is_ascii() || !word.is_ascii() {
        return true;
    }
    let mut bytes = text.bytes();
    word.bytes().all(|letter| bytes.any(|byte| byte.eq_ignore_ascii_case(&letter)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::table::Id;
    use std::time::Instant;

    fn offer(id: Id, argument: &str, available: bool) -> Offer {
        let command = id.command();
        let text = [command.name(), argument].join(" ").trim_end().to_owned();
        Offer { call: Call { id, argument: argument.into() }, text, doc: command.doc.to_string(), available }
    }

    fn texts(query: &str, recent: &[(Sort, String)]) -> Vec<String> {
        let commands = [
            offer(Id::Wide, "", true),
            offer(Id::Reverse, "", true),
            offer(Id::Sort, "AGE", true),
            offer(Id::Connect, "", false),
            offer(Id::Quit, "", true),
        ];
        let kinds = [("pods", "po"), ("poddisruptionbudgets", "pdb"), ("deployments", "deploy"), ("nodes", "no")]
            .map(|(kind, short)| (kind.to_owned(), vec![short.to_owned()]));
        let clusters = ["prod-eu", "生産"].map(|name| ClusterLine { name: name.into(), ..ClusterLine::default() });
        let namespaces = ["default", "pods-team", "Web", "payments"].map(String::from);
        let places = ["pods payments".to_owned()];
        let source = Source {
            commands: &commands,
            kinds: &kinds,
            clusters: &clusters,
            namespaces: &namespaces,
            places: &places,
            recent,
        };
        let (hits, total) = find(query, &source);
        assert_eq!(hits.len(), total);
        for hit in &hits {
            let count = hit.text.chars().count();
            assert!(hit.marks.iter().all(|mark| *mark < count) && hit.marks.is_sorted(), "{hit:?}");
        }
        hits.into_iter().map(|hit| hit.text).collect()
    }

    #[test]
    fn exact_names_come_first_then_beginnings_then_letters_then_words_of_the_doc() {
        for (query, expected) in [
            ("pods", "pods|pods payments|pods-team"),
            ("po", "pods|pods payments|poddisruptionbudgets|pods-team"),
            ("PDB", "poddisruptionbudgets"),
            ("dply", "deployments"),
            ("q", "quit"),
            ("web", "Web"),
            ("生", "生産"),
            ("pay pod", "pods payments"),
            ("other way", "sort AGE"),
            ("connect", "connect"),
            (">w", "wide"),
            (":no", "nodes"),
            ("@pro", "prod-eu"),
            ("@", "prod-eu|生産"),
            ("zzz", ""),
            ("sort age", "sort AGE"),
        ] {
            let found = texts(query, &[]).join("|");
            assert!(found.starts_with(expected), "{query}: {found}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{query}: {found}");
        }
    }

    #[test]
    fn what_was_used_comes_before_what_fits_as_well() {
        assert_eq!(texts("de", &[])[0], "deployments");
        let recent = [(Sort::Namespace, "default".to_owned())];
        assert_eq!(texts("de", &recent)[0], "default");
        assert_eq!(texts("", &recent)[..2], ["default", "pods payments"]);
        assert_eq!(texts("", &[])[..2], ["pods payments", "wide"]);
        let all = texts("", &[]);
        assert_eq!(all.last().map(String::as_str), Some("connect"), "what cannot be done comes last: {all:?}");
    }

    #[test]
    fn ten_thousand_namespaces_are_searched_within_a_frame() {
        let namespaces: Vec<String> =
            (0..10_000).map(|i| format!("team-{:03}-{}-{i:05}", i % 700, ["prod", "stage", "dev"][i % 3])).collect();
        let kinds: Vec<_> =
            (0..500).map(|i| (format!("widgets{i}.example{}.io", i % 40), vec![format!("w{i}")])).collect();
        let source =
            Source { commands: &[], kinds: &kinds, clusters: &[], namespaces: &namespaces, places: &[], recent: &[] };
        let mut worst = std::time::Duration::ZERO;
        for query in ["", "t", "te", "team", "tmprd", "team-699 prod", "wid", "zzzz", "9"] {
            let begun = Instant::now();
            let (hits, total) = find(query, &source);
            let took = begun.elapsed();
            worst = worst.max(took);
            println!("{query:?}: {total} found in {took:?}");
            assert!(hits.len() <= MOST && (hits.is_empty() == (query == "zzzz")));
        }
        // Unoptimised and beside other tests; optimised it is about a tenth.
        assert!(worst < std::time::Duration::from_millis(1500), "{worst:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_query_panics(query in "\\PC{0,12}|[>:@ a-z生]{0,6}") {
            texts(&query, &[]);
        }
    }
}
