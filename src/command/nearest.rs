//! Which known words a mistyped one may mean.

use fuzzy_matcher::FuzzyMatcher as _;
use fuzzy_matcher::skim::SkimMatcherV2;

/// How many suggestions are made.
const MOST: usize = 3;

/// The words nearest to `word`, best first: those a slip of the finger away, else those that
/// contain its letters in order.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let word = word.to_lowercase();
    let allowed = match word.chars().count() {
        0..=1 => 0,
        2..=4 => 1,
        _ => 2,
    };
    let matcher = SkimMatcherV2::default().ignore_case();
    let mut found: Vec<(usize, i64, &str)> = known
        .into_iter()
        .filter_map(|candidate| {
            let slips = distance(&word, &candidate.to_lowercase());
            if slips <= allowed.max(usize::from(word.len() > 3)) {
                return Some((slips, 0, candidate));
            }
            let score = matcher.fuzzy_match(candidate, &word).filter(|_| word.len() > 1)?;
            Some((usize::MAX, -score, candidate))
        })
        .collect();
    found.sort_unstable();
    if found.first().is_some_and(|(slips, ..)| *slips < usize::MAX) {
        found.retain(|(slips, ..)| *slips < usize::MAX);
    }
    found.dedup_by(|a, b| a.2 == b.2);
    found.into_iter().take(MOST).map(|(_, _, candidate)| candidate.to_owned()).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, slips) in [("pods", "pods", 0), ("pdos", "pods", 1), ("", "abc", 3), ("ndoe", "nodes", 2)] {
            assert_eq!(distance(a, b), slips, "{a} {b}");
            assert_eq!(distance(b, a), slips, "{b} {a}");
        }
    }

    #[test]
    fn suggestions_are_near() {
        let known = ["pods", "nodes", "deployments", "endpoints", "poddisruptionbudgets"];
        assert_eq!(nearest("pdos", known), ["pods"]);
        assert_eq!(nearest("dpl", known), ["deployments"]);
        assert_eq!(nearest("Pod", known).first().map(String::as_str), Some("pods"));
        assert!(nearest("zzz", known).is_empty());
        assert!(nearest("", known).is_empty());
    }
}
