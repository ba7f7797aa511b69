//! Those that could not create what they want: they try again, later and later, or when there is room.

use super::tell::About;
use super::{Controllers, Part};
use tokio::time::Duration;

/// Until the first try after a refusal; each next one takes twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest time between two tries.
const LONGEST: Duration = Duration::from_secs(1000);

impl Controllers {
    /// Tells that something could not be created, and tries again after a while.
    pub(super) fn refused(&mut self, who: &str, about: &About<'_>, part: Part, at: &str, message: &str) {
        self.warn(who, about, "FailedCreate", message);
        let wait = self.short.get(&(part, at.to_owned())).map_or(FIRST, |last| (*last * 2).min(LONGEST));
        self.short.insert((part, at.to_owned()), wait);
        self.after(wait, part, at);
    }

    /// With churn, those that are short at the beginning try again.
    pub(super) fn begin_short(&mut self) {
        for record in self.inside.list(self.ids.replica_sets, "") {
            if record.mentions("\"ReplicaFailure\"") {
                self.add(Part::ReplicaSet, &record.key);
            }
        }
    }

    /// Whether it is too early to try again: nothing has changed since something was refused.
    pub(super) fn waits(&self, part: Part, at: &str) -> bool {
        let work = (part, at.to_owned());
        self.short.contains_key(&work) && self.pending.contains_key(&work)
    }

    /// All that was wanted could be created.
    pub(super) fn served(&mut self, part: Part, at: &str) {
        self.short.remove(&(part, at.to_owned()));
    }

    /// There may be room again in a namespace.
    pub(super) fn wake_short(&mut self, namespace: &str) {
        let here = |at: &str| at.split('/').next() == Some(namespace);
        let woken: Vec<_> = self.short.keys().filter(|(_, at)| here(at)).cloned().collect();
        for work in woken {
            self.forget_timer(&work);
            self.work.insert(work);
        }
    }
}
