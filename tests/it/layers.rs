//! The map in `src/lib.rs` is the law: a module may name only those above it, the cluster side alone
//! names `kube`, and drawing alone names ratatui's widgets.

use std::fs;
use std::path::{Path, PathBuf};

/// Every module and what it may name. Longer is looser: keep it short.
const ALLOWED: [(&str, &[&str]); 18] = [
    ("base", &[]),
    ("text", &[]),
    ("model", &["base"]),
    ("kinds", &["base", "model"]),
    ("describe", &["base", "text", "model"]),
    ("yaml", &["text", "model"]),
    ("link", &["base"]),
    ("cluster", &["base", "text", "model", "kinds", "describe", "link"]),
    ("server", &["base", "model", "kinds"]),
    ("demo", &["base", "model", "kinds", "server"]),
    ("view", &["base", "text", "model", "kinds", "describe", "yaml", "cluster"]),
    ("command", &["text", "model", "view"]),
    ("app", &["base", "text", "model", "view", "command"]),
    ("theme", &["model"]),
    ("draw", &["base", "text", "model", "kinds", "view", "app", "theme"]),
    ("clip", &[]),
    ("term", &[]),
    (
        "run",
        &[
            "base", "text", "model", "kinds", "link", "cluster", "demo", "view", "command", "app", "theme", "draw",
            "clip", "term",
        ],
    ),
];

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The source files with their module and text.
fn sources() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&src, &mut found);
    assert!(found.len() > 50, "the sources are there");
    found
        .into_iter()
        .map(|path| {
            let module = path.strip_prefix(&src).unwrap().components().next().unwrap();
            let module = module.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).unwrap();
            (module, path, text)
        })
        .collect()
}

/// The modules that a file names as `crate::…`, tests and comments left out.
fn named(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or("");
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words = lines.flat_map(|line| line.split("crate::").skip(1));
    words.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")).collect()
}

fn is_test(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.ends_with("tests.rs") || text.contains("/tests/") || text.ends_with("fixtures.rs")
}

#[test]
fn modules_name_only_what_is_above_them() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == module) else {
            assert!(["lib", "main"].contains(&module.as_str()), "{} has no place in the map", path.display());
            continue;
        };
        if is_test(&path) {
            continue;
        }
        for name in named(&text) {
            if name != module && ALLOWED.iter().any(|(known, _)| *known == name) && !allowed.contains(&name) {
                wrong.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_of_the_library_is_in_the_order_of_dependency() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let modules: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.split_once("; // "))
        .inspect(|(name, role)| assert!(!role.is_empty(), "{name} says what it is"))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(modules.len(), ALLOWED.len());
    for (name, allowed) in ALLOWED {
        let place = |wanted: &str| modules.iter().position(|module| module == wanted).unwrap();
        for other in allowed {
            assert!(place(other) < place(name), "{other} stands above {name}");
        }
    }
}

#[test]
fn only_their_own_modules_name_kube_and_widgets() {
    for (module, path, text) in sources().into_iter().filter(|(_, path, _)| !is_test(path)) {
        let names = |word: &str| text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
        if names("kube::") || names("k8s_openapi") {
            assert!(["link", "cluster"].contains(&module.as_str()), "{} names kube", path.display());
        }
        if names("ratatui::widgets") {
            assert_eq!(module, "draw", "{} names widgets", path.display());
        }
    }
}

#[test]
fn no_file_is_longer_than_800_lines() {
    for (_, path, text) in sources() {
        assert!(text.lines().count() <= 800, "{} is too long", path.display());
    }
}
