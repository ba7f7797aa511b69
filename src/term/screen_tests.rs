use super::*;

#[test]
fn what_is_written_beside_frames_comes_after_them_once() {
    let mut screen = Screen::new(Vec::new(), (10, 2));
    let draw = |screen: &mut Screen<Vec<u8>>, text: &str| {
        let from = screen.outlet().len();
        let drawn = screen
            .frame(|_, buffer| {
                buffer.set_string(0, 0, text, ratatui::style::Style::new());
                None
            })
            .unwrap();
        (drawn, String::from_utf8(screen.outlet()[from..].to_vec()).unwrap())
    };
    screen.write_beside(b"\x1b]52;c;eA==\x07");
    let (_, first) = draw(&mut screen, "one");
    assert!(first.ends_with("\x1b[?2026l\x1b]52;c;eA==\x07"), "{first:?}");
    assert_eq!(draw(&mut screen, "one").0, Drawn::Same);
    // Also where nothing else is to be drawn.
    screen.write_beside(b"beside");
    assert_eq!(draw(&mut screen, "one"), (Drawn::Bytes(6), "beside".into()));
    assert_eq!(draw(&mut screen, "one").0, Drawn::Same);
}

use crate::term::Mailbox;
use ratatui::style::{Color, Style};

fn parser(columns: u16, lines: u16) -> vt100::Parser {
    vt100::Parser::new(lines.try_into().unwrap(), columns.try_into().unwrap(), 0)
}

fn lines(screen: &Screen<Vec<u8>>) -> Vec<String> {
    let mut parser = parser(screen.area().width, screen.area().height);
    parser.process(screen.outlet());
    parser.screen().rows(0, screen.area().width).collect()
}

fn show(screen: &mut Screen<Vec<u8>>, text: &[&str]) -> Drawn {
    let lines: Vec<String> = text.iter().map(ToString::to_string).collect();
    screen
        .frame(|_, buffer| {
            for (y, line) in lines.iter().enumerate() {
                buffer.set_string(0, y as u16, line, Style::new());
            }
            None
        })
        .unwrap()
}

#[test]
fn only_changes_are_written() {
    let mut screen = Screen::new(Vec::new(), (20, 4));
    assert!(matches!(show(&mut screen, &["name", "web-1   Running"]), Drawn::Bytes(_)));
    assert_eq!(show(&mut screen, &["name", "web-1   Running"]), Drawn::Same);
    assert_eq!(screen.last_frame(), 0);
    let before = screen.outlet().len();
    show(&mut screen, &["name", "web-1   Failed"]);
    let frame = String::from_utf8_lossy(&screen.outlet()[before..]).into_owned();
    assert_eq!(frame, "\x1b[?2026h\x1b[2;9HFailed\x1b[K\x1b[?2026l");
    assert_eq!(screen.bytes_written(), screen.outlet().len() as u64);
    assert_eq!(lines(&screen)[1], "web-1   Failed");
}

#[test]
fn wide_characters_and_styles_arrive() {
    let mut screen = Screen::new(Vec::new(), (20, 2));
    for (text, style) in
        [("生産 a", Style::new().fg(Color::Red)), ("a生産b", Style::new().bg(Color::Indexed(4))), ("x", Style::new())]
    {
        screen
            .frame(|_, buffer| {
                buffer.set_string(0, 0, text, style);
                Some((3, 1))
            })
            .unwrap();
        assert_eq!(lines(&screen)[0], text);
    }
    let mut parser = parser(20, 2);
    parser.process(screen.outlet());
    assert_eq!(parser.screen().cursor_position(), (1, 3));
    assert!(!parser.screen().hide_cursor());
}

#[test]
fn moved_rows_are_moved_by_the_terminal() {
    let rows: Vec<String> = (0..30).map(|i| format!("row {i:03} {}", "x".repeat(60))).collect();
    let mut screen = Screen::new(Vec::new(), (80, 20));
    for offset in [0, 1, 2, 9, 3, 0] {
        let mut text = vec!["head"];
        text.extend(rows[offset..offset + 18].iter().map(String::as_str));
        text.push("foot");
        show(&mut screen, &text);
        assert_eq!(lines(&screen), text);
        if offset == 1 {
            assert!(screen.last_frame() < 150, "{} bytes", screen.last_frame());
        }
    }
}

#[test]
fn a_resize_draws_everything() {
    let mut screen = Screen::new(Vec::new(), (20, 4));
    show(&mut screen, &["name"]);
    screen.resize((10, 3));
    assert!(matches!(show(&mut screen, &["name"]), Drawn::Bytes(_)));
    assert_eq!(lines(&screen)[0], "name");
}

#[test]
fn a_slow_terminal_holds_up_nobody() {
    struct Slow(std::sync::mpsc::Receiver<()>, std::sync::Arc<parking_lot::Mutex<Vec<u8>>>);
    impl std::io::Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            self.1.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (go, gate) = std::sync::mpsc::channel();
    let seen = std::sync::Arc::default();
    let mut screen = Screen::new(Mailbox::new(Slow(gate, std::sync::Arc::clone(&seen))).unwrap(), (20, 2));
    let mut show = |text: &str| {
        screen
            .frame(|_, buffer| {
                buffer.set_string(0, 0, text, Style::new());
                None
            })
            .unwrap()
    };
    assert!(matches!(show("one"), Drawn::Bytes(_)));
    assert_eq!(show("two"), Drawn::Busy);
    assert_eq!(show("three"), Drawn::Busy);
    go.send(()).unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(screen.outlet().freed());
    let mut show = |text: &str| {
        screen
            .frame(|_, buffer| {
                buffer.set_string(0, 0, text, Style::new());
                None
            })
            .unwrap()
    };
    assert!(matches!(show("four"), Drawn::Bytes(_)));
    go.send(()).unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(screen.outlet().freed());
    let mut parser = parser(20, 2);
    parser.process(&seen.lock());
    assert_eq!(parser.screen().rows(0, 20).next().unwrap(), "four");
}

mod any {
    use super::*;
    use proptest::prelude::*;

    const ROWS: [&str; 8] =
        ["", "web-1  Running", "生産-東京  x", "a生b産c", "db-0 Failed   late", "------", "      tail", "ééé"];

    fn style(index: usize) -> Style {
        match index {
            0 => Style::new(),
            1 => Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(ratatui::style::Modifier::BOLD),
            2 => Style::new().bg(Color::Indexed(20)),
            _ => Style::new().add_modifier(ratatui::style::Modifier::REVERSED | ratatui::style::Modifier::DIM),
        }
    }

    proptest! {
        /// Whatever was shown, the terminal shows the new frame: texts, colours and attributes.
        #[test]
        fn frames_arrive(frames in proptest::collection::vec(
            proptest::collection::vec((0usize..8, 0usize..4, 0u16..9), 10), 1..6)) {
            let mut screen = Screen::new(Vec::new(), (20, 10));
            for frame in frames {
                screen.frame(|_, buffer| {
                    for (y, (row, ink, x)) in (0u16..).zip(&frame) {
                        buffer.set_stringn(*x, y, ROWS[*row], 20, style(*ink));
                    }
                    None
                }).unwrap();
                let mut fresh = Screen::new(Vec::new(), (20, 10));
                fresh.frame(|_, buffer| {
                    buffer.clone_from(&screen.shown);
                    None
                }).unwrap();
                let (mut ours, mut theirs) = (parser(20, 10), parser(20, 10));
                ours.process(screen.outlet());
                theirs.process(fresh.outlet());
                for (y, x) in (0..10).flat_map(|y| (0..20).map(move |x| (y, x))) {
                    let look = |parser: &vt100::Parser| {
                        let cell = parser.screen().cell(y, x).unwrap().clone();
                        let text = if cell.contents().is_empty() { " ".to_owned() } else { cell.contents().to_owned() };
                        let fg = (text != " ").then(|| (cell.fgcolor(), cell.bold(), cell.dim()));
                        (text, fg, cell.bgcolor(), cell.inverse())
                    };
                    prop_assert_eq!(look(&ours), look(&theirs), "at {},{}", x, y);
                }
            }
        }
    }
}
