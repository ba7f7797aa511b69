//! A line's words: quotes keep blanks together, and a word that begins with `/` begins the filter,
//! which goes on to the end of the line but for scope words there.

/// A word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Its text without the quotes.
    pub text: String,
    /// Whether quotes were there.
    pub quoted: bool,
}

/// The words before the filter, and what follows the filter's `/`. `None` when a quote is not closed.
pub fn words(text: &str) -> Option<(Vec<Word>, Option<&str>)> {
    let mut words = Vec::new();
    let mut chars = text.char_indices().peekable();
    loop {
        while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        match chars.peek() {
            None => return Some((words, None)),
            Some((at, '/')) => return Some((words, text.get(at + 1..))),
            Some(_) => {}
        }
        let mut word = Word { text: String::new(), quoted: false };
        while let Some((_, c)) = chars.next_if(|(_, c)| !c.is_whitespace()) {
            if c != '"' && c != '\'' {
                word.text.push(c);
                continue;
            }
            word.quoted = true;
            loop {
                match chars.next() {
                    None => return None,
                    Some((_, end)) if end == c => break,
                    Some((_, inner)) => word.text.push(inner),
                }
            }
        }
        words.push(word);
    }
}

/// The filter in what follows its `/`, and the scope words after it: `web @live -A`.
pub fn filter_of(rest: &str) -> (&str, Vec<Word>) {
    let mut filter = rest.trim();
    let mut after = Vec::new();
    while let Some((head, last)) = filter.rsplit_once(char::is_whitespace) {
        if last != "-A" && (!last.starts_with('@') || last.len() == 1) {
            break;
        }
        after.push(Word { text: last.to_owned(), quoted: false });
        filter = head.trim_end();
    }
    (filter, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn words_and_quotes() {
        let (found, rest) = words("  po 'a b'  @\"x y\" /web /x").unwrap();
        assert_eq!(texts(&found), ["po", "a b", "@x y"]);
        assert_eq!(rest, Some("web /x"));
        assert_eq!(words("").unwrap(), (vec![], None));
        assert_eq!(words("po 'a"), None);
        assert_eq!(texts(&words("a/b").unwrap().0), ["a/b"]);
    }

    #[test]
    fn the_filter_leaves_scope_words() {
        let (filter, after) = filter_of("web front @live -A ");
        assert_eq!((filter, texts(&after)), ("web front", vec!["-A", "@live"]));
        assert_eq!(filter_of("@live"), ("@live", vec![]));
        assert_eq!(filter_of("-l app=web"), ("-l app=web", vec![]));
        assert_eq!(filter_of("!a @"), ("!a @", vec![]));
    }
}
