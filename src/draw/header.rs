//! The header: the fleet, and what is looked at of it.

use super::canvas::{Canvas, INDENT, Piece, fill, width_of};
use super::fleet;
use crate::app::ui::Ui;
use crate::base::age::write_age;
use crate::text::catalog::Text;
use crate::text::width::width;
use crate::theme::Scope;
use crate::view::snapshot::{ClusterLine, Snapshot};
use ratatui::layout::Rect;

/// What the facts take when everything stands on one line.
const FACTS: u32 = 76;
/// What a filter keeps of the line, however long the rest is.
const FILTER: u16 = 16;

/// How many lines the header takes. Depends on names and width only: a state that changes must not
/// move the table.
pub(super) fn lines(snapshot: &Snapshot, columns: u16) -> u16 {
    let clusters = &snapshot.clusters;
    let names: u32 = clusters.iter().map(|line| u32::from(width(&line.name))).sum();
    let all = names + fleet::reserve(clusters) + FACTS;
    if clusters.len() <= 1 || all <= u32::from(columns) { 1 } else { 2 }
}

/// Draws it; says whether every cluster's whole name is in it.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, ui: &Ui) -> bool {
    if area.is_empty() {
        return false;
    }
    let (left, right) = (area.x + INDENT, area.right());
    let facts = facts(canvas, snapshot);
    let filter = filter(canvas, snapshot, facts.is_empty());
    let mut end = right;
    let problems = (!ui.notices.is_empty()).then(|| fill(Text::ErrorsTag, &[&ui.notices.len().to_string()]));
    let demo = ui.demo.is_some().then(|| Text::DemoTag.to_string());
    let read_only = ui.read_only.then(|| Text::ReadOnly.to_string());
    let tags: Vec<String> = demo.into_iter().chain(read_only).chain(problems).collect();
    if !tags.is_empty() {
        let tag = format!(" {} ", tags.join("  "));
        canvas.put_right(right, area.y, &tag, canvas.style(Scope::Tag));
        end = right.saturating_sub(width(&tag) + 2);
    }
    let two = area.height > 1;
    let kept = if two { 0 } else { (width_of(&facts) + width_of(&filter)).min((end - left) / 2) + 4 };
    let strip = fleet::strip(&snapshot.clusters, end.saturating_sub(left + kept), canvas.theme);
    let x = canvas.put_all(left, area.y, end, &strip);
    let (x, y, right) = match two {
        true => (left, area.y + 1, right),
        false if x > left => (x + 4, area.y, end),
        false => (x, area.y, end),
    };
    let kept = width_of(&filter).min(FILTER);
    let x = canvas.put_all(x, y, right.saturating_sub(kept), &facts);
    canvas.put_all(x, y, right, &filter);
    fleet::names_all(&strip, &snapshot.clusters)
}

/// `18 nodes · 142 pods 3m ago in 11 of 12 clusters · all namespaces`
fn facts(canvas: &Canvas<'_>, snapshot: &Snapshot) -> Vec<Piece> {
    let (text, dim, number) = (canvas.style(Scope::Text), canvas.style(Scope::Dim), canvas.style(Scope::Number));
    let scope: Vec<&ClusterLine> = snapshot.clusters.iter().filter(|line| line.in_scope).collect();
    let of = |known: usize| {
        (known < scope.len()).then(|| fill(Text::InSomeClusters, &[&known.to_string(), &scope.len().to_string()]))
    };
    let fact = |known: &[u32], one: Text, many: Text| {
        let sum: u32 = known.iter().fold(0, |sum, count| sum.saturating_add(*count));
        let unit = if sum == 1 { one } else { many };
        vec![Piece::new(sum.to_string(), number), Piece::new(format!(" {unit}"), text)]
    };
    let nodes: Vec<u32> = scope.iter().filter_map(|line| line.nodes).collect();
    let pods: Vec<_> = scope.iter().filter_map(|line| line.pods).collect();
    let mut facts: Vec<Vec<Piece>> = Vec::new();
    let mut partly = false;
    if !nodes.is_empty() {
        let mut fact = fact(&nodes, Text::Node, Text::Nodes);
        if let Some(part) = of(nodes.len()).filter(|_| nodes.len() != pods.len()) {
            fact.push(Piece::new(format!(" {part}"), dim));
            partly = true;
        }
        facts.push(fact);
    }
    if !pods.is_empty() {
        let mut fact = fact(&pods.iter().map(|pods| pods.count).collect::<Vec<_>>(), Text::Pod, Text::Pods);
        if let Some(then) = pods.iter().filter_map(|pods| pods.as_of).min() {
            let mut age = String::new();
            write_age(&mut age, then, snapshot.now);
            fact.push(Piece::new(format!(" {}", fill(Text::Ago, &[&age])), dim));
        }
        if let Some(part) = of(pods.len()) {
            fact.push(Piece::new(format!(" {part}"), dim));
            partly = true;
        }
        facts.push(fact);
    }
    let all = snapshot.clusters.len();
    let clusters = match scope.len() {
        _ if all == 0 => Text::NoClustersShort.to_string(),
        some if some < all => fill(Text::SomeClusters, &[&some.to_string(), &all.to_string()]),
        _ if all == 1 || partly => String::new(),
        _ => fill(Text::AllClusters, &[&all.to_string()]),
    };
    for words in [clusters, snapshot.window.scope.clone()] {
        if !words.is_empty() {
            facts.push(vec![Piece::new(words, text)]);
        }
    }
    let between = Piece::new(format!(" {} ", canvas.theme.glyphs.dot), dim);
    facts.join(&between)
}

fn filter(canvas: &Canvas<'_>, snapshot: &Snapshot, first: bool) -> Vec<Piece> {
    let window = &snapshot.window;
    let faults = window.faults.then(|| Text::FaultsOnly.to_string());
    let filter = (!window.filter.is_empty()).then(|| format!("/{}", window.filter));
    let words: Vec<String> = faults.into_iter().chain(filter).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let between = if first { String::new() } else { format!(" {} ", canvas.theme.glyphs.dot) };
    vec![Piece::new(between, canvas.style(Scope::Dim)), Piece::new(words.join(" "), canvas.style(Scope::Filter))]
}
