//! The objects that a table was opened from, watched.

use super::Remark;
use super::children::{Children, Wanted};
use super::lead::Lead;
use super::plan;
use crate::cluster::shape::{Lookup, Shape, lead_of, pod_of};
use crate::model::draft::Tone;
use crate::model::kind::Kind;
use crate::model::source::Source;
use crate::model::within::{Parent, Within};
use crate::text::catalog::Text;
use std::sync::Arc;

/// What is known of one of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nothing yet.
    Waiting,
    /// It leads there, or says why it leads nowhere.
    Leads(Result<Lead, String>),
    /// It is not there; where it led when it was.
    Gone(Option<Lead>),
}

struct Known {
    parent: Parent,
    standing: Standing,
    /// The uid that was seen last.
    uid: String,
    /// The first selector and the present one, where they differ.
    changed: Option<(String, String)>,
}

/// See the module.
pub struct Parents {
    kind: Arc<Kind>,
    known: Vec<Known>,
    sources: Vec<Arc<Source>>,
}

impl Parents {
    /// Watches the objects: a few one by one, many in a watch of all.
    pub fn new(within: &Within, kind: Arc<Kind>, children: &mut Children) -> Parents {
        let name = |parent: &Parent| Lead {
            word: within.kind.clone(),
            namespace: (!parent.namespace.is_empty()).then(|| parent.namespace.clone()),
            keep: super::lead::Keep::Named(vec![pod_of(&parent.name).to_owned()]),
            ..Lead::default()
        };
        let leads: Vec<Lead> = within.parents.iter().map(name).collect();
        let lookup = Arc::new(Lookup {
            how: within.relation.how,
            kind: within.kind.clone(),
            shows: within.relation.shows.to_owned(),
            parents: within.parents.clone(),
        });
        let wanted = plan::queries(&leads).into_iter().map(|query| Wanted {
            query,
            kind: kind.clone(),
            shape: Shape::Leads(lookup.clone()),
        });
        children.reconcile(wanted.collect());
        let known = within.parents.iter().map(|parent| Known {
            parent: parent.clone(),
            standing: Standing::Waiting,
            uid: String::new(),
            changed: None,
        });
        Parents { kind, known: known.collect(), sources: children.sources() }
    }

    /// Takes in what the watches say.
    pub fn read(&mut self) {
        for known in &mut self.known {
            let found = self.sources.iter().find_map(|source| find(source, &known.parent));
            match found {
                Some((uid, lead)) => known.see(uid, lead),
                None => {
                    let mut asked = self.sources.iter().filter(|source| covers(source, &known.parent)).peekable();
                    let complete = asked.peek().is_some() && asked.all(|source| source.status().complete);
                    if complete {
                        known.lose();
                    }
                }
            }
        }
    }

    /// The leads; `None` as long as something of one is not known.
    pub fn leads(&self) -> Option<Vec<Lead>> {
        let mut leads = Vec::new();
        for known in &self.known {
            match &known.standing {
                Standing::Waiting => return None,
                Standing::Leads(Ok(lead)) | Standing::Gone(Some(lead)) => leads.push(lead.clone()),
                Standing::Leads(Err(_)) | Standing::Gone(None) => (),
            }
        }
        Some(leads)
    }

    /// What is to be said of them.
    pub fn remarks(&self, shows: &str) -> Vec<Remark> {
        self.known.iter().filter_map(|known| known.remark(&self.kind.singular, shows)).collect()
    }

    /// Their sources, for how these stand.
    pub fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }
}

/// Whether a source would have this object.
fn covers(source: &Source, parent: &Parent) -> bool {
    source.namespace.as_deref().is_none_or(|namespace| namespace == parent.namespace)
}

/// The uid and the lead of an object.
fn find(source: &Source, parent: &Parent) -> Option<(String, Result<Lead, String>)> {
    let rows = source.rows();
    let is_it = |slot: &u32| rows.namespace(*slot) == parent.namespace && rows.name(*slot) == pod_of(&parent.name);
    let slot = rows.slots().find(is_it)?;
    let mut text = String::new();
    rows.write_cell(&mut text, slot, 0, 0);
    Some((rows.uid(slot).to_owned(), lead_of(&text)?))
}

impl Known {
    fn see(&mut self, uid: String, lead: Result<Lead, String>) {
        self.uid = uid;
        let before = match &self.standing {
            Standing::Leads(Ok(lead)) | Standing::Gone(Some(lead)) => Some(lead.labels.clone()),
            _ => None,
        };
        if let (Some(before), Ok(lead)) = (before, &lead)
            && before != lead.labels
        {
            let first = self.changed.take().map_or(before, |(first, _)| first);
            self.changed = (first != lead.labels).then(|| (first, lead.labels.clone()));
        }
        self.standing = Standing::Leads(lead);
    }

    fn lose(&mut self) {
        let before = std::mem::replace(&mut self.standing, Standing::Waiting);
        self.standing = Standing::Gone(match before {
            Standing::Leads(lead) => lead.ok(),
            Standing::Gone(lead) => lead,
            Standing::Waiting => None,
        });
    }

    fn remark(&self, kind: &str, shows: &str) -> Option<Remark> {
        let name = self.parent.name.as_str();
        let remark = |bad, text| Some(Remark { bad, text });
        match &self.standing {
            Standing::Gone(_) => remark(true, Text::WithinGone.with(&[kind, name])),
            Standing::Leads(_) if !self.parent.uid.is_empty() && self.uid != self.parent.uid => {
                remark(true, Text::WithinAnew.with(&[kind, name, shows]))
            }
            Standing::Leads(Err(why)) => remark(false, why.clone()),
            Standing::Leads(Ok(_)) => {
                let (first, now) = self.changed.as_ref()?;
                remark(false, Text::WithinChanged.with(&[kind, name, first, now]))
            }
            Standing::Waiting => None,
        }
    }
}

impl Remark {
    /// How bad it is.
    pub fn tone(&self) -> Tone {
        if self.bad { Tone::Bad } else { Tone::Warn }
    }
}
