use super::fixtures::{self as of, PODS};
use super::*;
use crate::app::ui::{Flash, Prompt};
use crate::model::draft::Tone;
use crate::model::state::Phase;
use crate::term::{Drawn, Screen};
use crate::theme::colour::Depth;
use crate::theme::glyphs;
use crate::view::snapshot::{Completeness, WindowRow};

mod document;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

fn theme() -> Theme {
    Theme::built_in("dark", Depth::Rgb, &glyphs::UNICODE).unwrap()
}

/// Draws with as many rows as the view would hand over.
fn paint(size: (u16, u16), snapshot: &Snapshot, ui: &Ui) -> (Buffer, Option<(u16, u16)>) {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut snapshot = snapshot.clone();
    snapshot.window.rows.truncate(usize::from(data_rows(area, &snapshot)));
    let mut buffer = Buffer::empty(area);
    let cursor = draw(area, &mut buffer, &snapshot, ui, &theme());
    (buffer, cursor)
}

fn dump(buffer: &Buffer) -> String {
    use ratatui::buffer::CellWidth;
    let mut out = String::new();
    for y in buffer.area.rows() {
        let (mut line, mut x) = (String::new(), y.x);
        while x < y.right() {
            let cell = &buffer[(x, y.y)];
            line.push_str(cell.symbol());
            x += cell.cell_width().max(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn check(name: &str, snapshot: &Snapshot, ui: &Ui) {
    for size in SIZES {
        let (buffer, _) = paint(size, snapshot, ui);
        insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), dump(&buffer));
    }
}

#[test]
fn rows_come_before_decoration() {
    for (size, least) in [((80, 24), 19), ((200, 50), 45)] {
        for snapshot in [of::busy(), of::twelve(), of::long_names()] {
            assert!(data_rows(Rect::new(0, 0, size.0, size.1), &snapshot) >= least);
        }
    }
    check("busy", &of::busy(), &of::ui());
}

#[test]
fn fleets() {
    check("twelve", &of::twelve(), &of::ui());
    let mut one = of::busy();
    one.clusters.truncate(1);
    one.window.notes.clear();
    one.window.completeness = Completeness::Complete;
    one.window.heads.remove(0);
    one.window.rows.iter_mut().for_each(|row| drop(row.cells.remove(0)));
    check("one", &one, &Ui { read_only: true, ..of::ui() });
}

#[test]
fn large_fleets() {
    let mut clusters: Vec<_> = (0..40).map(|i| of::cluster(&format!("store-{:04}-eu", i * 37), Phase::Live)).collect();
    for (place, phase) in [(7, Phase::Unreachable), (12, Phase::Stale), (31, Phase::Connecting)] {
        clusters[place].state.phase = phase;
    }
    clusters.iter_mut().skip(30).for_each(|line| line.in_scope = false);
    let mut snapshot =
        of::snapshot(clusters, of::window("pods", &PODS, of::pods(&["store-0000-eu", "store-0037-eu"], 60)));
    snapshot.window.cursor = Some(0);
    check("forty", &snapshot, &of::ui());
}

#[test]
fn several_kinds_in_one_table() {
    let row = |cells: [&str; 8]| WindowRow {
        cells: cells.map(ToOwned::to_owned).into(),
        tone: Tone::Good,
        marked: false,
        stale: false,
    };
    let rows = vec![
        row(["prod-eu-west", "team-a", "Deployment", "web", "3/3", "", "9m", "up-to-date=3 available=3"]),
        row(["prod-eu-west", "team-a", "Pod", "web-7549776c9-mwd4x", "1/1", "Running", "9m", ""]),
        row(["prod-eu-west", "決済", "Service", "注文サービス", "", "", "9m", "type=ClusterIP cluster-ip=10.96.0.7"]),
        row(["prod-us-east", "team-a", "StatefulSet", "db", "2/3", "", "41d", ""]),
    ];
    let titles = ["CLUSTER", "NAMESPACE", "KIND", "NAME", "READY", "STATUS", "AGE", "INFO"];
    let mut snapshot = of::snapshot(of::busy().clusters, of::window("all", &titles, rows));
    snapshot.window.heads[2].least = 11;
    let text = "prod-us-east: jobs forbidden for 3s: jobs.batch is forbidden: User \"lister\" cannot list resource \"jobs\" in API group \"batch\" at the cluster scope (HTTP 403); shown: team-a, team-b; 312 more namespaces were not checked: name one with -n, or after the kind; the same for cronjobs";
    snapshot.window.notes = vec![of::note(Some(1), Tone::Warn, text)];
    snapshot.window.completeness = Completeness::Partial;
    check("joint", &snapshot, &of::ui());
}

#[test]
fn a_cluster_that_is_another_one() {
    let mut snapshot = of::busy();
    snapshot.clusters[2] = of::cluster("staging", Phase::Replaced);
    snapshot.window.rows.iter_mut().step_by(2).for_each(|row| row.stale = true);
    let text = "replaced for 5m: another cluster answers at this address (its kube-system has uid 5d0c91f2 and had 77aa01c3); r or :retry accepts it and reads everything anew";
    snapshot.window.notes = vec![of::note(Some(2), Tone::Bad, text)];
    check("replaced", &snapshot, &of::ui());
}

#[test]
fn names() {
    check("cjk", &of::cjk(), &of::ui());
    check("long", &of::long_names(), &of::ui());
}

#[test]
fn arriving() {
    let mut snapshot = of::busy();
    snapshot.window.completeness = Completeness::Loading;
    snapshot.window.notes.clear();
    (snapshot.window.total, snapshot.window.matched, snapshot.window.expected) = (1203, 1203, Some(15000));
    snapshot.clusters[2] = of::cluster("staging", Phase::Connecting);
    check("arriving", &snapshot, &of::ui());
}

#[test]
fn nothing_to_show() {
    let clusters = || of::busy().clusters;
    let mut snapshot = of::snapshot(clusters(), of::window("pods", &PODS, Vec::new()));
    check("empty", &snapshot, &of::ui());
    snapshot.window.completeness = Completeness::Waiting;
    check("waiting", &snapshot, &of::ui());
    snapshot.window.completeness = Completeness::Loading;
    snapshot.window.expected = Some(15000);
    check("loading", &snapshot, &of::ui());
    snapshot.window.expected = None;
    snapshot.window.completeness = Completeness::Partial;
    let forbidden = "pods is forbidden: User \"viewer\" cannot list resource \"pods\" in API group \"\" at the cluster scope. Choose a namespace with :ns, or ask for the right to list pods.";
    snapshot.window.notes = vec![
        of::note(Some(2), Tone::Bad, "unreachable: connection refused by 10.9.8.7:6443; is the VPN up?"),
        of::note(Some(0), Tone::Warn, forbidden),
        of::note(Some(1), Tone::Warn, forbidden),
    ];
    check("forbidden", &snapshot, &of::ui());
    let mut unmatched = of::busy();
    unmatched.window.rows.clear();
    unmatched.window.filter = "^db".into();
    (unmatched.window.matched, unmatched.window.total) = (0, 15000);
    check("unmatched", &unmatched, &of::ui());
    let mut none = of::snapshot(Vec::new(), of::window("clusters", &["NAME", "STATE"], Vec::new()));
    none.window.scope.clear();
    none.window.notes = vec![of::note(
        None,
        Tone::Bad,
        "/home/ops/.kube/config does not exist. Name another with --kubeconfig or KUBECONFIG.",
    )];
    check("none", &none, &of::ui());
}

#[test]
fn partly_here() {
    let mut snapshot = of::busy();
    snapshot.window.rows.truncate(9);
    (snapshot.window.matched, snapshot.window.total) = (9, 9);
    for row in snapshot.window.rows.iter_mut().skip(5) {
        row.stale = true;
    }
    let flash = Flash { tone: Tone::Bad, text: "cannot connect to staging: connection refused; r tries again".into() };
    check("partly", &snapshot, &Ui { flash: Some(flash), ..of::ui() });
}

#[test]
fn prompts() {
    check("command", &of::busy(), &of::command());
    check("help", &of::busy(), &of::help());
    check("errors", &of::busy(), &of::errors());
    let mut snapshot = of::busy();
    snapshot.window.filter = "web|api".into();
    (snapshot.window.matched, snapshot.window.total) = (26, 15000);
    let filter = |text: &str, error: Option<&str>| {
        let prompt =
            Prompt { text: text.into(), cursor: text.len(), error: error.map(ToOwned::to_owned), ..Prompt::default() };
        Ui { mode: Mode::Filter(prompt), ..of::ui() }
    };
    check("filter", &snapshot, &filter("web|api", None));
    let (buffer, cursor) =
        paint((80, 24), &snapshot, &filter("(web", Some("a ( is never closed; the filter before stays in force")));
    insta::assert_snapshot!("filter-error", dump(&buffer));
    assert_eq!(cursor, Some((6, 23)));
    insta::assert_snapshot!("filter-new", dump(&paint((80, 24), &snapshot, &filter("", None)).0));
}

#[test]
fn help_begins_with_filter_keys() {
    let (buffer, _) = paint((80, 24), &of::busy(), &of::help());
    let text = dump(&buffer);
    for key in ["/           filter", "!Running", "-l app=web", "Esc         clear it"] {
        assert!(text.contains(key), "{key} in\n{text}");
    }
}

#[test]
fn ascii_terminals_get_ascii() {
    let theme = Theme::built_in("dark", Depth::Ansi16, &glyphs::ASCII).unwrap();
    for (snapshot, ui) in [(of::cjk(), of::help()), (of::busy(), of::ui()), (of::twelve(), of::command())] {
        let area = Rect::new(0, 0, 80, 24);
        let mut buffer = Buffer::empty(area);
        draw(area, &mut buffer, &snapshot, &ui, &theme);
        assert!(dump(&buffer).is_ascii(), "{}", dump(&buffer));
    }
}

#[test]
fn any_size_is_survived() {
    for (width, height) in (0..40u16).flat_map(|width| (0..14u16).map(move |height| (width * 3, height))) {
        for (snapshot, ui) in [
            (of::busy(), of::ui()),
            (of::twelve(), of::command()),
            (of::long_names(), of::help()),
            (of::cjk(), of::ui()),
        ] {
            paint((width, height), &snapshot, &ui);
        }
    }
}

/// Bytes of a sequence of frames, each given by its first row and its cursor.
fn bytes(all: &Snapshot, frames: &[(usize, usize)]) -> Vec<usize> {
    let size = (200, 50);
    let mut screen = Screen::new(Vec::new(), size);
    let mut show = |&(offset, cursor): &(usize, usize)| {
        let mut snapshot = all.clone();
        let height = usize::from(data_rows(Rect::new(0, 0, size.0, size.1), &snapshot));
        snapshot.window.rows = snapshot.window.rows.into_iter().skip(offset).take(height).collect();
        (snapshot.window.offset, snapshot.window.cursor) = (offset, Some(cursor));
        let drawn = screen.frame(|area, buffer| draw(area, buffer, &snapshot, &of::ui(), &theme())).unwrap();
        match drawn {
            Drawn::Bytes(bytes) => bytes,
            Drawn::Same => 0,
            Drawn::Busy => usize::MAX,
        }
    };
    frames.iter().map(&mut show).collect()
}

#[test]
fn frames_are_small() {
    let all = of::busy();
    let [first, same, step, scroll, page] = bytes(&all, &[(0, 44), (0, 44), (0, 45), (1, 46), (46, 91)])[..] else {
        unreachable!()
    };
    println!("first {first}, same {same}, cursor {step}, scroll {scroll}, page {page} bytes");
    assert_eq!(same, 0);
    assert!(step <= 400, "a step of the cursor takes {step} bytes");
    assert!(scroll <= 800, "scrolling by one row takes {scroll} bytes");
    let mut long = of::long_names();
    long.window.sort = None;
    let steps = bytes(&long, &[(0, 4), (0, 5), (0, 6), (0, 7)]);
    println!("long names: {steps:?}");
    assert!(steps.iter().skip(1).all(|step| *step <= 500), "{steps:?}");
}

/// Writes frames for `cat` into the directory that `PICTURES` names.
#[test]
#[ignore = "for looking at"]
fn pictures() {
    let directory = std::path::PathBuf::from(std::env::var("PICTURES").unwrap());
    let frames = [
        ("busy", of::busy(), of::ui()),
        ("twelve", of::twelve(), of::ui()),
        ("long", of::long_names(), of::ui()),
        ("command", of::busy(), of::command()),
        ("help", of::busy(), of::help()),
        ("cjk", of::cjk(), of::ui()),
    ];
    for (name, snapshot, ui) in frames {
        for (theme_name, depth) in
            [("dark", Depth::Rgb), ("light", Depth::Rgb), ("dark", Depth::Ansi16), ("dark", Depth::None)]
        {
            let theme = Theme::built_in(theme_name, depth, &glyphs::UNICODE).unwrap();
            let mut screen = Screen::new(Vec::new(), (110, 30));
            let mut snapshot = snapshot.clone();
            snapshot.window.rows.truncate(usize::from(data_rows(screen.area(), &snapshot)));
            screen.frame(|area, buffer| draw(area, buffer, &snapshot, &ui, &theme)).unwrap();
            std::fs::write(directory.join(format!("{name}-{theme_name}-{depth:?}.ansi")), screen.outlet()).unwrap();
        }
    }
}
