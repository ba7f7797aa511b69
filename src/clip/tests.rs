use super::*;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc;

fn with(pairs: &[(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
    let pairs = pairs.to_vec();
    move |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

const DISPLAY: (&str, &str) = ("DISPLAY", ":0");
const SSH: (&str, &str) = ("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22");
const TMUX: (&str, &str) = ("TMUX", "/tmp/tmux,1,0");

/// Variables, and the ways that they leave.
type Case = (&'static [(&'static str, &'static str)], &'static [Way]);

#[test]
fn the_environment_says_where_the_user_sits() {
    let cases: &[Case] = &[
        (&[DISPLAY], &[Way::Native, Way::Osc52, Way::File]),
        (&[("WAYLAND_DISPLAY", "wayland-0")], &[Way::Native, Way::Osc52, Way::File]),
        // A display that SSH forwards is not where the user looks for what was copied.
        (&[DISPLAY, SSH], &[Way::Osc52, Way::File]),
        (&[("SSH_TTY", "/dev/pts/1")], &[Way::Osc52, Way::File]),
        (&[DISPLAY, TMUX], &[Way::Native, Way::Tmux, Way::Osc52, Way::File]),
        (&[SSH, TMUX], &[Way::Tmux, Way::Osc52, Way::File]),
        (&[], &[Way::Osc52, Way::File]),
        (&[("DISPLAY", "")], &[Way::Osc52, Way::File]),
        (&[("TERM", "linux")], &[Way::None, Way::File]),
        (&[("SKYLARK_CLIPBOARD", "native"), SSH], &[Way::Native, Way::File]),
        (&[("SKYLARK_CLIPBOARD", "osc52"), DISPLAY, TMUX], &[Way::Tmux, Way::Osc52, Way::File]),
        (&[("SKYLARK_CLIPBOARD", "file"), DISPLAY], &[Way::File]),
        (&[("SKYLARK_CLIPBOARD", "auto"), DISPLAY], &[Way::Native, Way::Osc52, Way::File]),
    ];
    #[cfg(not(target_os = "macos"))]
    for (pairs, expected) in cases {
        assert_eq!(ways::of(&with(pairs)), *expected, "{pairs:?}");
    }
}

#[test]
fn terminals_are_given_base64_as_what_stands_between_needs_it() {
    let text = "生産 -n web\n".repeat(60);
    let inner = |bytes: &[u8]| {
        let bytes = String::from_utf8(bytes.to_vec()).unwrap();
        let data = bytes.strip_prefix("\x1b]52;c;").unwrap().strip_suffix('\x07').unwrap().to_owned();
        assert!(data.is_ascii() && !data.contains('\x1b'));
        String::from_utf8(BASE64_STANDARD.decode(data).unwrap()).unwrap()
    };
    let plain = osc52::Wrap::of(&with(&[])).copy(&text);
    assert_eq!(inner(&plain), text);
    let tmux = osc52::Wrap::of(&with(&[("TMUX", "x"), ("STY", "y")])).copy(&text);
    let (first, second) = tmux.split_at(plain.len());
    assert_eq!(first, plain);
    let passed = second.strip_prefix(b"\x1bPtmux;".as_slice()).unwrap().strip_suffix(b"\x1b\\".as_slice()).unwrap();
    assert_eq!(String::from_utf8_lossy(passed).replace("\x1b\x1b", "\x1b").into_bytes(), plain);
    let screen = osc52::Wrap::of(&with(&[("STY", "1.tty")])).copy(&text);
    let screen = String::from_utf8(screen).unwrap();
    let chunks: Vec<&str> = screen.split("\x1b\\").filter(|chunk| !chunk.is_empty()).collect();
    assert!(chunks.len() > 2 && chunks.iter().all(|chunk| chunk.len() < 256));
    let joined: String = chunks.iter().map(|chunk| chunk.strip_prefix("\x1bP").unwrap()).collect();
    assert_eq!(joined.into_bytes(), plain);
}

/// A clipboard of these ways, and what becomes of a text.
fn copied(ways: &[Way], native: Native, text: &str) -> (Result<Went, Failure>, tempfile::TempDir) {
    let state = tempfile::tempdir().unwrap();
    let worker =
        Worker { ways: ways.to_vec(), wrap: osc52::Wrap::Plain, state: Some(state.path().join("skylark")), native };
    let (sender, receiver) = mpsc::channel();
    let clipboard = Clipboard::with(worker, move |done| sender.send(done).unwrap()).unwrap();
    assert!(clipboard.take(Job::Copy { text: text.into(), what: "it".into() }));
    let done = receiver.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!((done.what.as_str(), done.bytes), ("it", text.len()));
    (done.went, state)
}

fn never() -> Native {
    Native::by(|| Err("no display".into()), Duration::from_secs(20))
}

#[test]
fn the_first_way_that_works_is_gone() {
    let works =
        Native::by(|| Ok(Box::new(|text| if text == "x" { Ok(()) } else { Err(text) })), Duration::from_secs(20));
    assert_eq!(copied(&[Way::Native, Way::Osc52], works, "x").0, Ok(Went::Native));
    let went = copied(&[Way::Native, Way::Osc52], never(), "x").0;
    assert_eq!(went, Ok(Went::Terminal(b"\x1b]52;c;eA==\x07".to_vec())));
    let went = copied(&[Way::None], never(), "x").0;
    assert_eq!(went, Err(Failure::NoClipboard));
}

#[test]
fn a_display_that_hangs_holds_up_nobody() {
    let hangs = Native::by(
        || {
            Ok(Box::new(|_| {
                std::thread::sleep(Duration::from_mins(10));
                Ok(())
            }))
        },
        Duration::from_millis(50),
    );
    let (went, _state) = copied(&[Way::Native, Way::File], hangs, "x");
    assert!(matches!(went, Ok(Went::File(_, Some(Failure::Silent)))), "{went:?}");
}

#[test]
fn what_is_too_large_for_a_terminal_goes_to_a_file_of_the_user() {
    let text = "a".repeat(osc52::MOST + 1);
    let (went, state) = copied(&[Way::Tmux, Way::Osc52, Way::File], never(), &text);
    let Ok(Went::File(path, Some(Failure::TooLarge(_)))) = went else { panic!("{went:?}") };
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert!(path.starts_with(state.path()));
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert!(matches!(copied(&[Way::Osc52], never(), &"a".repeat(osc52::MOST)).0, Ok(Went::Terminal(_))));
}

#[test]
fn saved_files_are_told_apart_and_stay_below_their_directory() {
    let state = tempfile::tempdir().unwrap();
    let save = |name: &str, text: &str| files::save(Some(state.path()), name, "csv", text).unwrap();
    let (one, two) = (save("../pods @生産", "1"), save("../pods @生産", "2"));
    assert_eq!(one, state.path().join("tables/..-pods--生産.csv"));
    assert_eq!(two, state.path().join("tables/..-pods--生産-2.csv"));
    assert_eq!(std::fs::read_to_string(one).unwrap() + &std::fs::read_to_string(two).unwrap(), "12");
    assert_eq!(files::save(None, "x", "csv", ""), Err(Failure::NoDirectory));
    let inside = state.path().join("tables/..-pods--生産.csv/below");
    assert!(matches!(files::save(Some(&inside), "x", "csv", ""), Err(Failure::File(..))));
}
