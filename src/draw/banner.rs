//! The line that tells a newcomer to the demo what it is and what to try.

use super::canvas::{Canvas, INDENT, Piece, width_of};
use crate::app::ui::{Demo, Ui};
use crate::text::catalog::Text;
use crate::theme::Scope;
use crate::view::snapshot::Snapshot;
use ratatui::layout::Rect;

/// Screens of fewer lines have better use for it.
const LEAST: u16 = 12;

/// How many lines it takes. Where an object is read there is none: its text wants the room. Who hides the
/// header wants no more said above the table.
pub(super) fn lines(area: Rect, snapshot: &Snapshot, ui: &Ui) -> u16 {
    let shows = ui.demo.as_ref().is_some_and(|demo| !demo.hidden) && !ui.no_header;
    u16::from(shows && snapshot.page.is_none() && area.height >= LEAST)
}

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, ui: &Ui) {
    let Some(demo) = ui.demo.as_ref().filter(|_| !area.is_empty()) else { return };
    let room = area.width.saturating_sub(INDENT);
    let forms = [whole(canvas, demo), short(canvas, demo, true), short(canvas, demo, false)];
    if let Some(pieces) = forms.iter().find(|pieces| width_of(pieces) <= room).or(forms.last()) {
        canvas.put_all(area.x + INDENT, area.y, area.right(), pieces);
    }
}

/// `This is a demo: nothing here is real. Incidents to find: /cart-service (its rollout) …`
fn whole(canvas: &Canvas<'_>, demo: &Demo) -> Vec<Piece> {
    let (text, dim, key) = (canvas.style(Scope::Text), canvas.style(Scope::Dim), canvas.style(Scope::Key));
    let mut pieces = vec![Piece::new(Text::DemoLine.get(), text)];
    if !demo.incidents.is_empty() {
        pieces.push(Piece::new(format!(" {}", Text::DemoFind), dim));
    }
    for incident in &demo.incidents {
        pieces.push(Piece::new(format!(" /{}", incident.name), key));
        pieces.push(Piece::new(format!(" ({})", incident.what), dim));
    }
    pieces.push(Piece::new(format!("   {}", Text::DemoMoreHide), dim));
    pieces
}

/// `demo, not real · try /cart-service …`, with what there is to find or without.
fn short(canvas: &Canvas<'_>, demo: &Demo, with_incidents: bool) -> Vec<Piece> {
    let (text, dim, key) = (canvas.style(Scope::Text), canvas.style(Scope::Dim), canvas.style(Scope::Key));
    let between = Piece::new(format!(" {} ", canvas.theme.glyphs.dot), dim);
    let mut pieces = vec![Piece::new(Text::DemoShort.get(), text), between.clone()];
    if with_incidents && !demo.incidents.is_empty() {
        pieces.push(Piece::new(Text::DemoShortFind.get(), dim));
        for incident in &demo.incidents {
            pieces.push(Piece::new(format!(" /{}", incident.name), key));
        }
        pieces.extend([between, Piece::new(Text::DemoMoreShort.get(), dim)]);
    } else {
        pieces.push(Piece::new(Text::DemoMore.get(), dim));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use crate::app::ui::{Demo, Incident, Ui};
    use crate::draw::fixtures as of;
    use crate::draw::tests::{check, plain};
    use crate::text::catalog::Text;

    fn demo() -> Demo {
        let incident = |name, what| Incident { name, what, how: Text::DemoRolloutHow };
        let incidents = vec![
            incident("cart-service", Text::DemoRollout),
            incident("order-consumer", Text::DemoConfig),
            incident("ledger-db-0", Text::DemoVolume),
        ];
        Demo { incidents, hidden: false }
    }

    #[test]
    fn the_demo_says_in_a_line_what_it_is() {
        let mut ui = Ui { demo: Some(demo()), ..of::ui() };
        check("demo", &of::busy(), &ui);
        let shown = plain(&of::busy(), &ui);
        if let Some(demo) = &mut ui.demo {
            demo.hidden = true;
        }
        let hidden = plain(&of::busy(), &ui);
        let lines = |text: &str| text.lines().filter(|line| line.contains("/cart-service")).count();
        assert_eq!((lines(&shown), lines(&hidden)), (1, 0), "{shown}\n{hidden}");
        let bare = plain(&of::busy(), &Ui { demo: Some(demo()), no_header: true, ..of::ui() });
        assert_eq!(lines(&bare), 0, "{bare}");
        // What it is, is said all the same.
        assert!(hidden.lines().next().is_some_and(|line| line.trim_end().ends_with(" demo")), "{hidden}");
    }
}
