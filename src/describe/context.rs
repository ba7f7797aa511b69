//! One writing of a description: the object, the answers, and what is asked for on the way. What a
//! description looks up is thereby what it wants; the two cannot part.

use super::fields::Fields;
use super::inked::{Inked, dim, grouped};
use super::known;
use super::page::Page;
use super::want::{Answers, By, Got, LIST_LIMIT, MOST_WANTS, Want};
use crate::base::age::Timestamp;
use crate::model::document::Ink;
use crate::model::kind::Kind;
use crate::model::reference::Reference;
use crate::text::catalog::Text;
use serde_json::Value;
use std::cell::RefCell;

/// What an answer comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Looked<'a> {
    /// Not here yet.
    Pending,
    /// The objects, and whether there are more of them.
    Found(&'a [Value], bool),
    /// Not there.
    Missing,
    /// Not allowed, in the server's words.
    Refused(&'a str),
    /// Went wrong.
    Failed(&'a str),
    /// One too many to ask for.
    Unasked,
}

impl<'a> Looked<'a> {
    /// The objects, where there are any.
    pub fn objects(self) -> &'a [Value] {
        match self {
            Looked::Found(objects, _) => objects,
            _ => &[],
        }
    }

    /// Why this is not the whole list, where it is not.
    pub fn lack(self) -> Option<Inked> {
        match self {
            Looked::Found(_, false) => None,
            Looked::Found(_, true) => {
                Some(Inked::new(Text::AboutOnlyFirst.with(&[&grouped(LIST_LIMIT as usize)]), Ink::Warn))
            }
            Looked::Pending => Some(dim(Text::AboutAsking.get())),
            Looked::Missing => Some(dim(Text::AboutNotServed.get())),
            Looked::Refused(words) => Some(Inked::new(Text::AboutRefused.with(&[words]), Ink::Warn)),
            Looked::Failed(words) => Some(Inked::new(Text::AboutFailed.with(&[words]), Ink::Warn)),
            Looked::Unasked => Some(dim(Text::AboutUnasked.get())),
        }
    }
}

/// The writing of one description.
pub(super) struct Context<'a> {
    pub kind: &'a Kind,
    pub object: &'a Value,
    pub now: Timestamp,
    answers: &'a Answers,
    asked: RefCell<Vec<Want>>,
}

impl<'a> Context<'a> {
    pub fn new(kind: &'a Kind, object: &'a Value, answers: &'a Answers, now: Timestamp) -> Context<'a> {
        Context { kind, object, now, answers, asked: RefCell::default() }
    }

    /// All that was asked for.
    pub fn into_wants(self) -> Vec<Want> {
        self.asked.into_inner()
    }

    /// The object's namespace; empty for cluster-scoped kinds.
    pub fn namespace(&self) -> &'a str {
        self.object.text("metadata.namespace")
    }

    /// The object's uid.
    pub fn uid(&self) -> &'a str {
        self.object.text("metadata.uid")
    }

    /// Whether the object is done with, and needs nothing any more.
    fn is_over(&self) -> bool {
        let is_end = |it: &Value| matches!(it.text("type"), "Complete" | "Failed") && it.text("status") == "True";
        match self.kind.kind.as_str() {
            "Pod" => matches!(self.object.text("status.phase"), "Succeeded" | "Failed"),
            "Job" => self.object.items("status.conditions").iter().any(is_end),
            _ => false,
        }
    }

    /// Asks, and gives what has come of it.
    pub fn ask(&self, want: Want) -> Looked<'a> {
        let looked = match self.answers.get(&want) {
            None | Some(Got::Pending) => Looked::Pending,
            Some(Got::Objects(objects)) => Looked::Found(objects, false),
            Some(Got::Part(objects)) => Looked::Found(objects, true),
            Some(Got::Refused(words)) => Looked::Refused(words),
            Some(Got::Missing) => Looked::Missing,
            Some(Got::Failed(words)) => Looked::Failed(words),
        };
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&want) {
            if asked.len() >= MOST_WANTS {
                return Looked::Unasked;
            }
            asked.push(want);
        }
        looked
    }

    /// The pods of the object's namespace with these labels.
    pub fn pods(&self, labels: String) -> Looked<'a> {
        self.ask(known::list("", "v1", "pods", Some(self.namespace()), By::Labels(labels)))
    }

    /// Looks whether an object is there; `None` where that cannot be asked.
    pub fn look(&self, reference: &Reference) -> Option<Looked<'a>> {
        Some(self.ask(known::want_of(reference)?))
    }

    /// A name that links to its object and says when that is not there. A required one that is missing
    /// is trouble.
    pub fn refer(&self, page: &mut Page, reference: Reference, shown: impl AsRef<str>, need: Need) -> Inked {
        if reference.name.is_empty() {
            return super::inked::none();
        }
        let mut inked = Inked::from(shown);
        let need = if need == Need::Required && self.is_over() { Need::Wished } else { need };
        match self.look(&reference) {
            None | Some(Looked::Found(..)) => {}
            Some(Looked::Missing) => match need {
                Need::Required => {
                    let name = format!("{} {}: ", reference.kind, reference.name);
                    let what = Inked::new(name, Ink::Plain).and(Text::AboutMissing.get(), Ink::Bad);
                    page.bad(what.to(reference.clone()));
                    inked = inked.and(format!(" {}", Text::AboutMissing), Ink::Bad);
                }
                Need::Wished => inked = inked.and(format!(" {}", Text::AboutMissing), Ink::Warn),
                Need::Optional => inked = inked.and(format!(" {}", Text::AboutMissingOptional), Ink::Dim),
            },
            Some(Looked::Pending) => inked = inked.and(" ?", Ink::Dim),
            Some(Looked::Refused(_)) => inked = inked.and(format!(" {}", Text::AboutMayNotLook), Ink::Dim),
            Some(Looked::Failed(_)) => inked = inked.and(format!(" {}", Text::AboutCouldNotLook), Ink::Dim),
            Some(Looked::Unasked) => inked = inked.and(format!(" {}", Text::AboutUnasked), Ink::Dim),
        }
        inked.to(reference)
    }

    /// A name of the core group in the object's namespace: shown as itself.
    pub fn named(&self, page: &mut Page, kind: &str, name: &str, need: Need) -> Inked {
        self.refer(page, known::reference("", kind, self.namespace(), name), name, need)
    }
}

/// What it means when something referred to is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Need {
    /// The object cannot do without: trouble.
    Required,
    /// Worth a word, and no more.
    Wished,
    /// May be missing.
    Optional,
}

impl Need {
    /// By the reference's own `optional`.
    pub fn unless_optional(reference: &Value) -> Need {
        if reference.flag("optional") { Need::Optional } else { Need::Required }
    }
}
