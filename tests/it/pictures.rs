//! The pictures of the README, taken from the demo: `cargo test --test it pictures -- --ignored` takes them anew.

use crate::support::pty::{Pty, Shot, skylark};
use crate::support::svg::picture;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The most bytes of a picture.
const LARGEST: usize = 200 * 1024;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The demo in all colours, without anything that changes by itself.
fn demo(columns: u16, lines: u16) -> Pty {
    let pty = skylark(&["demo", "--churn", "0"]).env("COLORTERM", "truecolor").size(columns, lines).open();
    pty.wait_for("all pods", |shot| shot.has(" pods · all 4 clusters") && shot.place().is_some_and(|(at, _)| at == 1));
    pty
}

fn keep(pty: &Pty, name: &str, title: &str) {
    let assets = root().join("assets");
    std::fs::create_dir_all(&assets).unwrap();
    std::fs::write(assets.join(name), picture(&pty.screen(), title)).unwrap();
}

/// Whether an object is read, and it is live.
fn is_live(shot: &Shot) -> bool {
    shot.lines.iter().any(|line| line.ends_with("  live"))
}

#[test]
#[ignore = "writes the pictures of the README"]
fn pictures() {
    let mut pty = demo(130, 36);
    pty.type_keys("<esc>");
    pty.wait_for("no line of the demo", |shot| !shot.has("/cart-service"));
    pty.type_keys("<ctrl-z>");
    // What Esc has said goes by itself.
    pty.wait_for("faults", |shot| {
        shot.has("faults only") && shot.status().contains("? help") && !shot.title().contains("expected")
    });
    keep(&pty, "faults.svg", "The pods of four clusters that want attention, in one table");

    pty.type_keys("<ctrl-p>");
    pty.wait_for("the palette", |shot| shot.cursor.is_some());
    pty.type_keys("cert");
    pty.wait_for("what fits", |shot| shot.has("certificates") && shot.has("> cert") && shot.has("there is no filter"));
    keep(&pty, "palette.svg", "The palette: commands, kinds, clusters, namespaces and places by a few letters");
    pty.type_keys("<esc>");
    pty.wait_for("no palette", |shot| shot.cursor.is_none());

    pty.type_keys(":clusters<enter>");
    pty.wait_for("the clusters", |shot| shot.title_words().first() == Some(&"clusters") && shot.has("v1.37"));
    pty.resize(100, 12);
    pty.wait_for("a small screen", |shot| shot.lines.len() == 12 && shot.status().contains("? help"));
    keep(&pty, "clusters.svg", "The clusters of the fleet, how each of them stands and since when");
    pty.resize(130, 36);
    pty.wait_for("a large screen", |shot| shot.lines.len() == 36 && shot.status().contains("? help"));

    pty.type_keys(":deploy /cart-service<enter>");
    pty.wait_for("the deployment", |shot| shot.selected().contains("cart-service"));
    pty.type_keys("d");
    pty.wait_for("its trouble", |shot| shot.has("CrashLoopBackOff →") && is_live(shot));
    keep(&pty, "describe.svg", "A deployment described: its trouble first");

    pty.type_keys(":cm /order-consumer<enter>");
    pty.wait_for("the config map", |shot| shot.selected().contains("order-consumer-config"));
    pty.type_keys("y");
    pty.wait_for("its YAML", |shot| shot.has("topic: orders.v3") && is_live(shot));
    pty.type_keys("/kafka<enter>");
    pty.wait_for("what was searched for", |shot| shot.cursor.is_none() && shot.line("▌").contains("kafka"));
    keep(&pty, "yaml.svg", "The YAML of a config map, searched");
}

/// The pictures that the README shows.
fn named() -> BTreeSet<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let places = readme.split("assets/").skip(1);
    places.filter_map(|rest| Some(rest.split_once(".svg")?.0.to_owned() + ".svg")).collect()
}

#[test]
fn the_readme_shows_the_pictures_there_are() {
    let files: Vec<PathBuf> = std::fs::read_dir(root().join("assets")).unwrap().map(|it| it.unwrap().path()).collect();
    let there: BTreeSet<String> =
        files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert!(there.len() >= 4);
    assert_eq!(named(), there);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() < LARGEST, "{} has {} bytes", path.display(), text.len());
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"), "{}", path.display());
        // Every element is closed, and nothing but elements stands between brackets.
        let opened = text.matches("<text ").count();
        assert!(opened > 50 && opened == text.matches("</text>").count(), "{}", path.display());
        assert_eq!(text.matches('<').count(), text.matches('>').count(), "{}", path.display());
        let bare = text.split('&').skip(1).filter(|rest| !["amp;", "lt;", "gt;"].iter().any(|it| rest.starts_with(it)));
        assert_eq!(bare.count(), 0, "{}", path.display());
        // One of the demo, in its colours.
        assert!(text.contains(">prod-shanghai<") && text.contains("fill=\"#"), "{}", path.display());
    }
}
