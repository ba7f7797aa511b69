use super::*;
use crate::command::chord::Chord;
use crate::command::keymap::{Look, Meaning};
use crate::command::table::{Id, Scope};
use std::fs;
use tempfile::TempDir;

/// A configuration of these files.
fn home(files: &[(&str, &str)]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = home.path().join("skylark").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    home
}

fn env<'a>(home: &'a TempDir, more: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + Copy + 'a {
    move |name| match name {
        "XDG_CONFIG_HOME" => Some(home.path().into()),
        name => more.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)),
    }
}

fn settings(files: &[(&str, &str)], chosen: (&str, &str), more: &[(&str, &str)]) -> Result<Settings, String> {
    let home = home(files);
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let read = read(&Chosen { keymap: some(chosen.0), theme: some(chosen.1) }, env(&home, more));
    let clean = |text: &String| text.replace(&format!("{}/", home.path().join("skylark").display()), "");
    read.map(|settings| Settings { problems: settings.problems.iter().map(clean).collect(), ..settings })
        .map_err(|error| clean(&error))
}

/// What a key does in the table.
fn key(settings: &Settings, keys: &str) -> Option<Id> {
    match settings.keymap.look(Scope::Table, &Chord::parse_all(keys).unwrap()) {
        Look::Bound(Meaning::Call(call)) => Some(call.id),
        _ => None,
    }
}

/// The colour of plain text.
fn ink(settings: &Settings) -> String {
    settings.theme.style(theme::Scope::Text).fg.map(|color| color.to_string()).unwrap_or_default()
}

const TRUE: &[(&str, &str)] = &[("COLORTERM", "truecolor")];

fn red(digit: u8) -> String {
    format!("[palette]\nink = \"#{digit}00000\"\n")
}

#[test]
fn without_files_everything_is_as_it_comes() {
    let plain = settings(&[], ("", ""), TRUE).unwrap();
    assert_eq!(plain.problems, Vec::<String>::new());
    assert_eq!((key(&plain, "g"), plain.wide, plain.read_only), (Some(Id::MoveTop), false, false));
    assert_eq!(ink(&plain), "#D5DAE3");
    let vim = settings(&[], ("vim", "light"), TRUE).unwrap();
    assert_eq!((key(&vim, "g"), key(&vim, "g g"), key(&vim, "Z Q")), (None, Some(Id::MoveTop), Some(Id::Quit)));
    assert_ne!(ink(&vim), ink(&plain));
}

#[test]
fn the_command_line_goes_first_then_the_environment_then_the_file() {
    let files = [
        ("config.toml", "keymap = \"mine\"\ntheme = \"one\"\nwide = true\nread-only = true\n"),
        ("keymaps/mine.toml", "[global]\nx = \"quit\"\n"),
        ("themes/one.toml", &red(1)),
        ("themes/two.toml", &red(2)),
        ("themes/three.toml", &red(3)),
    ];
    let mut both = TRUE.to_vec();
    both.push(("SKYLARK_THEME", "two"));
    let file = settings(&files, ("", ""), TRUE).unwrap();
    assert_eq!(
        (ink(&file), key(&file, "x"), file.wide, file.read_only),
        ("#100000".into(), Some(Id::Quit), true, true)
    );
    assert_eq!(key(&file, "j"), Some(Id::MoveDown), "it adds to the default");
    assert_eq!(ink(&settings(&files, ("", ""), &both).unwrap()), "#200000");
    let flags = settings(&files, ("k9s", "three"), &both).unwrap();
    assert_eq!((ink(&flags), key(&flags, "x")), ("#300000".into(), None));
    assert_eq!(flags.problems, Vec::<String>::new());
    let error = settings(&files, ("vi", ""), TRUE).map(|_| ()).unwrap_err();
    assert_eq!(
        error,
        "there is no keymap \"vi\": there is k9s, mine, vim (your own stand in keymaps); did you mean vim?"
    );
    assert!(settings(&files, ("", "../themes/one"), TRUE).is_err(), "a name is no path");
}

#[test]
fn a_file_of_a_name_that_comes_along_adds_to_that() {
    let files = [
        ("keymaps/k9s.toml", "[global]\nF7 = \"quit\"\n"),
        ("keymaps/vim.toml", "inherits = \"vim\"\n[global]\nF8 = \"quit\"\n"),
        ("themes/dark.toml", &red(1)),
        ("themes/light.toml", "inherits = \"light\"\n"),
    ];
    let plain = settings(&files, ("", ""), TRUE).unwrap();
    assert_eq!(
        (key(&plain, "F7"), key(&plain, "j"), ink(&plain)),
        (Some(Id::Quit), Some(Id::MoveDown), "#100000".into())
    );
    let vim = settings(&files, ("vim", "light"), TRUE).unwrap();
    assert_eq!(
        (key(&vim, "F8"), key(&vim, "Z Z"), key(&vim, "j")),
        (Some(Id::Quit), Some(Id::Quit), Some(Id::MoveDown))
    );
    assert_eq!(ink(&vim), ink(&settings(&[], ("", "light"), TRUE).unwrap()));
    assert_eq!((plain.problems, vim.problems), (vec![], vec![]));
}

#[test]
fn errors_name_file_and_line_and_stop_nothing() {
    let said = |files: &[(&str, &str)]| {
        let settings = settings(files, ("", ""), TRUE).unwrap();
        assert_eq!((key(&settings, "j"), ink(&settings).is_empty()), (Some(Id::MoveDown), false));
        settings.problems
    };
    let config = |text| said(&[("config.toml", text)]);
    assert_eq!(config("\nkeymaps = \"x\"\n"), ["config.toml:2: there is no setting `keymaps`; there is keymap"]);
    assert_eq!(config("wide = 1\n"), ["config.toml:1: `wide` is true or false"]);
    assert_eq!(config("theme = 1\n"), ["config.toml:1: `theme` is a name in quotes"]);
    assert!(config("theme = \"dark\"\nwide\n")[0].starts_with("config.toml:2: "));
    assert_eq!(
        config("theme = \"drak\"\n"),
        ["there is no theme \"drak\": there is dark, light (your own stand in themes); did you mean dark?"]
    );
    let keys = "[global]\nj = \"quit\"\nx = \"fly\"\n[nowhere]\n";
    let errors = said(&[("keymaps/k9s.toml", keys)]);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].starts_with("keymaps/k9s.toml:3: ") && errors[0].contains("no command `fly`"), "{errors:?}");
    assert!(errors[1].starts_with("keymaps/k9s.toml:4: "), "{errors:?}");
    assert_eq!(errors[2], "keymap \"k9s\" is not used because of that");
    let errors = said(&[("themes/dark.toml", "[palette]\nink = \"red\"\n")]);
    assert_eq!(errors[0], "themes/dark.toml:2: \"red\" is not a colour; write \"#rrggbb\"");
    let errors = said(&[("keymaps/k9s.toml", "\ninherits = \"gone\"\n")]);
    assert!(errors[0].starts_with("keymaps/k9s.toml:2: there is no keymap \"gone\""), "{errors:?}");
    let loops = [
        ("themes/a.toml", "inherits = \"b\""),
        ("themes/b.toml", "inherits = \"a\""),
        ("config.toml", "theme = \"a\""),
    ];
    assert_eq!(said(&loops), ["themes/b.toml:1: \"a\" inherits itself"]);
    assert_eq!(said(&[("config.toml/x", "")]).len(), 1, "a folder is no file");
}

#[test]
fn all_of_it_is_checked() {
    let home = home(&[
        ("config.toml", "wide = 1\n"),
        ("keymaps/mine.toml", "[global]\nx = \"fly\"\n"),
        ("themes/mine.toml", "[scopes]\n\"ui.txt\" = { fg = \"ink\" }\n"),
    ]);
    let (out, problems) = check::with(&Chosen::default(), env(&home, &[])).unwrap();
    assert!(out.contains("keymaps: k9s, mine, vim\nthemes: dark, light, mine\n"), "{out}");
    let problems = problems.join("\n");
    for part in ["config.toml:1: ", "keymaps/mine.toml:2: ", "themes/mine.toml:2: no scope is named \"ui.txt\""] {
        assert!(problems.contains(part), "{part} in {problems}");
    }
}

proptest::proptest! {
    #[test]
    fn any_config_can_be_read(text in "((keymap|theme|wide|read-only|x|\\[x\\]) ?=? ?(\"a\"|true|1|)\n|\\PC){0,8}") {
        let mut problems = Vec::new();
        let file = file::parse("f", &text, &mut problems);
        let known = file == file::File::default() || !text.is_empty();
        proptest::prop_assert!(known);
        proptest::prop_assert!(problems.iter().all(|problem| problem.starts_with("f:")));
    }
}
