use super::*;
use crate::command::table::{COMMANDS, Scope};

fn hints(rig: &Rig) -> String {
    let hints = rig.app.ui().hints.iter().map(|hint| format!("{} {}", hint.keys, hint.label));
    hints.collect::<Vec<_>>().join(" · ")
}

#[test]
fn hints_say_what_is_of_use_here() {
    let mut rig = Rig::new();
    assert_eq!(
        hints(&rig),
        ": command · / filter · d describe · y yaml · r retry now · Space mark · Ctrl-W wide · ? help"
    );
    rig.keys("/x");
    assert_eq!(hints(&rig), "Enter keep · Esc cancel · Ctrl-U clear · Up earlier");
    rig.keys("<enter>");
    assert!(hints(&rig).contains("Esc clear filter"));
    rig.keys(":po");
    assert_eq!(hints(&rig), "Enter run · Tab complete · Esc cancel · Ctrl-U clear · Up earlier");
    rig.keys("<esc>?");
    assert_eq!(hints(&rig), "? close");
    rig.keys("?:ns team-a<enter>");
    assert!(hints(&rig).contains("Esc back") && hints(&rig).contains("0 all namespaces"), "{}", hints(&rig));
    rig.on_clusters(1, &[]);
    assert!(hints(&rig).starts_with("Enter scope to it · : command"), "{}", hints(&rig));
    assert!(hints(&rig).contains("Shift-C connect"));
    rig.answer(|snapshot| snapshot.clusters.truncate(1));
    assert!(!hints(&rig).contains("connect") && !hints(&rig).contains("retry"));
}

#[test]
fn help_has_every_key_and_every_command() {
    let mut rig = Rig::new();
    rig.keys("?");
    let Mode::Help(help) = &rig.app.ui().mode else { panic!("no help") };
    let titles: Vec<_> = help.sections.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(titles[..2], ["Table", "Clusters"]);
    let find = |title: &str| help.sections.iter().find(|section| section.title == title).unwrap();
    for binding in Keymap::embedded().bindings() {
        let keys = crate::command::chord::write_all(&binding.keys);
        let section = find(binding.scope.title().get());
        let entry = section.entries.iter().find(|entry| entry.keys.split(' ').any(|key| key == keys));
        assert!(entry.is_some_and(|entry| !entry.label.is_empty()), "{keys}");
    }
    let typed = find("Commands");
    for command in COMMANDS.iter().filter(|command| command.scope != Scope::Prompt) {
        let name = format!(":{}", command.name());
        let lists = |section: &ui::HelpSection| {
            section.entries.iter().any(|entry| entry.keys.split(' ').any(|word| word == name))
        };
        assert!(lists(typed), "{name}");
    }
    let down = find("Everywhere").entries.iter().find(|entry| entry.label == "Move down").unwrap();
    assert_eq!(down.keys, "j Down");
}

#[test]
fn help_scrolls_within_its_lines() {
    let mut rig = Rig::new();
    rig.keys("?");
    let scroll = |rig: &Rig| match &rig.app.ui().mode {
        Mode::Help(help) => help.scroll,
        other => panic!("no help but {other:?}"),
    };
    assert_eq!(rig.asks("kjj"), "");
    assert_eq!(scroll(&rig), 2);
    rig.keys("<pgdn>");
    assert_eq!(scroll(&rig), 22);
    rig.keys("G");
    let last = scroll(&rig);
    assert!(last > 40);
    rig.keys("<pgdn>j");
    assert_eq!(scroll(&rig), last);
    rig.keys("gk");
    assert_eq!(scroll(&rig), 0);
    assert_eq!(rig.asks("q"), "");
    assert_eq!(rig.app.ui().mode, Mode::Table);
}

#[test]
fn messages_go_after_a_while_or_with_the_next_key() {
    let mut rig = Rig::new();
    let now = Instant::now();
    rig.app.on_tick(now);
    assert_eq!(rig.app.next_wake(), None);
    rig.keys("q");
    rig.app.on_tick(now);
    let wake = rig.app.next_wake().unwrap();
    assert!(wake > now + Duration::from_secs(3));
    rig.app.on_tick(wake.checked_sub(Duration::from_millis(1)).unwrap());
    assert_ne!(rig.flash(), "");
    rig.app.on_tick(wake);
    assert_eq!((rig.flash(), rig.app.next_wake()), ("", None));
    rig.keys("q");
    assert_ne!(rig.flash(), "");
    rig.keys("j");
    assert_eq!(rig.flash(), "");
}
