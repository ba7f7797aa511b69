//! What a newcomer is told of the demo: in a line that goes with Esc, and again whenever `:demo` asks.

use super::App;
use super::ui::{HelpSection, Hint};
use crate::model::draft::Tone;
use crate::text::catalog::Text;

impl App {
    /// Tells what the demo is and what there is to find; who has read that needs its line no more.
    pub(super) fn show_demo(&mut self) -> Result<(), String> {
        let demo = self.ui.demo.as_mut().ok_or_else(|| Text::DemoNone.get().to_owned())?;
        demo.hidden = true;
        let section = |title: String, texts: &[Text]| {
            let sentence = |text: &Text| Hint { keys: String::new(), label: text.get().to_owned() };
            HelpSection { title, entries: texts.iter().map(sentence).collect() }
        };
        let incidents = demo.incidents.iter();
        let incidents = incidents.map(|it| section(format!("{}: {}", it.name, it.what), &[it.how]));
        let mut sections = vec![section(String::new(), &[Text::DemoAbout, Text::DemoHow])];
        sections.extend(incidents);
        sections.push(section(String::new(), &[Text::DemoMoreToFind]));
        self.show_help(Text::DemoTitle, sections, true);
        Ok(())
    }

    /// Hides the line, where it shows; says whether it did.
    pub(super) fn hide_demo(&mut self) -> bool {
        let Some(demo) = self.ui.demo.as_mut().filter(|demo| !demo.hidden) else { return false };
        demo.hidden = true;
        self.say(Tone::Quiet, Text::DemoHidden.get().to_owned());
        true
    }
}
