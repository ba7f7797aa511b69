//! The cockpit over the embedded fleet, in a terminal.

use crate::api::Api;
use crate::support::pty::{PATIENCE, Pty, Shot, Signal, skylark};
use crate::support::served::Served;
use serde_json::json;
use std::time::Duration;

/// What the embedded fleet begins with, and how it is asked for.
const PODS: usize = 340;
const NODES: usize = 28;
const SIZES: [&str; 5] = ["demo", "--nodes", "7", "--pods", "85"];
const NAMESPACES: usize = 46;

/// The demo in which nothing happens by itself, with all pods on the screen.
fn demo(columns: u16, lines: u16) -> Pty {
    with_churn("0", columns, lines)
}

fn with_churn(churn: &str, columns: u16, lines: u16) -> Pty {
    let pty = skylark(&[&SIZES[..], &["--churn", churn]].concat()).size(columns, lines).open();
    pty.wait_for("all pods", |shot| shot.place().is_some_and(|(at, of)| at == 1 && of >= PODS) && shot.is_whole());
    pty
}

/// Runs a line of the command line and waits for the kind's table, complete.
fn open(pty: &mut Pty, line: &str, kind: &str) -> Shot {
    pty.type_keys(&format!(":{line}<enter>"));
    pty.wait_for(kind, |shot| shot.title_words().first() == Some(&kind) && shot.place().is_some() && shot.is_whole())
}

/// Waits until the cursor is on this row of so many.
fn at(pty: &Pty, row: usize, of: usize) -> Shot {
    pty.wait_for(&format!("{row}/{of}"), |shot| shot.place() == Some((row, of)))
}

/// The name of the object in a row: the longest word of its first cells.
fn selected_words(shot: &Shot) -> Vec<String> {
    shot.selected().split_whitespace().filter(|word| word.len() > 1).map(ToOwned::to_owned).collect()
}

#[test]
fn it_opens_on_the_pods_of_a_live_fleet() {
    let pty = demo(120, 40);
    let shot = pty.wait_for("four live clusters", |shot| {
        // Counted by the watch: without an as-of.
        shot.has("● prod-shanghai  ● staging-frankfurt")
            && shot.has(&format!("{NODES} nodes · "))
            && shot.has(" pods · all 4 clusters")
            && shot.is_whole()
    });
    assert!(shot.alternate && shot.bracketed_paste && shot.cursor.is_none(), "{shot:?}");
    assert_eq!(shot.title_words()[..3], ["pods", "all", "namespaces"], "{}", shot.framed());
    // Title, header and place count alike.
    let total: usize = shot.title_words()[3].parse().expect("an exact number of rows");
    assert_eq!(total, PODS, "{}", shot.framed());
    assert!(shot.has(&format!("{total} pods · all 4 clusters")), "{}", shot.framed());
    assert_eq!(shot.place(), Some((1, total)), "{}", shot.framed());
    for head in ["CLUSTER", "NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"] {
        assert!(shot.heads().split_whitespace().any(|word| word == head), "{}", shot.framed());
    }
    for state in ["connecting", "stale", "unreachable", "idle", "live"] {
        assert!(!shot.has(state), "a state that no cluster is in is not named:\n{}", shot.framed());
    }
    let ended = pty.quit();
    assert_eq!(ended.code, Some(0));
}

#[test]
fn rows_before_decoration() {
    for (columns, lines, least) in [(80, 24, 19), (120, 40, 35), (200, 50, 45)] {
        let mut pty = demo(columns, lines);
        // Without the line that a newcomer gets.
        pty.type_keys("<esc>");
        pty.wait_for("rows", |shot| shot.rows().len() >= least && shot.status().contains("1/"));
    }
}

#[test]
fn moving() {
    let mut pty = demo(120, 40);
    let height = pty.shot().rows().len();
    // A table that stays as it is.
    let shot = open(&mut pty, "nodes", "nodes");
    assert_eq!(shot.place(), Some((1, NODES)));
    for (keys, row) in [
        ("j", 2),
        ("jj", 4),
        ("k", 3),
        ("<down><down>", 5),
        ("<up>", 4),
        ("G", NODES),
        ("j", NODES),
        ("g", 1),
        ("k", 1),
        ("<end>", NODES),
        ("<home>", 1),
        ("<pgdn>", NODES),
        ("<ctrl-b>", 1),
        ("<ctrl-f>", NODES),
        ("<pgup>", 1),
    ] {
        pty.type_keys(keys);
        at(&pty, row, NODES);
    }
    // One of several pages: the window moves with the cursor.
    pty.type_keys("<esc>");
    let shot = pty.wait_for("the pods again", |shot| shot.title_words().first() == Some(&"pods"));
    let name = |shot: &Shot| shot.column("NAME").first().cloned().unwrap_or_default();
    let first = name(&shot);
    pty.type_keys("<pgdn>");
    let shot = pty.wait_for("the second page", |shot| shot.place().is_some_and(|(at, _)| at == height));
    assert_eq!(shot.rows().len(), height);
    assert!(!first.is_empty() && !shot.has(&first), "{}", shot.framed());
    pty.type_keys("G");
    let shot = pty.wait_for("the last row", |shot| shot.place().is_some_and(|(at, of)| at == of && of >= PODS));
    assert!(shot.rows().last().is_some_and(|row| row.starts_with('▌')), "{}", shot.framed());
    pty.type_keys("g");
    pty.wait_for("the first row", |shot| shot.place().is_some_and(|(at, _)| at == 1) && name(shot) == first);
}

#[test]
fn completion() {
    let mut pty = demo(120, 40);
    open(&mut pty, "ns", "namespaces");
    // A kind by its beginning, its short name, a command, a pane.
    for (typed, candidate, about) in
        [("depl", "deployments", "kind"), ("no", "nodes", "kind"), ("qui", "quit", "command"), ("clus", "clusters", "")]
    {
        pty.type_keys(&format!(":{typed}"));
        let shot = pty.wait_for(candidate, |shot| {
            shot.status().trim_start().starts_with(&format!(":{typed}"))
                && shot.lines.iter().any(|line| line.trim_start().starts_with(candidate) && line.contains(about))
        });
        assert!(shot.cursor.is_some(), "the cursor shows where text is typed");
        pty.type_keys("<tab>");
        pty.wait_for("the candidate", |shot| shot.status().trim_start().starts_with(&format!(":{candidate}")));
        pty.type_keys("<esc>");
        pty.wait_for("no prompt", |shot| shot.cursor.is_none());
    }
    // Namespaces and clusters come after a kind.
    for (typed, whole) in
        [("pods pay", ":pods payments"), ("pods @stag", ":pods @staging-frankfurt"), ("ctx prod", ":ctx prod-shanghai")]
    {
        pty.type_keys(&format!(":{typed}"));
        pty.wait_for("a candidate", |shot| shot.status().trim_start().starts_with(&format!(":{typed}")));
        pty.type_keys("<tab>");
        pty.wait_for(whole, |shot| shot.status().trim_start().starts_with(whole));
        pty.type_keys("<esc>");
        pty.wait_for("no prompt", |shot| shot.cursor.is_none());
    }
    // What is completed runs.
    pty.type_keys(":pods pay<tab><enter>");
    pty.wait_for("the pods of payments", |shot| {
        shot.title_words().starts_with(&["pods", "payments"])
            && !shot.rows().is_empty()
            && shot.column("NAMESPACE").iter().all(|cell| cell == "payments")
    });
}

#[test]
fn an_unknown_kind_is_said_with_suggestions() {
    let mut pty = demo(120, 40);
    // Before the clusters have told their kinds, each of them is asked.
    let shot = loop {
        pty.type_keys(":deploymets<enter>");
        let told = |shot: &Shot| shot.has("no kind and no command `deploymets`");
        let shot = pty.wait_for("a sentence", |shot| told(shot) || shot.has("did you mean"));
        if told(&shot) {
            break shot;
        }
        pty.type_keys("<esc>");
        pty.wait_for("the pods", |shot| shot.title_words().first() == Some(&"pods"));
    };
    assert!(shot.line("deploymets`").contains(": deployments"), "{}", shot.framed());
    assert!(shot.status().trim_start().starts_with(":deploymets"), "the line can be mended\n{}", shot.framed());
    pty.type_keys("<ctrl-u>deployments<enter>");
    pty.wait_for("deployments", |shot| shot.title_words().first() == Some(&"deployments") && !shot.rows().is_empty());
}

#[test]
fn from_namespaces_to_pods_and_back() {
    let mut pty = demo(120, 40);
    let shot = open(&mut pty, "deploy", "deployments");
    assert!(shot.heads().contains("UP-TO-DATE"), "{}", shot.framed());
    let shot = open(&mut pty, "ns", "namespaces");
    assert_eq!(shot.place(), Some((1, NAMESPACES)), "{}", shot.framed());
    // The namespace of one cluster is that of all in scope.
    pty.type_keys("jjjjjj");
    let shot = at(&pty, 7, NAMESPACES);
    assert_eq!(selected_words(&shot)[..2], ["prod-shanghai", "kube-system"], "{}", shot.framed());
    pty.type_keys("<enter>");
    let shot = pty.wait_for("its pods", |shot| {
        shot.title_words().starts_with(&["pods", "kube-system"]) && !shot.rows().is_empty()
    });
    assert!(shot.column("NAMESPACE").iter().all(|cell| cell == "kube-system"), "{}", shot.framed());
    pty.type_keys("<esc>");
    pty.wait_for("namespaces", |shot| shot.title_words().first() == Some(&"namespaces"));
    pty.type_keys("<esc>");
    pty.wait_for("deployments", |shot| shot.title_words().first() == Some(&"deployments"));
    pty.type_keys("0");
    pty.wait_for("all namespaces", |shot| shot.title_words().starts_with(&["deployments", "all", "namespaces"]));
}

#[test]
fn keys_typed_at_once_act_one_after_the_other() {
    let mut pty = demo(120, 40);
    open(&mut pty, "ns", "namespaces");
    pty.type_keys("jjjjjj<enter>");
    let shot = pty.wait_for("pods", |shot| shot.title_words().first() == Some(&"pods"));
    assert_eq!(shot.title_words()[1], "kube-system", "{}", shot.framed());
}

#[test]
fn one_cluster_of_the_fleet() {
    let mut pty = demo(120, 40);
    open(&mut pty, "ctx", "clusters");
    pty.wait_for("live clusters", |shot| shot.place() == Some((1, 4)) && shot.column("STATE") == ["live"; 4]);
    let versions = ["v1.37.1", "v1.34.9", "v1.36.3", "v1.35.4"];
    pty.wait_for("their versions", |shot| shot.column("VERSION") == versions);
    pty.type_keys("jjj ");
    pty.wait_for("a mark", |shot| shot.title().contains("1 marked") && shot.has("✓ staging-frankfurt"));
    pty.type_keys("<enter>");
    let shot = pty.wait_for("the pods of one cluster", |shot| {
        shot.title_words().first() == Some(&"pods")
            && shot.has("1 of 4 clusters")
            && shot.place().is_some_and(|(_, of)| of == 85)
    });
    assert!(!shot.rows().iter().any(|row| row.contains("prod-shanghai")), "{}", shot.framed());
    // A kind opened next keeps the scope; `:ctx *` gives it up.
    let shot = open(&mut pty, "nodes", "nodes");
    assert_eq!(shot.place(), Some((1, 7)), "{}", shot.framed());
    pty.type_keys(":ctx *<enter>");
    pty.wait_for("the whole fleet", |shot| shot.has("all 4 clusters"));
}

#[test]
fn filters() {
    let mut pty = demo(120, 40);
    // Tried while it is typed, on each cell, in any case.
    pty.type_keys("/^COREDNS");
    let shot = pty.wait_for("the rows that match", |shot| shot.rows().len() == 8);
    assert!(shot.rows().iter().all(|row| row.contains("coredns-")), "{}", shot.framed());
    assert!(shot.title().contains("8 of 3"), "{}", shot.framed());
    pty.type_keys("<enter>");
    pty.wait_for("the filter in the header", |shot| shot.has("/^COREDNS") && shot.cursor.is_none());
    // Esc clears the filter first, and only then goes back.
    open(&mut pty, "nodes", "nodes");
    pty.type_keys("/-0[12]<enter>");
    let shot =
        pty.wait_for("fewer nodes", |shot| shot.place().is_some_and(|(_, of)| of < NODES) && shot.cursor.is_none());
    assert!(shot.title_words().first() == Some(&"nodes"), "{}", shot.framed());
    pty.type_keys("<esc>");
    at(&pty, 1, NODES);
    pty.type_keys("<esc>");
    let shot = pty.wait_for("the pods", |shot| shot.title_words().first() == Some(&"pods"));
    assert!(shot.has("/^COREDNS"), "the way back leads to the filter\n{}", shot.framed());
    pty.type_keys("<esc>");
    pty.wait_for("all pods", |shot| shot.place().is_some_and(|(_, of)| of >= PODS));
    // What does not match.
    pty.type_keys("/!running<enter>");
    let shot = pty.wait_for("only those that do not run", |shot| {
        shot.cursor.is_none() && shot.place().is_some_and(|(_, of)| of < 80)
    });
    assert!(shot.column("STATUS").iter().all(|cell| cell != "Running" && !cell.is_empty()), "{}", shot.framed());
    // Labels; the prompt opens on the filter in force.
    pty.type_keys("/<ctrl-u>-l app=cilium<enter>");
    let shot = pty.wait_for("the pods with a label", |shot| shot.cursor.is_none() && shot.place() == Some((1, NODES)));
    assert!(shot.rows().iter().all(|row| row.contains("cilium-")), "{}", shot.framed());
    // A kind opens unfiltered.
    let shot = open(&mut pty, "nodes", "nodes");
    assert_eq!(shot.place(), Some((1, NODES)));
    let shot = open(&mut pty, "pods", "pods");
    assert!(shot.place().is_some_and(|(_, of)| of >= PODS), "{}", shot.framed());
}

#[test]
fn an_invalid_filter_is_explained_where_it_stands() {
    let mut pty = demo(120, 40);
    open(&mut pty, "nodes", "nodes");
    pty.type_keys("/sh-(");
    let shot = pty.wait_for("what is wrong", |shot| shot.above_prompt().starts_with('✗'));
    assert!(shot.status().trim_start().starts_with("/sh-("), "{}", shot.framed());
    let error = shot.above_prompt();
    assert!(error.split_whitespace().count() > 3, "a sentence: {error}");
    pty.type_keys("<enter>");
    pty.type_keys("j"); // typed, not obeyed: the prompt stays
    pty.wait_for("the prompt", |shot| shot.status().trim_start().starts_with("/sh-(j") && shot.cursor.is_some());
    pty.type_keys("<backspace><backspace>");
    pty.wait_for("a filter that is valid", |shot| shot.above_prompt().is_empty() && shot.status().contains("match"));
    pty.type_keys("<esc>");
    let shot = at(&pty, 1, NODES);
    assert_eq!(shot.rows().len(), NODES);
    for filter in ["/-l =x", "/-l a in (b"] {
        pty.type_keys(filter);
        pty.wait_for("what is wrong", |shot| shot.above_prompt().starts_with('✗'));
        pty.type_keys("<esc>");
        at(&pty, 1, NODES);
    }
}

#[test]
fn sorting() {
    let mut pty = demo(160, 40);
    let shot = open(&mut pty, "nodes", "nodes");
    let natural = shot.column("NAME");
    assert_eq!(natural.len(), NODES, "{}", shot.framed());
    pty.type_keys("N");
    let shot = pty.wait_for("by name", |shot| shot.heads().contains("NAME▲"));
    let mut sorted = natural.clone();
    sorted.sort();
    assert_eq!(shot.column("NAME"), sorted, "{}", shot.framed());
    // The same key, and the one that reverses.
    sorted.reverse();
    for (keys, head, reversed) in [("N", "NAME▼", true), ("I", "NAME▲", false), ("I", "NAME▼", true)] {
        pty.type_keys(keys);
        let shot = pty.wait_for(head, |shot| shot.heads().contains(head));
        let mut expected = sorted.clone();
        if !reversed {
            expected.reverse();
        }
        assert_eq!(shot.column("NAME"), expected, "{}", shot.framed());
    }
    // Any column, by name on the command line and picked with the arrows.
    pty.type_keys(":sort version<enter>");
    let shot = pty.wait_for("by version", |shot| shot.heads().contains("VERSION▲"));
    assert!(shot.column("VERSION").is_sorted(), "{}", shot.framed());
    pty.type_keys("A");
    pty.wait_for("the youngest first", |shot| shot.heads().contains("AGE▼") || shot.heads().contains("AGE▲"));
    pty.type_keys("<shift-right>O");
    pty.wait_for("by the column picked", |shot| {
        !shot.heads().contains("AGE▼") && !shot.heads().contains("AGE▲") && shot.heads().contains(['▲', '▼'])
    });
}

#[test]
fn wide() {
    let mut pty = demo(200, 50);
    let shot = pty.shot();
    assert!(!shot.heads().contains("NODE ") && !shot.heads().contains(" IP "), "{}", shot.framed());
    pty.type_keys("<ctrl-w>");
    let shot = pty.wait_for("the wide columns", |shot| shot.heads().contains("NODE"));
    assert!(shot.column("IP").iter().any(|cell| cell.starts_with("10.")), "{}", shot.framed());
    pty.type_keys("<ctrl-w>");
    pty.wait_for("the usual ones", |shot| !shot.heads().contains("NODE"));
}

#[test]
fn marks() {
    let mut pty = demo(120, 40);
    open(&mut pty, "nodes", "nodes");
    pty.type_keys(" jj");
    pty.wait_for("a mark", |shot| shot.title().contains("1 marked") && shot.place() == Some((4, NODES)));
    pty.type_keys("<ctrl-space>");
    let shot = pty.wait_for("a range", |shot| shot.title().contains("4 marked"));
    assert_eq!(shot.rows().iter().filter(|row| row.chars().nth(1) == Some('✓')).count(), 4, "{}", shot.framed());
    // Marks stay with their objects when the order is another.
    let is_marked = |row: &&String| row.chars().nth(1) == Some('✓');
    let names = |shot: &Shot| {
        let mut names: Vec<_> =
            shot.rows().iter().filter(is_marked).map(|row| row.chars().skip(2).collect::<String>()).collect();
        names.sort();
        names
    };
    let before = names(&shot);
    pty.type_keys("N");
    pty.wait_for("another order", |shot| shot.heads().contains("NAME▲"));
    pty.type_keys("N");
    let shot = pty.wait_for("the reverse", |shot| shot.heads().contains("NAME▼"));
    assert_eq!(names(&shot), before, "{}", shot.framed());
    pty.type_keys("<ctrl-\\>");
    pty.wait_for("no marks", |shot| !shot.title().contains("marked") && !shot.has("✓"));
}

#[test]
fn help_and_the_way_out() {
    let mut pty = demo(120, 40);
    pty.type_keys("?");
    let shot = pty.wait_for("the help", |shot| shot.has("Esc closes"));
    for words in ["Ctrl-F", "Shift-A", "Ctrl-C"] {
        assert!(shot.has(words), "{words}\n{}", shot.framed());
    }
    pty.type_keys("<esc>");
    pty.wait_for("the pods", |shot| !shot.rows().is_empty() && !shot.has("Esc closes"));
    // At the first place there is nothing to go back to, and it says how to leave; the line of the demo goes first.
    pty.type_keys("<esc>");
    pty.wait_for("no line of the demo", |shot| shot.status().contains(":demo"));
    pty.type_keys("<esc>");
    pty.wait_for("a hint", |shot| shot.status().contains(":q"));
    let ended = pty.quit();
    assert_eq!(ended.code, Some(0));
}

#[test]
fn another_size_while_it_is_open() {
    let mut pty = demo(120, 40);
    open(&mut pty, "pods /node-exporter", "pods");
    for (columns, lines) in [(80, 24), (200, 50), (40, 10), (1, 1), (300, 100), (120, 40)] {
        pty.resize(columns, lines);
        if lines < 5 {
            continue; // nothing to see: it must live on
        }
        // Title and status fill the new edges.
        pty.wait_for(&format!("{columns}×{lines}"), |shot| {
            let whole = lines == 10 || shot.place().is_some(); // there, what is cut lies over it
            shot.lines.len() == usize::from(lines) && shot.title_words().first() == Some(&"pods") && whole
        });
    }
    pty.type_keys("j");
    pty.wait_for("the second row", |shot| shot.place() == Some((2, NODES)));
    assert_eq!(pty.shot().rows().len(), NODES, "{}", pty.shot().framed());
}

#[test]
fn the_cursor_stays_on_its_object() {
    // Slow enough that jobs come and nothing else changes how many pods there are.
    let mut pty = with_churn("3", 120, 40);
    // The mark says that all keys before it are obeyed: how many pods there are may change between them.
    pty.type_keys("Gkkk ");
    let before = pty.wait_for("one of the last rows", |shot| {
        shot.title().contains("1 marked") && shot.place().is_some_and(|(at, of)| of >= PODS && at + 9 > of)
    });
    let (row, total) = before.place().unwrap_or_default();
    // The jobs of each cluster add pods above it.
    let after = pty.wait_for("more or fewer pods", |shot| shot.place().is_some_and(|(_, of)| of != total));
    let (row_after, total_after) = after.place().unwrap_or_default();
    // A longer cell elsewhere may cut the cluster's name otherwise.
    let identity = |shot: &Shot| selected_words(shot)[1..].to_vec();
    assert_eq!(identity(&after), identity(&before), "{}{}", before.framed(), after.framed());
    assert_eq!(row.abs_diff(row_after), total.abs_diff(total_after), "{}", after.framed());
}

#[test]
fn nothing_is_written_while_nothing_visible_changes() {
    let served = Served::start(&["--clusters", "1"]);
    let api = Api::new(&served.kubeconfig(), None);
    let mut pty = skylark(&["-A"]).size(200, 50).kubeconfig(&served.kubeconfig()).open();
    // Pods that are days old; others change behind the filter.
    open(&mut pty, "pods /^node-exporter", "pods");
    pty.wait_for("all of them", |shot| shot.title().contains(" of 150 ") && shot.has("150 pods"));
    assert!(pty.is_quiet_for(Duration::from_millis(500), PATIENCE), "{}", pty.shot().framed());
    let list = api.get("/api/v1/namespaces/payments/pods?labelSelector=app%3Dledger-api");
    let name = list["items"][0]["metadata"]["name"].as_str().expect("a pod that the filter hides");
    let path = format!("/api/v1/namespaces/payments/pods/{name}");
    let before = pty.bytes();
    for round in 0..100 {
        let label = json!({"metadata": {"labels": {"round": round.to_string()}}});
        api.ask("PATCH", &path, ("content-type", "application/merge-patch+json"), &label).expect("a change");
    }
    assert!(pty.is_quiet_for(Duration::from_millis(500), PATIENCE), "{}", pty.shot().framed());
    let written = pty.raw().split_off(before);
    assert!(written.is_empty(), "{:?}", String::from_utf8_lossy(&written));
    // They have all arrived.
    pty.type_keys("/<ctrl-u>-l round=99<enter>");
    pty.wait_for("the pod that changed", |shot| shot.cursor.is_none() && shot.column("NAME") == [name]);
}

#[test]
fn more_input_than_a_terminal_holds_is_read_to_its_end() {
    let mut pty = demo(120, 40);
    open(&mut pty, "nodes", "nodes");
    // What does not fit into one read must not wait for the next key.
    pty.send(format!("{}g", "j".repeat(3000)).as_bytes());
    at(&pty, 1, NODES);
    // Nor what does not fit into the terminal at once.
    pty.send("j".repeat(30_000).as_bytes());
    at(&pty, NODES, NODES);
    // A paste is one text, whatever its length.
    pty.type_keys("/");
    pty.wait_for("a prompt", |shot| shot.cursor.is_some());
    let text = format!("\x1b[200~{}\x1b[201~", "no such node ".repeat(3000));
    pty.send(text.as_bytes());
    pty.wait_for("what was pasted", |shot| shot.status().contains("no such node"));
    pty.type_keys("<ctrl-u><esc>");
    at(&pty, NODES, NODES);
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn keys_that_arrive_together_with_esc_are_all_obeyed() {
    let mut pty = demo(80, 24);
    open(&mut pty, "pods /^node-exporter", "pods");
    // As over a line that gathers what is typed: the first two bytes are Alt-/ as well.
    pty.send(b"\x1b/^cilium\r");
    pty.wait_for("the pods of the second filter", |shot| {
        shot.cursor.is_none() && shot.has("/^cilium") && shot.selected().contains("cilium-")
    });
}

#[test]
fn a_step_of_the_cursor_is_few_bytes_in_one_frame() {
    let mut pty = demo(200, 50);
    open(&mut pty, "pods /^node-exporter", "pods");
    assert!(pty.is_quiet_for(Duration::from_millis(300), PATIENCE));
    for (keys, row) in [("j", 2), ("j", 3), ("k", 2)] {
        // What the fleet does meanwhile may come into the same frame: then the step is made again.
        let mut tries = 0;
        loop {
            let before = pty.frames();
            pty.type_keys(keys);
            at(&pty, row, NODES);
            let frames = pty.frames_from(before);
            let largest = frames.iter().map(Vec::len).max().unwrap_or_default();
            if largest <= 400 {
                break;
            }
            tries += 1;
            assert!(tries < 5, "{largest} bytes: {:?}", String::from_utf8_lossy(&frames.concat()));
            let (back, before) = if keys == "j" { ("k", row - 1) } else { ("j", row + 1) };
            pty.type_keys(back);
            at(&pty, before, NODES);
        }
    }
}

/// Everything is written in whole frames: what stands outside of them takes the terminal and gives it back.
fn assert_only_frames(pty: &Pty) {
    let outside = pty.outside();
    let (last, rest) = outside.split_last().expect("pieces");
    let (first, between) = rest.split_first().expect("frames");
    assert!(first.starts_with(b"\x1b[?1049h"), "{}", String::from_utf8_lossy(first));
    assert!(last.ends_with(b"\x1b[?1049l"), "{}", String::from_utf8_lossy(last));
    for piece in between {
        assert!(piece.is_empty(), "outside of a frame: {:?}", String::from_utf8_lossy(piece));
    }
    for frame in pty.frames_from(0) {
        let frame = String::from_utf8(frame).expect("no frame ends within a character");
        assert_eq!(frame.matches("\x1b[?2026h").count(), 1, "{frame:?}");
    }
}

#[test]
fn the_terminal_is_as_it_was_on_every_way_out() {
    type Way<'a> = (&'a str, &'a dyn Fn(&mut Pty));
    let ways: [Way<'_>; 6] = [
        (":q", &|pty| pty.type_keys(":q<enter>")),
        ("Ctrl-C", &|pty| pty.type_keys("<ctrl-c>")),
        ("SIGTERM", &|pty| pty.signal(Signal::TERM)),
        ("SIGHUP", &|pty| pty.signal(Signal::HUP)),
        ("SIGINT", &|pty| pty.signal(Signal::INT)),
        ("SIGTERM while it is stopped", &|pty| {
            pty.signal(Signal::STOP);
            pty.signal(Signal::TERM);
            pty.signal(Signal::CONT);
        }),
    ];
    for (name, leave) in ways {
        let mut pty = demo(120, 40);
        assert!(!pty.is_cooked(), "{name}");
        // Also with a prompt open and its cursor shown.
        if name != ":q" {
            pty.type_keys("/x");
            pty.wait_for("a prompt", |shot| shot.cursor.is_some());
        }
        leave(&mut pty);
        let ended = pty.ended();
        assert!(ended.code.is_some(), "{name}: {ended:?}");
        assert!(ended.cooked, "{name}: the modes of the terminal are as they were");
        let shot = &ended.shot;
        assert!(!shot.alternate && !shot.bracketed_paste && shot.cursor.is_some(), "{name}: {shot:?}");
        assert!(shot.lines.iter().all(String::is_empty), "{name}: {}", shot.framed());
        if name != "SIGTERM while it is stopped" {
            assert_only_frames(&pty);
        }
    }
}

#[test]
fn stopped_and_continued() {
    let pty = demo(120, 40);
    let before = pty.bytes();
    pty.signal(Signal::STOP);
    pty.signal(Signal::CONT);
    // It takes the terminal again and draws everything.
    pty.wait_for_bytes(before, b"\x1b[2J");
    let shot = pty.wait_for("the pods", |shot| !shot.rows().is_empty());
    assert!(shot.alternate && shot.bracketed_paste, "{shot:?}");
    assert_eq!(pty.quit().code, Some(0));
}
