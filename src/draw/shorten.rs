//! Names made shorter together, so that no two of them read the same.

use crate::text::width::{ELLIPSIS, truncate_middle, width};

/// Shorter than this says nothing.
const LEAST: u16 = 3;

/// The names in texts of together at most `budget` cells; whole if they fit, else each cut so that it
/// can stand for no other name of `all`, to `least` cells at the shortest. `None` when that cannot be.
pub(super) fn together(names: &[&str], all: &[&str], least: u16, budget: u16) -> Option<Vec<String>> {
    let sum = |short: &[String]| short.iter().map(|name| u32::from(width(name))).sum::<u32>();
    candidates(names, all, least).find(|short| sum(short) <= u32::from(budget))
}

/// The names in texts of at most `each` cells, of which each can stand for one name only.
pub(super) fn each(names: &[&str], each: u16) -> Option<Vec<String>> {
    candidates(names, names, LEAST).find(|short| short.iter().all(|name| width(name) <= each))
}

/// From whole names to ever shorter ones, ambiguous ones left out.
fn candidates<'a>(names: &'a [&'a str], all: &'a [&'a str], least: u16) -> impl Iterator<Item = Vec<String>> + 'a {
    let start = common(names);
    let rests: Vec<String> = names.iter().map(|name| name.chars().skip(start).collect()).collect();
    let reversed: Vec<String> = rests.iter().map(|name| name.chars().rev().collect()).collect();
    let end = common(&reversed.iter().map(String::as_str).collect::<Vec<_>>());
    let cut = |start: usize, end: usize| -> Vec<String> {
        let mark = |cut: usize| if cut > 0 { ELLIPSIS } else { "" };
        let inner =
            |name: &str| -> String { name.chars().skip(start).take(name.chars().count() - start - end).collect() };
        names.iter().map(|name| format!("{}{}{}", mark(start), inner(name), mark(end))).collect()
    };
    let (whole, head, core) = (cut(0, 0), cut(start, 0), cut(start, end));
    let longest = core.iter().map(|name| width(name)).max().unwrap_or(0);
    let squeezed = (least.max(LEAST)..longest).rev().map({
        let core = core.clone();
        move |limit| core.iter().map(|name| truncate_middle(name, limit).replace("……", ELLIPSIS)).collect()
    });
    let first = whole.clone();
    let clear = move |short: &Vec<String>| *short == first || short.iter().all(|text| stands_for(text, all) <= 1);
    [whole, head, core].into_iter().chain(squeezed).filter(clear)
}

/// How many names a shortened one could stand for.
fn stands_for(short: &str, all: &[&str]) -> usize {
    let parts: Vec<&str> = short.split(ELLIPSIS).collect();
    let fits = |name: &&&str| {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
        if parts.len() == 1 {
            return **name == short;
        }
        let inner = name.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
        let mut rest = inner;
        for part in parts.get(1..parts.len() - 1).unwrap_or_default() {
            rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, after)| after);
        }
        rest.is_some()
    };
    all.iter().filter(fits).count()
}

/// How many characters all names have in common at their start, up to a separator, leaving something of each.
fn common(names: &[&str]) -> usize {
    let Some((first, rest)) = names.split_first().filter(|(_, rest)| !rest.is_empty()) else { return 0 };
    let holds = |end: &usize| {
        let head: Vec<char> = first.chars().take(*end).collect();
        names.iter().all(|name| name.chars().count() > *end)
            && rest.iter().all(|name| name.chars().take(*end).eq(head.iter().copied()))
    };
    let separators = first.chars().enumerate().filter(|(_, c)| "-_./:@".contains(*c)).map(|(at, _)| at + 1);
    separators.filter(holds).max().filter(|end| *end > 1).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_what_all_share_first() {
        let arns =
            ["arn:aws:eks:eu-west-1:123456789012:cluster/prod", "arn:aws:eks:eu-west-1:123456789012:cluster/stage"];
        assert_eq!(together(&arns, &arns, 3, 200).unwrap(), arns);
        assert_eq!(together(&arns, &arns, 3, 20).unwrap(), ["…prod", "…stage"]);
        let names = ["prod-eu-west-1.example.com", "prod-us-east-1.example.com"];
        assert_eq!(together(&names, &names, 3, 50).unwrap(), ["…eu-west-1.example.com", "…us-east-1.example.com"]);
        assert_eq!(together(&names, &names, 3, 24).unwrap(), ["…eu-west…", "…us-east…"]);
        assert_eq!(each(&["production", "pre-production", "staging"], 6).unwrap(), ["pro…on", "pre…on", "sta…ng"]);
    }

    #[test]
    fn never_reads_the_same() {
        assert_eq!(together(&["aaaaaa1", "aaaaaa2"], &["aaaaaa1", "aaaaaa2"], 3, 14).unwrap(), ["aaaaaa1", "aaaaaa2"]);
        assert_eq!(together(&["aaaaaa1", "aaaaaa2"], &["aaaaaa1", "aaaaaa2"], 3, 6).unwrap(), ["a…1", "a…2"]);
        assert_eq!(together(&["aaaaaabbbbb", "aaaaaacbbbb"], &["aaaaaabbbbb", "aaaaaacbbbb"], 3, 6), None);
        assert_eq!(together(&["prod", "prod"], &["prod", "prod"], 3, 20).unwrap(), ["prod", "prod"]);
    }

    proptest! {
        #[test]
        fn holds_for_any_names(names in proptest::collection::hash_set("[ab-]{1,12}|[生b-]{1,6}", 1..6), budget in 0u16..60) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if let Some(short) = together(&names, &names, 3, budget) {
                prop_assert!(short.iter().map(|name| width(name)).sum::<u16>() <= budget);
                let mut unique = short.clone();
                unique.sort();
                unique.dedup();
                prop_assert_eq!(unique.len(), names.len());
            }
        }
    }
}
