//! Events that say the same of the same object, as one row: their counts summed, when last and first.

use crate::base::age::Timestamp;
use crate::base::arena;
use crate::model::cell::Cell;
use crate::model::column::Column;
use crate::model::draft::Draft;
use crate::model::source::Source;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// What one event adds to its row.
#[derive(Clone, Copy)]
struct Member {
    group: u64,
    count: u32,
    first: Timestamp,
    last: Timestamp,
    /// Of its version.
    mark: u64,
}

/// The events of one watch.
#[derive(Default)]
pub struct Fold {
    members: FxHashMap<u64, Member>,
    groups: FxHashMap<u64, Vec<u64>>,
    out: Draft,
}

/// The columns of folded events; of one object, what they are about is not repeated.
pub fn columns(of_one: bool) -> Arc<[Column]> {
    let column = |name: &'static str| Column {
        name: Cow::Borrowed(name),
        wide: matches!(name, "SUBOBJECT" | "SOURCE" | "FIRST SEEN") || (of_one && name == "OBJECT"),
        numeric: name == "COUNT",
    };
    columns_of_rows().map(column).collect()
}

/// The cells that all events of a row share.
const SHARED: [&str; 4] = ["TYPE", "REASON", "OBJECT", "MESSAGE"];

impl Fold {
    /// A list begins: what it does not bring is gone.
    pub fn clear(&mut self) {
        self.members.clear();
        self.groups.clear();
    }

    /// Takes in an event, drafted under the kind's `columns`, and hands over the rows that it changes.
    pub fn take(
        &mut self,
        event: &Draft,
        columns: &[Column],
        deleted: bool,
        source: &Source,
        mut each: impl FnMut(&Draft),
    ) {
        let id = arena::hash(event.get(event.uid));
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        let cell = |name| place(name).and_then(|at| event.cells.get(at).copied()).unwrap_or(Cell::Number(0));
        let text = |name| if let Cell::Text(span) = cell(name) { event.get(span) } else { "" };
        let moment = |name| if let Cell::Age(moment) = cell(name) { moment } else { 0 };
        let mut said = event.get(event.namespace).to_owned();
        for name in SHARED {
            said.push('\n');
            said.push_str(text(name));
        }
        let group = arena::hash(&said);
        let before = self.members.remove(&id);
        if let Some(before) = before {
            self.leave(before.group, id);
            if before.group != group {
                self.draft_left(before.group, source);
                each(&self.out);
            }
        }
        if !deleted {
            let member = Member {
                group,
                count: if let Cell::Number(count) = cell("COUNT") { count.max(1).cast_unsigned() } else { 1 },
                first: moment("FIRST SEEN"),
                last: moment("LAST SEEN"),
                mark: arena::hash(event.get(event.version)) ^ id,
            };
            self.members.insert(id, member);
            self.groups.entry(group).or_default().push(id);
        }
        let sum = self.sum(group);
        let out = &mut self.out;
        head(out, group, sum.as_ref());
        out.namespace = out.span(event.get(event.namespace));
        out.name = out.span(event.get(event.name));
        out.tone = event.tone;
        let sum = sum.unwrap_or_default();
        for column in columns_of_rows() {
            match column {
                "LAST SEEN" => out.cell_age(sum.last),
                "FIRST SEEN" => out.cell_age(sum.first),
                "COUNT" => out.cell_number(sum.count()),
                name => out.cell(text(name)),
            }
        }
        each(&self.out);
    }

    fn leave(&mut self, group: u64, id: u64) {
        if let Some(members) = self.groups.get_mut(&group) {
            members.retain(|member| *member != id);
            if members.is_empty() {
                self.groups.remove(&group);
            }
        }
    }

    /// Drafts the row of a group that an event has left, with the texts that the row had.
    fn draft_left(&mut self, group: u64, source: &Source) {
        let sum = self.sum(group);
        let out = &mut self.out;
        head(out, group, sum.as_ref());
        let rows = source.rows();
        let (Some(sum), Some(slot)) = (sum, rows.find(&key(group))) else { return };
        out.namespace = out.span(rows.namespace(slot));
        out.name = out.span(rows.name(slot));
        out.tone = rows.tone(slot);
        for (at, column) in columns_of_rows().enumerate() {
            match column {
                "LAST SEEN" => out.cell_age(sum.last),
                "FIRST SEEN" => out.cell_age(sum.first),
                "COUNT" => out.cell_number(sum.count()),
                _ => match rows.cell(slot, at) {
                    Cell::Text(sym) => out.cell(rows.text(sym)),
                    _ => out.cell(""),
                },
            }
        }
    }

    /// What the events of a group come to; `None` when there are none.
    fn sum(&self, group: u64) -> Option<Sum> {
        let mut sum = Sum::default();
        for id in self.groups.get(&group)? {
            let Some(member) = self.members.get(id) else { continue };
            sum.count += u64::from(member.count);
            sum.last = sum.last.max(member.last);
            sum.first = if sum.first == 0 { member.first } else { sum.first.min(member.first) };
            sum.mark = sum.mark.wrapping_add(member.mark);
        }
        Some(sum)
    }
}

#[derive(Clone, Copy, Default)]
struct Sum {
    count: u64,
    first: Timestamp,
    last: Timestamp,
    mark: u64,
}

impl Sum {
    fn count(self) -> i64 {
        i64::try_from(self.count).unwrap_or(i64::MAX)
    }
}

fn key(group: u64) -> String {
    // With a slash, for it is nobody's uid.
    format!("events/{group:016x}")
}

fn head(out: &mut Draft, group: u64, sum: Option<&Sum>) {
    out.clear();
    out.uid = out.span(&key(group));
    match sum {
        Some(sum) => {
            out.version = out.span_fmt(format_args!("{}", sum.mark));
            out.created = sum.first;
        }
        None => out.gone = true,
    }
}

fn columns_of_rows() -> impl Iterator<Item = &'static str> {
    ["LAST SEEN", "TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE", "SUBOBJECT", "SOURCE", "FIRST SEEN"].into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;
    use crate::model::kind::Kind;
    use crate::model::state::ClusterId;
    use serde_json::json;

    struct Rig {
        fold: Fold,
        source: Source,
    }

    impl Rig {
        fn new() -> Rig {
            let kind = Kind::built_in("", "v1", "events", "event", "Event", &[], true);
            let source = Source::new(ClusterId::default(), kind.into(), None, Arc::default(), false);
            source.set_columns(columns(false));
            Rig { fold: Fold::default(), source }
        }

        fn event(&mut self, name: &str, version: u32, message: &str, count: u32, last: &str, deleted: bool) {
            let object = json!({
                "metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": version.to_string()},
                "involvedObject": {"kind": "Pod", "name": "web-1"}, "reason": "BackOff", "type": "Warning",
                "message": message, "count": count, "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": last,
            });
            let client = kinds::find("", "v1", "events").unwrap();
            let mut draft = Draft::default();
            (client.from_json)(object.to_string().as_bytes(), &mut draft).unwrap();
            let (fold, source) = (&mut self.fold, &self.source);
            fold.take(&draft, client.columns, deleted, source, |row| source.upsert(row, 0));
        }

        /// `count message last` of each row.
        fn rows(&self) -> Vec<String> {
            let rows = self.source.rows();
            let text = |slot, at| {
                let mut out = String::new();
                rows.write_cell(&mut out, slot, at, 1_767_225_600 + 3600);
                out
            };
            let mut all: Vec<_> =
                rows.slots().map(|slot| format!("{} {} {}", text(slot, 4), text(slot, 5), text(slot, 0))).collect();
            all.sort();
            all
        }
    }

    #[test]
    fn what_says_the_same_is_one_row() {
        let mut rig = Rig::new();
        rig.event("a", 1, "back-off", 3, "2026-01-01T00:10:00Z", false);
        rig.event("b", 2, "back-off", 4, "2026-01-01T00:50:00Z", false);
        rig.event("c", 3, "other", 0, "2026-01-01T00:20:00Z", false);
        assert_eq!(rig.rows(), ["1 other 40m", "7 back-off 10m"]);
        rig.event("b", 4, "back-off", 6, "2026-01-01T00:55:00Z", false);
        assert_eq!(rig.rows(), ["1 other 40m", "9 back-off 5m"]);
        rig.event("b", 5, "back-off", 6, "2026-01-01T00:55:00Z", true);
        assert_eq!(rig.rows(), ["1 other 40m", "3 back-off 50m"]);
        rig.event("a", 6, "back-off", 3, "2026-01-01T00:10:00Z", true);
        assert_eq!(rig.rows(), ["1 other 40m"]);
    }

    #[test]
    fn an_event_that_says_something_else_changes_its_row() {
        let mut rig = Rig::new();
        rig.event("a", 1, "one", 3, "2026-01-01T00:10:00Z", false);
        rig.event("b", 2, "one", 4, "2026-01-01T00:50:00Z", false);
        rig.event("b", 3, "two", 5, "2026-01-01T00:50:00Z", false);
        assert_eq!(rig.rows(), ["3 one 50m", "5 two 10m"]);
        rig.event("a", 4, "two", 3, "2026-01-01T00:10:00Z", false);
        assert_eq!(rig.rows(), ["8 two 10m"]);
    }

    #[test]
    fn a_list_begins_anew() {
        let mut rig = Rig::new();
        rig.event("a", 1, "one", 3, "2026-01-01T00:10:00Z", false);
        rig.event("b", 2, "one", 4, "2026-01-01T00:50:00Z", false);
        rig.source.begin();
        rig.fold.clear();
        rig.event("b", 2, "one", 4, "2026-01-01T00:50:00Z", false);
        rig.source.commit(0);
        assert_eq!(rig.rows(), ["4 one 10m"]);
    }
}
