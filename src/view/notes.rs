//! What a table must say about itself: what of its scope is missing or stale, why, and what to do.

use super::limits;
use super::live::Tick;
use super::snapshot::{Completeness, Note};
use crate::base::age::{self, Timestamp};
use crate::cluster::cluster::Cluster;
use crate::cluster::open::{Opened, Resolution};
use crate::model::draft::Tone;
use crate::model::state::{ClusterState, Phase, WatchPhase};
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
use std::sync::Arc;

/// What else a word names beside the kinds that are shown: nothing is missing, but something else may
/// have been meant.
pub fn ambiguous(word: &str, clusters: &[(&Arc<Cluster>, Option<&Opened>)]) -> Vec<Note> {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for (cluster, opened) in clusters {
        let (Some(Resolution::Found(kind)), Some(kinds)) = (opened.map(Opened::resolution), cluster.known_kinds())
        else {
            continue;
        };
        let others = kinds.others(word, &kind);
        if others.is_empty() {
            continue;
        }
        let others: Vec<_> = others.iter().map(|other| other.id()).collect();
        let text = Text::AlsoNames.with(&[word, &kind.id(), &others.join(", ")]);
        match said.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(&cluster.name),
            None => said.push((text, vec![&cluster.name])),
        }
    }
    let note = |(text, names): (String, Vec<&str>)| {
        let text = sanitize(&format!("{}: {text}", names.join(", "))).into_owned();
        Note { cluster: None, tone: Tone::Quiet, text }
    };
    said.into_iter().map(note).collect()
}

/// The notes on these clusters' parts of a table, worst first, and what they come to.
pub fn of(clusters: &[(&Arc<Cluster>, Option<&Opened>)], now: Timestamp, tick: &mut Tick) -> (Vec<Note>, Completeness) {
    let mut notes = Vec::new();
    let (mut loading, mut waiting, mut any) = (false, false, false);
    for (cluster, opened) in clusters {
        let state = cluster.state();
        if let Some(text) = link(&state, now, tick) {
            let tone = if state.phase == Phase::Idle { Tone::Quiet } else { tone(state.phase) };
            notes.push(Note { cluster: Some(cluster.id), tone, text: format!("{}: {text}", cluster.name) });
        }
        let Some(opened) = opened else { continue };
        // By what is the same: the place of the note, and the kinds that it is about.
        let mut alike: Vec<(String, usize, Vec<String>)> = Vec::new();
        match opened.resolution() {
            Resolution::Pending => waiting |= matches!(state.phase, Phase::Live | Phase::Connecting),
            Resolution::Found(_) | Resolution::Several(_) => (),
            Resolution::Unknown(said) | Resolution::Failed(said) if state.phase == Phase::Live => {
                let text = format!("{}: {}", cluster.name, sanitize(&said));
                notes.push(Note { cluster: Some(cluster.id), tone: Tone::Bad, text });
            }
            Resolution::Unknown(_) | Resolution::Failed(_) => (),
        }
        for source in opened.sources() {
            let status = source.status();
            let limits = opened.limits(&source);
            waiting |= limits.as_ref().is_some_and(|limits| limits.checking);
            any |= status.complete || !source.is_empty();
            match &status.phase {
                WatchPhase::Live => (),
                WatchPhase::Waiting => waiting |= matches!(state.phase, Phase::Live | Phase::Connecting),
                WatchPhase::Loading { .. } => loading |= matches!(state.phase, Phase::Live | Phase::Connecting),
                // A lost link is said once, for the cluster.
                WatchPhase::Stale { .. } | WatchPhase::Failed { .. }
                    if !matches!(state.phase, Phase::Live | Phase::Connecting) => {}
                phase => {
                    tick.at(age::next_change(status.since, now));
                    let scope = source.namespace.as_deref().map_or(String::new(), |ns| format!(" in {ns}"));
                    let text = format!(
                        "{}: {}{scope} {} {}: {}",
                        cluster.name,
                        source.kind.plural,
                        phase.word(),
                        ago(status.since, now),
                        sanitize(phase.reason()),
                    );
                    let some = status.complete || limits.as_ref().is_some_and(|limits| !limits.read.is_empty());
                    let tone = if some { Tone::Warn } else { Tone::Bad };
                    let text = limits::after(&sanitize(&text), limits.as_ref());
                    let key = match (&limits, &source.namespace) {
                        (Some(limits), _) => Some(format!("{} {}", phase.word(), limits::sentence(limits))),
                        (None, Some(namespace)) if status.refused => Some(format!("{} in {namespace}", phase.word())),
                        _ => None,
                    };
                    if let Some(key) = key {
                        match alike.iter_mut().find(|(known, ..)| *known == key) {
                            Some((_, _, kinds)) => {
                                kinds.push(source.kind.plural.clone());
                                continue;
                            }
                            None => alike.push((key, notes.len(), Vec::new())),
                        }
                    }
                    notes.push(Note { cluster: Some(cluster.id), tone, text });
                }
            }
        }
        for (_, at, kinds) in alike.into_iter().filter(|(.., kinds)| !kinds.is_empty()) {
            if let Some(note) = notes.get_mut(at) {
                note.text = Text::TheSameFor.with(&[&note.text, &kinds.join(", ")]);
            }
        }
    }
    notes.sort_by_key(|note| std::cmp::Reverse(note.tone));
    let completeness = match (loading, waiting, notes.is_empty()) {
        (true, ..) => Completeness::Loading,
        (_, true, _) if !any => Completeness::Waiting,
        (_, false, true) => Completeness::Complete,
        _ => Completeness::Partial,
    };
    (notes, completeness)
}

fn ago(since: Timestamp, now: Timestamp) -> String {
    let mut out = String::from("for ");
    age::write_age(&mut out, since, now);
    out
}

fn tone(phase: Phase) -> Tone {
    match phase {
        Phase::Live | Phase::Connecting | Phase::Idle => Tone::Quiet,
        Phase::Throttled | Phase::Stale => Tone::Warn,
        Phase::Unreachable | Phase::Denied | Phase::Expired | Phase::Replaced => Tone::Bad,
    }
}

/// What a cluster's link means for the table; nothing when it is live or being connected.
fn link(state: &ClusterState, now: Timestamp, tick: &mut Tick) -> Option<String> {
    let said = match state.phase {
        Phase::Live | Phase::Connecting => return None,
        Phase::Idle => return Some(Text::IdleCluster.get().into()),
        phase => format!("{} {}: {}", phase.word(), ago(state.since, now), sanitize(&state.reason)),
    };
    tick.at(age::next_change(state.since, now));
    Some(said)
}
