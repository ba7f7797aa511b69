//! Snapshots of fleets that do not exist.

use crate::app::ui::{Candidate, Help, HelpSection, Hint, Mode, Prompt, Ui};
use crate::model::draft::Tone;
use crate::model::state::{ClusterState, Phase};
use crate::view::snapshot::{ClusterLine, Completeness, Head, Note, PodCount, Snapshot, Window, WindowRow};
use crate::view::spec::{ClusterId, Sort};

pub const NOW: u32 = 1_790_000_000;

pub fn cluster(name: &str, phase: Phase) -> ClusterLine {
    let reason = match phase {
        Phase::Unreachable => "cannot connect to 10.9.8.7:6443: connection refused; is the VPN up?".to_owned(),
        Phase::Denied => "the server refuses the credentials of user ops; check its token".to_owned(),
        _ => String::new(),
    };
    let known = matches!(phase, Phase::Live | Phase::Stale);
    ClusterLine {
        name: name.into(),
        state: ClusterState { phase, since: NOW - 300, reason, version: "v1.37.2".into(), ..ClusterState::default() },
        nodes: known.then_some(6),
        pods: known.then_some(PodCount { count: 71, as_of: None }),
        in_scope: true,
    }
}

fn head(title: &str, numeric: bool) -> Head {
    let identity = ["CLUSTER", "NAMESPACE", "NAME"].contains(&title);
    let least = match title {
        "NAME" => 24,
        "CLUSTER" | "NAMESPACE" | "RESTARTS" => 8,
        "STATUS" => 10,
        _ => 4,
    };
    Head { title: title.into(), width: 0, least, numeric, identity, repeats: identity && title != "NAME" }
}

/// A window of rows with widths as a view would know them.
pub fn window(kind: &str, titles: &[&str], rows: Vec<WindowRow>) -> Window {
    let mut heads: Vec<Head> = titles.iter().map(|title| head(title, *title == "NODES")).collect();
    for (i, head) in heads.iter_mut().enumerate() {
        let cells = rows.iter().filter_map(|row| row.cells.get(i)).map(|cell| crate::text::width::width(cell));
        head.width = cells.max().unwrap_or(0).max(head.title.len() as u16);
    }
    Window {
        kind: kind.into(),
        scope: "all namespaces".into(),
        matched: rows.len(),
        total: rows.len(),
        cursor: (!rows.is_empty()).then_some(0),
        heads,
        rows,
        completeness: Completeness::Complete,
        ..Window::default()
    }
}

pub const PODS: [&str; 7] = ["CLUSTER", "NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"];
const WORDS: [&str; 8] = [
    "checkout",
    "payments-api",
    "search-indexer",
    "web",
    "mail-relay",
    "session-store",
    "image-resizer",
    "cron-nightly",
];
const SPACES: [&str; 5] = ["default", "kube-system", "shop-frontend", "shop-backend", "observability"];

pub fn row(cells: &[&str], tone: Tone) -> WindowRow {
    WindowRow { cells: cells.iter().map(ToString::to_string).collect(), tone, marked: false, stale: false }
}

/// Pods as a real fleet has them, in natural order.
pub fn pods(clusters: &[&str], count: usize) -> Vec<WindowRow> {
    let each = count.div_ceil(clusters.len());
    let pod = |i: usize| {
        let (cluster, place) = (clusters[i / each], i % each);
        let word = WORDS[place % WORDS.len()];
        let name = format!("{word}-{:08x}-{:05x}", i * 7_919 + 40_503, i * 104_729 % 0xf_ffff);
        let (ready, status, restarts, tone) = match i % 17 {
            3 => ("0/1", "CrashLoopBackOff", "12 (3m ago)", Tone::Bad),
            7 => ("0/2", "ContainerCreating", "0", Tone::Warn),
            11 => ("0/1", "Completed", "0", Tone::Quiet),
            _ => ("1/1", "Running", "0", Tone::Good),
        };
        let age = format!("{}h", 1 + i % 40);
        row(&[cluster, SPACES[place * SPACES.len() / each], &name, ready, status, restarts, &age], tone)
    };
    (0..count).map(pod).collect()
}

pub fn snapshot(clusters: Vec<ClusterLine>, window: Window) -> Snapshot {
    Snapshot { clusters, window, page: None, names: std::sync::Arc::default(), handled: 0, now: NOW }
}

/// A hundred pods on three clusters, one of which is dead.
pub fn busy() -> Snapshot {
    let clusters = vec![
        cluster("prod-eu-west", Phase::Live),
        cluster("prod-us-east", Phase::Live),
        cluster("staging", Phase::Unreachable),
    ];
    let mut window = window("pods", &PODS, pods(&["prod-eu-west", "prod-us-east"], 100));
    window.cursor = Some(4);
    window.rows[2].marked = true;
    window.rows[6].marked = true;
    window.completeness = Completeness::Partial;
    window.notes =
        vec![note(Some(2), Tone::Bad, "unreachable: connection refused by 10.9.8.7:6443; its pods are missing here.")];
    window.sort = None;
    snapshot(clusters, window)
}

pub fn note(cluster: Option<u16>, tone: Tone, text: &str) -> Note {
    Note { cluster: cluster.map(ClusterId), tone, text: text.into() }
}

/// The clusters pane of a fleet of twelve.
pub fn twelve() -> Snapshot {
    let names =
        ["prod-eu-west-1", "prod-eu-west-2", "prod-eu-north-1", "prod-us-east-1", "prod-us-west-1", "prod-ap-south-1"];
    let mut clusters: Vec<ClusterLine> = names.map(|name| cluster(name, Phase::Live)).into();
    for (name, phase) in [
        ("stage-eu-west-1", Phase::Stale),
        ("stage-us-east-1", Phase::Live),
        ("dev-eu-west-1", Phase::Expired),
        ("dr-eu-west-1", Phase::Unreachable),
        ("lab", Phase::Idle),
        ("edge-tokyo", Phase::Connecting),
    ] {
        clusters.push(cluster(name, phase));
    }
    clusters[6].pods = Some(PodCount { count: 71, as_of: Some(NOW - 180) });
    let rows = clusters.iter().map(|line| {
        let tone = match line.state.phase {
            Phase::Live => Tone::Good,
            Phase::Idle | Phase::Connecting => Tone::Quiet,
            Phase::Unreachable | Phase::Denied => Tone::Bad,
            _ => Tone::Warn,
        };
        let nodes = line.nodes.map_or(String::from("-"), |nodes| nodes.to_string());
        row(&[&line.name, line.state.phase.word(), "5m", &nodes, &line.state.version, &line.state.reason], tone)
    });
    let mut window = window("clusters", &["NAME", "STATE", "SINCE", "NODES", "VERSION", "REASON"], rows.collect());
    window.scope = String::new();
    window.cursor = Some(2);
    snapshot(clusters, window)
}

pub fn cjk() -> Snapshot {
    let mut rows = pods(&["生産-東京", "dev"], 12);
    rows[1].cells[2] = "注文サービス-7d4b9c-x2x9l".into();
    rows[2].cells[1] = "決済".into();
    rows[3].cells[2] = "결제-서비스-0".into();
    rows[4].cells[2] = "naïve-café-👩‍💻".into();
    snapshot(vec![cluster("生産-東京", Phase::Live), cluster("dev", Phase::Throttled)], window("pods", &PODS, rows))
}

pub fn long_names() -> Snapshot {
    let prefix = "arn:aws:eks:eu-central-1:123456789012:cluster";
    let names = [format!("{prefix}/production-blue"), format!("{prefix}/production-green")];
    let names = [names[0].as_str(), names[1].as_str()];
    let mut rows = pods(&names, 40);
    for (i, row) in rows.iter_mut().enumerate().filter(|(i, _)| i % 3 == 0) {
        row.cells[2] = format!("a-rather-long-release-name-of-a-helm-chart-with-a-suffix-{i:05}-7d4b9c-x2x9l");
        row.cells[1] = "team-checkout-integration-tests".into();
    }
    let mut window = window("pods", &PODS, rows);
    window.sort = Some(Sort { column: "AGE".into(), descending: true });
    snapshot(names.map(|name| cluster(name, Phase::Live)).into(), window)
}

fn hint(keys: &str, label: &str) -> Hint {
    Hint { keys: keys.into(), label: label.into() }
}

pub fn ui() -> Ui {
    let hints = [
        ("/", "filter"),
        (":", "command"),
        ("Enter", "open"),
        ("Esc", "back"),
        ("Space", "mark"),
        ("Shift-N", "sort by name"),
        ("Ctrl-W", "wide"),
        ("?", "help"),
    ];
    Ui { hints: hints.map(|(keys, label)| hint(keys, label)).into(), ..Ui::default() }
}

pub fn command() -> Ui {
    let candidates = [
        ("pods", "kind po"),
        ("poddisruptionbudgets", "kind pdb"),
        ("podtemplates", "kind"),
        ("prod-eu-west", "cluster live"),
        ("priorityclasses", "kind pc"),
        ("persistentvolumes", "kind pv"),
        ("persistentvolumeclaims", "kind pvc"),
        ("payments", "namespace"),
        ("platform", "namespace"),
        ("pause", "command"),
    ];
    let candidates = candidates.map(|(text, about)| Candidate { text: text.into(), about: about.into() }).into();
    let prompt = Prompt { text: "poddisruptionbudgets".into(), cursor: 20, candidates, chosen: Some(1), error: None };
    Ui { mode: Mode::Command(prompt), ..ui() }
}

pub fn help() -> Ui {
    let table = [
        ("↑ ↓ k j", "up, down"),
        ("PgUp PgDn", "a screenful"),
        ("g G", "first, last row"),
        ("Enter", "open"),
        ("Esc", "clear the filter, then back"),
        ("Space", "mark"),
        ("Ctrl-Space", "mark a range"),
        ("Ctrl-\\", "clear marks"),
        ("Shift-N", "sort by name"),
        ("Shift-A", "sort by age"),
        ("Shift-← Shift-→", "pick a column"),
        ("Shift-O", "sort by it"),
        ("Ctrl-W", "wide"),
        ("r", "try again"),
        ("q", "back"),
        ("?", "this help"),
    ];
    let filter = [
        ("/", "filter"),
        ("web.*api", "a regex on any cell"),
        ("!Running", "what does not match"),
        ("-l app=web", "by label"),
        ("Enter", "keep it"),
        ("Esc", "clear it"),
    ];
    let line = [
        (":", "command line"),
        (":pods", "a kind"),
        (":clusters", "the fleet"),
        (":ns team-a", "a namespace"),
        ("Tab", "complete"),
        (":q", "quit"),
    ];
    let section = |title: &str, entries: &[(&str, &str)]| HelpSection {
        title: title.into(),
        entries: entries.iter().map(|(keys, label)| hint(keys, label)).collect(),
    };
    let sections = vec![
        section("Table", &table),
        section("Filter", &filter),
        section("Command line", &line),
        section("Clusters", &table[3..9]),
    ];
    Ui { mode: Mode::Help(Help { title: "help".into(), sections, ..Help::default() }), ..ui() }
}

/// `:errors` over the table.
pub fn errors() -> Ui {
    let sentences = [
        "/home/ada/.config/skylark/keymaps/k9s.toml:12: `fly`: there is no command `fly`",
        "keymap \"k9s\" is not used because of that",
        "kubeconfig /home/ada/.kube/config holds credentials and can be read by everyone on this machine (mode 0644); \
         `chmod 600 /home/ada/.kube/config` mends it",
    ];
    let entries = sentences.map(|label| Hint { keys: String::new(), label: label.into() }).into();
    let sections = vec![HelpSection { title: String::new(), entries }];
    Ui { mode: Mode::Help(Help { title: "errors".into(), sections, prose: true, scroll: 0 }), ..ui() }
}
