use super::*;

fn incident() -> Incident {
    Incident { name: "cart-service", what: Text::DemoRollout, how: Text::DemoRolloutHow }
}

fn hidden(rig: &Rig) -> Option<bool> {
    rig.app.ui().demo.as_ref().map(|demo| demo.hidden)
}

#[test]
fn the_line_of_the_demo_goes_when_nothing_else_is_left_to_leave() {
    let mut rig = Rig::with(Start { demo: Some(vec![incident()]), ..Start::default() });
    assert_eq!(hidden(&rig), Some(false));
    rig.keys("/cart<enter>");
    rig.keys("<esc>");
    assert_eq!(hidden(&rig), Some(false), "Esc has cleared the filter");
    rig.keys(":ns team-a<enter>");
    rig.keys("<esc>");
    assert_eq!(hidden(&rig), Some(false), "Esc has gone back");
    rig.keys("<esc>");
    assert_eq!(hidden(&rig), Some(true));
    assert_eq!(rig.app.ui().flash.as_ref().map(|flash| flash.text.as_str()), Some(Text::DemoHidden.get()));
    rig.keys("<esc>");
    assert_eq!(rig.app.ui().flash.as_ref().map(|flash| flash.text.as_str()), Some(Text::AtBottom.get()));
}

#[test]
fn the_demo_tells_what_there_is_to_find() {
    let mut rig = Rig::with(Start { demo: Some(vec![incident()]), ..Start::default() });
    rig.keys(":demo<enter>");
    let Mode::Help(help) = &rig.app.ui().mode else { panic!("{:?}", rig.app.ui().mode) };
    let titles: Vec<_> = help.sections.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(titles, ["", "cart-service: its rollout", ""]);
    assert!(help.sections[1].entries[0].label.contains(":deploy /cart-service"));
    // It was read.
    assert_eq!(hidden(&rig), Some(true));
    rig.keys("<esc>");
    assert_eq!(rig.app.ui().mode, Mode::Table);
}

#[test]
fn elsewhere_there_is_no_demo() {
    let mut rig = Rig::new();
    assert_eq!(hidden(&rig), None);
    rig.keys(":demo<enter>");
    let Mode::Command(line) = &rig.app.ui().mode else { panic!("{:?}", rig.app.ui().mode) };
    assert_eq!(line.error.as_deref(), Some(Text::DemoNone.get()));
}
