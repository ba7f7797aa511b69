//! The fleet strip: each cluster's name and state.

use super::canvas::{Piece, width_of};
use super::shorten;
use crate::model::state::Phase;
use crate::theme::{Scope, Theme};
use crate::view::snapshot::ClusterLine;

/// A name is cut to this where all are named, and where those that are live are only counted.
const LEAST: [u16; 2] = [4, 8];
/// Between two clusters.
const GAP: u16 = 2;

/// The strip in at most `width` cells.
pub(super) fn strip(clusters: &[ClusterLine], width: u16, theme: &Theme) -> Vec<Piece> {
    let lines: Vec<&ClusterLine> = clusters.iter().collect();
    let [least, least_of_some] = LEAST;
    if let Some(pieces) = by_name(&lines, clusters, least, width, theme) {
        return pieces;
    }
    // Those that are not live by name, as many as fit; of all others how many are in which state.
    let mut odd: Vec<&ClusterLine> = Phase::ALL
        .into_iter()
        .rev()
        .flat_map(|phase| clusters.iter().filter(move |line| line.state.phase == phase))
        .collect();
    odd.retain(|line| line.state.phase != Phase::Live);
    odd.sort_by_key(|line| urgency(line.state.phase));
    let ways = (1..=odd.len())
        .rev()
        .map(|named| (named, least_of_some))
        .chain((1..=odd.len()).rev().map(|named| (named, least)));
    let live = || clusters.iter().filter(|line| line.state.phase == Phase::Live);
    for (named, least) in ways {
        let (by, rest) = odd.split_at(named);
        let counts = counts(rest.iter().copied().chain(live()), theme);
        let left = width.saturating_sub(width_of(&counts) + if counts.is_empty() { 0 } else { GAP });
        if let Some(mut pieces) = by_name(by, clusters, least, left, theme) {
            if !counts.is_empty() {
                pieces.push(Piece::new("  ", theme.style(Scope::Text)));
                pieces.extend(counts);
            }
            return pieces;
        }
    }
    counts(clusters.iter(), theme)
}

/// Whether a strip has every cluster's whole name.
pub(super) fn names_all(strip: &[Piece], clusters: &[ClusterLine]) -> bool {
    strip.len() >= clusters.len() && clusters.iter().all(|line| strip.iter().any(|piece| piece.text == line.name))
}

/// How much a state wants to be seen, most first.
fn urgency(phase: Phase) -> u8 {
    match phase {
        Phase::Replaced => 0,
        Phase::Unreachable => 1,
        Phase::Denied => 2,
        Phase::Expired => 3,
        Phase::Stale => 4,
        Phase::Throttled => 5,
        Phase::Connecting => 6,
        Phase::Idle => 7,
        Phase::Live => 8,
    }
}

/// The cells that a strip needs beside the names when every cluster says the longest word.
pub(super) fn reserve(clusters: &[ClusterLine]) -> u32 {
    let word = Phase::ALL.into_iter().map(|phase| phase.word().len()).max().unwrap_or(0);
    clusters.len() as u32 * (2 + 1 + word as u32 + u32::from(GAP))
}

fn by_name(lines: &[&ClusterLine], all: &[ClusterLine], least: u16, width: u16, theme: &Theme) -> Option<Vec<Piece>> {
    let words = lines.iter().map(|line| match line.state.phase {
        Phase::Live => 2,
        phase => 3 + phase.word().len() as u32,
    });
    let gaps = u32::from(GAP) * (lines.len() as u32).saturating_sub(1);
    let fixed = u16::try_from(words.sum::<u32>() + gaps).ok()?;
    let names: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    let all: Vec<&str> = all.iter().map(|line| line.name.as_str()).collect();
    let short = shorten::together(&names, &all, least, width.checked_sub(fixed)?)?;
    let mut pieces = Vec::new();
    for (line, name) in lines.iter().zip(short) {
        let phase = line.state.phase;
        if !pieces.is_empty() {
            pieces.push(Piece::new("  ", theme.style(Scope::Text)));
        }
        let style = theme.phase(phase);
        let ink = if line.in_scope { theme.style(Scope::Text) } else { theme.style(Scope::Dim) };
        pieces.push(Piece::new(format!("{} ", theme.glyphs.phase(phase)), style));
        pieces.push(Piece::new(name, ink));
        if phase != Phase::Live {
            pieces.push(Piece::new(format!(" {}", phase.word()), style));
        }
    }
    Some(pieces)
}

/// `● 18 live  ○ 2 idle`; a state that no cluster is in is not named.
fn counts<'a>(lines: impl Iterator<Item = &'a ClusterLine>, theme: &Theme) -> Vec<Piece> {
    let phases: Vec<Phase> = lines.map(|line| line.state.phase).collect();
    let mut pieces = Vec::new();
    for phase in Phase::ALL {
        let count = phases.iter().filter(|other| **other == phase).count();
        if count > 0 {
            let gap = if pieces.is_empty() { "" } else { "  " };
            pieces.push(Piece::new(format!("{gap}{} ", theme.glyphs.phase(phase)), theme.phase(phase)));
            pieces.push(Piece::new(format!("{count} {}", phase.word()), theme.style(Scope::Text)));
        }
    }
    pieces
}
