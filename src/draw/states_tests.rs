//! Every pane in every state, at three sizes: one table, from which all snapshots are made.

use super::fixtures as of;
use super::tests::check;
use crate::model::draft::Tone;
use crate::model::state::Phase;
use crate::view::snapshot::{Completeness, Snapshot, WindowRow};

/// A pane: its kind, heads, and rows for two clusters.
struct Pane {
    kind: &'static str,
    heads: &'static [&'static str],
    rows: fn() -> Vec<WindowRow>,
}

const CLUSTERS: [&str; 2] = ["prod-eu-west", "prod-us-east"];

const PANES: [Pane; 3] = [
    Pane { kind: "pods", heads: &of::PODS, rows: || of::pods(&CLUSTERS, 60) },
    Pane { kind: "namespaces", heads: &["CLUSTER", "NAME", "STATUS", "AGE"], rows: namespaces },
    Pane {
        kind: "events",
        heads: &["CLUSTER", "NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"],
        rows: events,
    },
];

fn namespaces() -> Vec<WindowRow> {
    let names = ["default", "kube-system", "kube-public", "payments", "shop", "observability"];
    let row = |(cluster, (i, name)): (&str, (usize, &str))| {
        let (status, tone) = if i == 4 { ("Terminating", Tone::Warn) } else { ("Active", Tone::Good) };
        of::row(&[cluster, name, status, "40d"], tone)
    };
    CLUSTERS
        .into_iter()
        .flat_map(|cluster| names.into_iter().enumerate().map(move |name| (cluster, name)))
        .map(row)
        .collect()
}

fn events() -> Vec<WindowRow> {
    let row = |i: usize| {
        let (kind, reason, tone, message) = match i % 3 {
            0 => ("Warning", "BackOff", Tone::Warn, "Back-off restarting failed container web in pod web-0_shop(1c5)"),
            1 => ("Normal", "Scheduled", Tone::Plain, "Successfully assigned shop/web-0 to node-3"),
            _ => ("Warning", "FailedScheduling", Tone::Warn, "0/6 nodes are available: 6 Insufficient memory."),
        };
        of::row(&[CLUSTERS[i / 15], "shop", &format!("{i}m"), kind, reason, "pod/web-0", message], tone)
    };
    (0..30).map(row).collect()
}

fn live(pane: &Pane) -> Snapshot {
    let clusters = CLUSTERS.map(|name| of::cluster(name, Phase::Live)).into();
    of::snapshot(clusters, of::window(pane.kind, pane.heads, (pane.rows)()))
}

/// A state: its name, and what it makes of a pane where everything is well.
type State = (&'static str, fn(&mut Snapshot));

const STATES: [State; 14] = [
    ("complete", |_| ()),
    ("empty", |snapshot| none(snapshot, 0)),
    ("waiting", |snapshot| {
        none(snapshot, 0);
        snapshot.window.completeness = Completeness::Waiting;
        snapshot.clusters.iter_mut().for_each(|line| line.state.phase = Phase::Connecting);
    }),
    ("loading", |snapshot| {
        none(snapshot, 4_613);
        snapshot.window.completeness = Completeness::Loading;
        snapshot.window.total = 0;
        snapshot.window.expected = Some(15_000);
    }),
    ("arriving", |snapshot| {
        snapshot.window.completeness = Completeness::Loading;
        (snapshot.window.total, snapshot.window.matched, snapshot.window.expected) = (4_613, 4_613, Some(15_000));
    }),
    ("partial", |snapshot| {
        lose(snapshot, 1, Phase::Unreachable);
        snapshot.window.rows.retain(|row| row.cells[0] == CLUSTERS[0]);
        snapshot.window.rows.truncate(9);
        count(snapshot);
    }),
    ("forbidden", |snapshot| {
        none(snapshot, 0);
        snapshot.window.completeness = Completeness::Partial;
        snapshot.window.refused = 2;
        snapshot.window.notes = [0, 1].map(|at| of::note(Some(at), Tone::Bad, of::FORBIDDEN)).into();
    }),
    ("stale", |snapshot| {
        lose(snapshot, 1, Phase::Stale);
        for row in snapshot.window.rows.iter_mut().filter(|row| row.cells[0] == CLUSTERS[1]) {
            row.stale = true;
        }
        // Fresh rows and stale ones are both to be seen.
        snapshot.window.rows.sort_by_key(|row| row.cells[1].clone());
    }),
    ("error", |snapshot| {
        none(snapshot, 0);
        lose(snapshot, 0, Phase::Expired);
        lose(snapshot, 1, Phase::Denied);
    }),
    ("filtered", |snapshot| {
        snapshot.window.filter = "-l tier=web".into();
        snapshot.window.rows.truncate(5);
        snapshot.window.matched = 5;
    }),
    ("unmatched", |snapshot| {
        none(snapshot, 15_000);
        snapshot.window.filter = "^db".into();
    }),
    ("faults", |snapshot| {
        snapshot.window.faults = true;
        snapshot.window.rows.retain(|row| row.tone >= Tone::Warn);
        snapshot.window.matched = snapshot.window.rows.len();
    }),
    ("cjk", |snapshot| {
        snapshot.clusters[0].name = "生産-東京".into();
        for row in snapshot.window.rows.iter_mut().filter(|row| row.cells[0] == CLUSTERS[0]) {
            row.cells[0] = "生産-東京".into();
            row.cells[1] = "決済-注文サービス".into();
        }
        for (i, row) in snapshot.window.rows.iter_mut().enumerate().filter(|(i, _)| i % 2 == 0) {
            let last = row.cells.len() - 1;
            let cell = if row.cells.len() < 5 { 1 } else { last.min(2) };
            row.cells[cell] = ["注文サービス-7d4b9c", "결제-서비스-0", "naïve-café-👩‍💻"][i / 2 % 3].into();
        }
        snapshot.window.scope = "決済, 注文".into();
    }),
    ("healthy", |snapshot| {
        none(snapshot, 15_000);
        snapshot.window.faults = true;
    }),
];

fn none(snapshot: &mut Snapshot, total: usize) {
    snapshot.window.rows.clear();
    (snapshot.window.matched, snapshot.window.total, snapshot.window.cursor) = (0, total, None);
}

fn count(snapshot: &mut Snapshot) {
    (snapshot.window.matched, snapshot.window.total) = (snapshot.window.rows.len(), snapshot.window.rows.len());
}

/// A cluster is lost: the strip says so, and the table's notes.
fn lose(snapshot: &mut Snapshot, at: u16, phase: Phase) {
    let name = CLUSTERS[usize::from(at)];
    snapshot.clusters[usize::from(at)] = of::cluster(name, phase);
    snapshot.window.completeness = Completeness::Partial;
    let reason = match phase {
        Phase::Stale => "stale for 3m: nothing was heard from 10.9.8.7:6443; r tries again",
        Phase::Expired => "expired for 2h: the server no longer takes the token of ops; sign in again, then r",
        Phase::Denied => "denied for 2h: the server refuses the token of ops; check it, then r",
        _ => "unreachable for 5m: connection refused by 10.9.8.7:6443; is the VPN up?",
    };
    let tone = if phase == Phase::Stale { Tone::Warn } else { Tone::Bad };
    snapshot.window.notes.push(of::note(Some(at), tone, &format!("{name}: {reason}")));
}

#[test]
fn every_pane_in_every_state() {
    for pane in &PANES {
        for (state, change) in STATES {
            let mut snapshot = live(pane);
            change(&mut snapshot);
            check(&format!("state-{}-{state}", pane.kind), &snapshot, &of::ui());
        }
    }
}

/// The clusters pane: the fleet's own state is its rows.
#[test]
fn the_clusters_in_every_state() {
    let mut dead = of::twelve();
    for line in &mut dead.clusters {
        line.state.phase = Phase::Unreachable;
    }
    for row in &mut dead.window.rows {
        row.cells[1] = "unreachable".into();
        row.tone = Tone::Bad;
    }
    let mut filtered = of::twelve();
    filtered.window.filter = "stage".into();
    filtered.window.rows.retain(|row| row.cells[0].starts_with("stage"));
    filtered.window.matched = 2;
    let mut unmatched = filtered.clone();
    unmatched.window.filter = "^moon".into();
    unmatched.window.rows.clear();
    (unmatched.window.matched, unmatched.window.cursor) = (0, None);
    for (state, snapshot) in [("mixed", of::twelve()), ("dead", dead), ("filtered", filtered), ("unmatched", unmatched)]
    {
        check(&format!("state-clusters-{state}"), &snapshot, &of::ui());
    }
}

/// Whatever has no colour says the same: in ASCII, every state is told apart from a complete table.
#[test]
fn states_are_told_apart_without_colour_and_without_glyphs() {
    for pane in &PANES {
        let complete = super::tests::plain(&live(pane), &of::ui());
        for (state, change) in STATES.into_iter().skip(1) {
            let mut snapshot = live(pane);
            change(&mut snapshot);
            let shown = super::tests::plain(&snapshot, &of::ui());
            assert!(shown.is_ascii(), "{shown}");
            assert_ne!(shown, complete, "{} {state}", pane.kind);
            let word = match state {
                "empty" => "There are no",
                "waiting" => "connecting",
                "loading" => "are arriving",
                "arriving" => "30%",
                "partial" => "unreachable",
                "forbidden" => "You may not list",
                "stale" => "stale",
                "error" => "expired",
                "filtered" => "5 of",
                "unmatched" => "matches  /^db",
                "faults" => "faults only",
                "cjk" => "????????????-7d4b9c",
                _ => "wants attention",
            };
            assert!(shown.contains(word), "{} {state}\n{shown}", pane.kind);
        }
    }
}

/// The overlays.
#[test]
fn overlays() {
    let mut snapshot = of::busy();
    snapshot.names = std::sync::Arc::new(of::names());
    let over = |keys: &str| of::typed(&snapshot, keys);
    check("palette", &snapshot, &over("\u{10}"));
    check("palette-pod", &snapshot, &over("\u{10}pod"));
    check("palette-forbidden", &snapshot, &over("\u{10}secr"));
    check("palette-none", &snapshot, &over("\u{10}qqqq"));
    check("which", &snapshot, &over("\u{19}"));
    check("help-search", &snapshot, &over("?/copy"));
    check("no-header", &snapshot, &over("\u{5}"));
    let problems = vec![
        "~/.config/skylark/keymap.toml:12: there is no command `fly`; the key does what it did before".to_owned(),
        "~/.config/skylark/themes/night.toml:3: \"ff\" is not a colour; write \"#rrggbb\"".to_owned(),
    ];
    check("notices", &snapshot, &of::noticed(problems.clone(), ""));
    check("errors", &snapshot, &of::noticed(problems, ":errors\r"));
}
