//! What the hands of a k9s user do in a first hour, key by key: each step must show what it promises
//! before the next is typed. The fleet is a parameter, so that the same hands go over any.

use crate::support::pty::{PATIENCE, Pty, Shot, skylark};

/// A fleet, and what is known of it.
pub struct Fleet {
    /// A cluster, and letters that name no other.
    pub cluster: (String, String),
    /// A namespace with running pods on that cluster, one of the first in the table.
    pub namespace: String,
    /// A part of the name of a pod that runs there.
    pub pod: String,
    /// Pods at least.
    pub pods: usize,
}

fn demo() -> Fleet {
    Fleet {
        cluster: ("prod-shanghai".into(), "shang".into()),
        namespace: "kube-system".into(),
        pod: "coredns".into(),
        pods: 200,
    }
}

/// The hands: what they press, counted.
pub struct Hands {
    pub pty: Pty,
    pub pressed: usize,
}

impl Hands {
    pub fn on(pty: Pty) -> Hands {
        Hands { pty, pressed: 0 }
    }

    /// Presses keys and waits for what they promise.
    #[track_caller]
    pub fn press(&mut self, keys: &str, what: &str, is_so: impl Fn(&Shot) -> bool) -> Shot {
        self.pty.type_keys(keys);
        self.pressed += count(keys);
        self.pty.wait_for(&format!("{what} (after {keys})"), is_so)
    }
}

/// How many keys these are.
fn count(keys: &str) -> usize {
    let named = keys.matches('<').count();
    let inside: usize = keys.split('<').skip(1).filter_map(|rest| rest.find('>')).map(|end| end + 2).sum();
    keys.chars().count() - inside + named
}

pub fn kind(shot: &Shot) -> String {
    shot.title_words().first().copied().unwrap_or_default().to_owned()
}

/// On the table of a kind, with rows and a place.
pub fn on(wanted: &'static str) -> impl Fn(&Shot) -> bool {
    move |shot| kind(shot) == wanted && shot.place().is_some() && !shot.rows().is_empty()
}

pub fn all_rows(shot: &Shot, text: &str) -> bool {
    !shot.rows().is_empty() && shot.rows().iter().all(|row| row.contains(text))
}

/// The first hour on the pods of a fleet.
pub fn go_over(fleet: &Fleet, hands: &mut Hands, lines: u16) {
    let first = hands.pty.wait_for("all pods", |shot| {
        kind(shot) == "pods" && shot.place().is_some_and(|(at, of)| at == 1 && of >= fleet.pods)
    });
    assert!(first.rows().len() >= usize::from(lines) - 5, "{}", first.framed());
    let at = |row: usize| move |shot: &Shot| shot.place().is_some_and(|(at, _)| at == row);

    // Moving.
    hands.press("jj", "the third row", at(3));
    hands.press("k<down>", "the third row again", at(3));
    // While rows arrive the last one is soon not the last any more.
    let last = |shot: &Shot| shot.place().is_some_and(|(at, of)| at * 10 > of * 9);
    let begun = std::time::Instant::now();
    loop {
        hands.press("G", "a row far below", |shot| shot.place().is_some_and(|(at, _)| at > 100));
        if last(&hands.pty.shot()) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{}", hands.pty.shot().framed());
    }
    hands.press("g", "the first row", at(1));
    hands.press("<ctrl-f>", "the second page", |shot| shot.place().is_some_and(|(at, _)| at > 10));
    hands.press("<ctrl-b>", "the first page", at(1));

    // Sorting.
    hands.press("N", "by name", |shot| shot.heads().contains("NAME▲"));
    hands.press("N", "the other way round", |shot| shot.heads().contains("NAME▼"));
    // A column that has no room is named in the title.
    hands.press("A", "by age", |shot| shot.heads().contains("AGE▲") || shot.title().contains("by AGE ▲"));
    hands.press("S", "by status", |shot| shot.heads().contains("STATUS▲"));
    hands.press(":unsort<enter>", "the natural order", |shot| !shot.heads().contains(['▲', '▼']));

    // Filters, with a blank, too; Esc clears.
    let pod = fleet.pod.as_str();
    hands.press(&format!("/{pod}<enter>"), "only such pods", |shot| all_rows(shot, pod) && shot.cursor.is_none());
    hands.press("<esc>", "all", |shot| shot.place().is_some_and(|(_, of)| of >= fleet.pods));
    let words = format!("{} {pod}", &fleet.namespace[..4]);
    hands.press(&format!("/{words}<enter>"), "both words", |shot| all_rows(shot, pod) && shot.cursor.is_none());
    hands.press("<esc>", "all", |shot| shot.place().is_some_and(|(_, of)| of >= fleet.pods));
    hands.press("/!running<enter>", "what does not run", |shot| {
        shot.cursor.is_none() && !shot.rows().is_empty() && !shot.rows().iter().any(|row| row.contains(" Running"))
    });
    hands.press("<esc>", "all", |shot| shot.place().is_some_and(|(_, of)| of >= fleet.pods));
    hands.press("<ctrl-z>", "faults only", |shot| {
        shot.has("· faults only") && shot.place().is_some_and(|(_, of)| of < fleet.pods)
    });
    hands.press("<ctrl-z>", "all again", |shot| {
        !shot.has("· faults only") && shot.place().is_some_and(|(_, of)| of >= fleet.pods)
    });

    // Marks, wide columns, the header.
    hands.press("g  ", "two marks", |shot| shot.title().contains("2 marked"));
    hands.press("<ctrl-\\>", "no marks", |shot| !shot.title().contains("marked"));
    let narrow = hands.pty.shot();
    hands.press("<ctrl-w>", "wide columns", |shot| {
        shot.heads() != narrow.heads() || (shot.title().contains('+') && shot.title() != narrow.title())
    });
    hands.press("<ctrl-w>", "as before", |shot| shot.heads() == narrow.heads());
    hands.press("<ctrl-e>", "no header", |shot| shot.title() == shot.lines[0]);
    hands.press("<ctrl-e>", "the header", |shot| shot.lines[0].contains(&fleet.cluster.0));

    // Kinds by their short names, and the history.
    hands.press(":dp", "a line", |shot| shot.cursor.is_some());
    hands.press("<esc>", "no line", |shot| shot.cursor.is_none());
    hands.press(":deploy<enter>", "deployments", on("deployments"));
    hands.press("[", "back", on("pods"));
    hands.press("]", "forward", on("deployments"));
    hands.press("-", "the last place", on("pods"));

    // Namespaces: by the table, by a line, by a digit.
    let namespace = fleet.namespace.as_str();
    let shot = hands.press(":ns<enter>", "namespaces", on("namespaces"));
    assert!(shot.column("NAME").iter().any(|name| name == namespace), "{}", shot.framed());
    hands.press(&format!("/^{namespace}$<enter>"), "one name", |shot| {
        all_rows(shot, namespace) && shot.cursor.is_none()
    });
    hands.press("<enter>", "its pods", |shot| on("pods")(shot) && shot.title_words().get(1) == Some(&namespace));
    hands.press("0", "all namespaces", |shot| shot.title_words().starts_with(&["pods", "all", "namespaces"]));
    hands.press("1", "the namespace again", |shot| shot.title_words().get(1) == Some(&namespace));

    // Clusters.
    hands.press(":ctx<enter>", "clusters", on("clusters"));
    hands.press("q", "back", on("pods"));
    let line = format!(":po {namespace} @{} /{pod}<enter>", fleet.cluster.1);
    hands.press(&line, "one cluster, one namespace, filtered", |shot| {
        on("pods")(shot) && all_rows(shot, pod) && shot.title_words().get(1) == Some(&namespace)
    });
    hands.press(&format!(":ctx {}<enter>", fleet.cluster.0), "one cluster", |shot| {
        shot.lines[0].contains(&fleet.cluster.0) && shot.has("only 1 of")
    });
    hands.press(":ctx *<enter>", "the fleet", |shot| kind(shot) == "pods" && !shot.has("only 1 of"));
    hands.press("0", "all of it", |shot| shot.place().is_some_and(|(_, of)| of >= fleet.pods));

    // Finding.
    hands.press("<ctrl-a>", "kinds with their other names", |shot| shot.has("deploy deployment"));
    hands.press("<esc>", "the table", |shot| shot.cursor.is_none() && !shot.has("edit as a line"));
    hands.press("<ctrl-p>faults", "a command with its key", |shot| {
        shot.lines.iter().any(|line| line.contains("Show only rows that want") && line.contains("Ctrl-Z"))
    });
    hands.press("<esc>", "the table", |shot| shot.cursor.is_none() && !shot.has("edit as a line"));
    hands.press("<ctrl-p>deploymen<enter>", "deployments", on("deployments"));
    hands.press("<esc>", "back", on("pods"));
    hands.press("?", "the help", |shot| shot.has("Esc closes") && shot.has("Filter the rows"));
    hands.press("/attention<enter>", "what is searched for", |shot| shot.has("Ctrl-Z") && !shot.has("Ctrl-W"));
    hands.press("<esc>", "all of the help", |shot| shot.has("Ctrl-W"));
    hands.press("<esc>", "the table", on("pods"));

    // Taking text out.
    let shot = hands.press("gj", "the second row", at(2));
    let state = hands.pty.home().join("skylark");
    hands.press("c", "a copy", |shot| shot.lines.iter().any(|line| line.contains("Copied ")));
    let copied = std::fs::read_to_string(state.join("clipboard.txt")).expect("what was copied");
    assert!(shot.selected().contains(&copied[..copied.len().min(12)]), "{copied}\n{}", shot.framed());
    hands.press("n", "its namespace", |shot| shot.lines.iter().any(|line| line.contains("Copied ")));
    let copied = std::fs::read_to_string(state.join("clipboard.txt")).expect("what was copied");
    assert!(shot.selected().contains(&copied[..copied.len().min(4)]), "{copied}\n{}", shot.framed());
    hands.press("<ctrl-y>", "what goes on", |shot| shot.has("Copy the row"));
    hands.press("r", "a row", |shot| shot.lines.iter().any(|line| line.contains("Copied the row")));
    let copied = std::fs::read_to_string(state.join("clipboard.txt")).expect("what was copied");
    assert!(copied.matches('\t').count() >= 6, "{copied}");
    let shot = hands.press("<ctrl-s>", "a file", |shot| shot.lines.iter().any(|line| line.contains("Saved ")));
    let saved: Vec<_> = std::fs::read_dir(state.join("tables")).expect("saved tables").flatten().collect();
    let csv = std::fs::read_to_string(saved[0].path()).expect("a table");
    assert!(csv.starts_with("CLUSTER,NAMESPACE,NAME,READY,STATUS,RESTARTS,AGE\r\n"), "{csv}");
    assert!(csv.lines().count() > fleet.pods, "{}", shot.framed());

    // What is still to come does nothing, and says so.
    for key in ["s", "l", "<ctrl-k>", "F"] {
        let shot =
            hands.press(key, "not yet", |shot| shot.lines.iter().any(|line| line.contains("Not in this version")));
        assert_eq!(kind(&shot), "pods", "{}", shot.framed());
    }
    hands.press("j", "the table as it was", |shot| !shot.has("Not in this version") && at(3)(shot));
    hands.press("<ctrl-r>", "the same", on("pods"));
    hands.press(":nonsense<ctrl-u>", "an empty line", |shot| {
        shot.cursor.is_some() && shot.status().trim_start().starts_with(": ")
    });
    hands.press("<esc>", "no line", |shot| shot.cursor.is_none());
    assert!(hands.pressed >= 60, "{} keys", hands.pressed);
}

fn demo_in(columns: u16, lines: u16) {
    let pty = skylark(&["demo", "--nodes", "7", "--pods", "85", "--churn", "0"])
        .size(columns, lines)
        .env("SKYLARK_CLIPBOARD", "file")
        .open();
    let mut hands = Hands::on(pty);
    go_over(&demo(), &mut hands, lines);
    hands.pty.type_keys(":q<enter>");
    assert_eq!(hands.pty.ended().code, Some(0));
}

#[test]
fn over_ssh_the_terminal_is_asked_to_copy() {
    let mut pty = skylark(&["demo", "--nodes", "7", "--pods", "85", "--churn", "0"])
        .env("SSH_TTY", "/dev/pts/7")
        .env("DISPLAY", ":10")
        .open();
    pty.wait_for("pods", |shot| kind(shot) == "pods" && shot.place().is_some_and(|(_, of)| of >= 200));
    pty.type_keys(":pods default<enter>");
    pty.wait_for("its pods", |shot| shot.title().contains("default") && shot.place().is_some_and(|(at, _)| at == 1));
    pty.type_keys("n");
    let shot = pty.wait_for("what became of it", |shot| shot.has("Sent default (7 bytes)"));
    assert!(shot.has("OSC 52 (unconfirmed)"), "{}", shot.framed());
    // What is in the frame after was written after it.
    pty.type_keys("j");
    pty.wait_for("the next row", |shot| shot.place().is_some_and(|(at, _)| at == 2));
    let outside = pty.outside();
    let asked = outside.iter().filter(|bytes| bytes.windows(4).any(|part| part == b"]52;"));
    assert_eq!(asked.collect::<Vec<_>>(), [b"\x1b]52;c;ZGVmYXVsdA==\x07"], "once, and never inside a frame");
}

#[test]
fn a_small_terminal() {
    demo_in(80, 24);
}

#[test]
fn a_large_terminal() {
    demo_in(160, 45);
}
