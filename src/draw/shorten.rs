//! Names made shorter together, so that no two of them read the same.

use crate::text::width::{ELLIPSIS, truncate_middle, width};

/// Shorter than this says nothing.
const LEAST: u16 = 3;

/// The names in texts of together at most `budget` cells, all different; whole if they fit.
/// `None` when that cannot be.
pub(super) fn together(names: &[&str], budget: u16) -> Option<Vec<String>> {
    candidates(names).find(|short| short.iter().map(|name| u32::from(width(name))).sum::<u32>() <= u32::from(budget))
}

/// The names in texts of at most `each` cells, all different; whole if they fit.
pub(super) fn each(names: &[&str], each: u16) -> Option<Vec<String>> {
    candidates(names).find(|short| short.iter().all(|name| width(name) <= each))
}

/// From whole names to ever shorter ones, ambiguous ones left out.
fn candidates<'a>(names: &'a [&'a str]) -> impl Iterator<Item = Vec<String>> + 'a {
    let start = common(names, |name, end| name.get(..end));
    let ends: Vec<&str> = names.iter().map(|name| name.get(start..).unwrap_or(name)).collect();
    let reversed: Vec<String> = ends.iter().map(|name| name.chars().rev().collect()).collect();
    let reversed: Vec<&str> = reversed.iter().map(String::as_str).collect();
    let end = common(&reversed, |name, end| name.get(..end));
    let cut = move |from: usize, to: usize| -> Vec<String> {
        let mark = |cut: usize| if cut > 0 { ELLIPSIS } else { "" };
        let inner =
            |name: &&str| name.get(from..name.len() - to).map(|core| format!("{}{core}{}", mark(from), mark(to)));
        names.iter().map(|name| inner(name).unwrap_or_else(|| (*name).to_owned())).collect()
    };
    let whole: Vec<String> = names.iter().map(ToString::to_string).collect();
    let (head, core) = (cut(start, 0), cut(start, end));
    let longest = core.iter().map(|name| width(name)).max().unwrap_or(0);
    let squeezed = (LEAST..longest).rev().map({
        let core = core.clone();
        move |limit| core.iter().map(|name| truncate_middle(name, limit).into_owned()).collect()
    });
    [whole, head, core].into_iter().chain(squeezed).filter(move |short: &Vec<String>| is_clear(names, short))
}

/// Whether every text stands for one name: none twice, none equal to another's whole name.
fn is_clear(names: &[&str], short: &[String]) -> bool {
    let mut seen: Vec<&str> = short.iter().map(String::as_str).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len() == short.len()
        && short.iter().zip(names).all(|(text, name)| text == name || !names.contains(&text.as_str()))
        || short.iter().zip(names).all(|(text, name)| text == name)
}

/// How many bytes all names have in common at their start, up to a separator, leaving something of each.
fn common<'a>(names: &[&'a str], part: impl Fn(&'a str, usize) -> Option<&'a str>) -> usize {
    let Some((first, rest)) = names.split_first().filter(|(_, rest)| !rest.is_empty()) else { return 0 };
    let separators = first.char_indices().filter(|(_, c)| "-_./:@".contains(*c)).map(|(at, c)| at + c.len_utf8());
    let holds = |end: &usize| {
        let head = part(first, *end);
        first.len() > *end && rest.iter().all(|name| name.len() > *end && part(name, *end) == head)
    };
    separators.filter(holds).max().filter(|end| *end > 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_what_all_share_first() {
        let arns =
            ["arn:aws:eks:eu-west-1:123456789012:cluster/prod", "arn:aws:eks:eu-west-1:123456789012:cluster/stage"];
        assert_eq!(together(&arns, 200).unwrap(), arns);
        assert_eq!(together(&arns, 20).unwrap(), ["…prod", "…stage"]);
        let names = ["prod-eu-west-1.example.com", "prod-us-east-1.example.com"];
        assert_eq!(together(&names, 50).unwrap(), ["…eu-west-1.example.com", "…us-east-1.example.com"]);
        assert_eq!(together(&names, 24).unwrap(), ["…eu-west…", "…us-east…"]);
        assert_eq!(each(&["production", "pre-production", "staging"], 6).unwrap(), ["pro…on", "pre…on", "sta…ng"]);
    }

    #[test]
    fn never_reads_the_same() {
        assert_eq!(together(&["aaaaaa1", "aaaaaa2"], 14).unwrap(), ["aaaaaa1", "aaaaaa2"]);
        assert_eq!(together(&["aaaaaa1", "aaaaaa2"], 6).unwrap(), ["a…1", "a…2"]);
        assert_eq!(together(&["aaaaaabbbbb", "aaaaaacbbbb"], 6), None);
        assert_eq!(together(&["prod", "prod"], 20).unwrap(), ["prod", "prod"]);
    }

    proptest! {
        #[test]
        fn holds_for_any_names(names in proptest::collection::hash_set("[ab-]{1,12}|[生b-]{1,6}", 1..6), budget in 0u16..60) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if let Some(short) = together(&names, budget) {
                prop_assert!(short.iter().map(|name| width(name)).sum::<u16>() <= budget);
                let mut unique = short.clone();
                unique.sort();
                unique.dedup();
                prop_assert_eq!(unique.len(), names.len());
            }
        }
    }
}
