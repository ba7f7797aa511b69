//! Which columns show, and how wide: what identifies an object first, then what says how it fares.

use super::shorten;
use crate::text::width::{truncate, width};
use crate::view::snapshot::{Head, Snapshot};
use std::borrow::Cow;
use std::collections::HashMap;

/// The cursor, a mark or glyph, and a blank stand before the first column.
pub(super) const GUTTER: u16 = 3;
/// Between two columns.
const GAP: u16 = 2;
/// A name is cut to this only when nothing but the status stands beside it.
const NAME_LEAST: u16 = 20;
/// A longer name, which is cut in its middle, gives way to a status that would not be whole.
const NAME_MODEST: u16 = 32;

/// A column without identity grows to this before repeated values are whole.
const MODEST: u16 = 20;
/// A message grows to this before what is around it is whole.
const READABLE: u16 = 50;
/// Columns up to this are never narrowed.
const SMALL: u16 = 6;

/// The title of the column that names clusters.
pub(super) const CLUSTER: &str = "CLUSTER";
/// Moments are short; their title is not.
const LAST_SEEN: &str = "LAST SEEN";
/// Heads of columns that say how an object fares, most telling first.
const STATUS: [&str; 6] = ["STATUS", "STATE", "PHASE", "REASON", "TYPE", "READY"];

/// A column on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Column {
    /// Its place among the heads.
    pub index: usize,
    pub x: u16,
    pub width: u16,
}

/// The columns on the screen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Columns {
    pub shown: Vec<Column>,
    /// How many have no room.
    pub hidden: usize,
    /// The column that says how an object fares.
    pub status: Option<usize>,
    /// Where the leading columns of identity end.
    pub identity_end: u16,
    /// Clusters' names as they show in a column too narrow for them.
    pub clusters: HashMap<String, String>,
}

pub(super) fn lay_out(snapshot: &Snapshot, columns: u16) -> Columns {
    let window = &snapshot.window;
    let heads = &window.heads;
    let status = STATUS.iter().find_map(|title| heads.iter().position(|head| head.title == *title));
    let sorted = |head: &Head| window.sort.as_ref().is_some_and(|sort| sort.column == head.title);
    let mut natural: Vec<u16> =
        heads.iter().map(|head| head.width.max(width(&head.title) + u16::from(sorted(head)))).collect();
    let mut given: Vec<Option<u16>> = heads
        .iter()
        .zip(&natural)
        .map(|(head, natural)| {
            let least = if head.title == LAST_SEEN { SMALL } else { head.least.max(floor(&head.title)) };
            let least = least.min(*natural);
            Some(if head.identity && !head.repeats { *natural } else { least })
        })
        .collect();
    let room = u32::from(columns.saturating_sub(GUTTER));
    // How an object fares is told whole before what few look for stands beside it.
    let missing = status.and_then(|i| Some(u32::from(natural.get(i)?.min(&MODEST).saturating_sub((*given.get(i)?)?))));
    let missing = missing.unwrap_or(0);
    drop_until(heads, &mut given, status, 0, |given| taken(given) + missing <= room);
    drop_until(heads, &mut given, status, u8::MAX, |given| taken(given) <= room);
    let over = taken(&given).saturating_sub(room);
    cut_names(heads, &mut given, over, NAME_LEAST);
    let over = (taken(&given) + missing).saturating_sub(room);
    cut_names(heads, &mut given, over, NAME_MODEST);
    if taken(&given) > room {
        drop_until(heads, &mut given, None, u8::MAX, |given| taken(given) <= room);
        let over = taken(&given).saturating_sub(room);
        cut_all(&mut given, over);
    }
    grow(heads, &mut given, &natural, status, room);
    let clusters = short_clusters(snapshot, &mut given, &mut natural);
    grow(heads, &mut given, &natural, status, room);
    Columns { clusters, ..place(heads, &given, status) }
}

/// The cells that columns take with what stands between them.
fn taken(given: &[Option<u16>]) -> u32 {
    let widths = given.iter().flatten();
    let count = widths.clone().count() as u32;
    widths.map(|width| u32::from(*width)).sum::<u32>() + u32::from(GAP) * count.saturating_sub(1)
}

/// Gives what is left of the room: to the status first, then modestly to the rest, then to repeated
/// values (clusters last: their names can be shortened), then to whatever is still cut.
fn grow(heads: &[Head], given: &mut [Option<u16>], natural: &[u16], status: Option<usize>, room: u32) {
    let mut left = room.saturating_sub(taken(given));
    let of =
        |identity: bool| (0..heads.len()).filter(move |&i| heads.get(i).is_some_and(|head| head.identity == identity));
    let names = of(true).filter(|&i| heads.get(i).is_some_and(|head| !head.repeats));
    let status = status.into_iter().chain(names).map(|i| (i, u16::MAX));
    let modest = of(false).filter(|&i| heads.get(i).is_some_and(|head| head.title != LAST_SEEN)).map(|i| (i, MODEST));
    let message =
        of(false).filter(|&i| heads.get(i).is_some_and(|head| head.title == "MESSAGE")).map(|i| (i, READABLE));
    let cluster = |&i: &usize| heads.get(i).is_some_and(|head| head.title == CLUSTER);
    let repeated = of(true).filter(|i| !cluster(i)).chain(of(true).filter(cluster));
    let rest = repeated.chain(of(false)).map(|i| (i, u16::MAX));
    for (index, most) in status.chain(modest).chain(message).chain(rest) {
        if let (Some(Some(width)), Some(natural)) = (given.get_mut(index), natural.get(index)) {
            let more = u32::from((*natural).min(most).saturating_sub(*width)).min(left);
            *width += more as u16;
            left -= more;
        }
    }
}

/// Shortens clusters' names for a column that is too narrow for them; the column takes no more than that.
fn short_clusters(snapshot: &Snapshot, given: &mut [Option<u16>], natural: &mut [u16]) -> HashMap<String, String> {
    let place = snapshot.window.heads.iter().position(|head| head.title == CLUSTER);
    let Some((Some(Some(given)), Some(natural))) = place.map(|i| (given.get_mut(i), natural.get_mut(i))) else {
        return HashMap::new();
    };
    let names: Vec<&str> = snapshot.clusters.iter().map(|line| line.name.as_str()).collect();
    if names.iter().all(|name| width(name) <= *given) {
        return HashMap::new();
    }
    let short = shorten::each(&names, *given).unwrap_or_default();
    if let Some(widest) = short.iter().map(|name| width(name)).max() {
        *given = widest.max(width(CLUSTER)).min(*given);
        *natural = *given;
    }
    names.into_iter().map(ToOwned::to_owned).zip(short).collect()
}

/// Leaves out columns, the least telling first, until it `fits` or only identity, status and what is
/// worth more than `most` are left. An event is known by what it is about: there the namespace may go.
fn drop_until(
    heads: &[Head],
    given: &mut [Option<u16>],
    status: Option<usize>,
    most: u8,
    fits: impl Fn(&[Option<u16>]) -> bool,
) {
    let named = heads.iter().any(|head| head.identity && !head.repeats);
    let stays = |head: &Head| head.identity && (named || head.title == CLUSTER);
    let mut order: Vec<usize> = (0..heads.len())
        .rev()
        .filter(|&i| Some(i) != status && heads.get(i).is_some_and(|head| !stays(head) && worth(&head.title) <= most))
        .collect();
    order.sort_by_key(|&i| heads.get(i).map_or(0, |head| worth(&head.title)));
    for index in order {
        if fits(given) {
            return;
        }
        if let Some(width) = given.get_mut(index) {
            *width = None;
        }
    }
}

/// With fewer cells a column says nothing: a sentence needs more of them than a word.
fn floor(title: &str) -> u16 {
    match title {
        "OBJECT" => 22,
        "MESSAGE" => 17,
        "REASON" | "IMAGE" => 12,
        _ => SMALL,
    }
}

/// Columns that are asked for most stay longest. An event's type is told by its glyph, too, and where
/// another column is the status it goes first.
fn worth(title: &str) -> u8 {
    match title {
        "AGE" | "LAST SEEN" => 2,
        "KIND" | "OBJECT" => 4,
        "MESSAGE" => 3,
        "TYPE" => 0,
        _ if STATUS.contains(&title) => 3,
        "RESTARTS" | "IMAGE" | "INIT" | "NAMESPACE" => 1,
        _ => 0,
    }
}

fn cut_names(heads: &[Head], given: &mut [Option<u16>], mut over: u32, least: u16) {
    for (head, width) in heads.iter().zip(given) {
        if let (true, Some(width)) = (head.identity && !head.repeats, width) {
            let less = u32::from(width.saturating_sub(least.max(head.least))).min(over);
            *width -= less as u16;
            over -= less;
        }
    }
}

/// On a screen that is too narrow for anything.
fn cut_all(given: &mut [Option<u16>], mut over: u32) {
    for width in given.iter_mut().rev().flatten() {
        let less = u32::from(width.saturating_sub(3)).min(over);
        *width -= less as u16;
        over -= less;
    }
}

fn place(heads: &[Head], given: &[Option<u16>], status: Option<usize>) -> Columns {
    let mut columns = Columns { status, identity_end: GUTTER, ..Columns::default() };
    let mut x = GUTTER;
    let mut leading = true;
    for (index, (head, width)) in heads.iter().zip(given).enumerate() {
        let Some(width) = *width else {
            columns.hidden += 1;
            continue;
        };
        columns.shown.push(Column { index, x, width });
        leading &= head.identity;
        if leading {
            columns.identity_end = x + width;
        }
        x = x.saturating_add(width).saturating_add(GAP);
    }
    columns
}

/// A head in the width of its column.
pub(super) fn title(title: &str, limit: u16) -> Cow<'_, str> {
    match title {
        LAST_SEEN if width(title) > limit => truncate("SEEN", limit),
        _ => truncate(title, limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::snapshot::Window;

    fn of(heads: Vec<Head>) -> Snapshot {
        Snapshot { window: Window { heads, ..Window::default() }, ..Snapshot::default() }
    }

    fn head(title: &str, width: u16, least: u16) -> Head {
        let identity = ["CLUSTER", "NAMESPACE", "NAME"].contains(&title);
        let (numeric, repeats) = (false, identity && title != "NAME");
        Head { title: title.into(), width, least, numeric, identity, repeats }
    }

    fn widths(name: u16, columns: u16) -> (Vec<(String, u16)>, usize) {
        let heads = vec![
            head("CLUSTER", 14, 6),
            head("NAMESPACE", 18, 6),
            head("NAME", name, 20),
            head("READY", 5, 5),
            head("STATUS", 18, 10),
            head("RESTARTS", 14, 8),
            head("AGE", 5, 4),
        ];
        let snapshot = of(heads);
        let (window, laid) = (&snapshot.window, lay_out(&snapshot, columns));
        let end = laid.shown.last().map_or(0, |column| column.x + column.width);
        assert!(end <= columns, "{end} of {columns}");
        let named = laid.shown.iter().map(|column| (window.heads[column.index].title.clone(), column.width)).collect();
        (named, laid.hidden)
    }

    #[test]
    fn names_are_whole_first() {
        let list = |pairs: &[(&str, u16)]| {
            pairs.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect::<Vec<_>>()
        };
        let all = [
            ("CLUSTER", 14),
            ("NAMESPACE", 18),
            ("NAME", 30),
            ("READY", 5),
            ("STATUS", 18),
            ("RESTARTS", 14),
            ("AGE", 5),
        ];
        assert_eq!(widths(30, 130), (list(&all), 0));
        let narrow = [("CLUSTER", 6), ("NAMESPACE", 6), ("NAME", 30), ("READY", 5), ("STATUS", 15), ("AGE", 5)];
        assert_eq!(widths(30, 80), (list(&narrow[..]), 1));
        let (long, hidden) = widths(90, 80);
        assert_eq!(long, list(&[("CLUSTER", 6), ("NAMESPACE", 6), ("NAME", 41), ("STATUS", 18)]));
        assert_eq!(hidden, 3);
    }

    #[test]
    fn no_width_is_too_small() {
        for columns in 0..60 {
            let heads = vec![head("NAME", 30, 20), head("STATUS", 18, 10)];
            let _ = lay_out(&of(heads), columns);
        }
    }
}
