//! Objects to be read: opening them, and what is done in them.

use super::ui::Mode;
use super::{App, Effect};
use crate::command::table::Id;
use crate::model::relation::CONTAINERS;
use crate::text::catalog::Text;
use crate::view::page::{Page, Secrets};
use crate::view::spec::{Form, Object, Pane, Read, Spec, ViewCommand};

impl App {
    /// The document on the screen, when it is the one that was asked for: its whole text and the
    /// cursor's line are what there is to copy, and what is masked is in neither.
    pub fn page(&self) -> Option<&Page> {
        let Pane::Object(object) = &self.spec().pane else { return None };
        self.snapshot.page.as_deref().filter(|page| page.object == **object)
    }

    /// Shows the object under the cursor in this form.
    pub(super) fn read(&mut self, form: Form, out: &mut Vec<Effect>) -> Result<(), String> {
        let object = self.object_here()?;
        self.go_to_object(Object { form, ..object }, out);
        Ok(())
    }

    fn go_to_object(&mut self, object: Object, out: &mut Vec<Effect>) {
        let spec = Spec { pane: Pane::Object(Box::new(object)), filter: String::new(), ..self.spec().clone() };
        self.go_to(spec, out);
    }

    /// The object under the cursor, or the one that is read.
    fn object_here(&self) -> Result<Object, String> {
        match &self.spec().pane {
            Pane::Object(object) => Ok(Object::clone(object)),
            Pane::Clusters => Err(Text::NotAnObject.get().to_owned()),
            Pane::Kind(kind) => {
                let row = self.snapshot.window.selected.as_ref().filter(|_| self.is_window_current());
                let row = row.ok_or_else(|| Text::NothingSelected.get().to_owned())?;
                // A table of several kinds says of each row which it is.
                let subject = self.snapshot.window.subject.as_str();
                let said = [row.kind.as_str(), subject, kind].into_iter().find(|said| !said.is_empty());
                let (kind, name) = match (said.unwrap_or_default(), row.name.split_once('/')) {
                    // A container is a part of its pod.
                    (CONTAINERS, Some((pod, _))) => ("pods", pod),
                    (kind, _) => (kind, row.name.as_str()),
                };
                Ok(Object {
                    cluster: row.cluster,
                    kind: kind.to_owned(),
                    namespace: row.namespace.clone(),
                    name: name.to_owned(),
                    uid: row.uid.clone(),
                    form: Form::default(),
                })
            }
        }
    }

    /// Describes what the line under the cursor names.
    pub(super) fn follow(&mut self, out: &mut Vec<Effect>) -> Result<(), String> {
        let link = self.page().and_then(|page| page.link.clone().map(|link| (page.object.cluster, link)));
        let (cluster, link) = link.ok_or_else(|| Text::NoLink.get().to_owned())?;
        let object = Object {
            cluster,
            kind: link.word(),
            namespace: link.namespace,
            name: link.name,
            uid: link.uid,
            form: Form::Describe,
        };
        self.go_to_object(object, out);
        Ok(())
    }

    /// Does a command of documents.
    pub(super) fn in_document(&mut self, id: Id, out: &mut Vec<Effect>) -> Result<(), String> {
        let Pane::Object(object) = &self.spec().pane else {
            return Err(Text::NotHere.with(&[id.command().name()]));
        };
        let masked = self.page().is_some_and(|page| page.secrets != Secrets::None);
        let what = match id {
            Id::SearchNext => Read::Next,
            Id::SearchPrevious => Read::Previous,
            Id::ChangeNext => Read::NextChange,
            Id::ChangePrevious => Read::PreviousChange,
            Id::Acknowledge => Read::Acknowledge,
            Id::Wrap => Read::Wrap,
            Id::Managed if object.form == Form::Yaml => Read::Managed,
            Id::Reveal if masked => Read::Reveal,
            Id::Reveal if self.page().is_none_or(Page::is_empty) => return Err(Text::NotHereYet.get().to_owned()),
            Id::Reveal => return Err(Text::NoSecrets.get().to_owned()),
            Id::ScrollLeft => Read::Sideways(-1),
            Id::ScrollRight => Read::Sideways(1),
            _ => return Err(Text::NotHere.with(&[id.command().name()])),
        };
        out.push(Effect::View(ViewCommand::Read(what)));
        Ok(())
    }

    /// The hint for a command where an object is read; `None` where that makes no difference.
    #[allow(clippy::option_option, reason = "no hint is an answer, too")]
    pub(super) fn document_hint(&self, id: Id) -> Option<Option<Text>> {
        let Pane::Object(object) = &self.spec().pane else {
            // A cluster is no object.
            let never = self.spec().pane == Pane::Clusters && matches!(id, Id::Yaml | Id::Describe);
            return never.then_some(None);
        };
        if self.ui.mode != Mode::Table {
            return None;
        }
        let page = self.page();
        let searched = !self.spec().filter.is_empty();
        Some(match id {
            Id::Enter => page.and_then(|page| page.link.as_ref()).map(|_| Text::HintFollow),
            Id::Filter => Some(Text::HintSearch),
            Id::SearchNext => searched.then_some(Text::HintNext),
            Id::Back if searched => Some(Text::HintClearSearch),
            Id::Acknowledge => page.is_some_and(|page| !page.changes.is_empty()).then_some(Text::HintSeen),
            Id::Reveal => match page.map_or(Secrets::None, |page| page.secrets) {
                Secrets::None => None,
                Secrets::Masked => Some(Text::HintReveal),
                Secrets::Revealed => Some(Text::HintMask),
            },
            Id::Wrap => Some(if page.is_some_and(|page| page.wrap) { Text::HintCut } else { Text::HintWrap }),
            Id::Managed => (object.form == Form::Yaml).then_some(Text::HintManaged),
            Id::Yaml => (object.form != Form::Yaml).then_some(Text::HintYaml),
            Id::Describe => (object.form != Form::Describe).then_some(Text::HintDescribe),
            _ => return None,
        })
    }
}
