use super::*;
use proptest::prelude::*;

fn document(lines: &[&str]) -> Document {
    Document { lines: lines.iter().map(|line| Line::of(*line, Ink::Text)).collect() }
}

fn numbered(count: usize) -> Document {
    Document { lines: (0..count).map(|i| Line::of(format!("line {i}"), Ink::Text)).collect() }
}

fn reader(document: Document, width: u16, height: u16) -> Reader {
    let mut reader = Reader::default();
    reader.set_size(width, height);
    reader.show(document, Vec::new(), Why::Rewritten);
    reader
}

/// The rows as they show: `>` the cursor, `*` changed, `-` before it lines went.
fn screen(reader: &Reader) -> Vec<String> {
    let (rows, at) = reader.rows(1000);
    let row = |(i, row): (usize, &PageRow)| {
        let text: String = row.pieces.iter().map(|piece| piece.text.as_str()).collect();
        let cursor = if at == Some(i) { ">" } else { "" };
        let mark = ["", "*", "-"][row.mark as usize];
        format!("{cursor}{mark}{text}")
    };
    rows.iter().enumerate().map(row).collect()
}

#[test]
fn the_cursor_takes_the_screen_along() {
    let mut reader = reader(numbered(30), 20, 6);
    assert_eq!(screen(&reader), [">line 0", "line 1", "line 2", "line 3", "line 4", "line 5"]);
    reader.go(Motion::Rows(3));
    assert_eq!(screen(&reader)[0], "line 0");
    reader.go(Motion::Rows(2));
    assert_eq!(screen(&reader), ["line 2", "line 3", "line 4", ">line 5", "line 6", "line 7"]);
    reader.go(Motion::Bottom);
    assert_eq!(screen(&reader)[5], ">line 29");
    reader.go(Motion::Pages(-1));
    assert_eq!(screen(&reader), ["line 18", "line 19", "line 20", ">line 21", "line 22", "line 23"]);
    reader.go(Motion::Top);
    assert_eq!(screen(&reader)[0], ">line 0");
    reader.go(Motion::Pages(1));
    assert_eq!(screen(&reader)[..3], ["line 6", "line 7", ">line 8"]);
    reader.set_size(20, 0);
    assert_eq!(screen(&reader), [""; 0]);
    assert_eq!(Reader::default().rows(0), (Vec::new(), None));
}

#[test]
fn who_stands_at_the_end_stays_there() {
    let mut reader = reader(numbered(10), 20, 4);
    reader.go(Motion::Bottom);
    reader.show(numbered(14), Vec::new(), Why::Rewritten);
    assert_eq!(screen(&reader).last().map(String::as_str), Some(">line 13"), "what arrives below is followed");
    reader.go(Motion::Rows(-1));
    reader.show(numbered(20), Vec::new(), Why::Rewritten);
    assert!(screen(&reader).contains(&">line 12".to_owned()), "not from anywhere else");
}

#[test]
fn long_lines_are_cut_scrolled_or_broken() {
    let mut reader = reader(document(&["abcdefghijklmnop", "生産環境生産環境", "x", "y", "z"]), 10, 3);
    assert_eq!(screen(&reader), [">abcdefghi", "生産環境 ", "x"]);
    assert_eq!(reader.rows(0).0[0].cut, Cut { left: false, right: true });
    reader.sideways(1);
    assert_eq!(screen(&reader), ["> ghijklmn", " 境生産環", " "]);
    assert_eq!(reader.rows(0).0[0].cut, Cut { left: true, right: true });
    reader.sideways(9);
    assert_eq!(screen(&reader)[0], "> mnop", "no further than the longest line that shows");
    reader.sideways(-9);
    assert_eq!(screen(&reader)[0], ">abcdefghi");
    reader.set_wrap(true);
    assert_eq!(screen(&reader), [">abcdefghij", "klmnop", "生産環境生"]);
    reader.go(Motion::Rows(2));
    assert_eq!(screen(&reader), ["klmnop", ">生産環境生", "産環境"]);
    reader.go(Motion::Bottom);
    assert_eq!(screen(&reader), ["x", "y", ">z"]);
    // One line that is longer than the screen.
    let mut long = self::reader(document(&["0123456789".repeat(5).as_str(), "end"]), 10, 3);
    long.set_wrap(true);
    for expected in [1, 2, 3, 4] {
        long.go(Motion::Rows(1));
        assert_eq!(long.cursor(), Place { line: 0, row: expected });
    }
    long.go(Motion::Rows(1));
    assert_eq!(screen(&long), ["0123456789", "0123456789", ">end"]);
}

#[test]
fn sentences_go_on_further_in() {
    let mut described = document(&["  Message:  the container cart was restarted by the kubelet", "end"]);
    described.lines[0].hang = 12;
    described.lines[0].link = Some(crate::model::reference::Reference::default());
    let mut reader = reader(described, 40, 5);
    reader.set_wrap(true);
    let blank = " ".repeat(12);
    let broken = [">  Message:  the container cart was ", &format!("{blank}restarted by the kubelet"), "end"];
    assert_eq!(screen(&reader), broken);
    // What is found shows where it stands, and the line leads on at its end.
    reader.set_search("kubelet");
    let (rows, _) = reader.rows(0);
    assert_eq!((&rows[0].found, &rows[1].found), (&vec![], &vec![(29..36, true)]));
    assert_eq!((rows[0].linked, rows[1].linked), (false, true));
}

#[test]
fn a_blank_at_the_end_of_a_full_row_does_not_stick_out() {
    let mut described = document(&["aaaa bbbbb cccc"]);
    described.lines[0].hang = 4;
    let mut reader = reader(described, 10, 5);
    reader.set_wrap(true);
    let (rows, _) = reader.rows(0);
    let texts: Vec<String> = rows.iter().map(|row| row.pieces.iter().map(|it| it.text.as_str()).collect()).collect();
    assert_eq!(texts, ["aaaa bbbbb", "cccc"]);
}

#[test]
fn searching() {
    let mut reader = reader(document(&["one", "two One", "three", "none", "two"]), 20, 5);
    reader.go(Motion::Rows(2));
    reader.set_search("o");
    assert_eq!((reader.cursor().line, reader.found()), (3, Some(Found { at: 4, of: 5, more: false })));
    reader.set_search("on");
    assert_eq!((reader.cursor().line, reader.found()), (3, Some(Found { at: 3, of: 3, more: false })));
    reader.to_found(true);
    assert_eq!((reader.cursor().line, reader.found().unwrap().at), (0, 1), "around the end");
    reader.to_found(false);
    assert_eq!(reader.cursor().line, 3);
    let (rows, _) = reader.rows(0);
    assert_eq!((&rows[1].found, &rows[3].found), (&vec![(4..6, false)], &vec![(1..3, true)]));
    reader.set_search("One");
    assert_eq!(reader.found(), Some(Found { at: 1, of: 1, more: false }), "upper case is meant as such");
    reader.set_search("(");
    assert!(reader.search_error().unwrap().contains("unclosed group"));
    assert_eq!(reader.found().unwrap().of, 1, "the last valid one stays");
    reader.set_search("zzz");
    assert_eq!((reader.found(), reader.search_error()), (Some(Found::default()), None));
    reader.to_found(true);
    // Moved away, the search goes on from there.
    reader.set_search("two");
    reader.go(Motion::Bottom);
    reader.to_found(false);
    assert_eq!(reader.cursor().line, 1);
}

#[test]
fn giving_up_a_search_leads_back() {
    let mut reader = reader(numbered(100), 20, 5);
    reader.go(Motion::Rows(7));
    reader.set_search("9");
    reader.set_search("99");
    assert_eq!(reader.cursor().line, 99);
    reader.set_search("");
    assert_eq!((reader.cursor().line, reader.found()), (7, None));
    reader.set_search("50");
    reader.settle();
    reader.set_search("");
    assert_eq!(reader.cursor().line, 50, "what was kept stays");
    assert!(screen(&reader).len() == 5 && screen(&reader)[2] == ">line 50", "{:?}", screen(&reader));
}

#[test]
fn what_comes_later_is_found_while_it_is_searched_for() {
    let mut reader = reader(numbered(50), 20, 5);
    reader.set_search("needle");
    assert_eq!(reader.found(), Some(Found::default()));
    let mut lines: Vec<String> = (0..50).map(|i| format!("line {i}")).collect();
    lines[40] = "a needle".into();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    reader.show(document(&lines), Vec::new(), Why::Rewritten);
    assert_eq!((reader.cursor().line, reader.found().unwrap().at), (40, 1));
    // Not when the eye has gone elsewhere since.
    let mut reader = self::reader(numbered(50), 20, 5);
    reader.set_search("needle");
    reader.go(Motion::Rows(1));
    reader.show(document(&lines), Vec::new(), Why::Rewritten);
    assert_eq!((reader.cursor().line, reader.found().unwrap().of), (1, 1));
}

/// What a large object costs: `cargo test --release --lib costs -- --ignored --nocapture`.
#[test]
#[ignore = "for measuring"]
fn costs() {
    let each = |i: usize| {
        (
            format!("key-{i:05}"),
            serde_json::json!({"value": format!("text {i} with some words in it"), "on": true, "n": i}),
        )
    };
    let mut object =
        serde_json::json!({"kind": "Big", "data": (0..17_000).map(each).collect::<serde_json::Map<_, _>>()});
    println!("{} bytes", object.to_string().len());
    let timed = |what: &str, begun: Instant| println!("{what}: {:?}", begun.elapsed());
    let write =
        |object: &serde_json::Value| crate::yaml::write(object, false, crate::yaml::Options::default()).document;
    let begun = Instant::now();
    let document = write(&object);
    timed("written", begun);
    let mut reader = Reader::default();
    reader.set_size(200, 50);
    let begun = Instant::now();
    reader.show(document, Vec::new(), Why::Rewritten);
    timed("shown", begun);
    object["data"]["key-08000"]["n"] = serde_json::json!("other");
    let document = write(&object);
    let begun = Instant::now();
    reader.show(document, Vec::new(), Why::Changed(1));
    timed("compared", begun);
    let begun = Instant::now();
    reader.set_search("words in it");
    timed("searched", begun);
    let begun = Instant::now();
    reader.go(Motion::Rows(1));
    reader.rows(2);
    timed("moved by a line", begun);
    let begun = Instant::now();
    let text = serde_json::to_string(&object).unwrap();
    timed("to JSON", begun);
    let begun = Instant::now();
    let _: serde_json::Value = serde_json::from_str(&text).unwrap();
    timed("from JSON", begun);
}

#[test]
fn what_is_found_comes_into_sight_sideways() {
    let long = format!("{}needle{}", "x".repeat(100), "y".repeat(100));
    let mut reader = reader(document(&["a", &long]), 30, 4);
    reader.set_search("needle");
    let (rows, _) = reader.rows(0);
    let [(cells, true)] = rows[1].found.as_slice() else { panic!("{:?}", rows[1]) };
    assert!(cells.len() == 6 && cells.end < 30, "{cells:?}");
    reader.set_search("a");
    assert_eq!(screen(&reader)[0], ">a");
}

#[test]
fn changes_are_marked_and_the_eye_stays() {
    let mut reader = reader(numbered(50), 20, 5);
    reader.go(Motion::Rows(20));
    let before = screen(&reader);
    let mut lines: Vec<String> = (0..50).map(|i| format!("line {i}")).collect();
    lines[18] = "other".into();
    lines.splice(3..3, ["new".into(), "newer".into()]);
    lines.remove(45);
    let changed: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert!(reader.show(document(&changed), Vec::new(), Why::Changed(990)));
    let after = screen(&reader);
    assert_eq!(after[1..], before[1..], "no line has moved");
    assert_eq!((before[0].as_str(), after[0].as_str()), ("line 18", "*other"));
    assert_eq!(reader.changed(), 4);
    assert!(reader.rows(999).0[0].fresh && !reader.rows(1000).0[0].fresh);
    assert!(reader.document().lines[3].changed && !reader.document().lines[5].changed);
    reader.to_change(true);
    assert_eq!(screen(&reader).iter().find(|row| row.starts_with('>')).unwrap(), ">-line 44");
    reader.to_change(true);
    assert_eq!(reader.cursor().line, 3, "around the end, to the first of those that belong together");
    reader.to_change(false);
    assert_eq!(reader.cursor().line, 45);
    // Another change: the marks of the first stay.
    lines[0] = "zero".into();
    let changed: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert!(reader.show(document(&changed), Vec::new(), Why::Changed(995)));
    assert_eq!(reader.changed(), 5);
    reader.acknowledge();
    assert_eq!((reader.changed(), reader.next_change(995)), (0, None));
}

#[allow(clippy::single_range_in_vec_init, reason = "there may be more of them")]
fn noise() -> Vec<Range<usize>> {
    vec![1..2]
}

#[test]
fn noise_is_no_change() {
    let mut reader = Reader::default();
    reader.set_size(20, 5);
    reader.show(document(&["a: 1", "resourceVersion: 1", "b: 1"]), noise(), Why::Rewritten);
    let next = document(&["a: 1", "resourceVersion: 2", "b: 1"]);
    assert!(!reader.show(next, noise(), Why::Changed(1000)));
    assert_eq!(screen(&reader), [">a: 1", "resourceVersion: 2", "b: 1"]);
    let next = document(&["a: 2", "resourceVersion: 3", "b: 1"]);
    assert!(reader.show(next, noise(), Why::Changed(1000)));
    assert_eq!(screen(&reader), [">*a: 2", "resourceVersion: 3", "b: 1"]);
    assert!(!reader.show(document(&["a: 2", "resourceVersion: 3", "b: 1"]), noise(), Why::Changed(1000)));
}

#[test]
fn another_way_of_writing_is_no_change() {
    let mut reader = reader(numbered(20), 20, 5);
    reader.show(document(&["line 0", "line 1", "line 2", "Age: 5s"]), Vec::new(), Why::Changed(1000));
    assert_eq!(reader.changed(), 1);
    assert!(!reader.show(document(&["line 0", "line 1", "line 2", "Age: 6s"]), Vec::new(), Why::Rewritten));
    assert_eq!(screen(&reader)[3], "*Age: 6s", "the mark stays with its line");
    assert!(!reader.show(document(&["line 0", "more", "line 2", "Age: 6s", "end"]), Vec::new(), Why::Rewritten));
    assert_eq!(screen(&reader)[1..], ["more", "line 2", "*Age: 6s", "end"]);
}

#[test]
fn the_eye_returns_once_the_document_is_as_long() {
    let mut reader = Reader::default();
    reader.set_size(20, 5);
    reader.return_to((Place { line: 28, row: 0 }, Place { line: 30, row: 0 }));
    reader.show(numbered(3), Vec::new(), Why::Rewritten);
    assert_eq!(reader.cursor().line, 0);
    assert_eq!(reader.eye().1.line, 30);
    reader.show(numbered(50), Vec::new(), Why::Rewritten);
    assert_eq!((reader.cursor().line, screen(&reader)[0].as_str()), (30, "line 28"));
    // Whoever moves first, stays.
    let mut reader = Reader::default();
    reader.set_size(20, 5);
    reader.return_to((Place::default(), Place { line: 30, row: 0 }));
    reader.go(Motion::Rows(1));
    reader.show(numbered(50), Vec::new(), Why::Rewritten);
    assert_eq!(reader.cursor().line, 0);
}

proptest! {
    /// Whatever is done, the rows fit the screen and the cursor is among them.
    #[test]
    fn the_cursor_is_always_in_sight(
        texts in prop::collection::vec("[a-c]{0,40}|(生|x){0,30}", 0..20),
        later in prop::collection::vec("[a-c]{0,40}|(生|x){0,30}", 0..20),
        deeds in prop::collection::vec(0u8..12, 0..30),
        (width, height) in (0u16..30, 0u16..9),
    ) {
        let document = |texts: &[String]| Document {
            lines: texts.iter().map(|text| Line { pieces: vec![Piece::new(text.clone(), Ink::Text)], ..Line::default() }).collect(),
        };
        let mut reader = reader(document(&texts), width, height);
        for deed in deeds {
            match deed {
                0 => reader.go(Motion::Rows(1)),
                1 => reader.go(Motion::Rows(-2)),
                2 => reader.go(Motion::Pages(1)),
                3 => reader.go(Motion::Pages(-1)),
                4 => reader.go(Motion::Bottom),
                5 => reader.go(Motion::Top),
                6 => reader.set_wrap(!reader.wrap),
                7 => reader.sideways(1),
                8 => reader.set_search("a"),
                9 => reader.to_found(true),
                10 => drop(reader.show(document(&later), Vec::new(), Why::Changed(1))),
                _ => drop(reader.show(document(&texts), Vec::new(), Why::Rewritten)),
            }
            let (rows, at) = reader.rows(1);
            prop_assert!(rows.len() <= usize::from(height));
            prop_assert_eq!(at.is_some(), height > 0 && !reader.document().lines.is_empty());
            for row in rows {
                let cells: u16 = row.pieces.iter().map(|piece| crate::text::width::width(&piece.text)).sum();
                prop_assert!(cells <= width.max(2));
            }
        }
    }
}
