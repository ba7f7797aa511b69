//! Which ways to a clipboard there are here, best first.

/// A way to the clipboard of where the user sits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// The display of this machine.
    Native,
    /// tmux, which knows whether its terminal has a clipboard.
    Tmux,
    /// The terminal, by the escape sequence that is named OSC 52.
    Osc52,
    /// No way: the terminal has no clipboard.
    None,
    /// A file: the last resort.
    File,
}

/// What the environment says. `SKYLARK_CLIPBOARD` is `auto`, `native`, `osc52` or `file`; in `auto` a
/// display counts only when the user sits at it, which is not so over SSH.
pub fn of(var: &impl Fn(&str) -> Option<String>) -> Vec<Way> {
    let set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
    let remote = set("SSH_TTY") || set("SSH_CONNECTION") || set("SSH_CLIENT");
    let display = cfg!(target_os = "macos") || set("DISPLAY") || set("WAYLAND_DISPLAY");
    let native = [Way::Native].into_iter().filter(|_| display && !remote);
    let tmux = [Way::Tmux].into_iter().filter(|_| set("TMUX"));
    // The console of Linux has no clipboard, and inside tmux TERM is tmux's own.
    let bare = var("TERM").is_some_and(|term| term == "linux");
    let terminal = tmux.chain([if bare { Way::None } else { Way::Osc52 }]);
    let mut ways: Vec<Way> = match var("SKYLARK_CLIPBOARD").as_deref() {
        Some("native") => vec![Way::Native],
        Some("osc52") => terminal.collect(),
        Some("file") => Vec::new(),
        _ => native.chain(terminal).collect(),
    };
    ways.push(Way::File);
    ways
}
