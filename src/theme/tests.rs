use super::*;
use colour::contrast;
use ratatui::style::{Color, Modifier};

const DEPTHS: [Depth; 4] = [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::Rgb];

#[test]
fn built_in_themes_load_at_every_depth() {
    for (name, text) in BUILT_IN {
        for depth in DEPTHS {
            let theme = Theme::parse(name, text, depth, &glyphs::UNICODE).unwrap();
            for scope in Scope::ALL {
                let style = theme.style(scope);
                for color in [style.fg, style.bg].into_iter().flatten() {
                    let fits = match depth {
                        Depth::None => color == Color::Reset,
                        Depth::Ansi16 => !matches!(color, Color::Rgb(..) | Color::Indexed(_)),
                        Depth::Ansi256 => matches!(color, Color::Indexed(_)),
                        Depth::Rgb => matches!(color, Color::Rgb(..)),
                    };
                    assert!(fits, "{name} at {depth:?}: {} is {color}", scope.name());
                }
            }
            let cursor = theme.style(Scope::Cursor);
            assert!(
                cursor.bg != Some(Color::Reset) || cursor.add_modifier.contains(Modifier::REVERSED),
                "{name} {depth:?}"
            );
        }
    }
}

#[test]
fn texts_can_be_read() {
    for (name, text) in BUILT_IN {
        let sheet = load::read(text).map_err(|(_, what)| what).unwrap();
        let shades = load::shades(&sheet).unwrap();
        let ground = colour::Shade::hex(sheet.background.as_deref().unwrap()).unwrap();
        for (scope, rule) in &sheet.scopes {
            let rule = rule.get_ref();
            let of = |name: &Option<String>| name.as_ref().map(|name| shades[name.as_str()].rgb);
            let ratio = contrast(of(&rule.fg).unwrap(), of(&rule.bg).unwrap_or(ground));
            assert!(ratio >= 4.5, "{name}: {} has a contrast of {ratio:.2}", scope.get_ref());
        }
    }
}

#[test]
fn errors_name_file_and_line() {
    let error = |text: &str| Theme::parse("my.toml", text, Depth::Rgb, &glyphs::UNICODE).unwrap_err().to_string();
    let base = "background = \"#000000\"\n[palette]\nred = \"#ff0000\"\n[scopes]\n";
    assert_eq!(error(&format!("{base}\"ui.txt\" = {{ fg = \"red\" }}\n")), "my.toml:5: no scope is named \"ui.txt\"");
    assert_eq!(
        error(&format!("{base}\"ui.text\" = {{ fg = \"rot\" }}\n")),
        "my.toml:5: the palette has no colour \"rot\""
    );
    assert_eq!(
        error(&format!("{base}\"ui.text\" = {{ add = [\"blod\"] }}\n")),
        "my.toml:5: no attribute is named \"blod\""
    );
    assert_eq!(error(base), "my.toml:1: the scope \"ui.text\" is missing");
    assert_eq!(
        error("background = \"#000000\"\n[palette]\nred = \"ff\"\n[scopes]\n"),
        "my.toml:3: \"ff\" is not a colour; write \"#rrggbb\""
    );
    assert!(error("background = \"#000000\"\n[palette\n").starts_with("my.toml:2: "));
}

#[test]
fn a_file_may_say_only_what_differs() {
    let dark = ("dark", BUILT_IN[0].1);
    let load = |text: &str| Theme::layered(&[dark, ("my.toml", text)], Depth::Rgb, &glyphs::UNICODE);
    let same = load("inherits = \"dark\"\n").unwrap();
    let base = Theme::built_in("dark", Depth::Rgb, &glyphs::UNICODE).unwrap();
    let differ =
        |theme: &Theme| Scope::ALL.into_iter().filter(|scope| theme.style(*scope) != base.style(*scope)).count();
    assert_eq!(differ(&same), 0);
    let one = load("[scopes]\n\"ui.text\" = { fg = \"red\", add = [\"bold\"] }\n").unwrap();
    assert_eq!((differ(&one), one.style(Scope::Text).fg), (1, base.style(Scope::StatusBad).fg));
    let shade =
        load("[palette]\nred = \"#010203\"\nmine = \"#040506\"\n[scopes]\ncursor = { bg = \"mine\" }\n").unwrap();
    assert_eq!(shade.style(Scope::StatusBad).fg, Some(Color::Rgb(1, 2, 3)), "a colour changes wherever it is used");
    assert_eq!(shade.style(Scope::Cursor).bg, Some(Color::Rgb(4, 5, 6)));
    for (text, want) in [
        ("\n[palette]\nred = \"no\"\n", "my.toml:3: \"no\" is not a colour; write \"#rrggbb\""),
        ("[scopes]\n\"ui.text\" = { fg = \"rot\" }\n", "my.toml:2: the palette has no colour \"rot\""),
        ("[scope]\n", "my.toml:1: "),
        ("[scopes]\n\"ui.text\" = 3\n", "my.toml:2: "),
    ] {
        let error = load(text).unwrap_err().to_string();
        assert!(error.starts_with(want), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn any_file_can_be_read(text in "(\\[(palette|scopes)\\]\n|[a\"= {}\n]|(red|\"ui.text\") = (\"#12345[6g]\"|\\{ fg = \"(red|ink|x)\" \\})\n|\\PC){0,12}") {
        let files = [(DEFAULT, BUILT_IN[0].1), ("my.toml", text.as_str())];
        if let Err(error) = Theme::layered(&files, Depth::Ansi16, &glyphs::ASCII) {
            proptest::prop_assert_eq!(&error.file, "my.toml");
            proptest::prop_assert!((1..=text.matches('\n').count() + 1).contains(&error.line), "{}", error);
        }
    }
}

#[test]
fn the_environment_decides() {
    let with = |pairs: &'static [(&str, &str)]| {
        move |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    assert_eq!(Depth::detect(with(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")])), Depth::Rgb);
    assert_eq!(Depth::detect(with(&[("TERM", "xterm-256color")])), Depth::Ansi256);
    assert_eq!(Depth::detect(with(&[("TERM", "xterm")])), Depth::Ansi16);
    assert_eq!(Depth::detect(with(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")])), Depth::None);
    assert_eq!(Glyphs::detect(with(&[("LANG", "de_DE.UTF-8"), ("TERM", "xterm")])), &glyphs::UNICODE);
    assert_eq!(Glyphs::detect(with(&[("LANG", "de_DE.UTF-8"), ("TERM", "linux")])), &glyphs::ASCII);
    assert_eq!(Glyphs::detect(with(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")])), &glyphs::ASCII);
    assert_eq!(Glyphs::detect(with(&[])), &glyphs::ASCII);
}

#[test]
fn glyphs_are_one_cell_wide() {
    for set in [&glyphs::UNICODE, &glyphs::ASCII] {
        let mut all = vec![
            set.cursor,
            set.mark,
            set.warn,
            set.bad,
            set.up,
            set.down,
            set.dot,
            set.changed,
            set.removed,
            set.link,
        ];
        all.extend(Phase::ALL.map(|phase| set.phase(phase)));
        assert!(all.iter().all(|glyph| crate::text::width::width(glyph) == 1), "{all:?}");
    }
}
