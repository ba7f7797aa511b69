//! Where the user has been, as in a browser: back, forward, and the last place.

use crate::view::snapshot::RowId;
use crate::view::spec::Spec;

/// How many places are remembered.
const MOST: usize = 100;

/// A place, and the row that was under the cursor when it was left.
#[derive(Clone, Debug)]
struct Place {
    spec: Spec,
    row: Option<RowId>,
}

/// The places; there is always one.
#[derive(Clone, Debug)]
pub struct Places {
    before: Vec<Place>,
    current: Place,
    after: Vec<Place>,
    /// How many steps back (or, negative, forward) the place shown last lies.
    last: Option<isize>,
}

impl Places {
    /// Only this place.
    pub fn new(first: Spec) -> Places {
        let current = Place { spec: first, row: None };
        Places { before: Vec::new(), current, after: Vec::new(), last: None }
    }

    /// The place on the screen.
    pub fn current(&self) -> &Spec {
        &self.current.spec
    }

    /// The row that was under the cursor when the place on the screen was left.
    pub fn row(&self) -> Option<&RowId> {
        self.current.row.as_ref()
    }

    /// Notes the row under the cursor: the place is about to be left.
    pub fn leave(&mut self, row: Option<RowId>) {
        self.current.row = row;
    }

    /// The place on the screen, to be changed without leaving it.
    pub fn current_mut(&mut self) -> &mut Spec {
        &mut self.current.spec
    }

    /// Goes to a place; forgets those that were ahead. Says whether it is another table or scope: the same
    /// one with another filter or order takes the place's stead.
    pub fn go_to(&mut self, spec: Spec) -> bool {
        let current = &self.current.spec;
        let same = spec.pane == current.pane
            && spec.clusters == current.clusters
            && spec.namespaces == current.namespaces
            && spec.within == current.within;
        let left = std::mem::replace(&mut self.current, Place { spec, row: None });
        if !same {
            self.before.push(left);
            self.after.clear();
            self.last = Some(1);
            if self.before.len() > MOST {
                self.before.remove(0);
            }
        }
        !same
    }

    /// Goes one place back; `false` at the first.
    pub fn back(&mut self) -> bool {
        self.step(1)
    }

    /// Goes one place forward; `false` at the last.
    pub fn forward(&mut self) -> bool {
        self.step(-1)
    }

    /// Goes to the place shown last; `false` when there was none.
    pub fn last(&mut self) -> bool {
        self.last.is_some_and(|steps| self.step(steps))
    }

    /// Where the user has been, the last place first; each once.
    pub fn recent(&self) -> impl Iterator<Item = &Spec> {
        let mut seen: Vec<&Spec> = Vec::new();
        let all = self.before.iter().rev().chain(self.after.iter().rev()).map(|place| &place.spec);
        for spec in all.filter(|spec| **spec != self.current.spec) {
            if !seen.contains(&spec) {
                seen.push(spec);
            }
        }
        seen.into_iter()
    }

    /// Whether there is a way forward.
    pub fn has_forward(&self) -> bool {
        !self.after.is_empty()
    }

    /// Whether another place was shown last.
    pub fn has_last(&self) -> bool {
        self.last.is_some()
    }

    /// Whether there is a way back.
    pub fn has_back(&self) -> bool {
        !self.before.is_empty()
    }

    fn step(&mut self, steps: isize) -> bool {
        let (from, to) =
            if steps > 0 { (&mut self.before, &mut self.after) } else { (&mut self.after, &mut self.before) };
        if from.len() < steps.unsigned_abs() || steps == 0 {
            return false;
        }
        for _ in 0..steps.unsigned_abs() {
            if let Some(next) = from.pop() {
                to.push(std::mem::replace(&mut self.current, next));
            }
        }
        self.last = Some(-steps);
        true
    }
}
