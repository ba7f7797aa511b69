use super::*;
use crate::command::keymap::Meaning;
use crate::command::table::{COMMANDS, Id, Scope};

fn hints(rig: &Rig) -> String {
    let hints = rig.app.ui().hints.iter().map(|hint| format!("{} {}", hint.keys, hint.label));
    hints.collect::<Vec<_>>().join(" · ")
}

#[test]
fn hints_say_what_is_of_use_here() {
    let mut rig = Rig::new();
    assert_eq!(
        hints(&rig),
        ": command · Ctrl-P find · / filter · d describe · y yaml · r retry now · Space mark · Ctrl-W wide · Ctrl-Z faults only · ? help"
    );
    rig.keys("/x");
    assert_eq!(hints(&rig), "Enter keep · Esc cancel · Ctrl-U clear · Up earlier");
    rig.keys("<enter>");
    assert!(hints(&rig).contains("Esc clear filter"));
    rig.keys(":po");
    assert_eq!(hints(&rig), "Enter run · Tab complete · Esc cancel · Ctrl-U clear · Up earlier");
    rig.keys("<esc>?");
    assert_eq!(hints(&rig), "? close · / search");
    rig.keys("?:ns team-a<enter>");
    assert!(hints(&rig).contains("Esc back") && hints(&rig).contains("0 all namespaces"), "{}", hints(&rig));
    rig.on_clusters(1, &[]);
    assert!(hints(&rig).starts_with("Enter scope to it · Esc back · : command"), "{}", hints(&rig));
    assert!(hints(&rig).contains("Shift-C connect"));
    rig.answer(|snapshot| snapshot.clusters.truncate(1));
    assert!(!hints(&rig).contains("connect") && !hints(&rig).contains("retry"));
}

fn help(rig: &Rig) -> &ui::Help {
    match &rig.app.ui().mode {
        Mode::Help(help) => help,
        other => panic!("no help but {other:?}"),
    }
}

#[test]
fn help_has_every_key_and_every_command() {
    let mut rig = Rig::new();
    rig.keys("?");
    let help = help(&rig);
    let titles: Vec<_> = help.sections.iter().map(|section| section.title.as_str()).collect();
    // What is pressed most, the filter, then what holds here.
    assert_eq!(titles[..4], ["Most used", "Filter", "Table", "Everywhere"]);
    let find = |title: &str| help.sections.iter().find(|section| section.title == title).unwrap();
    for binding in Keymap::embedded().bindings() {
        let keys = crate::command::chord::write_all(&binding.keys);
        let later = matches!(&binding.meaning, Meaning::Call(call) if call.id == Id::NotYet);
        let section = if later { find("Keys of k9s that do nothing yet") } else { find(binding.scope.title().get()) };
        let entry = section.entries.iter().find(|entry| entry.keys.split(", ").any(|key| key == keys));
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
    assert_eq!(down.keys, "j, Down");
}

#[test]
fn the_help_of_the_clusters_begins_with_their_keys() {
    let mut rig = Rig::new();
    rig.on_clusters(1, &[]);
    rig.keys("?");
    let titles: Vec<_> = help(&rig).sections.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(titles[..5], ["Most used", "Filter", "Clusters", "Table", "Everywhere"]);
}

#[test]
fn help_scrolls_within_its_lines() {
    let mut rig = Rig::new();
    rig.app.on_size(80, 23);
    rig.keys("?");
    assert_eq!(rig.asks("kjj"), "");
    assert_eq!(help(&rig).scroll, 2);
    rig.keys("<pgdn>");
    assert_eq!(help(&rig).scroll, 2 + 21);
    rig.keys("G");
    let last = help(&rig).scroll;
    assert!(last > 20 && last == help(&rig).most);
    rig.keys("<pgdn>j");
    assert_eq!(help(&rig).scroll, last);
    // On a larger screen there is less to scroll.
    rig.app.on_size(200, 49);
    assert!(help(&rig).scroll < last);
    rig.keys("gk");
    assert_eq!(help(&rig).scroll, 0);
    assert_eq!(rig.asks("q"), "");
    assert_eq!(rig.app.ui().mode, Mode::Table);
}

#[test]
fn help_is_searched() {
    let mut rig = Rig::new();
    rig.keys("?");
    let lines = |rig: &Rig| help(rig).columns.iter().map(Vec::len).sum::<usize>();
    let all = lines(&rig);
    rig.keys("/copy");
    assert!(lines(&rig) < all && lines(&rig) > 5);
    assert!(hints(&rig).starts_with("Enter keep"), "{}", hints(&rig));
    // Keys type while a search is typed.
    rig.keys("q?");
    assert_eq!(help(&rig).search.text, "copyq?");
    assert_eq!(lines(&rig), 0);
    rig.keys("<backspace><backspace><enter>j");
    assert_eq!(help(&rig).search.text, "copy");
    assert!(!help(&rig).typing);
    rig.keys("<esc>");
    assert_eq!((help(&rig).search.text.as_str(), lines(&rig)), ("", all));
    rig.keys("/x<esc>");
    assert_eq!(lines(&rig), all);
    rig.keys("<esc>");
    assert_eq!(rig.app.ui().mode, Mode::Table);
}

#[test]
fn what_is_wrong_with_configuration_is_said_and_can_be_read_again() {
    let wrong = ["a.toml:3: no such key", "b.toml:1: no such colour"].map(String::from).to_vec();
    let mut rig = Rig::with(Start { notices: wrong.clone(), ..Start::default() });
    assert_eq!(rig.flash(), "2 to read with :errors · a.toml:3: no such key");
    assert_eq!(rig.place(), "pods all", "it opens on what was asked for");
    rig.keys("j:errors<enter>");
    let said: Vec<_> = help(&rig).sections[0].entries.iter().map(|entry| entry.label.clone()).collect();
    assert_eq!(said, wrong);
    rig.keys("<esc>");
    let mut rig = Rig::new();
    rig.keys(":errors<enter>");
    assert_eq!(help(&rig).sections[0].entries[0].label, "Nothing went wrong so far.");
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
