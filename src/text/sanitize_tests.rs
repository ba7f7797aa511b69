use super::*;
use proptest::prelude::*;

#[test]
fn clean_text_is_borrowed() {
    for text in ["", "web-7d4b9c", "a  b", "生産-東京", "café", "naïve e\u{301}", "👩‍💻 ok", "❤️", "ﾊﾟ", "100 %"]
    {
        assert!(matches!(sanitize(text), Cow::Borrowed(same) if same == text), "{text:?} → {:?}", sanitize(text));
    }
}

#[test]
fn escape_sequences_go_with_their_payload() {
    for (hostile, want) in [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;2;1;2;3mred", "red"),
        ("\x1b]0;title\x07name", "name"),
        ("\x1b]52;c;ZXZpbA==\x1b\\name", "name"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$qm\x07still\x1b\\name", "name"),
        ("\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\name", "name"),
        ("\u{9b}31mred", "red"),
        ("\u{9d}52;c;x\u{9c}name", "name"),
        ("\u{90}body\u{9c}name", "name"),
        ("\x1b(Bname", "name"),
        ("\x1bcname", "name"),
        ("name\x1b", "name"),
        ("name\x1b[", "name"),
        ("a\x1b[3\nb", "a b"),
        ("a\x1b]0;never ended", "a"),
        ("a\x1b[31é", "aé"),
    ] {
        assert_eq!(sanitize(hostile), want, "{hostile:?}");
    }
}

#[test]
fn invisible_and_reordering_characters_go() {
    for (hostile, want) in [
        ("evil\u{202e}gpj.exe", "evilgpj.exe"),
        ("a\u{200b}b\u{200c}c\u{200d}d\u{feff}e\u{2060}f", "abcdef"),
        ("\u{e0041}\u{e0042}x", "x"),
        ("a\u{ad}b\u{34f}c\u{3164}d\u{fffe}e\u{fdd0}f\u{1fffe}g", "abcdefg"),
        ("z\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}w", "z\u{300}\u{300}\u{300}\u{300}w"),
        ("\u{301}x", "x"),
        ("a\u{fe0f}b", "ab"),
    ] {
        assert_eq!(sanitize(hostile), want, "{hostile:?}");
    }
}

#[test]
fn breaks_become_one_space() {
    for (text, want) in
        [("a\r\n\r\nb", "a b"), ("a\tb", "a b"), ("a \n b", "a  b"), ("\na\n", "a"), ("a\u{2028}b\u{85}c", "a b c")]
    {
        assert_eq!(sanitize(text), want, "{text:?}");
    }
}

#[test]
fn bytes_and_blocks() {
    assert_eq!(sanitize_bytes(b"caf\xe9 \xff\xfe!"), "caf\u{fffd} \u{fffd}\u{fffd}!");
    assert_eq!(sanitize_bytes(b"\x9b31mred \x9d0;t\x07x"), "red x");
    assert_eq!(sanitize_block("a:\r\n\tb: \x1b[1mc\x1b]0;open\n  d\te\n"), "a:\n        b: c\n  d     e\n");
}

fn is_harmless(c: char) -> bool {
    !matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'
        | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}')
}

proptest! {
    #[test]
    fn nothing_harmful_is_left(text in "(\\PC|\\p{C}|\\p{M}|\u{1b}[\\[\\]P_^X]|[\u{80}-\u{9f}]|\u{200d}|👩|[ -~]){0,40}") {
        let once = sanitize(&text).into_owned();
        prop_assert!(once.chars().all(is_harmless), "{:?} → {:?}", text, once);
        let twice = sanitize(&once).into_owned();
        prop_assert_eq!(&twice, &once);
        let block = sanitize_block(&text);
        prop_assert!(block.chars().all(|c| c == '\n' || is_harmless(c)));
        prop_assert_eq!(sanitize_block(&block), block);
    }

    #[test]
    fn printable_ascii_is_left_alone(text in "[ -~]{0,60}") {
        prop_assert!(matches!(sanitize(&text), Cow::Borrowed(_)));
        prop_assert_eq!(sanitize(&text), text.as_str());
        prop_assert_eq!(sanitize_block(&text), text.as_str());
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let text = sanitize_bytes(&bytes);
        prop_assert!(text.chars().all(is_harmless));
        let again = sanitize(&text).into_owned();
        prop_assert_eq!(again, text);
    }
}
