//! What a user of few rights is told about the rest.

use crate::cluster::limited::Limits;
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;

/// Namespaces that are named before the others are only counted.
const NAMED: usize = 8;

/// What is shown in the place of all namespaces, what is refused, and what is not known: half a sentence
/// that goes on after the server's words, or nothing.
pub fn sentence(limits: &Limits) -> String {
    let mut said = Vec::new();
    if limits.read.is_empty() && limits.by_name {
        return String::new();
    }
    // All were asked about, and that is all there is to say.
    if limits.read.is_empty() && limits.refused > 1 && limits.unchecked == 0 && limits.unknown.is_none() {
        return Text::LimitedNoneOf.with(&[&limits.refused.to_string()]);
    }
    if limits.read.is_empty() {
        said.push(if limits.checking { Text::LimitedChecking } else { Text::LimitedNone }.get().to_owned());
    } else {
        let mut names = limits.read.iter().take(NAMED).map(|name| sanitize(name).into_owned()).collect::<Vec<_>>();
        if limits.read.len() > NAMED {
            names.push(Text::LimitedMore.with(&[&(limits.read.len() - NAMED).to_string()]));
        }
        let text = if limits.by_name { Text::LimitedNames } else { Text::LimitedRead };
        said.push(text.with(&[&names.join(", ")]));
    }
    let mut count = |number: usize, one: Text, many: Text| match number {
        0 => (),
        1 => said.push(one.get().to_owned()),
        number => said.push(many.with(&[&number.to_string()])),
    };
    count(limits.refused, Text::LimitedRefusedOne, Text::LimitedRefused);
    count(limits.unchecked, Text::LimitedUncheckedOne, Text::LimitedUnchecked);
    if let Some(why) = &limits.unasked {
        said.push(Text::LimitedUnasked.with(&[&sanitize(why)]));
    }
    if let Some(why) = &limits.unknown {
        said.push(Text::LimitedUnknown.with(&[&sanitize(why)]));
    }
    said.join("; ")
}

/// The server's words, and what they come to.
pub fn after(words: &str, limits: Option<&Limits>) -> String {
    match limits.map(sentence).filter(|rest| !rest.is_empty()) {
        Some(rest) => format!("{words}; {rest}"),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_told() {
        let limits = Limits {
            read: ["team-a", "team-b"].map(String::from).into(),
            refused: 1,
            unchecked: 312,
            ..Limits::default()
        };
        assert_eq!(
            sentence(&limits),
            "shown: team-a, team-b; 1 other namespace may not be read; 312 more namespaces were not checked: \
             name one with -n, or after the kind"
        );
        let many = Limits { read: (0..10).map(|i| format!("n{i}")).collect(), ..Limits::default() };
        assert!(sentence(&many).ends_with("n7, 2 more"), "{}", sentence(&many));
        let none = Limits { refused: 6, ..Limits::default() };
        assert_eq!(sentence(&none), "none of the 6 namespaces may be read");
        let none = Limits { unknown: Some("namespaces is forbidden".into()), ..Limits::default() };
        assert_eq!(
            sentence(&none),
            "no namespace is known that may be read: name one with -n, or after the kind; which namespaces there are \
             may not be read, either: namespaces is forbidden"
        );
    }
}
