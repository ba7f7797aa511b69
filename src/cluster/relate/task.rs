//! The task of one cluster's part of a table of related objects.

use super::children::{Children, Wanted};
use super::lead::{Keep, Lead, of};
use super::parents::Parents;
use super::{Related, Remark, plan};
use crate::cluster::cluster::Cluster;
use crate::cluster::open::{LOOK_AGAIN, Resolution};
use crate::cluster::shape::Shape;
use crate::kinds::uses::{self, Used};
use crate::model::kind::Kind;
use crate::model::relation::{CONTAINERS, How};
use crate::model::source::{Bell, Source};
use crate::model::state::WatchPhase;
use crate::model::within::Within;
use crate::text::catalog::Text;
use parking_lot::Mutex;
use serde_json::Value;
use std::sync::Arc;

pub(super) async fn run(
    cluster: Arc<Cluster>,
    within: Within,
    each_event: bool,
    is_one: bool,
    found: Arc<Mutex<Related>>,
) {
    // The objects, and what leads from them to the rows, ring another bell than the rows.
    let bell = Bell::default();
    let mut task = Task {
        behind: Children::new(cluster.clone(), bell.clone()),
        through: Children::new(cluster.clone(), bell.clone()),
        shown: Children::new(cluster.clone(), cluster.bell().clone()),
        parents: None,
        cluster,
        within,
        each_event,
        is_one,
        found,
    };
    loop {
        let settled = task.turn().await;
        task.cluster.bell().notify_one();
        let again = async {
            if settled {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        tokio::select! {
            () = bell.notified() => (),
            () = task.cluster.kick.notified() => (),
            () = again => (),
        }
    }
}

struct Task {
    cluster: Arc<Cluster>,
    within: Within,
    each_event: bool,
    /// The whole table, also of other clusters, is of one object.
    is_one: bool,
    found: Arc<Mutex<Related>>,
    parents: Option<Parents>,
    behind: Children,
    through: Children,
    shown: Children,
}

impl Task {
    fn how(&self) -> How {
        self.within.relation.how
    }

    /// Brings the watches in line with what is known; false when a kind must be looked for again.
    async fn turn(&mut self) -> bool {
        if self.parents.is_none() && self.is_watched() {
            let word = if self.within.kind == CONTAINERS { "pods" } else { &self.within.kind };
            let Some(kind) = self.kind(word).await else { return false };
            self.parents = Some(Parents::new(&self.within, kind, &mut self.behind));
        }
        let mut remarks = Vec::new();
        let leads = match &mut self.parents {
            Some(parents) => {
                parents.read();
                remarks = parents.remarks(self.within.relation.shows);
                parents.leads()
            }
            None => Some(self.known_leads()),
        };
        let mut behind = self.parents.as_ref().map_or_else(Vec::new, |parents| parents.sources().to_vec());
        let leads = match (self.how(), leads) {
            // Whether the objects are there does not decide who refers to them, or what was said of them.
            (How::Uses | How::Events, None) => Some(self.known_leads()),
            (How::Uses, Some(_)) => Some(self.known_leads()),
            (How::OwnedThrough(kind), Some(leads)) => {
                let Some(kind) = self.kind(kind).await else { return false };
                self.led_through(&kind, leads, &mut remarks, &mut behind)
            }
            (_, leads) => leads,
        };
        let settled = match leads {
            Some(leads) => self.show(&leads).await,
            None => true,
        };
        let mut found = self.found.lock();
        found.behind = behind;
        found.remarks = remarks;
        settled
    }

    /// Whether the objects are looked at: not for their events, where the uid says it all.
    fn is_watched(&self) -> bool {
        let is_known = self.within.parents.iter().all(|parent| !parent.uid.is_empty());
        self.how() != How::Events || !(is_known || self.within.kind == "nodes")
    }

    /// The leads that the names and uids alone make.
    fn known_leads(&self) -> Vec<Lead> {
        let of = |parent| of(self.how(), &self.within.kind, self.within.relation.shows, parent, &Value::Null);
        self.within.parents.iter().filter_map(|parent| of(parent).ok()).collect()
    }

    /// Leads to what is controlled by objects of `kind` that the parents control.
    fn led_through(
        &mut self,
        kind: &Arc<Kind>,
        leads: Vec<Lead>,
        remarks: &mut Vec<Remark>,
        behind: &mut Vec<Arc<Source>>,
    ) -> Option<Vec<Lead>> {
        let wanted =
            plan::queries(&leads).into_iter().map(|query| Wanted { query, kind: kind.clone(), shape: Shape::Kind });
        self.through.reconcile(wanted.collect());
        let sources = self.through.sources();
        let refused = |source: &Arc<Source>| {
            let status = source.status();
            !status.complete && matches!(status.phase, WatchPhase::Forbidden { .. } | WatchPhase::Missing { .. })
        };
        if let Some(source) = sources.iter().find(|source| refused(source)) {
            let why = source.status().phase.reason().to_owned();
            remarks.push(Remark { bad: false, text: Text::WithinByLabels.with(&[&kind.plural, &why]) });
            return Some(leads.into_iter().map(|lead| Lead { keep: Keep::All, ..lead }).collect());
        }
        behind.extend(sources.iter().cloned());
        if sources.iter().any(|source| !source.status().complete) {
            return None;
        }
        let mut uids: Vec<String> = Vec::new();
        for source in &sources {
            let rows = source.rows();
            uids.extend(rows.slots().map(|slot| rows.uid(slot).to_owned()));
        }
        uids.sort_unstable();
        Some(leads.into_iter().map(|lead| Lead { keep: Keep::Owned(uids.clone()), ..lead }).collect())
    }

    /// Watches what the leads name; false when a kind must be looked for again.
    async fn show(&mut self, leads: &[Lead]) -> bool {
        let mut wanted = Vec::new();
        let mut settled = true;
        if let (How::Uses, Some(used)) = (self.how(), Used::named(&self.within.kind)) {
            for (namespace, shape) in self.users(used) {
                for word in used.users() {
                    let Some(kind) = self.kind(word).await else {
                        settled = false;
                        continue;
                    };
                    let query =
                        plan::Query { word: word.to_owned(), namespace: Some(namespace.clone()), ..Default::default() };
                    wanted.push(Wanted { query, kind, shape: shape.clone() });
                }
            }
        }
        let queries = if self.how() == How::Uses { Vec::new() } else { plan::queries(leads) };
        for query in queries {
            let word = if query.word == CONTAINERS { "pods" } else { &query.word };
            match self.kind(word).await {
                Some(kind) => wanted.push(Wanted { kind, shape: self.shape(), query }),
                None => settled = false,
            }
        }
        let shown = wanted.first().map(|wanted| wanted.kind.clone());
        self.shown.reconcile(wanted);
        let fallback = match shown {
            Some(kind) => Some(kind),
            // There is nothing to show, and that is known.
            None if settled => self.kind(self.within.relation.shows).await.or_else(|| Some(Arc::default())),
            None => None,
        };
        let mut found = self.found.lock();
        if let Some(kind) = fallback {
            found.resolution = Resolution::Found(kind);
        }
        found.sources = self.shown.sources();
        found.focus = leads.iter().find_map(|lead| lead.focus.clone());
        settled
    }

    /// The users wanted, by namespace.
    fn users(&self, used: Used) -> Vec<(String, Shape)> {
        let mut out: Vec<uses::Wanted> = Vec::new();
        for parent in &self.within.parents {
            match out.iter_mut().find(|wanted| wanted.namespace == parent.namespace) {
                Some(wanted) => wanted.names.push(parent.name.clone()),
                None => out.push(uses::Wanted {
                    used,
                    namespace: parent.namespace.clone(),
                    names: vec![parent.name.clone()],
                }),
            }
        }
        out.into_iter().map(|wanted| (wanted.namespace.clone(), Shape::Uses(Arc::new(wanted)))).collect()
    }

    fn shape(&self) -> Shape {
        match self.how() {
            How::Containers => Shape::Containers { several: !self.is_one },
            How::Events if !self.each_event => Shape::Events { of_one: self.is_one },
            _ => Shape::Kind,
        }
    }

    /// The kind of a word; where it is not known, that is said and it is looked for again later.
    async fn kind(&self, word: &str) -> Option<Arc<Kind>> {
        if let Some(kind) = crate::kinds::named(word) {
            return Some(kind);
        }
        loop {
            let mut pass = self.cluster.gate.pass().await;
            let resolution = match self.cluster.resolve(word).await {
                Ok(Ok(kind)) => {
                    pass.progress();
                    return Some(kind);
                }
                Ok(Err(sentence)) => {
                    pass.progress();
                    Resolution::Unknown(sentence)
                }
                Err(error) => {
                    let sentence = error.sentence();
                    match error.trouble() {
                        Some(trouble) => {
                            pass.trouble(trouble);
                            continue;
                        }
                        None => pass.progress(),
                    }
                    Resolution::Failed(sentence)
                }
            };
            self.found.lock().resolution = resolution;
            return None;
        }
    }
}
